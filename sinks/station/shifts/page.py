"""Page of a shift's report: one HTML file for screen and paper, A4, that asks for nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from sinks.station.shifts.calendar import Calendar, S
from sinks.station.shifts.report import ShiftReport, wall_of
from sinks.station.shifts.table import PARTS

STYLE = """
@page { size: A4; margin: 14mm; }
body { font: 13px/1.45 system-ui, sans-serif; color: #1c2733; max-width: 182mm; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.45rem; margin: 0; } h2 { font-size: 1.05rem; margin: 1.3rem 0 0.3rem; break-after: avoid; }
.small { color: #55636f; font-size: 0.9em; } ul.small { padding-left: 1.1rem; }
.figures { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.5rem; margin: 0.9rem 0; }
.figures div { border: 1px solid #d5dbe1; border-radius: 4px; padding: 0.45rem 0.7rem; }
.figures b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; } tr { break-inside: avoid; }
td, th { padding: 0.16rem 0.6rem 0.16rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #e6eaee; }
th { font-weight: 600; } td, b { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; white-space: nowrap; } td.at { white-space: nowrap; }
.bar { display: flex; height: 16px; border: 1px solid #8b97a3; margin: 0.3rem 0; }
.sorting { background: #2f7d4f; } .held { background: #d9a406; } .calibrating { background: #3d74b8; }
.down { background: #b3362b; } .off { background: #c9d0d7; }
.key { display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.35em; }
@media print { body { margin: 0; padding: 0; max-width: none; } * { print-color-adjust: exact; } }
"""
MOST = 60
"""Stops and alarms that are shown, the longest and the first; the CSV has sums of all."""
STATES = ("sorting", "held", "calibrating", "down")
_SAID = {
    "sorting": "sorting",
    "held": "held by somebody",
    "calibrating": "calibrating",
    "down": "down: no lines came",
    "off": "no run seen",
}


def page(report: ShiftReport, calendar: Calendar) -> str:
    """The page's HTML."""
    title = f"Shift report {report.shift.key}"
    when = f"{report.told['start']} to {report.told['end']}, {calendar.zone.key}"
    parts = (_figures(report), _material(report), _lines(report), _time(report, calendar))
    body = "\n".join((*parts, _alarms(report), _in_force(report, calendar)))
    notes = "".join(f"<li>{escape(note)}</li>" for note in report.notes)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>\n'
        f"<h1>{escape(title)}</h1><p class=small>Line {escape(report.site)}, {escape(when)}. All of the journal, "
        f"unless a note says otherwise.</p>\n{body}\n<h2>What the numbers rest on</h2><ul class=small>{notes}</ul>"
        "</body></html>\n"
    )


def _figures(report: ShiftReport) -> str:
    told = report.told
    feed = told["feed"]
    amount = (
        ("Feed, in tonnes by area", _number(feed["tonnes"], 1, " t"))
        if feed["tonnes"] is not None
        else ("Feed, by area", _number(feed["area_m2"], 1, " m²"))
    )
    figures = (
        amount,
        ("Grade of feed, share of ore", _percent(feed["grade"])),
        ("Grade of product, its purity", _percent(told["product"]["grade"])),
        ("Recovery of ore", _percent(told["recovery"])),
        ("Sorting", _hours(told["seconds"].get("sorting", 0.0))),
        ("Lines lost", _number(sum(told["lost"].values()))),
    )
    return f"<div class=figures>{''.join(f'<div>{name}<b>{value}</b></div>' for name, value in figures)}</div>"


def _material(report: ShiftReport) -> str:
    told = report.told
    parts = [told[part] for part in PARTS]
    rows = [
        ("stones", *(_number(part["stones"]) for part in parts)),
        ("area, m²", *(_number(part["area_m2"], 2) for part in parts)),
        ("tonnes", *(_number(part["tonnes"], 2) for part in parts)),
        ("grade", *(_percent(part["grade"]) for part in parts)),
    ]
    names = dict.fromkeys(name for part in parts for name in part["shares"])
    rows += [(name, *(_percent(part["shares"].get(name, 0.0)) for part in parts)) for name in names]
    hourly = told["per_hour"]
    rate = f"{_number(hourly['stones'])} stones, {_number(hourly['area_m2'], 1)} m², {_number(hourly['tonnes'], 1)} t"
    decided = ", ".join(f"{_number(n)} {name}" for name, n in told["decisions"].items()) or "none"
    table = _table(("of the stones", "n feed", "n product", "n tails"), rows)
    return (
        f"<h2>Material</h2>{table}<p class=small>An hour of sorting: {rate}. Stones by decision: {escape(decided)}.</p>"
    )


def _lines(report: ShiftReport) -> str:
    told = report.told
    rock = [(name, n) for name, n in told["samples"].items()]
    seen = sum(n for _, n in rock)
    lost = [(f"lost: {reason.replace('_', ' ')}", _number(n)) for reason, n in told["lost"].items()]
    rows = [("labelled", _number(told["lines"])), *lost, ("taken for a reference", _number(told["reference"]))]
    rows.append(("passed over by the sorter", _number(told["shed"])))
    samples = [(name, _number(n), _percent(n / seen)) for name, n in rock]
    return (
        f"<h2>Lines</h2>{_table(('line', 'n lines'), rows)}"
        f"<h2>Samples of all lines</h2>{_table(('class', 'n samples', 'n share'), samples)}"
    )


def _time(report: ShiftReport, calendar: Calendar) -> str:
    seconds = {state: report.told["seconds"].get(state, 0.0) for state in STATES} | {"off": report.off_s}
    whole = sum(seconds.values()) or 1.0
    bar = "".join(f'<div class={state} style="flex:{s / whole:.6f}"></div>' for state, s in seconds.items() if s)
    rows = [
        (f'<span class="key {state}"></span>{_SAID[state]}', _hours(s), _percent(s / whole))
        for state, s in seconds.items()
    ]
    longest = sorted(report.stops, key=lambda one: -one.ns)[:MOST]
    stops = [(calendar.text(one.start_ns), _hours(one.ns / S), one.state, one.reason) for one in longest]
    more = f"<p class=small>The {MOST} longest of {len(report.stops)}.</p>" if len(report.stops) > MOST else ""
    table = _table(("at", "n for", "what", "why"), stops) if stops else "<p>None.</p>"
    return (
        f"<h2>Time</h2><div class=bar>{bar}</div>{_table(('state', 'n time', 'n share'), rows, raw=True)}"
        f"<h2>When no lines came</h2>{table}{more}"
    )


def _alarms(report: ShiftReport) -> str:
    counted = [
        (priority, title, _number(n)) for priority, all_ in report.told["alarms"].items() for title, n in all_.items()
    ]
    if not counted:
        return "<h2>Alarms</h2><p>None.</p>"
    shown = [(when, f"{priority}: {title}", words) for when, priority, title, words in report.alarms[:MOST]]
    more = f"<p class=small>The first {MOST} of {len(report.alarms)}.</p>" if len(report.alarms) > MOST else ""
    return (
        f"<h2>Alarms</h2>{_table(('priority', 'alarm', 'n times'), counted)}"
        f"<h2>Alarms in order</h2>{_table(('at', 'alarm', 'words'), shown)}{more}"
    )


def _in_force(report: ShiftReport, calendar: Calendar) -> str:
    rows = [(kind, one["name"], one["since"]) for kind, all_ in report.told["in_force"].items() for one in all_]
    acts = [
        (
            calendar.text(wall_of(act.time)),
            act.record.who,
            " ".join((act.record.verb, *map(str, act.record.arguments.values()))),
            act.record.result,
        )
        for act in report.acts
    ]
    told = _table(("at", "who", "what", "result"), acts) if acts else "<p>None is in the audit log.</p>"
    return f"<h2>In force</h2>{_table(('what', 'name', 'first seen'), rows)}<h2>Acts of people</h2>{told}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, raw: bool = False) -> str:
    """A table; heads that begin with "n " are of numbers. `raw`: the first cell is HTML already."""
    marks = [' class="n"' if head.startswith("n ") else ' class="at"' if head == "at" else "" for head in heads]
    top = "".join(f"<th{mark}>{escape(head.removeprefix('n '))}</th>" for head, mark in zip(heads, marks, strict=True))
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{mark}>{cell if raw and not i else escape(cell)}</td>"
            for i, (cell, mark) in enumerate(zip(row, marks, strict=True))
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"


def _number(value: float | None, digits: int = 0, unit: str = "") -> str:
    return "not known" if value is None else f"{value:,.{digits}f}{unit}".replace(",", "\u202f")


def _percent(value: float | None) -> str:
    return "not known" if value is None else f"{value * 100:.2f} %"


def _hours(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return (
        f"{seconds:.1f} s"
        if seconds < 60
        else f"{hours} h {minutes:02d} min"
        if hours
        else f"{minutes} min {whole % 60} s"
    )
