"""Where in a table the wavelengths are: in a row of heads, or in one of the first columns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from oreline.point_spectra.grid import LOOKED_AT, Grid, is_number
from oreline.point_spectra.text_rows import number
from oreline.recordings.wavelengths import MICROMETRES_BELOW

LEAST = 5
"""Wavelengths that make a table one of spectra."""
SHORTEST, LONGEST = 100.0, 1e5
"""Wavelengths in nm, or wavenumbers in 1/cm."""
LEFTMOST = 3
"""Columns that may be that of the wavelengths: an index or a name may stand before it."""
_HEAD = re.compile(
    r"[^\W\d_]{0,12}[ _.(\[]{0,2}(\d+(?:[.,]\d+)?)[ _]?(nm|um|\u00b5m|\u03bcm|microns?|cm-1)?[)\]]?", re.IGNORECASE
)
"""Heads such as 400, 400.5 nm, R400, X_400."""
WAVE = re.compile(r"wave|wvl|lambda|^\W*(nm|[u\u00b5\u03bc]m|microns?|wl|cm-1)\W*$", re.IGNORECASE)
NAME = re.compile(r"^\W*(name|id|sample|spectr|label|title)", re.IGNORECASE)


class Column(NamedTuple):
    """The column of wavelengths: its place, the first row that has one, and the row behind the last."""

    place: int
    first: int
    end: int


def _are_wavelengths(values: Sequence[float]) -> bool:
    """Whether numbers rise or fall, and are of a size that wavelengths have; mere counts are not."""
    if len(values) < LEAST or not all(0 < value < np.inf for value in values):
        return False
    steps = np.diff(values)
    counts = (np.abs(steps) == 1).all() and min(values) <= 1
    is_long = min(values) >= SHORTEST and max(values) <= LONGEST
    is_short = max(values) < MICROMETRES_BELOW
    return bool(((steps > 0).all() or (steps < 0).all()) and (is_long or is_short) and not counts)


def head_values(row: Sequence[str]) -> dict[int, float]:
    """Wavelengths that cells of a row of heads are, by their column: the longest stretch of them, since other columns
    may have numbers in their heads too."""
    found = [_HEAD.fullmatch(cell) for cell in row]
    values = [float(match[1].replace(",", ".")) if match else np.nan for match in found]
    best, first = range(0), 0
    for n in range(len(values)):
        if not _goes_on(values[max(first, n - 2) : n + 1]):
            first = n - 1 if _goes_on(values[max(n - 1, 0) : n + 1]) else n
        if not np.isnan(values[n]) and n + 1 - first > len(best):
            best = range(first, n + 1)
    return {n: values[n] for n in best}


def _goes_on(last: Sequence[float]) -> bool:
    """Whether the last three numbers, or fewer, are of the size of wavelengths in one unit, and rise or fall."""
    is_short = all(0 < value < MICROMETRES_BELOW for value in last)
    is_long = all(SHORTEST <= value <= LONGEST for value in last)
    steps = [after - before for before, after in itertools.pairwise(last)]
    return (is_short or is_long) and (all(step > 0 for step in steps) or all(step < 0 for step in steps))


def row_heads(grid: Grid) -> int | None:
    """The row of heads that are wavelengths, where there is one."""
    for at, row in enumerate(grid.rows[:LOOKED_AT]):
        if at + 1 < len(grid.rows) and _are_wavelengths(list(head_values(row).values())):
            return at
    return None


def wavelength_column(grid: Grid) -> Column | None:
    """The column of wavelengths, one of the first, where there is one."""
    for place in range(LEFTMOST):
        at = [n for n, row in enumerate(grid.rows) if len(row) > place + 1 and is_number(row[place])]
        values = [number(grid.rows[n][place]) or 0.0 for n in at]
        if _are_wavelengths(values):
            return Column(place, at[0], at[-1] + 1)
    return None


def is_by_rows(grid: Grid, head: int | None, column: Column | None) -> bool:
    """Whether a row of heads rather than a column has the wavelengths, where both could: by what the cell in the corner
    is called, or else by which are more."""
    if head is None or column is None:
        return head is not None
    corner = grid.rows[head][0]
    if WAVE.search(corner) or NAME.search(corner):
        return not WAVE.search(corner)
    return len(head_values(grid.rows[head])) >= column.end - column.first
