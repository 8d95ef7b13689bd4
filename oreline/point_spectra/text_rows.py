"""Rows of numbers in the text files of instruments."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from oreline.point_spectra.source import Source

_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", re.ASCII)
RATIO = "it has no column of reflectance: target over reference is taken"
NO_VALUE = frozenset({"", "-", "--", "n/a", "na", "#n/a", "null", "none", "nan", "nodata", "inf", "-inf"})
"""Cells, in lower case, that say that there is no value."""


def number(cell: str) -> float | None:
    """The number that a cell is, with a point or a comma before its decimals; NaN where it says that there is none, and
    None where it is other text."""
    if cell.strip().lower() in NO_VALUE:
        return float("nan")
    if not cell.isascii() or "_" in cell:
        return None
    try:
        return float(cell.replace(",", ".") if _COMMA.fullmatch(cell.strip()) else cell)
    except ValueError:
        return None


def whole(text: str) -> int | None:
    """A whole number, as headers promise rows; None for other text."""
    found = re.fullmatch(r"\s*(\d{1,9})\s*", text, re.ASCII)
    return int(found[1]) if found else None


def has_decimal_comma(cell: str) -> bool:
    """Whether it is a number with a comma before its decimals."""
    return _COMMA.fullmatch(cell.strip()) is not None


def rows_of(
    source: Source, lines: Iterable[str], first_line: int, least: int = 2, until_text: bool = False
) -> NDArray[np.float64]:
    """Rows of numbers, parted by blanks, float64 (rows, columns of the first). Raises SpectraRefused at a line that has
    fewer, or is no row; with `until_text` such a line ends them."""
    rows: list[list[float]] = []
    for at, line in enumerate(lines, first_line):
        cells = line.replace(";", " ").split()
        if not cells:
            continue
        row = [value for value in map(number, cells) if value is not None]
        if len(row) < least or len(row) < (len(rows[0]) if rows else 0):
            if until_text and rows:
                break
            few = f"{len(row)} numbers where {len(rows[0]) if rows else least} are expected"
            raise source.refusal(f"line {at}, {line.strip()[:40]!r}, has {few}: it is truncated or damaged")
        rows.append(row[: len(rows[0])] if rows else row)
    if len(rows) < 2:
        raise source.refusal("it has no rows of numbers: it is truncated or damaged")
    return np.array(rows)


def ratio(target: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Reflectance by what was counted of target and white reference; NaN where the reference is not above 0."""
    found = np.full(target.shape, np.nan)
    np.divide(target, reference, out=found, where=reference > 0)
    return found
