"""Assay intervals of a hole, from the table that a laboratory or a database gives."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ConfigError
from sinks.core.session_csv import FROM, HOLE, TO
from sinks.core.spreadsheet import Row, of_hole, read_rows

_NAMES = {
    "id": HOLE,
    "from_m": (*FROM, "sampfrom", "samplefrom", "intervalfrom", "geolfrom"),
    "to_m": (*TO, "sampto", "sampleto", "intervalto", "geolto"),
}


class Assays(NamedTuple):
    """Intervals (m, 2) in m, in order of depth, and what was left out or should be known, each a sentence."""

    spans: NDArray[np.float64]
    notes: tuple[str, ...]


def read_assays(path: Path, hole: str) -> Assays:
    """Intervals of a hole in a CSV file: columns hole, from and to by any of their usual names, among others; without a
    column for the hole all are its. Rows without depths, as those of standards and blanks, and repeated ones are left
    out. Raises ConfigError where none is left, or one ends before it begins."""
    rows = read_rows(path, _NAMES, ("from_m", "to_m"))
    own = of_hole(rows, hole, str(path))
    spans = [_span(row) for row in own]
    found = sorted({span for span in spans if span is not None})
    if not found:
        raise ConfigError(f"{path} has no row of hole {hole} with both from and to")
    return Assays(np.array(found), tuple(_notes(spans, found)))


def _span(row: Row) -> tuple[float, float] | None:
    first, last = row.length("from_m"), row.length("to_m")
    if first is None or last is None:
        return None
    if not 0 <= first < last:
        raise ConfigError(f"{row.where}: an interval from {first:g} to {last:g} m is none: correct it there")
    return first, last


def _notes(spans: list[tuple[float, float] | None], found: list[tuple[float, float]]) -> list[str]:
    blank = spans.count(None)
    again = len(spans) - blank - len(found)
    over = sum(after[0] < before[1] for before, after in pairwise(found))
    told = {
        f"{blank} rows without depths are left out": blank,
        f"{again} intervals stand there more than once, and are taken once": again,
        f"{over} intervals begin before the one above has ended: rock is counted in each of them": over,
    }
    return [words for words, n in told.items() if n]
