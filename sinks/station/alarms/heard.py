"""What was heard already: incidents are read from their files' beginnings, by each life of a station."""

from __future__ import annotations

from collections.abc import Mapping

from oreline.incidents import Incident
from oreline.moment import Moment

MOST_LIVES = 500
EARLIER_NS = 60_000_000_000
"""A first station hears of what happened so long before its start, while the line was starting."""


class Heard:
    """Incidents that were heard by the station before this one, and so far. `boot`: of the host, in hex digits.
    `since_ns`: of CLOCK_MONOTONIC; nothing before counts. `numbers`: the last of each life of each process, which go
    into its file in order, whatever the order in which they are told here."""

    def __init__(self, boot: str, since_ns: int, numbers: Mapping[str, int] | None = None) -> None:
        self.boot, self.since_ns = boot, since_ns
        self._before, self.numbers = dict(numbers or {}), dict(numbers or {})

    @classmethod
    def begun(cls, now: Moment) -> Heard:
        """That of a first station, which begins now."""
        return cls(now.boot.hex(), now.t_ns - EARLIER_NS)

    def is_new(self, incident: Incident, now: Moment) -> bool:
        """True where no station before this one has heard it; those of another boot are history."""
        if self.boot != now.boot.hex():
            self.boot, self.since_ns = now.boot.hex(), 0
        life = f"{incident.process}/{incident.life}"
        old = incident.boot != self.boot or incident.t_ns < self.since_ns
        if old or incident.number <= self._before.get(life, 0):
            return False
        self.numbers[life] = max(incident.number, self.numbers.pop(life, 0))
        if len(self.numbers) > MOST_LIVES:
            self.numbers.pop(next(iter(self.numbers)))
        return True
