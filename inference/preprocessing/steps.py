"""Steps that a model's card may ask for before the network sees reflectance: one implementation, for the line,
for training and for reprocessing.

A step is what the card says of it. `ready` makes it so for lines of some width, and a `Chain` of them owns its
buffers: nothing is allocated for a line. All arrays are float32, (bands, samples) between steps. NaN in any band of a
sample spoils that sample only.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, model_validator

from inference.arrays import aligned
from inference.preprocessing import kernels
from inference.preprocessing.blocks import Blocks
from inference.preprocessing.filters import savitzky_golay
from inference.preprocessing.step import Layout, Ready, Spectra, Step, Wavelengths
from oreline.errors import ModelMismatch
from oreline.spectra import LEAST_SEEN, resampler

SEEN = (LEAST_SEEN, 1.1)
"""Of a band's response, the share that the camera's own bands must make up; half of it is seen of the last band."""


class Snv(Step):
    """Standard normal variate, (R - mean)/std of each sample over its bands, std being that of the population.
    Barnes, Dhanoa and Lister, Applied Spectroscopy 43 (1989) 772."""

    step: Literal["snv"] = "snv"

    def ready(self, nm: Wavelengths, samples: int) -> tuple[Wavelengths, Ready]:
        out, moments = aligned((len(nm), samples), np.float32), aligned((2, samples), np.float32)

        def ready(values: Spectra) -> Spectra:
            kernels.snv(values, moments[0], moments[1], out)
            return out

        return nm, ready


class Msc(Step):
    """Multiplicative scatter correction: (R - a)/b, where R = a + b `reference` fits best. Geladi, MacDougall and
    Martens, Applied Spectroscopy 39 (1985) 491. NaN where b is hardly there."""

    step: Literal["msc"] = "msc"
    reference: Annotated[tuple[float, ...], Field(min_length=2)]
    """The mean spectrum of the training data, one number a band."""

    @model_validator(mode="after")
    def _varies(self) -> Msc:
        if np.ptp(self.reference) <= 0:
            raise ValueError("the reference spectrum is flat, nothing can be fitted to it")
        return self

    def ready(self, nm: Wavelengths, samples: int) -> tuple[Wavelengths, Ready]:
        _same(len(self.reference), len(nm), "the spectrum of its scatter correction")
        reference = np.array(self.reference)
        centred = reference - reference.mean()
        slope = (centred / (centred @ centred)).astype(np.float32)
        level = np.float32(reference.mean())
        out, moments = aligned((len(nm), samples), np.float32), aligned((2, samples), np.float32)

        def ready(values: Spectra) -> Spectra:
            kernels.msc(values, slope, level, moments[0], moments[1], out)
            return out

        return nm, ready


class SavitzkyGolay(Step):
    """A polynomial fitted to `window` bands, its value or derivative, a band being the unit; at both ends that of the
    last window. Savitzky and Golay, Analytical Chemistry 36 (1964) 1627."""

    step: Literal["savitzky_golay"] = "savitzky_golay"
    window: Annotated[int, Field(ge=3, le=101)]
    order: Annotated[int, Field(ge=0, le=6)] = 2
    derivative: Annotated[int, Field(ge=0, le=4)] = 1

    @model_validator(mode="after")
    def _determined(self) -> SavitzkyGolay:
        if self.window % 2 == 0 or not self.derivative <= self.order < self.window:
            raise ValueError("the window must be odd and larger than the order, the derivative at most the order")
        return self

    def ready(self, nm: Wavelengths, samples: int) -> tuple[Wavelengths, Ready]:
        first, weights = savitzky_golay(len(nm), self.window, self.order, self.derivative)
        return nm, _operator(first, weights, samples)


class Continuum(Step):
    """R over its continuum, the upper convex hull of the spectrum. Clark and Roush, Journal of Geophysical Research
    89 (1984) 6329. A sample whose hull is not positive everywhere becomes NaN."""

    step: Literal["continuum"] = "continuum"

    def ready(self, nm: Wavelengths, samples: int) -> tuple[Wavelengths, Ready]:
        out, spectrum = aligned((len(nm), samples), np.float32), np.zeros(len(nm), np.float32)
        corners, at = np.zeros(len(nm), np.int64), np.array(nm, np.float32)

        def ready(values: Spectra) -> Spectra:
            kernels.continuum(values, at, spectrum, corners, out)
            return out

        return nm, ready


class Bands(Step):
    """Only the bands from `first_nm` to `last_nm`."""

    step: Literal["bands"] = "bands"
    first_nm: float
    last_nm: float

    def ready(self, nm: Wavelengths, samples: int) -> tuple[Wavelengths, Ready]:
        chosen = [band for band, one in enumerate(nm) if self.first_nm <= one <= self.last_nm]
        if not chosen:
            raise ModelMismatch(f"no band between {self.first_nm:g} and {self.last_nm:g} nm: choose another model")
        return [nm[band] for band in chosen], _operator(np.array(chosen), np.ones((len(chosen), 1)), samples)


class Resample(Step):
    """From the camera's bands to Gaussian ones `fwhm_nm` wide at `wavelengths_nm`, which allows a model to be used with
    cameras that have other bands than its own, as long as they cover its range."""

    step: Literal["resample"] = "resample"
    wavelengths_nm: Annotated[tuple[float, ...], Field(min_length=2)]
    fwhm_nm: Annotated[float, Field(gt=0)]

    def ready(self, nm: Wavelengths, samples: int) -> tuple[Wavelengths, Ready]:
        order = np.argsort(nm)
        seen = resampler(np.array(nm)[order], self.wavelengths_nm, self.fwhm_nm).weights
        weights = np.zeros(seen.shape)
        weights[:, order] = seen
        share = weights.sum(axis=1)
        off = ~((share >= SEEN[0]) & (share <= SEEN[1]))
        if off.any():
            band = int(off.argmax())
            raise ModelMismatch(
                f"the model's band at {self.wavelengths_nm[band]:.1f} nm, {self.fwhm_nm:g} nm wide, is not covered "
                f"by the camera's {len(nm)} bands from {min(nm):.1f} to {max(nm):.1f} nm: choose another model"
            )
        used = weights != 0
        first, width = used.argmax(axis=1), int((used.sum(axis=1)).max())
        first = np.minimum(first, len(nm) - width)
        rows = first[:, None] + np.arange(width)
        return self.wavelengths_nm, _operator(first, np.take_along_axis(weights, rows, 1) / share[:, None], samples)


AnyStep = Annotated[Snv | Msc | SavitzkyGolay | Continuum | Bands | Resample | Blocks, Field(discriminator="step")]


def _blocks_last(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    if any(isinstance(step, Blocks) for step in steps[:-1]):
        raise ValueError("blocks can only be the last step: what follows would read them as one spectrum")
    return steps


Steps = Annotated[tuple[AnyStep, ...], AfterValidator(_blocks_last)]

SNV: Steps = (Snv(),)


class Chain:
    """Steps in order, ready for lines of `samples` samples and bands at `nm`. `wavelengths_nm`: after the last.
    `layout`: of what they make of a line."""

    def __init__(self, steps: Steps, nm: Wavelengths, samples: int) -> None:
        self.shape = len(nm), samples
        self.layout = Layout(1, len(nm))
        self._ready: list[Ready] = []
        for step in steps:
            nm, ready = step.ready(nm, samples)
            self.layout = step.layout(nm)
            self._ready.append(ready)
        self.wavelengths_nm = nm
        self(np.zeros(self.shape, np.float32))

    def __call__(self, reflectance: Spectra) -> Spectra:
        """Features float32 (features, samples) of reflectance float32 (bands, samples). They belong to the chain.
        Raises ModelMismatch for another shape."""
        if reflectance.shape != self.shape:
            raise ModelMismatch(f"spectra of {reflectance.shape} came to steps made for {self.shape}")
        values = reflectance
        for ready in self._ready:
            values = ready(values)
        return values


def preprocessed(steps: Steps, nm: Wavelengths, reflectance: Spectra) -> Spectra:
    """The same for spectra of any number, as a new array."""
    values = np.ascontiguousarray(reflectance, np.float32)
    return Chain(steps, nm, values.shape[1])(values).copy()


def snv(reflectance: Spectra) -> Spectra:
    """Standard normal variate of float32 (bands, samples), as a new array."""
    return preprocessed(SNV, range(len(reflectance)), reflectance)


def _same(theirs: int, ours: int, what: str) -> None:
    if theirs != ours:
        raise ModelMismatch(f"{what} has {theirs} bands where {ours} come: the model's card is wrong, train it again")


def _operator(first: NDArray[Any], weights: NDArray[Any], samples: int) -> Ready:
    """The sparse operator whose row b takes `weights[b]` of the bands from `first[b]` on."""
    start, table = np.asarray(first, np.int64), np.ascontiguousarray(weights, np.float32)
    out = aligned((len(table), samples), np.float32)

    def ready(values: Spectra) -> Spectra:
        kernels.apply(values, start, table, out)
        return out

    return ready
