"""Queue of rows on their way to the valves: in order, and none after its deadline."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sinks.conveyor.schedule import Row


@dataclass(slots=True)
class Tally:
    """Counts of what became of rows."""

    commands: int = 0
    """Rows that the bank took."""
    batches: int = 0
    """Messages that they went in."""
    late: int = 0
    """Rows that the bank is not known to have taken when their deadline passed; nothing is sent after it."""
    dropped: int = 0
    """Rows that were not to fire any more: the bank went to its safe state, or counts the belt otherwise."""


class RowQueue:
    """Queue of the rows that wait to be sent, for a valve output to be made on. `clock`: CLOCK_MONOTONIC in ns."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.tally = Tally()
        self.took: Callable[[list[Row]], None] = lambda _: None
        """Told of the rows of each message that the bank took."""
        self._clock = clock
        self._waiting: deque[Row] = deque()
        self._counts_per_line, self._model_crc = 1, 0

    def begin(self, counts_per_line: int, model: str) -> None:
        """A stream of this pitch, labelled by this model."""
        self._counts_per_line, self._model_crc = counts_per_line, zlib.crc32(model.encode())

    def offer(self, rows: Iterable[Row]) -> None:
        """Rows in order; those that open no valve need no command."""
        self._waiting.extend(row for row in rows if row.bitmap)

    def drop(self, rows: Iterable[Row] = ()) -> None:
        """Rows that must not fire, and with them all that wait."""
        self.tally.dropped += len(self._waiting) + sum(bool(row.bitmap) for row in rows)
        self._waiting.clear()

    def _confirm(self, rows: list[Row]) -> None:
        """Count the rows of a message that the bank took."""
        self.tally.commands += len(rows)
        self.tally.batches += 1
        self.took(rows)

    def _drop_late(self) -> None:
        now = self._clock()
        while self._waiting and self._waiting[0].deadline_ns < now:
            self._waiting.popleft()
            self.tally.late += 1
