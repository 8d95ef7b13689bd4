"""Sections of the page of a hole beside its log: figures, colours, boxes, what is missing, intervals, provenance."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from oreline.palette import GROUPS, Colour, rgb
from sinks.core.page.columns import UNKNOWN_COLOUR, values
from sinks.core.page.html import count, fill_of, items, swatch, table, wide
from sinks.core.page.told import Told
from sinks.core.pictures import ink
from sinks.core.pictures.mosaic import State
from sinks.core.qc.finding import Level, Verdict
from sinks.core.session import Box
from sinks.core.table import FEATURE, FLAGS, FROM, GROUP, HOLE, MINERAL, RECOVERY, TO, UNKNOWN, N, header_of, words_of

HOW = {"base": "taken to be at the run's base", "top": "taken to be at its top", "placed": "where somebody placed it"}
"""By how the place of missing core is known."""
ELSEWHERE = ("colours", "groups", "missing", "recovery", "flags", "hole")
"""Of a table's header, what the page shows otherwise."""
FRACTIONS = (MINERAL, GROUP, UNKNOWN)


def figures(told: Told) -> str:
    """What matters first."""
    lost_m = sum(one.to_m - one.from_m for one in told.depth.missing)
    judged = [one.level for one in told.verdicts.values()]
    quality = ", ".join(f"{judged.count(level)} {level.words}" for level in Level if level in judged)
    shown = (
        ("Boxes scanned", f"{len(told.depth.boxes)} of {len(told.session.boxes)}"),
        ("Length of hole", f"{told.to_m - told.from_m:.2f} m"),
        ("Recovery", _recovery(told)),
        ("Core missing", f"{lost_m:.2f} m"),
        ("Quality of boxes", quality or "not judged"),
        ("Pixels of rock", count(np.nansum(values(told.fine, N)))),
    )
    return f"<div class=figures>{''.join(f'<div>{name}<b>{escape(value)}</b></div>' for name, value in shown)}</div>"


def _recovery(told: Told) -> str:
    """Of all runs together."""
    drilled_m = sum(one.to_m - one.from_m for one in told.depth.recovery)
    return f"{sum(one.recovered_m for one in told.depth.recovery) / drilled_m:.1%}" if drilled_m else "not known"


def colours(told: Told) -> str:
    """The legend, with shares of all rock."""
    others = (
        (fill_of(UNKNOWN_COLOUR), "unknown"), (fill_of(rgb(GROUPS["not rock"])), "not rock"),
        ("url(#hatch)", ink.WORDS[State.LOSS]), (fill_of(ink.UNSEEN[0]), ink.WORDS[State.NOT_SCANNED]),
    )  # fmt: skip
    rest = "".join(f"<li>{swatch(fill)}{words}</li>" for fill, words in others)
    of = "".join(_entries(told, kind, prefix) for kind, prefix in (("groups", GROUP), ("minerals", MINERAL)))
    return f"<h2>Colours</h2>{of}<ul class=legend>{rest}</ul>"


def _entries(told: Told, kind: str, prefix: str) -> str:
    """Groups or minerals, the commonest first."""
    known: dict[str, Any] = header_of(told.fine).get("colours", {}).get(kind, {})
    n = np.nan_to_num(values(told.fine, N))
    names = [name.removeprefix(prefix) for name in told.fine.column_names if name.startswith(prefix)]
    shares = {name: float(np.nansum(values(told.fine, prefix + name) * n) / max(1.0, n.sum())) for name in names}
    shown = "".join(
        f"<li>{swatch(fill_of(_colour(known, name)))}{escape(name)} {share:.1%}</li>"
        for name, share in sorted(shares.items(), key=lambda one: -one[1])
        if share >= ink.LEAST_SHARE
    )
    return f'<ul class=legend aria-label="{kind}, with their shares of the rock">{shown}</ul>'


def _colour(known: dict[str, Any], name: str) -> Colour:
    red, green, blue = known.get(name, UNKNOWN_COLOUR)
    return red, green, blue


def boxes(told: Told) -> str:
    """Boxes, what their quality is, and what should be known of their depths."""
    heads = ("n box", "n from, m", "n to, m", "n rows", "core", "verdict", "what was found, and what to do", "depth")
    rows = []
    for box in told.session.boxes:
        place = f"{box.number}", f"{box.from_m:.2f}", f"{box.to_m:.2f}", f"{box.rows}", _size(box)
        flags = items(one.words for one in told.depth.flags if one.box == box.number)
        verdict = _verdict(told.verdicts.get(box.number)) if box.number in told.depth.boxes else ("not scanned", "")
        rows.append((*place, *verdict, flags))
    return f"<h2>Boxes and their quality</h2>{wide('boxes', table(heads, rows))}"


def _size(box: Box) -> str:
    """What the session says of its core; its defaults are nothing that anybody has said."""
    size = box.core if isinstance(box.core, str) else f"{box.core:g} mm"
    said = [one for name, one in (("core", size), ("cut", box.cut)) if name in box.model_fields_set]
    return ", ".join(said) or "not said"


def _verdict(verdict: Verdict | None) -> tuple[str, str]:
    if verdict is None:
        return "not judged", ""
    level = verdict.level.words
    found = items(f"{one.words[:1].upper()}{one.words[1:]}. {one.action}" for one in verdict.findings)
    return f'<span class="verdict {level}">{level}</span>', found


def missing(told: Told) -> str:
    """Core that is missing, and recovery by run."""
    lost = [
        (f"{one.from_m:.3f}", f"{one.to_m:.3f}", f"{one.to_m - one.from_m:.3f}", HOW[one.how])
        for one in told.depth.missing
    ]
    runs = [
        (f"{one.from_m:.2f}", f"{one.to_m:.2f}", f"{one.recovered_m:.3f}", f"{one.share:.1%}")
        for one in told.depth.recovery
    ]
    shown = table(("n from, m", "n to, m", "n length, m", "where"), lost) if lost else "<p>None.</p>"
    of = table(("n from, m", "n to, m", "n core, m", "n recovery"), runs) if runs else "<p>No runs are known.</p>"
    flags = items(one.words for one in told.depth.flags if one.box is None)
    return f"<h2>Core that is missing</h2>{shown}<h2>Recovery of runs</h2>{of}{flags}"


def intervals(told: Told) -> str:
    """The table of intervals."""
    names = [name for name in told.table.column_names if name not in (HOLE, FLAGS) and _is_shown(told, name)]
    cells = [[_cell(name, value) for value in told.table[name].to_pylist()] for name in names]
    flags = [escape(one or "") for one in told.table[FLAGS].to_pylist()]
    about = (
        "Fractions are of the pixels of rock, n: minerals and what is unknown sum to 1, a group is the sum of its "
        "minerals. Of a feature: mean, pixels in which it is deep enough, standard deviation from pixel to pixel."
    )
    shown = table([*map(_head, names), "flags"], zip(*cells, flags, strict=True))
    return f"<h2>Intervals</h2><p class=small>{about}</p>{wide('intervals', shown)}"


def _is_shown(told: Told, name: str) -> bool:
    return not name.startswith((MINERAL, UNKNOWN)) or bool(np.nansum(values(told.table, name)) > 0)


def _head(name: str) -> str:
    """A column's head; on paper there are depths, recovery and groups alone."""
    mark = "n" if name in (FROM, TO, N, RECOVERY) or name.startswith(GROUP) else "d"
    words = name.removeprefix(MINERAL).removeprefix(FEATURE).replace(GROUP, "group: ").replace(UNKNOWN, "unknown: ")
    return f"{mark} {words.removesuffix('_m').replace('_', ' ')}{', m' if name.endswith('_m') else ''}"


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.4f}" if name.startswith(FRACTIONS) else f"{value:.3f}"


def provenance(told: Told) -> str:
    """What it was all made from."""
    header = {key: value for key, value in header_of(told.table).items() if key not in ELSEWHERE}
    session = told.session.model_dump(mode="json", exclude={"boxes", "hole", "runs"})
    hole = told.session.hole.model_dump(mode="json", exclude={"id"}, exclude_unset=True)
    rows = [
        *told.made.items(),
        *((key, words_of(value)) for key, value in header.items()),
        *((f"hole: {key}", words_of(value)) for key, value in hole.items()),
        *((f"session: {key}", words_of(value)) for key, value in session.items()),
    ]
    shown = [(escape(key.replace("_", " ")), f"<code>{escape(value)}</code>") for key, value in rows]
    return f"<h2>What it was made from</h2>{table(('what', 'value'), shown)}"
