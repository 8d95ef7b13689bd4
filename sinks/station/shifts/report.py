"""Report of a shift, from the journal: what the plant's manager asks of it."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from oreline.errors import ConfigError, nearest
from sinks.log.journal import JOURNAL
from sinks.log.reading import reading
from sinks.station.alarms.rules import RULES
from sinks.station.audit import AUDIT, Entry, entries
from sinks.station.shifts.calendar import Calendar, S, Shift
from sinks.station.shifts.journal_lines import Stretch, count_gaps, count_lines, dated, stretches, times, undated
from sinks.station.shifts.journal_stones import count_stones, missed_stones
from sinks.station.shifts.stops import Interval, Stop, Trouble, count_time
from sinks.station.shifts.store import STORE, Store
from sinks.station.shifts.summary import Measures, of_shift
from sinks.station.shifts.tally import Tally, total

_BY_KIND = {kind: rule for rule in RULES for kind in rule.kinds}
HOLD, RESUME = "hold", "resume"


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """Report of one shift. `told`: its summary, by the fields of `sinks.station.shifts.summary`. `stops`: when no lines
    came. `off_s`: how long no run was at work, or none was seen. `alarms`: those of the journal's incidents that are
    alarms: time, priority, title, words. `acts`: what people did, of the audit log. `notes`: what is to be known of the
    numbers."""

    site: str
    shift: Shift
    told: dict[str, Any]
    stops: list[Stop]
    off_s: float
    alarms: list[tuple[str, str, str, str]]
    acts: list[Entry]
    notes: list[str] = field(default_factory=list)


def shifts_in(output: Path, calendar: Calendar) -> dict[str, tuple[Shift, int]]:
    """The shifts that a journal has lines of, by their keys and in order, and how many. Raises RecordingError."""
    found: dict[str, tuple[Shift, int]] = {}
    with reading(output / JOURNAL) as db:
        for wall in dated(db):
            for shift in calendar.between(int(wall.min()), int(wall.max())):
                n = int(np.count_nonzero((wall >= shift.start_ns) & (wall < shift.stop_ns)))
                if n:
                    found[shift.key] = (shift, found.get(shift.key, (shift, 0))[1] + n)
    return dict(sorted(found.items(), key=lambda item: item[1][0].start_ns))


def chosen(output: Path, calendar: Calendar, key: str | None) -> Shift:
    """The shift of a key; the last that has lines where none is given. Raises ConfigError, RecordingError."""
    if key is None:
        known = shifts_in(output, calendar)
        if not known:
            raise ConfigError(f"{output / JOURNAL} has no line that a clock could date: there is no shift to report of")
        return next(reversed(known.values()))[0]
    shift = calendar.find(key)
    if shift is None:
        near = nearest(key, list(shifts_in(output, calendar)))
        raise ConfigError(f"there is no shift {key!r}: say its day and its name, such as 2026-03-01-night.{near}")
    return shift


def report_of(output: Path, calendar: Calendar, measures: Measures, shift: Shift, site: str) -> ShiftReport:
    """The report of a shift. Raises RecordingError."""
    within = (shift.start_ns, shift.stop_ns)
    acts = _acts(output, within)
    counts, notes = Tally(), list[str]()
    with reading(output / JOURNAL) as db:
        alarms = list(_alarms(db, within))
        for _, priority, title, _ in alarms:
            counts.alarms[f"{priority}: {title}"] += 1
        stops = _count(db, within, _held(output, within), [Trouble(one[0], one[2]) for one in alarms], counts)
        if lost := undated(db):
            notes.append(f"{lost} lines of the journal have no date, since no clock was noted with them: in no shift")
        if gone := missed_stones(db):
            notes.append(f"{gone} stones of the journal's runs never came to the log: in no shift")
    is_over = shift.stop_ns <= time.time_ns()
    told = of_shift(shift, counts, calendar, measures, complete=is_over)
    told |= {"missed": 0, "missed_stones": 0, "shed": None}
    _note(output, within, told, notes, measures)
    known_s = sum(told["seconds"].values())
    so_far = min(shift.stop_ns, max(shift.start_ns, time.time_ns()))
    off_s = max(0.0, (so_far - shift.start_ns) / S - known_s)
    shown = [(calendar.text(wall_ns), priority, title, words) for wall_ns, priority, title, words in alarms]
    return ShiftReport(site, shift, told, stops, off_s, shown, acts, notes)


def _count(
    db: sqlite3.Connection, within: Interval, held: list[Interval], troubles: Sequence[Trouble], counts: Tally
) -> list[Stop]:
    """Count lines, gaps, stones and times; returns the stops."""
    stops: list[Stop] = []
    for _, group in groupby(stretches(db), key=lambda one: one.run):
        run = list[Stretch](group)
        for stretch in run:
            count_lines(db, stretch, *within, counts)
            count_stones(db, stretch, *within, counts)
        count_gaps(db, run, *within, counts)
        seen = times(db, run, *within)
        if seen is not None:
            stops += count_time(db, seen, within, held, troubles, counts)
    return sorted(stops, key=lambda one: one.start_ns)


def _alarms(db: sqlite3.Connection, within: Interval) -> Iterator[tuple[int, str, str, str]]:
    """When, in ns, of which priority, what, and in which words."""
    for when, kind, words in db.execute("SELECT time, kind, words FROM history"):
        rule = _BY_KIND.get(kind) or _BY_KIND.get(f"{kind.partition('_')[0]}_CODE")
        wall_ns = wall_of(when)
        if rule is not None and within[0] <= wall_ns < within[1]:
            yield wall_ns, rule.priority.name.lower(), rule.title, words


def wall_of(text: str) -> int:
    """A moment in ns, of a text with its zone."""
    return round(datetime.fromisoformat(text).timestamp() * 1000) * (S // 1000)


def _acts(output: Path, within: Interval) -> list[Entry]:
    path = output / AUDIT
    found = entries(path) if path.is_file() else ()
    return [one for one in found if within[0] <= wall_of(one.time) < within[1]]


def _held(output: Path, within: Interval) -> list[Interval]:
    """When somebody held the sorter's fire, by the audit log."""
    path, found, since = output / AUDIT, list[Interval](), None
    for one in entries(path) if path.is_file() else ():
        if one.record.result == "done" and one.record.verb in (HOLD, RESUME):
            at = wall_of(one.time)
            if one.record.verb == HOLD:
                since = at if since is None else since
            elif since is not None:
                found.append((since, max(since, at)))
                since = None
    return [*found, (since, within[1])] if since is not None and since < within[1] else found


def _note(output: Path, within: Interval, told: dict[str, Any], notes: list[str], measures: Measures) -> None:
    """Add what only the station has counted, and say what the numbers rest on."""
    if (output / STORE).is_file():
        store = Store(output, only_read=True)
        seen = total(minute.tally for minute in store.between(*within))
        store.close()
        told["shed"] = seen.shed
        notes.append(f"lines shed are those that the station saw: it did not see {seen.missed} lines")
    rock = told["rock_m2"]
    if rock is None or math.isnan(rock):
        notes.append("acquisition.pitch_mm is not set: there are no areas")
    if not measures.ore:
        notes.append("no ore is named in [sinks.station.shifts] or in the sorter's recipe: there is no grade")
    if measures.tonnes_per_m2 is None:
        notes.append("tonnes_per_m2 is not set in [sinks.station.shifts]: areas are told, and no tonnes")
    else:
        notes.append(f"tonnes are area times {measures.tonnes_per_m2:g} t/m2, a sample taken to be as long as wide")
    notes.append("grade and recovery are shares of labelled samples: an estimate, which no assay has confirmed")
