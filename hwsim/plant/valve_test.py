"""A test of valves, as the PLC carries it out: each row of it opens for some time, one after the other, whether or not
the belt moves."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline import plc

TESTED = np.dtype([("t_ns", "<i8"), ("valves", "<u2", plc.MAX_VALVES // 16), ("ms", "<u2")])
"""Valves that were opened in a test: CLOCK_MONOTONIC at that moment, and for how long."""


class ValveTest:
    """Test of one PLC. `take` begins with a batch, `go_on` is called each scan."""

    def __init__(self) -> None:
        self._opened = bytearray()
        self._sequence: int | None = None
        self._to_come: list[int] = []
        self._ms = self._next_ns = 0

    @property
    def opened(self) -> NDArray[Any]:
        """What was opened so far, of dtype TESTED."""
        return np.frombuffer(bytes(self._opened), TESTED)

    def take(self, now: int, batch: plc.Batch) -> int:
        """Begin with a batch, unless it is at work already. Returns all its valves, as a bitmap."""
        if batch.sequence != self._sequence:
            self._sequence, self._ms = batch.sequence, batch.counts_per_line
            self._to_come, self._next_ns = list(batch.bitmaps), now
        return reduce(or_, batch.bitmaps)

    def stop(self) -> None:
        """Open no more."""
        self._to_come, self._next_ns = [], 0

    def go_on(self, now: int) -> int | None:
        """Open what is due. Returns the sequence of the batch once the last has closed."""
        if self._sequence is None:
            return None
        if self._to_come and now >= self._next_ns:
            self._opened += np.array((now, words_of(self._to_come.pop(0)), self._ms), TESTED).tobytes()
            self._next_ns = now + self._ms * 1_000_000
        if self._to_come or now < self._next_ns:
            return None
        done, self._sequence = self._sequence, None
        return done


def words_of(bitmap: int) -> list[int]:
    """The words of a row of valves: valve v is bit v % 16 of word v // 16."""
    return [bitmap >> 16 * word & 0xFFFF for word in range(plc.MAX_VALVES // 16)]
