"""The one way to compile a kernel: no GIL, cached on disk, typed for its callers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile an array kernel. It validates nothing: its caller does. Sums may be reordered (fastmath),
    NaN and infinity keep their meaning."""
    fast = {"nsz", "arcp", "contract", "afn", "reassoc"}
    return cast(F, numba.njit(cache=True, nogil=True, fastmath=fast, error_model="numpy")(function))
