"""The tables that kernels read for each element of a line, packed, since the kernels wait for memory.

An element takes five bytes: its dark in 19 bits, above a floor of its band, and its gain in 21 bits of floating point,
1/2 to 2 of its band's scale, half a unit of which is at most 4.8e-7. They lie in a word of 32 bits, `word` = gain << 11
| high bits of the dark, and one of 8, `fine` = low bits of the dark.

A unit of the dark is 2^-24 of full scale, so that a table holds 3 % of it. Elements that are farther off, and those
whose gain does not fit, are computed apart, as exactly and slower; but where the dark would make many of them, the
unit of a band is as many times larger as it has to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.arrays import kept_as

UNITS, DARK_BITS = 24, 19
"""Bits of the dark, in full scale and in a table."""
FEW = 1 / 64
"""Elements that may be computed apart for their dark, rather than that of all elements of a band be coarser."""
DARK_MASK, GAIN_MASK, HALF = 0x7FF00, 0xFFFFF8, 0x3F00_0000
"""Masks of the parts of a word, once shifted; and the bits of 0.5, whose highest byte is that of all float32 up to
2."""
SCALES = np.array([1.0, 2.0, 1.5, 0.75, 3.0])
"""Of a power of two. Few, so that a part of the sensor is rounded as all of it is."""

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PackedTables:
    """`word` uint32, `fine` uint8, both (bands, samples). `levels` float32 (3, bands): the floor of the dark, in whole
    counts, its unit, in counts, and the scale of the gain, of 2 bits; so their products with counts are exact. `apart`
    bool (bands, samples): elements that are something else here."""

    word: NDArray[np.uint32]
    fine: NDArray[np.uint8]
    levels: NDArray[np.float32]
    apart: Mask

    @classmethod
    def pack(cls, dark: Array, gain: Array, full_scale: int) -> PackedTables:
        """Pack float64 (bands, samples): the dark in counts, and the gain of a count, which is above zero. Elements
        where either is not finite are packed as something; they have to be known as invalid elsewhere."""
        usable = np.isfinite(dark) & (gain > 0) & (gain < np.inf)
        floor, unit = _levels(dark, usable, 2.0 ** (full_scale.bit_length() - UNITS))
        scale = _scale(gain, usable)
        steps, relative = np.rint((dark - floor) / unit), (gain / scale).astype(np.float32)
        fits = usable & (steps >= 0) & (steps < 1 << DARK_BITS) & _held(relative)
        fixed = np.where(fits, steps, 0).astype(np.uint32)
        bits = np.where(fits, relative, np.float32(1)).view(np.uint32) - np.uint32(HALF)
        return cls(
            kept_as(((bits + 4) & GAIN_MASK) << 8 | fixed >> 8, np.uint32),
            kept_as(fixed & 0xFF, np.uint8),
            kept_as(np.concatenate([floor, unit, scale], axis=1).T, np.float32),
            usable & ~fits,
        )


def _held(relative: NDArray[Any]) -> Mask:
    """The largest would be rounded up to 2."""
    return np.asarray((relative >= 0.5) & (relative < 2.0 - 2.0**-20))


def _extremes(values: Array, usable: Mask) -> tuple[Array, Array]:
    """The least and the largest of each band, both (bands, 1), 1 where there is none."""
    least = values.min(axis=1, keepdims=True, initial=np.inf, where=usable)
    most = values.max(axis=1, keepdims=True, initial=-np.inf, where=usable)
    none = least > most
    return np.where(none, 1.0, least), np.where(none, 1.0, most)


def _levels(dark: Array, usable: Mask, unit: float) -> tuple[Array, Array]:
    """Floor and unit of each band, both (bands, 1)."""
    least, most = _extremes(dark, usable)
    floor, units = np.floor(least), np.full(least.shape, unit)
    wide = {band: np.sort(dark[band, usable[band]]) for band in np.flatnonzero(most - floor > _width(unit))}
    many = sum(_floor(ordered, unit)[1] for ordered in wide.values()) > FEW * usable.sum()
    for band, ordered in wide.items():
        floor[band], missed = _floor(ordered, unit)
        while many and missed > FEW * len(ordered) and units[band] < unit * 2 ** (UNITS - DARK_BITS):
            units[band] *= 2
            floor[band], missed = _floor(ordered, float(units[band, 0]))
    return floor, units


def _width(unit: float) -> float:
    """Width that a table of such units holds, in counts, above any floor that is rounded down."""
    return unit * (1 << DARK_BITS) - 1.0


def _floor(ordered: Array, unit: float) -> tuple[float, int]:
    """Floor from which a table of such units holds the most of a band, and how many it does not hold."""
    held = np.searchsorted(ordered, ordered + _width(unit), "right") - np.arange(len(ordered))
    return float(np.floor(ordered[np.argmax(held)])), len(ordered) - int(held.max())


def _scale(gain: Array, usable: Mask) -> Array:
    """Scale of SCALES, the first if in doubt, with which a table holds the most of each band; (bands, 1)."""
    least, most = _extremes(gain, usable)
    scale, held = _best(np.concatenate([least, most], axis=1), most)
    for band in np.flatnonzero(held < 2):
        row = gain[band : band + 1, usable[band]]
        scale[band] = _best(row, np.median(row, keepdims=True))[0]
    return scale


def _best(gains: Array, about: Array) -> tuple[Array, NDArray[np.int64]]:
    """The scale for each row, (rows, 1), and how many of its gains a table holds then."""
    scales = np.exp2(np.floor(np.log2(about))) * SCALES
    held = np.count_nonzero(_held(gains[:, None] / scales[:, :, None]), axis=2)
    best = np.argmax(held, axis=1)[:, None]
    return np.take_along_axis(scales, best, axis=1), np.max(held, axis=1)
