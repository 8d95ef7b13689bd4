"""The two ways to compile a kernel: no GIL, cached on disk where a folder can be written, typed for their callers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile an array kernel. It validates nothing: its caller does. Sums may be reordered (fastmath),
    NaN and infinity keep their meaning."""
    return _compiled(function)


def line_kernel(function: F) -> F:
    """The same for what runs on every line: it cannot allocate, or it does not compile.

    Numba's runtime, which counts references to arrays, is left out; counting takes an atomic operation for each array
    that is named, which was two thirds of the time of a kernel with a call a band.
    """
    return _compiled(function, _nrt=False)


def bound(function: Callable[..., object], *arguments: object) -> Callable[..., Any]:
    """What a kernel is compiled to for arguments of these types, which is called without another look at them, half a
    microsecond sooner. Its caller vouches for the types: others are read as these."""
    types = (numba.typeof(argument) for argument in arguments)  # type: ignore[no-untyped-call]
    return cast(Any, function).get_compile_result(numba.void(*types)).entry_point  # type: ignore[no-any-return]


def _compiled(function: F, **options: Any) -> F:
    """Numba looks for a folder to cache in: NUMBA_CACHE_DIR, the source's own, then the user's cache. Where it may
    write to none, each process compiles for itself: seconds at its start, nothing a line."""
    options |= {"nogil": True, "fastmath": {"nsz", "arcp", "contract", "afn", "reassoc"}, "error_model": "numpy"}
    try:
        return cast(F, numba.njit(cache=True, **options)(function))
    except RuntimeError:
        return cast(F, numba.njit(**options)(function))
