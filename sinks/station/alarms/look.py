"""Look at a line, as the conditions of alarms see it: its status, and what has become of it since a moment ago."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from sinks.station.alarms.settings import AlarmSettings
from sinks.station.status import Phase, Status

SINCE_NS = 2_000_000_000
"""Metrics are asked for once a second: over so long, each counter was told anew."""


@dataclass(frozen=True, slots=True)
class Look:
    """Look at a line: `now`, and `before`, a moment ago, in the same life of its processes. `free_bytes`: room for its
    output. `rings`: records that each stream's ring holds. `answered`: processes that have ever answered."""

    now: Status
    before: Status
    free_bytes: float = math.nan
    rings: Mapping[str, int] = field(default_factory=dict)
    answered: frozenset[str] = frozenset()
    limits: AlarmSettings = field(default_factory=AlarmSettings)

    @property
    def lines_come(self) -> bool:
        """True while lines are labelled."""
        return self.now.phase in (Phase.RUNNING, Phase.HELD)

    def gained(self, process: str, *key: str) -> float:
        """What a counter of a process has gained; NaN where it was not told both times."""
        was, now = (status.counts.get(process, {}).get(key, math.nan) for status in (self.before, self.now))
        return now - was


class Looks:
    """Looks, one after the other."""

    def __init__(self, rings: Mapping[str, int], limits: AlarmSettings) -> None:
        self._rings, self._limits = rings, limits
        self._past: deque[Status] = deque()
        self._answered: frozenset[str] = frozenset()

    def at(self, status: Status, free_bytes: float) -> Look:
        """The look of this moment."""
        self._past.append(status)
        while len(self._past) > 1 and self._past[1].at.t_ns <= status.at.t_ns - SINCE_NS:
            self._past.popleft()
        self._answered |= {name for name, answers in status.processes.items() if answers}
        return Look(status, self._past[0], free_bytes, self._rings, self._answered, self._limits)
