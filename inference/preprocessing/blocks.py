"""Several views of a spectrum side by side, and scalars beside them: what a network reads that is to hold on wet and on
weak-banded rock.

The standard normal variate alone hides albedo, contrast and bands that are weak beside their continuum. The logarithm
turns a film or a stain, which multiply, into something that is added; its derivative, window by window over its own
spread, makes weak bands as large as strong ones; the scalars keep what both leave out.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from inference.arrays import aligned
from inference.preprocessing import block_kernels as kernels
from inference.preprocessing.filters import savitzky_golay
from inference.preprocessing.step import Layout, Part, Ready, Spectra, Step, Wavelengths

Number = Annotated[float, Field(ge=1e-6, le=1e6)]
"""Neither nothing nor endless in float32."""


class SnvBlock(Part):
    """The standard normal variate."""

    block: Literal["snv"] = "snv"


class LogBlock(Part):
    """`gain` times log R less its mean over the bands."""

    block: Literal["log"] = "log"
    gain: Number = 3.0


class LogDerivative(Part):
    """The first derivative of log R, a band being the unit, over its spread. Savitzky and Golay's polynomial of `order`
    through `window` bands; standard deviation and division in each of the windows that `cuts_nm` part, cuts beyond the
    camera's ends being left out; `damping` is added to what divides."""

    block: Literal["log_derivative"] = "log_derivative"
    window: Annotated[int, Field(ge=3, le=101)] = 5
    order: Annotated[int, Field(ge=1, le=6)] = 2
    cuts_nm: Annotated[tuple[Number, ...], Field(max_length=32)] = ()
    damping: Number = 0.003

    @model_validator(mode="after")
    def _determined(self) -> LogDerivative:
        if self.window % 2 == 0 or self.order >= self.window:
            raise ValueError("the window must be odd and larger than the order")
        return self

    def ends(self, nm: Wavelengths) -> list[int]:
        """Ends of the windows, none of which is narrower than the filter."""
        cuts = sorted({int(np.abs(np.array(nm) - cut).argmin()) for cut in self.cuts_nm})
        ends = [0]
        for cut in cuts:
            if ends[-1] + self.window <= cut <= len(nm) - self.window:
                ends.append(cut)
        return [*ends, len(nm)]


class Scalars(Part):
    """Natural logarithms of numbers of each sample, each of which is the least that is told apart; None leaves one out.

    `log_mean`: of the mean. `log_contrast`: of standard deviation over mean. `log_spreads`: of the log derivative's
    standard deviation in each window, to which that number is added.
    """

    log_mean: Number | None = None
    log_contrast: Number | None = None
    log_spreads: Number | None = None


class Blocks(Step):
    """Blocks of as many rows as there are bands, in order, and `scalars` after them, in theirs, all of reflectance that
    is `floor` at least."""

    step: Literal["blocks"] = "blocks"
    floor: Annotated[float, Field(ge=1e-6, lt=1)] = 0.003
    blocks: Annotated[
        tuple[Annotated[SnvBlock | LogBlock | LogDerivative, Field(discriminator="block")], ...], Field(min_length=1)
    ]
    scalars: Scalars = Scalars()

    @model_validator(mode="after")
    def _once(self) -> Blocks:
        names = [one.block for one in self.blocks]
        if len(set(names)) < len(names):
            raise ValueError("each block at most once")
        if self.scalars.log_spreads is not None and self._derivative is None:
            raise ValueError("log_spreads are those of a log_derivative: name that block, or leave them out")
        return self

    @property
    def _derivative(self) -> LogDerivative | None:
        return next((one for one in self.blocks if isinstance(one, LogDerivative)), None)

    def layout(self, nm: Wavelengths) -> Layout:
        return Layout(len(self.blocks), len(nm), sum(self._counts(nm)))

    def _counts(self, nm: Wavelengths) -> tuple[int, int, int]:
        """How many scalars of each sort there are."""
        one, derivative = self.scalars, self._derivative
        windows = len(derivative.ends(nm)) - 1 if derivative and one.log_spreads is not None else 0
        return int(one.log_mean is not None), int(one.log_contrast is not None), windows

    def ready(self, nm: Wavelengths, samples: int) -> tuple[Wavelengths, Ready]:
        filters = _filters(self._derivative, nm)
        gain = np.float32(next((one.gain for one in self.blocks if isinstance(one, LogBlock)), 0.0))
        floors = np.array([one or 0.0 for one in self.scalars.model_dump().values()], np.float32)
        rows = len(nm), int(np.diff(filters[2]).max()), kernels.MOMENTS
        logs, slopes, moments = (aligned((count, kernels.LANES), np.float32) for count in rows)
        out, places = aligned((self.layout(nm).features, samples), np.float32), self._places(nm)

        def ready(values: Spectra) -> Spectra:
            kernels.side_by_side(
                values, np.float32(self.floor), gain, filters, floors, places, (logs, slopes, moments), out
            )
            return out

        return nm, ready

    def _places(self, nm: Wavelengths) -> NDArray[np.int64]:
        """First row of each thing that the kernel can make, -1 for what is not wanted."""
        places = np.full(6, -1, np.int64)
        kinds = {"snv": kernels.SNV, "log": kernels.LOG, "log_derivative": kernels.DERIVATIVE}
        for number, one in enumerate(self.blocks):
            places[kinds[one.block]] = number * len(nm)
        row = len(self.blocks) * len(nm)
        for kind, count in zip(
            (kernels.LOG_MEAN, kernels.LOG_CONTRAST, kernels.LOG_SPREADS), self._counts(nm), strict=True
        ):
            places[kind] = row if count else -1
            row += count
        return places


def _filters(
    derivative: LogDerivative | None, nm: Wavelengths
) -> tuple[NDArray[np.uint64], NDArray[np.float32], NDArray[np.int64], np.float32]:
    """As the kernel takes them, of nothing where no derivative is wanted."""
    if derivative is None:
        nothing = np.zeros((0, kernels.FOUR))
        return nothing.astype(np.uint64), nothing.astype(np.float32), np.array([0, 0], np.int64), np.float32(0)
    first, weights = savitzky_golay(len(nm), derivative.window, derivative.order, 1)
    return *_in_fours(first, weights), np.array(derivative.ends(nm), np.int64), np.float32(derivative.damping)


def _in_fours(first: NDArray[np.int64], weights: NDArray[np.float64]) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """Bands that a filter reads and their weights, those of zero left out, filled up to a multiple of FOUR."""
    used = np.abs(weights) > 1e-9
    width = -(-int(used.sum(axis=1).max()) // kernels.FOUR) * kernels.FOUR
    taps, table = np.zeros((len(first), width), np.uint64), np.zeros((len(first), width), np.float32)
    for band, which in enumerate(used):
        taps[band, : which.sum()] = first[band] + np.flatnonzero(which)
        table[band, : which.sum()] = weights[band, which]
    return taps, table
