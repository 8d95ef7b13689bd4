"""Counts to reflectance, and to the standard normal variate that the models read, one line at a time.

R = (S - D)/(W - D) · (t_w g_w)/(t_s g_s), with t the exposure and g the gain of white and sample.

The tables are small because the kernels wait for memory, not for arithmetic: the dark is fixed point in the 16 bits
that a count leaves free, so that S - D is an exact integer, and what the rounding of the dark took away is given back
by an offset. Arrays begin on a cache line, which makes the kernels a third faster. Everything is in camera order.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from inference.reference import Reference
from oreline.errors import ReferenceRefused
from oreline.jit import kernel
from oreline.messages import StreamInfo

SIGNAL_FLOOR = 0.005
"""The least W - D, as a fraction of full scale, that is taken for a white."""
STD_FLOOR = 1e-6
"""A spectrum flatter than this (in reflectance) is divided by this instead of its own spread."""

Table = NDArray[Any]


class Invalid(IntFlag):
    """Why a sample is flagged. A flagged value is never silent; from the first two nothing is to be concluded."""

    SATURATED = 1
    """A count of this line is at full scale."""
    REFERENCE = 2
    """White is hardly above dark in at least one band: that reflectance is NaN."""
    DOUBTFUL = 4
    """The white was saturated in at least one band, so reflectance there is too high; it is computed all the same."""


_REFERENCE = int(Invalid.REFERENCE)
_UNUSABLE = int(Invalid.SATURATED | Invalid.REFERENCE)


class Calibration:
    """A reference made ready for one stream. Compiled when constructed; its calls allocate nothing.

    `id`: that of the reference. `reference_flags`: uint8 (samples,), the part of `invalid` that every line shares.
    Returned arrays belong to this object and are overwritten by the next call. Raises ReferenceRefused where the
    reference does not cover the stream.
    """

    def __init__(self, reference: Reference, info: StreamInfo) -> None:
        region = reference.region(info)
        shape = info.bands, info.samples
        self.id = reference.id
        self._full_scale = np.uint16(info.full_scale)
        self._shift = np.int32(16 - info.full_scale.bit_length())
        white = region.white.mean - region.dark.mean
        usable = np.isfinite(white) & (white >= SIGNAL_FLOOR * info.full_scale)
        gain = np.divide(region.exposure_ratio(info), white, out=np.zeros(shape), where=usable)
        unit = 2.0 ** int(self._shift)
        fixed = np.clip(np.nan_to_num(np.rint(region.dark.mean * unit)), 0, 65_535)
        self._dark = _kept(fixed, np.uint16)
        self._gain = _kept(gain / unit, np.float32)
        self._offset = _kept(np.where(usable, (fixed / unit - region.dark.mean) * gain, np.nan), np.float32)
        doubtful = np.where((region.white.saturated > 0).any(axis=0), np.uint8(Invalid.DOUBTFUL), np.uint8(0))
        unusable = np.where(usable.all(axis=0), np.uint8(0), np.uint8(Invalid.REFERENCE))
        self.reference_flags = _kept(doubtful | unusable, np.uint8)
        self._out = aligned(shape, np.float32)
        self._mean = aligned((info.samples,), np.float32)
        self._scale = aligned((info.samples,), np.float32)
        self._invalid = aligned((info.samples,), np.uint8)
        blank = np.zeros(shape, np.uint16)
        self.reflectance(blank)
        self.snv(blank)

    def reflectance(self, counts: NDArray[np.uint16]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Reflectance, unitless float32 (bands, samples), and `invalid`, `Invalid` bits uint8 (samples,).

        counts: uint16 (bands, samples). NaN where the reference is invalid; below zero stays below zero. Within 1e-6
        of the formula in float64 up to a reflectance of 5. Raises ReferenceRefused for a line of another shape.
        """
        _reflect(self._checked(counts), self._dark, self._gain, self._offset, self._shift, self._full_scale,
                 self.reference_flags, self._out, self._invalid)  # fmt: skip
        return self._out, self._invalid

    def snv(self, counts: NDArray[np.uint16]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
        """(R - mean)/spread over the bands, float32 (bands, samples); mean R, float32 (samples,); and `invalid`.

        counts: uint16 (bands, samples). Always finite: zero where a sample is saturated or its reference invalid.
        The mean is NaN where its reference is invalid. The dark is rounded to what 16 bits hold, 1/32 of a count for
        a 12-bit camera. Raises ReferenceRefused for a line of another shape.
        """
        _normalise(self._checked(counts), self._dark, self._gain, self._shift, self._full_scale,
                   self.reference_flags, self._out, self._mean, self._scale, self._invalid)  # fmt: skip
        return self._out, self._mean, self._invalid

    def _checked(self, counts: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """A read-only view, as lines from the ring are: one type, so one compilation."""
        if counts.shape != self._out.shape or counts.dtype != np.uint16 or not counts.flags.c_contiguous:
            raise ReferenceRefused(
                f"a line of {counts.dtype} {counts.shape} came to a calibration made for contiguous uint16 "
                f"{self._out.shape}: the stream changed without saying so"
            )
        view = counts.view()
        view.flags.writeable = False
        return view


def aligned(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Zeros that begin on a cache line (64 bytes)."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def _kept(values: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    table = aligned(values.shape, dtype)
    table[...] = values
    table.flags.writeable = False
    return table


@kernel
def _flag(counts: Table, full_scale: np.uint16, top: np.uint16, reference_flags: Table, invalid: Table) -> None:
    """`top`, the line's highest count, spares the second look at nearly every line."""
    invalid[:] = reference_flags
    if top >= full_scale:
        for band in range(counts.shape[0]):
            for sample in range(counts.shape[1]):
                invalid[sample] |= np.uint8(counts[band, sample] >= full_scale)


@kernel
def _reflect(
    counts: Table,
    dark: Table,
    gain: Table,
    offset: Table,
    shift: np.int32,
    full_scale: np.uint16,
    reference_flags: Table,
    out: Table,
    invalid: Table,
) -> None:
    top = np.uint16(0)
    for band in range(counts.shape[0]):
        for sample in range(counts.shape[1]):
            count = counts[band, sample]
            signal = np.float32((np.int32(count) << shift) - np.int32(dark[band, sample]))
            out[band, sample] = signal * gain[band, sample] + offset[band, sample]
            top = max(top, count)
    _flag(counts, full_scale, top, reference_flags, invalid)


@kernel
def _normalise(
    counts: Table,
    dark: Table,
    gain: Table,
    shift: np.int32,
    full_scale: np.uint16,
    reference_flags: Table,
    out: Table,
    mean: Table,
    scale: Table,
    invalid: Table,
) -> None:
    """Mean and sum of squares by Welford's update: the plain sum of squares loses the spread of a flat spectrum."""
    bands, samples = counts.shape
    squares = scale
    mean[:] = 0
    squares[:] = 0
    top = np.uint16(0)
    for band in range(bands):
        weight = np.float32(1) / np.float32(band + 1)
        for sample in range(samples):
            count = counts[band, sample]
            value = np.float32((np.int32(count) << shift) - np.int32(dark[band, sample])) * gain[band, sample]
            out[band, sample] = value
            change = value - mean[sample]
            mean[sample] += change * weight
            squares[sample] += change * (value - mean[sample])
            top = max(top, count)
    _flag(counts, full_scale, top, reference_flags, invalid)
    for sample in range(samples):
        spread = np.float32(np.sqrt(squares[sample] / np.float32(bands)))
        usable = invalid[sample] & _UNUSABLE == 0
        scale[sample] = np.float32(1) / max(spread, np.float32(STD_FLOOR)) if usable else np.float32(0)
    for band in range(bands):
        for sample in range(samples):
            out[band, sample] = (out[band, sample] - mean[sample]) * scale[sample]
    for sample in range(samples):
        if invalid[sample] & _REFERENCE:
            mean[sample] = np.nan
