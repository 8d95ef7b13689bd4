"""Page of a shift's report: one HTML file for screen and paper, A4, that asks for nothing from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from oreline.languages import marked
from sinks.station.shifts.calendar import Calendar, S
from sinks.station.shifts.report import ShiftReport, wall_of
from sinks.station.shifts.table import PARTS
from sinks.station.words import ENGLISH, Words, words_in

STYLE = """
@page { size: A4; margin: 14mm; }
body { font: 13px/1.45 "Oreline CJK", system-ui, sans-serif; color: #1c2733; }
body { max-width: 182mm; margin: 1.5rem auto; padding: 0 1rem; }
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
FONTS = {"zh-CN": "CJK-Regular.woff"}
MOST = 60
"""Stops and alarms that are shown, the longest and the first; the CSV has sums of all."""
STATES = ("sorting", "held", "calibrating", "down")
_SAID = {
    "sorting": marked("sorting"),
    "held": marked("held by somebody"),
    "calibrating": marked("calibrating"),
    "down": marked("down: no lines came"),
    "off": marked("no run seen"),
}
_UNKNOWN, _NONE = marked("not known"), marked("None.")
_VALUES = (
    marked("low"), marked("medium"), marked("high"), marked("critical"), marked("recipe"), marked("model"),
    marked("reference"), marked("down"), marked("doubtful"), marked("held"), marked("done"), marked("of the stones"),
    marked("tails"), marked("line"), marked("lines"), marked("class"), marked("samples"), marked("share"),
    marked("at"), marked("for"), marked("what"), marked("why"), marked("state"), marked("time"), marked("priority"),
    marked("alarm"), marked("times"), marked("words"), marked("who"), marked("result"), marked("name"),
    marked("first seen"),
)  # fmt: skip
"""Heads of tables, and what stands in them as it is counted."""


def page(report: ShiftReport, calendar: Calendar, language: str = ENGLISH) -> str:
    """The page's HTML, in a language of the station."""
    say = words_in(language)
    title = say(marked("Shift report {shift}"), shift=report.shift.key)
    times = {"start": report.told["start"], "end": report.told["end"], "zone": calendar.zone.key}
    when = say(marked("{start} to {end}, {zone}"), **times)
    about = marked("Line {site}, {when}. All of the journal, unless a note says otherwise.")
    parts = (_figures(report, say), _material(report, say), _lines(report, say), _time(report, calendar, say))
    body = "\n".join((*parts, _alarms(report, say), _in_force(report, calendar, say)))
    notes = "".join(f"<li>{escape(say.said(note))}</li>" for note in report.notes)
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_font(language)}{STYLE}</style></head><body>\n'
        f"<h1>{escape(title)}</h1><p class=small>{escape(say(about, site=report.site, when=when))}</p>\n{body}\n"
        f"<h2>{say(marked('What the numbers rest on'))}</h2><ul class=small>{notes}</ul></body></html>\n"
    )


def _font(language: str) -> str:
    """The font of a language whose letters not every computer has, in the page itself."""
    if language not in FONTS:
        return ""
    font = (files("sinks.station.web") / "static" / "fonts" / FONTS[language]).read_bytes()
    source = f"url(data:font/woff;base64,{b64encode(font).decode()})"
    return f'@font-face {{ font-family: "Oreline CJK"; src: {source} format("woff"); font-display: block; }}'


def _figures(report: ShiftReport, say: Words) -> str:
    told = report.told
    feed = told["feed"]
    amount = (
        (marked("Feed, in tonnes by area"), _number(say, feed["tonnes"], 1, " t"))
        if feed["tonnes"] is not None
        else (marked("Feed, by area"), _number(say, feed["area_m2"], 1, " m²"))
    )
    figures = (
        amount,
        (marked("Grade of feed, share of ore"), _percent(say, feed["grade"])),
        (marked("Grade of product, its purity"), _percent(say, told["product"]["grade"])),
        (marked("Recovery of ore"), _percent(say, told["recovery"])),
        (marked("Sorting"), _hours(told["seconds"].get("sorting", 0.0))),
        (marked("Lines lost"), _number(say, sum(told["lost"].values()))),
    )
    shown = "".join(f"<div>{escape(say(name))}<b>{value}</b></div>" for name, value in figures)
    return f"<div class=figures>{shown}</div>"


def _material(report: ShiftReport, say: Words) -> str:
    told = report.told
    parts = [told[part] for part in PARTS]
    rows = [
        (say(marked("stones")), *(_number(say, part["stones"]) for part in parts)),
        (say(marked("area, m²")), *(_number(say, part["area_m2"], 2) for part in parts)),
        (say(marked("tonnes")), *(_number(say, part["tonnes"], 2) for part in parts)),
        (say(marked("grade")), *(_percent(say, part["grade"]) for part in parts)),
    ]
    names = dict.fromkeys(name for part in parts for name in part["shares"])
    rows += [(say(name), *(_percent(say, part["shares"].get(name, 0.0)) for part in parts)) for name in names]
    hourly = told["per_hour"]
    digits = (("stones", "stones", 0), ("area", "area_m2", 1), ("tonnes", "tonnes", 1))
    rate = {of: _number(say, hourly[name], n) for of, name, n in digits}
    decided = ", ".join(f"{_number(say, n)} {_decision(say, name)}" for name, n in told["decisions"].items()) or say(
        "none"
    )
    hour = marked("An hour of sorting: {stones} stones, {area} m², {tonnes} t. Stones by decision: {decisions}.")
    return (
        f"<h2>{say(marked('Material'))}</h2>{_table(say, ('of the stones', 'n feed', 'n product', 'n tails'), rows)}"
        f"<p class=small>{escape(say(hour, **rate, decisions=decided))}</p>"
    )


def _decision(say: Words, name: str) -> str:
    """A decision, with the number of its product where it has one."""
    decision, blank, product = name.partition(" ")
    return say(decision) + blank + product


def _lines(report: ShiftReport, say: Words) -> str:
    told = report.told
    seen = sum(told["samples"].values())
    lost = [
        (say(marked("lost: {reason}"), reason=say(reason.replace("_", " "))), _number(say, n))
        for reason, n in told["lost"].items()
    ]
    rows = [
        (say(marked("labelled")), _number(say, told["lines"])),
        *lost,
        (say(marked("taken for a reference")), _number(say, told["reference"])),
        (say(marked("passed over by the sorter")), _number(say, told["shed"])),
    ]
    samples = [(say(name), _number(say, n), _percent(say, n / seen)) for name, n in told["samples"].items()]
    return (
        f"<h2>{say('Lines')}</h2>{_table(say, ('line', 'n lines'), rows)}"
        f"<h2>{say(marked('Samples of all lines'))}</h2>{_table(say, ('class', 'n samples', 'n share'), samples)}"
    )


def _time(report: ShiftReport, calendar: Calendar, say: Words) -> str:
    seconds = {state: report.told["seconds"].get(state, 0.0) for state in STATES} | {"off": report.off_s}
    whole = sum(seconds.values()) or 1.0
    bar = "".join(f'<div class={state} style="flex:{s / whole:.6f}"></div>' for state, s in seconds.items() if s)
    rows = [
        (f'<span class="key {state}"></span>{escape(say(_SAID[state]))}', _hours(s), _percent(say, s / whole))
        for state, s in seconds.items()
    ]
    longest = sorted(report.stops, key=lambda one: -one.ns)[:MOST]
    stops = [(calendar.text(one.start_ns), _hours(one.ns / S), say(one.state), say.said(one.reason)) for one in longest]
    more = _cut(say, marked("The {most} longest of {all}."), len(report.stops))
    table = _table(say, ("at", "n for", "what", "why"), stops) if stops else f"<p>{say(_NONE)}</p>"
    return (
        f"<h2>{say(marked('Time'))}</h2><div class=bar>{bar}</div>"
        f"{_table(say, ('state', 'n time', 'n share'), rows, raw=True)}"
        f"<h2>{say(marked('When no lines came'))}</h2>{table}{more}"
    )


def _alarms(report: ShiftReport, say: Words) -> str:
    counted = [
        (say(priority), say(title), _number(say, n))
        for priority, all_ in report.told["alarms"].items()
        for title, n in all_.items()
    ]
    if not counted:
        return f"<h2>{say('Alarms')}</h2><p>{say(_NONE)}</p>"
    shown = [
        (when, f"{say(priority)}: {say(title)}", say.said(words))
        for when, priority, title, words in report.alarms[:MOST]
    ]
    more = _cut(say, marked("The first {most} of {all}."), len(report.alarms))
    return (
        f"<h2>{say('Alarms')}</h2>{_table(say, ('priority', 'alarm', 'n times'), counted)}"
        f"<h2>{say(marked('Alarms in order'))}</h2>{_table(say, ('at', 'alarm', 'words'), shown)}{more}"
    )


def _in_force(report: ShiftReport, calendar: Calendar, say: Words) -> str:
    rows = [(say(kind), one["name"], one["since"]) for kind, all_ in report.told["in_force"].items() for one in all_]
    acts = [
        (
            calendar.text(wall_of(act.time)),
            act.record.who,
            " ".join((act.record.verb, *map(str, act.record.arguments.values()))),
            say.said(act.record.result),
        )
        for act in report.acts
    ]
    none = f"<p>{say(marked('None is in the audit log.'))}</p>"
    told = _table(say, ("at", "who", "what", "result"), acts) if acts else none
    return (
        f"<h2>{say(marked('In force'))}</h2>{_table(say, ('what', 'name', 'first seen'), rows)}"
        f"<h2>{say(marked('Acts of people'))}</h2>{told}"
    )


def _cut(say: Words, words: str, all_: int) -> str:
    return f"<p class=small>{say(words, most=MOST, all=all_)}</p>" if all_ > MOST else ""


def _table(say: Words, heads: Sequence[str], rows: Iterable[Sequence[str]], *, raw: bool = False) -> str:
    """A table; heads that begin with "n " are of numbers. `raw`: the first cell is HTML already."""
    marks = [' class="n"' if head.startswith("n ") else ' class="at"' if head == "at" else "" for head in heads]
    named = [escape(say(head.removeprefix("n "))) for head in heads]
    top = "".join(f"<th{mark}>{name}</th>" for name, mark in zip(named, marks, strict=True))
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


def _number(say: Words, value: float | None, digits: int = 0, unit: str = "") -> str:
    return say(_UNKNOWN) if value is None else f"{value:,.{digits}f}{unit}".replace(",", "\u202f")


def _percent(say: Words, value: float | None) -> str:
    return say(_UNKNOWN) if value is None else f"{value * 100:.2f} %"


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
