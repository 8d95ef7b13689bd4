"""Linear algebra on one thread: these matrices are small, threads that wait for each other cost twenty times as much on
a machine that does other things too, and the last bit would be another machine's."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

P = ParamSpec("P")
T = TypeVar("T")


def one_threaded(work: Callable[P, T]) -> Callable[P, T]:
    """The same function, its linear algebra on one thread."""

    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        with threadpool_limits(limits=1):
            return work(*args, **kwargs)

    return alone
