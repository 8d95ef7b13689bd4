"""Times of a shift by the journal: how long lines came one after the other, and each time that they did not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oreline.messages import Reason
from sinks.log.reading import gaps
from sinks.station.hub import SILENT_NS
from sinks.station.shifts.calendar import S
from sinks.station.shifts.journal_lines import Numbers, RunTimes
from sinks.station.shifts.tally import Tally

BEFORE_NS = 2 * S
"""What stops a line is often said a moment before its last line has come, by another process."""
Interval = tuple[int, int]
"""[start, stop) by the wall's clock, in ns."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that may have stopped a line. `title`: for people."""

    wall_ns: int
    title: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Time [start_ns, stop_ns) in which no lines came. `state`: "calibrating" or "down"."""

    start_ns: int
    stop_ns: int
    state: str
    reason: str

    @property
    def ns(self) -> int:
        return self.stop_ns - self.start_ns


def count_time(
    db: sqlite3.Connection,
    times: RunTimes,
    within: Interval,
    held: Sequence[Interval],
    troubles: Sequence[Trouble],
    counts: Tally,
) -> list[Stop]:
    """Count the time of a run's lines in a shift, and return its stops. What lies between two lines is as long as
    CLOCK_MONOTONIC says, and ends when the wall's clock says that the later one came."""
    lasted = np.diff(times.t_ns)
    ends, is_stop = times.wall_ns[1:], lasted > SILENT_NS
    starts = ends - lasted
    first, last = np.clip(starts, *within), np.clip(ends, *within)
    sorting = np.where(is_stop, 0, np.maximum(0, last - first))
    total = int(sorting.sum())
    on_hold = sum(_overlap(first, last, ~is_stop, one) for one in held)
    counts.take_time("held", min(on_hold, total))
    counts.take_time("sorting", total - min(on_hold, total))
    reasons = {(gap.first, gap.first + gap.n): gap.reason for gap in gaps(db, times.run)}
    stops = [
        Stop(
            int(first[i]),
            int(last[i]),
            *_why(int(times.seq[i]), int(times.seq[i + 1]), reasons, troubles, starts[i], ends[i]),
        )
        for i in np.flatnonzero(is_stop & (last > first)).tolist()
    ]
    for stop in stops:
        counts.take_time(stop.state, stop.ns, stop.reason)
    return stops


def _overlap(first: Numbers, last: Numbers, counted: NDArray[np.bool_], one: Interval) -> int:
    shared = np.minimum(last, one[1]) - np.maximum(first, one[0])
    return int(np.maximum(0, shared)[counted].sum())


def _why(
    before: int,
    after: int,
    reasons: dict[tuple[int, int], Reason],
    troubles: Iterable[Trouble],
    start_ns: int,
    stop_ns: int,
) -> tuple[str, str]:
    """State and reason of a stop between two lines."""
    here = [reason for (first, stop), reason in reasons.items() if first > before and stop <= after]
    if Reason.REFERENCE in here:
        return "calibrating", "a reference was taken"
    told = next((one.title for one in troubles if start_ns - BEFORE_NS <= one.wall_ns <= stop_ns), None)
    if told:
        return "down", told
    return "down", f"lines lost: {here[0].name.lower().replace('_', ' ')}" if here else "no lines came"
