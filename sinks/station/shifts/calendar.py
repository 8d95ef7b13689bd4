"""Calendar of shifts: when each begins and ends, by the clocks of the plant's zone.

A shift is all time from its start to the start of the next, so each moment is in exactly one, on days of 23 and 25
hours, too. A start that a clock skips is as late after midnight as it would have been; one that comes twice is the
first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sinks.station.shifts.settings import ShiftsSettings

S = 1_000_000_000
MINUTE = 60 * S


@dataclass(frozen=True, slots=True)
class Shift:
    """Shift [start_ns, stop_ns) of CLOCK_REALTIME. `day`: that on which it begins, in the plant's zone."""

    name: str
    day: date
    start_ns: int
    stop_ns: int

    @property
    def key(self) -> str:
        """Its name among all shifts, as 2026-03-01-night."""
        return f"{self.day.isoformat()}-{self.name}"


class Calendar:
    """Calendar of a plant."""

    def __init__(self, settings: ShiftsSettings) -> None:
        self.zone = ZoneInfo(settings.zone)
        self._starts = settings.starts

    def at(self, wall_ns: int) -> Shift:
        """The shift that a moment is in."""
        return next(shift for shift in self._around(wall_ns) if shift.start_ns <= wall_ns < shift.stop_ns)

    def between(self, first_ns: int, last_ns: int) -> Iterator[Shift]:
        """The shifts from that of one moment to that of another, in order."""
        shift = self.at(first_ns)
        while shift.start_ns <= last_ns:
            yield shift
            shift = self.at(shift.stop_ns)

    def find(self, key: str) -> Shift | None:
        """The shift of a key; None where there is none."""
        day = key.rpartition("-")[0]
        try:
            noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=self.zone)
            found = self._around(int(noon.timestamp()) * S)
        except (ValueError, OverflowError):
            return None
        return next((shift for shift in found if shift.key == key), None)

    def text(self, wall_ns: int) -> str:
        """A moment by the plant's clocks, as 2026-03-01T19:00:00+01:00."""
        return datetime.fromtimestamp(wall_ns // S, UTC).astimezone(self.zone).isoformat()

    def _around(self, wall_ns: int) -> list[Shift]:
        """The shifts of some days before and after a moment, in order."""
        today = datetime.fromtimestamp(wall_ns // S, UTC).astimezone(self.zone).date()
        days = [today + timedelta(days=n) for n in (-2, -1, 0, 1, 2)]
        starts = sorted((self._instant(day, name), day, name) for day in days for name in self._starts)
        return [Shift(name, day, start, stop) for (start, day, name), (stop, _, _) in pairwise(starts) if start < stop]

    def _instant(self, day: date, name: str) -> int:
        return int(datetime.combine(day, self._starts[name], self.zone).timestamp()) * S
