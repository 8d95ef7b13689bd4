"""Counts to reflectance or radiance, and to the standard normal variate that models read, one line at a time.

Everything that does not depend on the line is prepared before (`inference.calibration.chain`), in float64; here it is
packed into the tables of the kernels. A straight sensor needs one pass over the line, smile and keystone three more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.arrays import aligned, kept_as
from inference.calibration import geometry_kernels, kernels, uncertainty
from inference.calibration.chain import CorrectionTables, build_chain
from inference.calibration.drift import FLOOR, DriftTracker
from inference.calibration.geometry import Diagonals
from inference.calibration.packed_tables import PackedTables
from inference.calibration.settings import NOTHING, Correction
from inference.flags import Quality as Quality
from inference.illumination import WhiteStrip
from inference.preprocessing.steps import SNV, Chain, Steps
from inference.references.reference import Reference
from oreline.errors import ReferenceRefused
from oreline.jit import bound
from oreline.messages import StreamInfo

Values = NDArray[np.float32]
Flags = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class LineBuffers:
    """Room for the results of one line. `values` float32 (bands, samples); `mean` and `scale` float32 (samples,);
    `invalid` uint8 (samples,). `chain`: the steps of preprocessing and their room, None for the standard normal variate
    alone. `arguments`: of the kernel that fills them, after the counts."""

    values: Values
    mean: Values
    scale: Values
    invalid: Flags
    chain: Chain | None
    arguments: tuple[Any, ...]


class Calibrator:
    """A reference made ready for one stream. Compiled when constructed; its calls allocate nothing.

    `id`: that of the reference. `tables`: what was prepared, in float64. `lamp`: brightness of the light of the last
    line, 1 being that of the white reference, as far as it was corrected. Returned arrays are overwritten by the next
    call, but for results that were given `buffers` of their own: who looks at several lines together has as many of
    those. Raises ReferenceRefused where the reference does not cover the stream.
    """

    def __init__(
        self,
        reference: Reference,
        info: StreamInfo,
        correction: Correction = NOTHING,
        strip: WhiteStrip | None = None,
        steps: Steps = SNV,
        tables: CorrectionTables | None = None,
    ) -> None:
        """`tables`: of another calibrator of the same kind, to save the time of making them."""
        self.id, self.lamp = reference.id, 1.0
        self.tables = tables = tables or build_chain(reference, info, correction)
        self._shape = info.bands, info.samples
        self._steps, self._wavelengths_nm = steps, info.wavelengths_nm
        self._full_scale = np.uint16(info.full_scale)
        self._flags, self._no_data = aligned(tables.flags.shape, np.uint8), correction.no_data
        self._flags[:] = tables.flags
        moving = aligned((2, info.bands), np.float32)
        moving[1] = 1.0
        self._dark_drift, self._no_drift = moving[0], np.zeros(info.bands, np.float32)
        self._light_factor = moving[1] if tables.straight else np.ones(info.bands, np.float32)
        self._shade, self._strip = _trackers(correction, strip, tables)
        self._geometry = None if tables.straight else _Geometry(tables)
        self._kernel_tables = (*_kernel_tables(tables, info), moving, (self._full_scale, self._flags))
        a, b, c = (kept_as(term, np.float32) for term in tables.variance)
        self._variance_terms = a, b, c
        self._uncertainty = aligned(self._shape, np.float32)
        self._own = self.buffers()
        blank = kept_as(np.zeros(self._shape), np.uint16)
        self._kernel = bound(kernels.reflect, blank, *self._own.arguments, False, False)
        self.uncertainty(self.reflectance(blank)[0])
        self.features(blank)

    def buffers(self) -> LineBuffers:
        """New room for the results of a line, to be given to calls of this calibrator as `into`."""
        values = aligned(self._shape, np.float32)
        mean, scale = aligned(self._shape[1:], np.float32), aligned(self._shape[1:], np.float32)
        invalid = aligned(self._shape[1:], np.uint8)
        chain = None if self._steps == SNV else Chain(self._steps, self._wavelengths_nm, self._shape[1])
        signal = values if self._geometry is None else self._geometry.signal
        arguments = (*self._kernel_tables, signal, mean, scale, invalid)
        return LineBuffers(values, mean, scale, invalid, chain, arguments)

    def reflectance(self, counts: NDArray[np.uint16], into: LineBuffers | None = None) -> tuple[Values, Flags]:
        """Reflectance, unitless float32 (bands, samples), and `invalid`, `Quality` bits uint8 (samples,).

        counts: uint16 (bands, samples). NaN where nothing can be concluded; below zero stays below zero, and is
        flagged. With `quantity` "radiance", that, in the unit of the coefficients. Of the formula in float64 it is
        within 6e-7 of its value plus 3e-8 of full scale over the white's signal: 1e-6 up to a reflectance of 1 where
        that is 8 % or more. Where the darks of one band lie more than 3 % of full scale apart, the second term is
        2^-19 of that over the signal, at most. Raises ReferenceRefused for a line of another shape.
        """
        into = into or self._own
        self._reflect(counts, into, moments=False)
        return into.values, into.invalid

    def snv(self, counts: NDArray[np.uint16], into: LineBuffers | None = None) -> tuple[Values, Values, Flags]:
        """(R - mean)/std over the bands, float32 (bands, samples); mean R, float32 (samples,); and `invalid`.

        counts: uint16 (bands, samples). Always finite: zero where a sample is saturated or its reference invalid.
        The mean is NaN where a band is. Raises ReferenceRefused for a line of another shape.
        """
        into = into or self._own
        self._reflect(counts, into, moments=True, variate=True)
        return into.values, into.mean, into.invalid

    def features(self, counts: NDArray[np.uint16], into: LineBuffers | None = None) -> tuple[Values, Values, Flags]:
        """Features that `steps` make of a line's reflectance, float32 (features, samples), and mean and `invalid` as
        `snv` has them.

        Always finite: zero where a sample is unusable, or where a step found no answer, and then the mean is NaN. The
        standard normal variate alone, which most models read, is made in the pass that calibrates.
        """
        into = into or self._own
        if into.chain is None:
            return self.snv(counts, into)
        self._reflect(counts, into, moments=True)
        features = into.chain(into.values)
        kernels.settle(features, into.invalid, into.mean)
        return features, into.mean, into.invalid

    @property
    def last(self) -> Values | None:
        """Reflectance of the line whose features were made last, as `reflectance` has it; None where they took its
        place."""
        return None if self._own.chain is None else self._own.values

    def uncertainty(self, reflectance: Values) -> Values:
        """Standard uncertainty of a line's reflectance (or radiance), float32 (bands, samples) in its unit; NaN where
        that is.

        It covers the noise of the counts and of both references, and `panel_uncertainty`; where it comes from is in
        `inference.calibration.uncertainty`. Means nothing for a saturated sample.
        """
        uncertainty.standard(reflectance, *self._variance_terms, self._uncertainty)
        return self._uncertainty

    def _reflect(self, counts: NDArray[np.uint16], into: LineBuffers, *, moments: bool, variate: bool = False) -> None:
        line = self._checked(counts)
        if self._no_data is None or not self._marked(line, self._no_data):
            self._track(line)
        geometry = self._geometry
        straight = geometry is None
        self._kernel(line, *into.arguments, moments and straight, variate and straight)
        if geometry is not None:
            geometry(self._light_factor, into.invalid, into.values)
            if moments:
                kernels.moments(into.values, into.invalid, into.mean, into.scale, variate)
        if self._no_data is not None:
            kernels.empty(into.values, into.mean, into.invalid, variate)

    def _marked(self, line: NDArray[np.uint16], no_data: int) -> bool:
        """Flag the samples of a line that hold no data, before anything is made of them; whether there are any."""
        self._flags[:] = self.tables.flags
        missing = (line == no_data).any(axis=0)
        self._flags[missing] |= np.uint8(Quality.NO_DATA)
        return bool(missing.any())

    def _track(self, line: NDArray[np.uint16]) -> None:
        """Drift of the dark and light of the lamp, as this line shows them. Smile and keystone are taken back before
        the light is."""
        if self._shade is not None:
            self._follow(line, self._shade, self._no_drift, self._dark_drift)
        if self._strip is not None:
            seen = self._follow(line, self._strip, self._dark_drift, self._light_factor)
            self.lamp = kernels.lamp(self._light_factor, seen, FLOOR)

    def _follow(self, line: NDArray[np.uint16], tracker: DriftTracker, drift: Values, out: Values) -> bool:
        return kernels.follow(line, tracker.first, tracker.dark, tracker.weights, drift, *tracker.smooth,
                              self._full_scale, out)  # fmt: skip

    def _checked(self, counts: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """A read-only view, as lines from the ring are: one type, so one compilation."""
        if counts.shape != self._shape or counts.dtype != np.uint16 or not counts.flags.c_contiguous:
            raise ReferenceRefused(
                f"a line of {counts.dtype} {counts.shape} came to a calibration made for contiguous uint16 "
                f"{self._shape}: the stream changed without saying so"
            )
        if not counts.flags.writeable:
            return counts
        view = counts.view()
        view.flags.writeable = False
        return view


class _Geometry:
    """Smile and keystone: from signals to reflectance. `signal`: float32 (bands, samples), to be filled before."""

    def __init__(self, tables: CorrectionTables) -> None:
        shape = tables.gain.shape
        self.signal, self._middle, self._end = (aligned(shape, np.float32) for _ in range(3))
        self._before = aligned(shape[1:], np.uint8)
        self._gain = kept_as(tables.gain, np.float32)
        self._across, self._along = (_diagonals(step) for step in (tables.keystone, tables.smile))
        self._near, near = self._across or (np.zeros(1, np.int64), np.ones((1, 1, shape[1]), np.float32))
        self._used = (near != 0).any(axis=1)

    def __call__(self, light: Values, invalid: NDArray[np.uint8], out: Values) -> None:
        values = self.signal
        if self._across is not None:
            geometry_kernels.across(values, *self._across, self._middle)
            values = self._middle
        if self._along is not None:
            geometry_kernels.along(values, *self._along, self._end)
            values = self._end
        geometry_kernels.scaled(values, self._gain, light, out)
        geometry_kernels.spread(invalid, self._before, self._near, self._used)
        kernels.negative(out, invalid)


def _trackers(
    correction: Correction, strip: WhiteStrip | None, tables: CorrectionTables
) -> tuple[DriftTracker | None, DriftTracker | None]:
    """Trackers of the dark and of the lamp, None for what is not followed."""
    shade = correction.shade
    return (
        DriftTracker.shade(shade.first, shade.samples, tables) if shade else None,
        DriftTracker.strip(strip.first, strip.samples, strip.reflectance, tables) if strip and strip.correct else None,
    )


def _kernel_tables(tables: CorrectionTables, info: StreamInfo) -> tuple[Any, ...]:
    """`tables`, `curve` and `patches`, as the kernels take them. Where smile or keystone follow, the gain does."""
    gain = tables.gain if tables.straight else np.ones(tables.gain.shape)
    packed = PackedTables.pack(tables.dark, gain, info.full_scale)
    scales = aligned((3, info.bands), np.float32)
    return (
        (packed.word, packed.fine, packed.levels, scales),
        kept_as(tables.curve, np.float32),
        _patches(tables, gain, packed.apart),
    )


def _diagonals(step: Diagonals | None) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Diagonals for the kernels. What the sensor did not see has no gain either, so that a zero will do here."""
    return None if step is None else (kept_as(step.offsets, np.int64), kept_as(np.nan_to_num(step.weights), np.float32))


def _patches(
    tables: CorrectionTables, gain: NDArray[np.float64], apart: NDArray[np.bool_]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The elements that are computed apart: repaired ones, those that become NaN, and those that the tables do not
    hold. Where smile or keystone follow, the gain makes the NaN, and a signal of zero keeps the neighbours clean."""
    bands, samples = gain.shape
    repairs, gone = tables.repairs, np.nan if tables.straight else 0.0
    repaired = np.zeros(gain.size, np.bool_)
    repaired[repairs.index] = True
    unusable = (repairs.lost | (np.isnan(tables.gain) if tables.straight else False)).ravel()
    fixed, own = ~unusable[repairs.index], np.flatnonzero(unusable | (apart.ravel() & ~repaired))
    index = np.concatenate([repairs.index[fixed], own])
    order = np.argsort(index)
    at = index[order]
    one, two = (np.concatenate([where[fixed], own])[order] for where in (repairs.below, repairs.above))
    weight_one, weight_two = (
        np.concatenate([weight[fixed], np.where(unusable[own], gone, whole)])[order]
        for weight, whole in ((repairs.below_weight, 1.0), (repairs.above_weight, 0.0))
    )
    first = np.searchsorted(at, samples * np.arange(bands + 1))
    places = np.stack([at % samples, one // samples, two // samples, at // samples])
    dark = np.nan_to_num(tables.dark).ravel()
    signals = np.stack([weight_one, dark[one], weight_two, dark[two], np.nan_to_num(gain).ravel()[at]])
    return kept_as(first, np.int64), kept_as(places, np.int32), kept_as(signals, np.float32)
