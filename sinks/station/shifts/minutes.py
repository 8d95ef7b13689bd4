"""Minutes of a line, counted as it runs.

Lines and stones are dated as the journal dates them: by the clock of their stream's description. So a minute here and
the journal's say the same of what was seen here; what was not is counted by its sequence numbers. Time goes by
CLOCK_MONOTONIC and is dated by the wall's: where that is put back, a minute comes again, as another part of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer
from oreline.messages import BACKGROUND, INVALID, LOST, UNKNOWN, Gap, Reason, StoneRecord, StreamInfo
from oreline.moment import NEVER, Moment
from sinks.station.lines import LineBlock
from sinks.station.shifts import tally
from sinks.station.shifts.calendar import MINUTE, S
from sinks.station.shifts.tally import Tally

GRACE_NS = 5 * S
"""A minute to which nothing was added for so long is over."""
LONGEST_NS = 5 * S
"""Between two looks. Who looks later was away in between, and does not know what was."""


@dataclass(slots=True)
class Minute:
    """Minute from `start_ns` of CLOCK_REALTIME. `part`: 1, or more where it came before. `touched_ns`: CLOCK_MONOTONIC
    when something was added last."""

    start_ns: int
    part: int
    tally: Tally = field(default_factory=Tally)
    touched_ns: int = 0


@dataclass(slots=True)
class Cursor:
    """Cursor: which line and which stone is next, so that those between are known by number where they do not come.
    `shift`: key of the last one that was told when it was over."""

    run: str = ""
    line: int | None = None
    stones_run: str = ""
    stone: int | None = None
    shift: str = ""


class Minutes:
    """Minutes that are not over. `cursor`: where the station before this one was; `parts`: how many parts each minute
    has had, lately."""

    def __init__(self, cursor: Cursor | None = None, parts: dict[int, int] | None = None) -> None:
        self.cursor = cursor or Cursor()
        self.open: dict[int, Minute] = {}
        self._parts = parts or {}
        self._info: StreamInfo | None = None
        self._gaps: list[Gap] = []
        self._last: Moment | None = None
        self._last_line_ns: int | None = None
        self._shed: int | None = None

    def take_info(self, info: StreamInfo) -> None:
        """The stream of lines is described anew."""
        self._info = info

    def take_gap(self, gap: Gap) -> None:
        """Lines that do not come. They are dated by the line that comes next."""
        self._gaps.append(gap)

    def take_block(self, block: LineBlock, answer: Answer, at: Moment) -> None:
        """Lines that have come."""
        if self._info is None:
            return
        run, first = self._info.run.hex(), int(block.seq[0])
        wall = block.t_ns + self._offset(self._info, at)
        self._date_gaps(int(wall[0]), at)
        self._miss_lines(run, first, self._minute(int(wall[0]), at))
        between = int(block.seq[-1]) + 1 - first - block.n
        if between > 0:
            self._minute(int(wall[0]), at).tally.missed += between
        self.cursor.run, self.cursor.line = run, int(block.seq[-1]) + 1
        self._last_line_ns = int(wall[-1])
        for start in np.unique(wall // MINUTE):
            chosen = wall // MINUTE == start
            minute = self._minute(int(start) * MINUTE, at)
            minute.tally.lines += int(chosen.sum())
            minute.tally.take_samples(counted(block.codes[chosen], answer), self._info.pitch_mm)

    def take_end(self, at: Moment) -> None:
        """The stream has ended."""
        self._date_gaps(None, at)

    def take_stone(self, stone: StoneRecord, names: Sequence[str], pitch_mm: float, at: Moment) -> None:
        """A stone, whose counts are of classes of these names, unknown last."""
        offset = at.wall_ns - at.t_ns if self._info is None else self._offset(self._info, at)
        counts = self._minute(stone.stamp.t_ns + offset, at).tally
        run, seq = stone.stamp.run.hex(), stone.stamp.seq
        if self.cursor.stones_run == run and self.cursor.stone is not None:
            counts.missed_stones += max(0, seq - self.cursor.stone)
        self.cursor.stones_run, self.cursor.stone = run, seq + 1
        decision = decided(stone.decision.name.lower(), stone.product)
        counts.take_stone(decision, stone.pixels, named(stone.counts, names), pitch_mm)

    def take_look(self, at: Moment, state: str, reason: str, shed: int) -> None:
        """How the line is at a moment, since the last. `shed`: of the sorter so far."""
        last, self._last = self._last, at
        counts = self._minute(at.wall_ns, at).tally
        if last is not None and last.boot == at.boot and at.t_ns - last.t_ns <= LONGEST_NS:
            counts.take_time(state, at.t_ns - last.t_ns, reason)
        if self._shed is not None:
            counts.shed += shed - self._shed if shed >= self._shed else shed
        self._shed = shed

    def take_alarm(self, priority: str, title: str, at: Moment) -> None:
        """An alarm has come."""
        self._minute(at.wall_ns, at).tally.alarms[f"{priority}: {title}"] += 1

    def see(self, at: Moment, **in_force: str) -> None:
        """What is in force at a moment."""
        for kind, value in in_force.items():
            self._minute(at.wall_ns, at).tally.see(kind, value, at.wall_ns)

    def over(self, at: Moment) -> list[Minute]:
        """The minutes that are over, in order; they are no longer open."""
        now = at.wall_ns // MINUTE * MINUTE
        ended = [one for one in self.open.values() if one.start_ns != now and at.t_ns - one.touched_ns > GRACE_NS]
        for minute in ended:
            del self.open[minute.start_ns]
        return sorted(ended, key=lambda one: (one.start_ns, one.part))

    def put_back(self, minute: Minute, at: Moment) -> None:
        """A minute that the station before this one left open."""
        minute.touched_ns = at.t_ns
        self.open[minute.start_ns] = minute

    def _minute(self, wall_ns: int, at: Moment) -> Minute:
        start = wall_ns // MINUTE * MINUTE
        if start not in self.open:
            self._parts[start] = self._parts.pop(start, 0) + 1
            self.open[start] = Minute(start, self._parts[start])
            while len(self._parts) > 24 * 60:
                self._parts.pop(next(iter(self._parts)))
        minute = self.open[start]
        minute.touched_ns = at.t_ns
        return minute

    def _offset(self, info: StreamInfo, at: Moment) -> int:
        clock = at if info.clock == NEVER else info.clock
        return clock.wall_ns - clock.t_ns

    def _miss_lines(self, run: str, first: int, minute: Minute) -> None:
        before = self.cursor.line if self.cursor.run == run else None
        if before is not None:
            minute.tally.missed += max(0, first - before)

    def _date_gaps(self, wall_ns: int | None, at: Moment) -> None:
        """Count the gaps before a line, or before the end of the stream: those by the line before them."""
        when = wall_ns if wall_ns is not None else self._last_line_ns
        for gap in self._gaps:
            counts = self._minute(at.wall_ns if when is None else when, at).tally
            new = gap.n
            if self.cursor.run == gap.run.hex() and self.cursor.line is not None:
                counts.missed += max(0, gap.first - self.cursor.line)
                new = max(0, min(gap.n, gap.first + gap.n - self.cursor.line))
            self.cursor.run, self.cursor.line = gap.run.hex(), gap.first + gap.n
            count_gap(counts, gap.reason, new)
        self._gaps.clear()


def count_gap(counts: Tally, reason: Reason, n: int) -> None:
    """Count lines that did not come: lost, a reference, or left out for who counts alone."""
    if reason in LOST:
        counts.lost[reason.name.lower()] += n
    elif reason is Reason.REFERENCE:
        counts.reference += n
    else:
        counts.missed += n


def counted(codes: NDArray[np.uint8], answer: Answer) -> Counter[str]:
    """Samples by class, of codes of an answer."""
    return totalled(np.bincount(codes.ravel(), minlength=256), answer)


def totalled(found: NDArray[Any], answer: Answer) -> Counter[str]:
    """Samples by class, of the number of each code (256,)."""
    return Counter({name: int(found[code]) for code, name in _names(answer) if found[code]})


def _names(answer: Answer) -> Iterator[tuple[int, str]]:
    yield from enumerate(info.name for info in answer.classes)
    yield from ((UNKNOWN, tally.UNKNOWN), (BACKGROUND, tally.BELT), (INVALID, tally.INVALID))


def named(counts: NDArray[np.uint32], names: Sequence[str]) -> Counter[str]:
    """Samples of a stone by class: its counts are of these names, unknown last."""
    return Counter({name: n for name, n in zip((*names, tally.UNKNOWN), counts.tolist(), strict=False) if n})


def decided(decision: str, product: int) -> str:
    """A stone's decision, with its product where that is not the first."""
    return f"{decision} {product}" if product > 1 else decision
