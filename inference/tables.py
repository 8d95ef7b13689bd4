"""The tables that kernels read for each element of a line, packed, since the kernels wait for memory.

An element takes five bytes: its dark in 19 bits, above a floor of its band, and its gain in 21 bits of floating point,
1/2 to 2 of its band's scale, half a unit of which is at most 4.8e-7. They lie in a word of 32 bits, `word` = gain << 11
| high bits of the dark, and one of 8, `fine` = low bits of the dark.

Where a band has elements that are far brighter or darker than the rest, its tables hold the most that they can, and the
others are computed apart, as exactly and slower. Arrays begin on a cache line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

UNITS, DARK_BITS = 24, 19
"""Bits of the dark, in full scale and in a table."""
DARK_MASK, GAIN_MASK, HALF = 0x7FF00, 0xFFFFF8, 0x3F00_0000
"""What of a word is which, once shifted; and the bits of 0.5, whose highest byte is that of all float32 up to 2."""
SCALES = (1.0, 2.0, 1.5, 0.75, 3.0)
"""Of the power of two below a band's median gain. Few, so that a part of the sensor is rounded as all of it is."""

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Tables:
    """`word` uint32, `fine` uint8, both (bands, samples). `levels` float32 (2, bands): the floor of the dark, in whole
    counts, and the scale of the gain, of 2 bits, so that their products with counts are exact. `unit` of the dark, in
    counts. `apart` bool (bands, samples): elements that are something else here."""

    word: NDArray[np.uint32]
    fine: NDArray[np.uint8]
    levels: NDArray[np.float32]
    unit: np.float32
    apart: Mask

    @classmethod
    def pack(cls, dark: Array, gain: Array, full_scale: int) -> Tables:
        """Pack float64 (bands, samples): the dark in counts, and the gain of a count, which is above zero. Elements
        where either is not finite are packed as something; they have to be known as invalid elsewhere."""
        usable = np.isfinite(dark) & (gain > 0) & (gain < np.inf)
        unit = 2.0 ** (full_scale.bit_length() - UNITS)
        floor, scale = _floor(dark, usable, unit * (1 << DARK_BITS) - 1.0), _scale(gain, usable)
        steps, relative = np.rint((dark - floor) / unit), (gain / scale).astype(np.float32)
        fits = usable & (steps >= 0) & (steps < 1 << DARK_BITS) & _held(relative)
        fixed = np.where(fits, steps, 0).astype(np.uint32)
        bits = np.where(fits, relative, np.float32(1)).view(np.uint32) - np.uint32(HALF)
        return cls(
            kept_as((bits + 4 & GAIN_MASK) << 8 | fixed >> 8, np.uint32),
            kept_as(fixed & 0xFF, np.uint8),
            kept_as(np.concatenate([floor, scale], axis=1).T, np.float32),
            np.float32(unit),
            usable & ~fits,
        )


def _held(relative: NDArray[Any]) -> Mask:
    """The largest would be rounded up to 2."""
    return np.asarray((relative >= 0.5) & (relative < 2.0 - 2.0**-20))


def _floor(dark: Array, usable: Mask, width: float) -> Array:
    """Where an interval of that width begins that holds the most of each band, rounded down; (bands, 1)."""
    ordered = np.sort(np.where(usable, dark, np.inf), axis=1)
    held = np.stack([np.searchsorted(row, row + width, "right") for row in ordered]) - np.arange(dark.shape[1])
    best = np.argmax(np.where(np.isfinite(ordered), held, 0), axis=1)
    start = np.take_along_axis(ordered, best[:, None], axis=1)
    return np.where(np.isfinite(start), np.floor(start), 0.0)


def _scale(gain: Array, usable: Mask) -> Array:
    """That of SCALES, the first if in doubt, which holds the most of each band; (bands, 1)."""
    ordered = np.sort(np.where(usable, gain, np.inf), axis=1)
    median = np.take_along_axis(ordered, (np.count_nonzero(usable, axis=1, keepdims=True) - 1) // 2, axis=1)
    below = np.exp2(np.floor(np.log2(np.where(np.isfinite(median), median, 1.0))))
    held = [np.count_nonzero(usable & _held(gain / (below * share)), axis=1) for share in SCALES]
    return np.asarray(below * np.array(SCALES)[np.argmax(held, axis=0)][:, None])


def aligned(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Zeros that begin on a cache line (64 bytes)."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def kept_as(values: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """A read-only copy that begins on a cache line."""
    table = aligned(values.shape, dtype)
    table[...] = values
    table.flags.writeable = False
    return table
