"""Page of a hole: one HTML file for screen and paper, A4, that asks for nothing from elsewhere, and may not.

Its policy allows its own style and script by their hashes, the pictures that are in it, and nothing else. Without the
script it shows the same at one scale; on paper the log goes on from sheet to sheet.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from sinks.core.page import sections
from sinks.core.page.columns import means, spans, values
from sinks.core.page.html import data
from sinks.core.page.log import Column, crowded, log, style, tick_steps
from sinks.core.page.told import Told
from sinks.core.pictures.marks import marks_of
from sinks.core.table import FLAGS, GROUP

NAMED = 4
"""Groups that are named of a depth that is pointed at."""
LEAST = 0.005
"""Share from which one is."""
HATCH = (
    '<svg width="0" height="0" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" '
    'patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#fff"/><path d="M-1 7 7 -1" stroke="#aa2828"/>'
    "</pattern></defs></svg>"
)
"""Of core that is missing."""
BUTTONS = {"in": "Zoom in", "out": "Zoom out", "whole": "Whole hole", "pixel": "1 : 1"}


def page(told: Told) -> str:
    """The page's HTML."""
    columns = told.columns()
    css, script = _beside("page.css") + style(columns, told.from_m, told.to_m), _beside("page.js")
    title = f"Hole {told.session.hole.id}, {told.from_m:.2f} to {told.to_m:.2f} m"
    parts = (
        f"<h1>{escape(title)}</h1>", sections.figures(told), sections.colours(told), _log(told, columns),
        sections.boxes(told), sections.missing(told), sections.intervals(told), sections.provenance(told),
    )  # fmt: skip
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(css, script)}"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{css}</style></head><body>\n{HATCH}'
        f'<main>{body}</main><script type="application/json" id="told">{data(_pointed(told))}</script>'
        f"<script>{script}</script></body></html>\n"
    )


def policy(css: str, script: str) -> str:
    """What a page of this style and script may do."""
    return (
        f"default-src 'none'; img-src data:; style-src {_hash(css)}; script-src {_hash(script)}; base-uri 'none'; "
        "form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _log(told: Told, columns: Sequence[Column]) -> str:
    buttons = "".join(f'<button type="button" data-act="{act}">{words}</button>' for act, words in BUTTONS.items())
    fine = spans(told.fine)
    length = f"{np.median(fine[:, 1] - fine[:, 0]):g} m" if len(fine) else "nothing"
    about = (
        f"A row of a mosaic is {told.grid.step_m * 1e3:g} mm of hole, and shows what lies at its middle. Bars are "
        "fractions of the rock, lines the means of features with their standard deviation, both over "
        f"{length}. The scale of a centre is that of where the absorption is deep; what lies beyond it is not drawn."
    )
    return (
        f'<h2 class="log">Down the hole</h2><div class=controls>{buttons}<form id="go" class=controls>'
        '<label for="depth">Depth, m</label><input id="depth" inputmode="decimal" autocomplete="off">'
        "<button>Go</button></form><span class=small>With the log in focus + and − zoom, 0 shows the whole hole, "
        '1 a pixel a pixel.</span></div><p id="there" class=small>Point at a depth.</p>'
        '<div id="log" role="region" tabindex="0" data-level="0" aria-label="Log of the hole; its numbers stand in the '
        f'table of intervals">{log(columns, told.from_m, told.to_m)}</div><p class=small>{about}</p>'
    )


def _pointed(told: Told) -> dict[str, object]:
    """What the script knows: the log's ends and steps, and words for each interval."""
    groups = [name for name in told.fine.column_names if name.startswith(GROUP)]
    shares = np.nan_to_num(np.array([values(told.fine, name) for name in groups]).reshape(len(groups), len(told.fine)))
    measured = means(told.fine)
    rows = list[tuple[float, float, str]]()
    for at, (from_m, to_m) in enumerate(spans(told.fine).tolist()):
        main = [n for n in np.argsort(-shares[:, at]) if shares[n, at] >= LEAST][:NAMED]
        words = [f"{groups[n].removeprefix(GROUP)} {shares[n, at]:.0%}" for n in main]
        words += [f"{one.title} {one.mean[at]:.4g} {one.unit}".strip() for one in measured if np.isfinite(one.mean[at])]
        flags = told.fine[FLAGS][at].as_py()
        said = f"{', '.join(words) or 'no rock'}{f' ({flags})' if flags else ''}"
        rows.append((from_m, to_m, f"{from_m:g} to {to_m:g} m: {said}"))
    ends = {"from": told.from_m, "to": told.to_m, "step": told.grid.step_m}
    scales = {"ticks": tick_steps(told.from_m, told.to_m), "crowded": crowded(marks_of(told.session))}
    return {**ends, **scales, "rows": rows}
