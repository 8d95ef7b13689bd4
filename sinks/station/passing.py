"""Reflectance as it passes, looked at in inference's own ring.

Whoever looks there is no consumer: it asks for nothing, nothing is kept for it, and inference does no more for it than
without. What is overwritten before it was looked at, or meanwhile, is passed over.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from oreline.errors import RingError, WireError
from oreline.messages import ReflectanceLine
from oreline.ring import RingReader
from oreline.wire import decode

T = TypeVar("T")


class PassingReflectance:
    """Lines of reflectance that are in the ring at `path` just now."""

    def __init__(self, path: Path) -> None:
        self._path, self._next = path, 0
        self._ring: RingReader | None = None

    def newest(self, run: bytes, look: Callable[[ReflectanceLine], T]) -> list[T]:
        """What `look` makes of each line of a run that has come since this was asked last, of the newest half of the
        ring at most. It is lent the line, and keeps nothing of it."""
        ring = self._mapped()
        if ring is None:
            return []
        head = ring.head
        first = max(self._next, head - ring.slots // 2, 0) if self._next <= head else head
        self._next = head
        return [made for index in range(first, head) if (made := _seen(ring, index, run, look)) is not None]

    def of(self, run: bytes, seqs: Iterable[int], look: Callable[[ReflectanceLine], T]) -> list[T]:
        """What `look` makes of each of these lines that is there still."""
        ring = self._mapped()
        if ring is None:
            return []
        indices = (_find(ring, seq) for seq in seqs)
        return [made for index in indices if (made := _seen(ring, index, run, look)) is not None]

    def _mapped(self) -> RingReader | None:
        """The ring as it is now; None where there is none."""
        if self._ring is None or not self._ring.current:
            try:
                self._ring = RingReader(self._path)
            except RingError:
                self._ring = None
        return self._ring


def _find(ring: RingReader, seq: int) -> int:
    """Index of the record of a line, -1 where it is gone."""
    indices = range(max(0, ring.head - ring.slots), ring.head)
    at = indices.start + bisect_left(indices, seq, key=lambda index: _end(ring, index))
    entry = ring.entry(at)
    return at if entry is not None and entry.first == seq else -1


def _end(ring: RingReader, index: int) -> int:
    """Sequence number of the last line that a record covers; of one that is overwritten, lower than all."""
    entry = ring.entry(index)
    return -1 if entry is None else entry.first + entry.n - 1


def _seen(ring: RingReader, index: int, run: bytes, look: Callable[[ReflectanceLine], T]) -> T | None:
    frames = ring.glance(index)
    try:
        line = decode(frames) if frames else None
    except WireError:
        return None
    if not isinstance(line, ReflectanceLine) or line.stamp.run != run:
        return None
    made = look(line)
    return made if ring.entry(index) is not None else None
