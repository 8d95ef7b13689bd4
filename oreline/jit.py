"""The two ways to compile a kernel: no GIL, cached on disk where a folder can be written, typed for their callers."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

from oreline.errors import SecurityError
from oreline.ownership import own
from oreline.places import users

FAST = ("nsz", "arcp", "contract", "afn", "reassoc")
"""What LLVM may do to sums and products: NaN and infinity keep their meaning."""
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
    """A kernel as compiled for arguments of these types, which is called without another look at them, half a
    microsecond sooner. Its caller vouches for the types: others are read as these."""
    types = (numba.typeof(argument) for argument in arguments)  # type: ignore[no-untyped-call]
    return cast(Any, function).get_compile_result(numba.void(*types)).entry_point  # type: ignore[no-any-return]


def _compiled(function: F, **options: Any) -> F:
    """Numba looks for a folder to cache in: NUMBA_CACHE_DIR, the source's own, then the user's cache. Where it may
    write to none, each process compiles for itself: half a minute at its start, nothing a line.

    A kernel holds all that it calls. Otherwise each that calls another has a copy of that, compiled to other roundings,
    and the linker takes the copy that came first: a process that compiles gave other bits than one that reads the
    cache.
    """
    options |= {"nogil": True, "forceinline": True, "fastmath": set(FAST), "error_model": "numpy"}
    try:
        return cast(F, numba.njit(cache=True, **options)(function))
    except RuntimeError:
        return cast(F, numba.njit(**options)(function))


def _users_cache() -> Path:
    """Where Numba will cache for the user, in his home or, where he has none that he can write to, beside his lines'
    folders; a folder that cannot be where somebody else has that. Numba alone would make a folder named ~ for him."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # noqa: PTH111 (Path raises)
    existing = next((place for place in (cache, *cache.parents) if os.access(place, os.F_OK)), cache)
    if cache.is_absolute() and os.access(existing, os.W_OK | os.X_OK):
        return cache
    try:
        folder = users()[-1]
        for place in (folder, folder / "cache"):
            own(place, "")
    except (OSError, SecurityError):
        return Path(os.devnull)
    return folder / "cache"


os.environ["XDG_CACHE_HOME"] = str(_users_cache())
