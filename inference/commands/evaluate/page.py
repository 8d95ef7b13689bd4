"""The page of an evaluation: one HTML file, its pictures in it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from inference.commands.report.page import STYLE
from inference.evaluation.bootstrap import Figure, Floats, figure
from inference.evaluation.examination import Examination
from inference.evaluation.measures import Measured

MORE_STYLE = "td.n, th.n { text-align: right; } tr.set td { border-top: 1px solid #d5dbe1; } .sign { color: #1f6fb2; }"


def page(
    ours: Examination,
    theirs: Examination | None,
    compared: Sequence[tuple[Measured, str, Figure]],
    pictures: Sequence[tuple[str, str, str]],
) -> str:
    """The page's HTML. `pictures`: title, caption and SVG of each."""
    title = f"Evaluation of {ours.card.name} {ours.card.model_sha256[:16]}"
    against = f", beside {theirs.card.name} {theirs.card.model_sha256[:16]}" if theirs else ""
    notes = "".join(f"<li>{escape(note)}</li>" for note in dict.fromkeys(ours.notes + (theirs.notes if theirs else [])))
    figures = "".join(_picture(*one) for one in pictures)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}{MORE_STYLE}</style></head><body>\n'
        f"<h1>{escape(title)}</h1><p class=small>{len(ours.card.classes)} classes, {ours.card.kmac:.0f} kMAC a "
        f"spectrum{escape(against)}</p>\n<ul class=small>{notes}</ul>\n{_not_for(ours)}{figures}{_thresholds(ours)}"
        f"{_compared(compared)}{_table(ours)}</body></html>\n"
    )


def _not_for(ours: Examination) -> str:
    said = "".join(f"<li>{escape(one)}</li>" for one in ours.card.not_for or ())
    return f'<div class="verdict note"><strong>Not for</strong><ul>{said}</ul></div>' if said else ""


def _picture(title: str, caption: str, svg: str) -> str:
    data = base64.b64encode(svg.encode()).decode()
    return (
        f'<h2>{escape(title)}</h2><figure><img alt="{escape(title)}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>\n"
    )


def _thresholds(ours: Examination) -> str:
    rows = "".join(
        f"<tr><td>{escape(one.name)}</td><td>{escape(one.of)}</td><td class=n>{one.aim:.2f}</td>"
        f"<td class=n>{one.chosen:.2f}</td><td class=n>{one.measured:.2f}</td><td class=n>{one.specimens}</td></tr>"
        for one in ours.card.metrics.thresholds or ()
    )
    heads = "<tr><th>threshold</th><th>share of</th><th class=n>aim</th><th class=n>where chosen</th>"
    heads += "<th class=n>on other rocks</th><th class=n>specimens</th></tr>"
    return f"<h2>Thresholds, on rocks that did not choose them</h2><table>{heads}{rows}</table>" if rows else ""


def _compared(compared: Sequence[tuple[Measured, str, Figure]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(one.name)}</td><td>{escape(quantity)}</td><td class=n>{of.mean:+.3f}</td>"
        f"<td class=n>{of.low:+.3f} to {of.high:+.3f}</td><td class=n>{one.spectra}</td>"
        f"<td class=n>{one.specimens}</td><td class=sign>{_sign(of)}</td></tr>"
        for one, quantity, of in compared
        if of.mean == of.mean
    )
    heads = "<tr><th>judged on</th><th>figure</th><th class=n>difference</th><th class=n>95 %</th>"
    heads += "<th class=n>spectra</th><th class=n>specimens</th><th></th></tr>"
    return f"<h2>This model less the other, on the same spectra</h2><table>{heads}{rows}</table>" if rows else ""


def _sign(of: Figure) -> str:
    return "higher" if of.low > 0 else "lower" if of.high < 0 else ""


def _table(ours: Examination) -> str:
    rows = "".join(_rows(one) for one in ours.measured)
    heads = "<tr><th>judged on</th><th>method</th><th>figure</th><th class=n>mean</th><th class=n>95 %</th>"
    heads += "<th class=n>spread</th></tr>"
    said = (
        "95 %: over specimens, drawn anew; of core over stretches of .1 m. Spread: from one training to the next; "
        "blank where one network answered."
    )
    return f"<h2>All figures</h2><p class=small>{said}</p><table>{heads}{rows}</table>"


def _rows(one: Measured) -> str:
    on = f"<strong>{escape(one.name)}</strong>, {one.spectra} spectra of {one.specimens} specimens: {escape(one.rock)}"
    found = "".join(
        f"<tr><td></td><td>{escape(method)}</td><td>{escape(quantity)}</td><td class=n>{of.mean:.3f}</td>"
        f"<td class=n>{of.low:.3f} to {of.high:.3f}</td><td class=n>{_spread(sampled, of)}</td></tr>"
        for (method, quantity), sampled in one.figures.items()
        if (of := figure(sampled)).mean == of.mean
    )
    return f"<tr class=set><td colspan=6>{on}</td></tr>{found}"


def _spread(sampled: Floats, of: Figure) -> str:
    return f"{of.spread:.3f}" if len(sampled) > 1 else ""
