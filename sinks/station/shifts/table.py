"""Table of a shift's report: every number of it, a row each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from sinks.station.shifts.report import ShiftReport

Row = tuple[str, str, str | int | float | None, str]
HEAD = ("section", "item", "value", "unit")
PARTS = ("feed", "product", "tails")
_UNITS = {"stones": "stones", "pixels": "samples", "area_m2": "m2", "tonnes": "t", "grade": "share of ore"}


def csv_of(report: ShiftReport) -> str:
    """The report as CSV; an empty value is one that is not known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    writer.writerows(rows(report))
    return text.getvalue()


def rows(report: ShiftReport) -> Iterator[Row]:
    """Section, item, value and unit."""
    told = report.told
    yield "shift", "site", report.site, ""
    yield "shift", "shift", report.shift.key, ""
    for one in ("start", "end"):
        yield "shift", one, told[one], ""
    for one in ("lines", "reference", "shed"):
        yield "lines", one, told[one], "lines"
    yield from (("lines", f"lost: {reason}", n, "lines") for reason, n in told["lost"].items())
    yield from (("samples", name, n, "samples") for name, n in told["samples"].items())
    yield "samples", "rock", told["rock_m2"], "m2"
    yield from (("stones", name, n, "stones") for name, n in told["decisions"].items())
    for part in PARTS:
        yield from ((part, one, told[part][one], unit) for one, unit in _UNITS.items())
        yield from ((part, f"share: {name}", share, "share of rock") for name, share in told[part]["shares"].items())
    yield "product", "recovery", told["recovery"], "share of ore"
    yield from (("feed", f"{one} an hour", n, f"{_UNITS[one]}/h") for one, n in told["per_hour"].items())
    yield from (("time", state, seconds, "s") for state, seconds in told["seconds"].items())
    yield "time", "no run seen", round(report.off_s, 3), "s"
    yield from (("down", reason, seconds, "s") for reason, seconds in told["down"].items())
    for priority, alarms in told["alarms"].items():
        yield from ((f"alarms: {priority}", title, n, "times") for title, n in alarms.items())
    for kind, seen in told["in_force"].items():
        yield from ((f"in force: {kind}", one["name"], one["since"], "") for one in seen)
    for act in report.acts:
        yield "acts", act.time, f"{act.record.who} {act.record.verb} {act.record.result}", ""
