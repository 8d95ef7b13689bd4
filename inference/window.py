"""Window of lines: each line with its neighbours, as soon as those that are wanted after it have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from inference.labeller import Counts
from oreline.messages import RawLine


class Neighbourhood(NamedTuple):
    """A line, and the run of lines around it, of which it is number `at`."""

    line: RawLine
    run: Sequence[Counts]
    at: int


class LineWindow:
    """Lines of a run that others behind them still need beside them. Where no neighbours are wanted it holds none.

    Lines that are borrowed are copied before they are held: by the time they are looked at again their place may have
    been given to another line.
    """

    def __init__(self, before: int, after: int) -> None:
        """`before`, `after`: neighbours that are wanted on either side."""
        self.before, self.after = before, after
        self._lines: list[RawLine] = []
        self._copies = 0
        self._next = 0

    @property
    def oldest(self) -> int | None:
        """Sequence number of the first line that is held; None where none is."""
        return self._lines[0].first if self._lines else None

    def add(self, lines: Sequence[RawLine]) -> list[Neighbourhood]:
        """Take the next lines of the run; returns those whose neighbours are there now, in order."""
        if self.before == self.after == 0:
            return [Neighbourhood(line, (line.counts,), 0) for line in lines]
        self._lines += lines
        complete = self._give(max(self._next, len(self._lines) - self.after))
        self._hold()
        return complete

    def end(self) -> list[Neighbourhood]:
        """End the run; returns the lines that were still waiting for others after them, which do not come."""
        waiting = self._give(len(self._lines))
        self.clear()
        return waiting

    def clear(self) -> None:
        """Forget all lines: the stage begins anew."""
        self._lines, self._copies, self._next = [], 0, 0

    def _give(self, until: int) -> list[Neighbourhood]:
        counts = [line.counts for line in self._lines]
        given = range(self._next, until)
        self._next = until
        starts = ((at, max(0, at - self.before)) for at in given)
        return [Neighbourhood(self._lines[at], counts[start : at + self.after + 1], at - start) for at, start in starts]

    def _hold(self) -> None:
        """Let the lines go that nobody needs any more, and copy those that were not held before."""
        gone = max(0, self._next - self.before)
        copies = max(0, self._copies - gone)
        held = self._lines[gone:]
        self._lines = [*held[:copies], *map(_copied, held[copies:])]
        self._copies, self._next = len(held), self._next - gone


def _copied(line: RawLine) -> RawLine:
    counts = line.counts.copy()
    counts.flags.writeable = False
    return replace(line, counts=counts)
