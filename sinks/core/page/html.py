"""HTML that the page of a hole is put together from: tables, numbers, colours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from oreline.palette import Colour


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are HTML. Heads that begin with "n " are of numbers, with "d " of what paper has no room
    for."""
    marks = [_MARKS.get(head[:2], "") for head in heads]
    words = [head[2:] if mark else head for head, mark in zip(heads, marks, strict=True)]
    top = "".join(f'<th scope="col"{mark}>{escape(one)}</th>' for one, mark in zip(words, marks, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{mark}>{cell}</td>' for cell, mark in zip(row, marks, strict=True))}</tr>" for row in rows
    )
    return f'<table class="data"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


_MARKS = {"n ": ' class="n"', "d ": ' class="n detail"'}


def wide(name: str, table: str) -> str:
    """A table that is moved to the side where a screen has no room for it, by the keyboard too."""
    return f'<div class="wide" role="region" tabindex="0" aria-label="{name}">{table}</div>'


def items(words: Iterable[str], name: str = "") -> str:
    """A list of what is text; empty where there is nothing."""
    shown = "".join(f"<li>{escape(one)}</li>" for one in words)
    return f'<ul class="{name}">{shown}</ul>' if shown else ""


def count(value: float) -> str:
    """A number of things, its thousands apart."""
    return f"{int(value):,}".replace(",", "\u202f")


def swatch(fill: str) -> str:
    """A little of a colour."""
    return f'<svg aria-hidden="true"><rect width="100%" height="100%" fill="{fill}"/></svg>'


def fill_of(colour: Colour) -> str:
    """A colour as pages have it."""
    return "#{:02X}{:02X}{:02X}".format(*colour)


def data(told: Any) -> str:
    """JSON that may stand in a page."""
    return json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
