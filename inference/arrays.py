"""Arrays that begin on a cache line (64 bytes), as kernels and networks read them fastest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def aligned(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Zeros that begin on a cache line, C-contiguous, to be written to."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def kept_as(values: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """A read-only copy of values that begins on a cache line, C-contiguous."""
    table = aligned(values.shape, dtype)
    table[...] = values
    table.flags.writeable = False
    return table
