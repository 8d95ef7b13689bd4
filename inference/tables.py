"""The tables that kernels read for each element of a line, packed, since the kernels wait for memory.

An element takes six bytes: its dark in 24 bits of fixed point, so that S - D is an exact integer, and its gain in 24
bits of floating point, 4 of exponent and 20 of mantissa, half a unit of which is 2.4e-7 of the gain. They lie in
a word of 32 bits, `coarse` = dark << 8 | low byte of the gain, and one of 16, `fine` = high bytes of the gain. A gain
is unpacked as the bits of a float32, ((fine << 8 | low byte) << 3) + base. Arrays begin on a cache line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

DARK_BITS, DROPPED_BITS, EXPONENTS = 24, 3, 16
MOST_RANGE = 2.0 ** (EXPONENTS - 2)
"""Between the largest and the least gain of a table."""


@dataclass(frozen=True, eq=False)
class Tables:
    """`coarse` uint32, `fine` uint16, both (bands, samples); `base` as above; a count is `1 << up` units of the dark;
    the gain is that of a unit."""

    coarse: NDArray[np.uint32]
    fine: NDArray[np.uint16]
    base: np.uint32
    up: np.int32

    @classmethod
    def pack(cls, dark: NDArray[np.float64], gain: NDArray[np.float64], full_scale: int) -> Tables:
        """Pack float64 (bands, samples): the dark in counts, 0 to full scale, and the gain of a count, positive and
        within MOST_RANGE. What is not is packed as something; it has to be known as invalid elsewhere."""
        up = DARK_BITS - full_scale.bit_length()
        fixed = np.clip(np.nan_to_num(np.rint(np.ldexp(dark, up))), 0, (1 << DARK_BITS) - 1).astype(np.uint32)
        usable = np.isfinite(gain) & (gain > 0)
        most = float(gain[usable].max()) if usable.any() else 1.0
        kept = np.where(usable, np.maximum(gain, most / MOST_RANGE), most)
        bits = np.ldexp(kept, -up).astype(np.float32).view(np.uint32).astype(np.uint64)
        rounded = (bits + (1 << DROPPED_BITS - 1)) >> DROPPED_BITS
        base = ((int(rounded.max()) >> 20) - EXPONENTS + 1) << 20
        packed = (rounded - np.uint64(base)).astype(np.uint32)
        coarse = fixed << np.uint32(8) | packed & np.uint32(0xFF)
        return cls(
            kept_as(coarse, np.uint32),
            kept_as(packed >> np.uint32(8), np.uint16),
            np.uint32(base << DROPPED_BITS),
            np.int32(up),
        )


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
