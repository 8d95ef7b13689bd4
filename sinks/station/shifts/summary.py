"""Summary of a minute or a shift: what bus, MQTT and report tell of a tally."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sinks.station.shifts.calendar import MINUTE, Calendar, S, Shift
from sinks.station.shifts.minutes import Minute
from sinks.station.shifts.ore import ore_in
from sinks.station.shifts.tally import Part, Tally, rock

FIELDS = {
    "what": '"minute" or "shift"',
    "shift": "key of the shift, such as `2026-03-01-night`: the day on which it begins, and its name",
    "start, end": "by the plant's clocks, with their offset",
    "part": "1; 2 and so on where a minute came again, since the clock was put back",
    "complete": "false while it goes on",
    "lines": "with labels",
    "missed": "lines that the station did not get, of which it can say no more; always 0 in a report from the journal",
    "lost": "lines that nobody has, by reason",
    "reference": "lines that became a dark or white reference",
    "shed": "lines that the sorter passed over, since it was behind; null in a report from the journal",
    "samples": "samples of the lines, by class, with `unknown`, `background` and `invalid`",
    "rock_m2": "area of the samples that are rock, where a sample is as long as wide; null without `pitch_mm`",
    "missed_stones": "stones that the station did not get",
    "decisions": "stones by decision: `ejected`, `passed`, `doubtful`, `held`; `ejected 2` is a second product",
    "feed, product, tails": "all stones, those that were shot at, the others: `stones`, `pixels`, `area_m2`, `tonnes` "
    "(area times `tonnes_per_m2`, null without), `shares` by class, `grade`: the share of ore",
    "recovery": "share of the feed's ore samples that are in the product; an estimate, by the labels",
    "per_hour": "feed in an hour of sorting: `stones`, `area_m2`, `tonnes`",
    "seconds": "by CLOCK_MONOTONIC: `sorting`, `held`, `calibrating`, `down`",
    "down": "seconds of `down`, by reason",
    "alarms": "how often each came: by priority, then by title",
    "in_force": "recipes, models and references, each with when it was first seen in this time",
}
"""Of a summary, in its order. What is not known, or has no denominator, is null."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Measures of a plant: what ore is, and what a square metre of rock weighs in tonnes; None is not known."""

    ore: Sequence[str] = ()
    tonnes_per_m2: float | None = None


def of_minute(minute: Minute, calendar: Calendar, measures: Measures) -> dict[str, Any]:
    """Summary of a minute that is over."""
    within = minute.start_ns, minute.start_ns + MINUTE
    return {
        **_head("minute", calendar.at(minute.start_ns), within, calendar),
        "part": minute.part,
        "complete": True,
        **_sums(minute.tally, calendar, measures),
    }


def of_shift(shift: Shift, tally: Tally, calendar: Calendar, measures: Measures, *, complete: bool) -> dict[str, Any]:
    """Summary of a shift."""
    head = _head("shift", shift, (shift.start_ns, shift.stop_ns), calendar)
    return {**head, "part": 1, "complete": complete, **_sums(tally, calendar, measures)}


def _head(what: str, shift: Shift, within: tuple[int, int], calendar: Calendar) -> dict[str, str]:
    start, end = map(calendar.text, within)
    return {"what": what, "shift": shift.key, "start": start, "end": end}


def _sums(tally: Tally, calendar: Calendar, measures: Measures) -> dict[str, Any]:
    parts = {"feed": tally.together(), "product": tally.product, "tails": tally.tails}
    feed_ore, product_ore = (ore_in(parts[one].samples, measures.ore) for one in ("feed", "product"))
    hours = tally.time_ns["sorting"] / S / 3600
    told = {name: _part(part, measures) for name, part in parts.items()}
    return {
        "lines": tally.lines,
        "missed": tally.missed,
        "lost": dict(sorted(tally.lost.items())),
        "reference": tally.reference,
        "shed": tally.shed,
        "samples": dict(tally.samples.most_common()),
        "rock_m2": number(tally.rock_mm2 * 1e-6),
        "missed_stones": tally.missed_stones,
        "decisions": {name: part.stones for name, part in sorted(tally.parts.items())},
        **told,
        "recovery": _ratio(product_ore, feed_ore),
        "per_hour": {of: _per_hour(told["feed"][of], hours) for of in ("stones", "area_m2", "tonnes")},
        "seconds": {state: round(ns / S, 3) for state, ns in sorted(tally.time_ns.items())},
        "down": {reason: round(ns / S, 3) for reason, ns in tally.down_ns.most_common()},
        "alarms": _by_priority(tally.alarms),
        "in_force": {kind: _since(seen, calendar) for kind, seen in sorted(tally.in_force.items())},
    }


def _part(part: Part, measures: Measures) -> dict[str, Any]:
    named = rock(part.samples)
    area = part.area_mm2 * 1e-6
    return {
        "stones": part.stones,
        "pixels": part.pixels,
        "area_m2": number(area),
        "tonnes": None if measures.tonnes_per_m2 is None else number(area * measures.tonnes_per_m2),
        "shares": {name: _ratio(n, named) for name, n in part.samples.most_common() if n},
        "grade": _ratio(ore_in(part.samples, measures.ore), named) if measures.ore else None,
    }


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 6) if whole else None


def _per_hour(amount: float | None, hours: float) -> float | None:
    return None if amount is None or not hours else number(amount / hours)


def number(value: float) -> float | None:
    """A number for JSON, which has none that is not finite."""
    return round(value, 6) if math.isfinite(value) else None


def _by_priority(alarms: Mapping[str, int]) -> dict[str, dict[str, int]]:
    told: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name, n in sorted(alarms.items()):
        priority, _, title = name.partition(": ")
        told[priority][title] = n
    return dict(told)


def _since(seen: Mapping[str, int], calendar: Calendar) -> list[dict[str, str]]:
    in_order = sorted(seen.items(), key=lambda item: item[1])
    return [{"name": value, "since": calendar.text(wall_ns)} for value, wall_ns in in_order]
