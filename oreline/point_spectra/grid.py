"""Cells of a text, whoever wrote it: what parts them, and what marks decimals."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import NamedTuple

from oreline.point_spectra.source import Source
from oreline.point_spectra.text_rows import has_decimal_comma, number

SEPARATORS = "\t;|,"
LOOKED_AT = 400
"""Rows that are looked at to know a table by."""
MOST_CELLS = 1 << 24


class Grid(NamedTuple):
    """Cells of a text, row by row, and the number of the line that each row stands in."""

    rows: list[list[str]]
    lines: list[int]


def grid_of(source: Source) -> Grid:
    """All cells of a text, without rows that are blank. Raises SpectraRefused where a comma could be two things."""
    lines = [(at, line) for at, line in enumerate(source.lines, 1) if line.strip()]
    texts = [line for _, line in lines]
    separator = max([*SEPARATORS, ""], key=lambda one: _numbers_in(texts[:LOOKED_AT], one))
    rows = _cells(source, texts, separator)
    if sum(map(len, rows)) > MOST_CELLS:
        raise source.refusal(f"it has more than {MOST_CELLS >> 20} million cells: divide it")
    _refuse_doubtful_commas(source, rows, separator)
    kept = [n for n, row in enumerate(rows) if any(row)]
    return Grid([rows[n] for n in kept], [lines[n][0] for n in kept])


def _refuse_doubtful_commas(source: Source, rows: list[list[str]], separator: str) -> None:
    has_points = any("." in cell and number(cell) is not None for row in rows for cell in row)
    if has_points and any(has_decimal_comma(cell) for row in rows for cell in row):
        raise source.refusal("some of its numbers have a decimal comma and others a point: write all with a point")
    has_digits_alone = any(len(row) > 2 and all(cell.isdecimal() for cell in row) for row in rows[1:])
    if separator == "," and not has_points and has_digits_alone:
        raise source.refusal(
            "its commas may part cells or decimals: write decimals with a point, or part by semicolons"
        )


def _cells(source: Source, lines: Sequence[str], separator: str) -> list[list[str]]:
    if not separator:
        return [line.split() for line in lines]
    try:
        rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
    except csv.Error as error:
        raise source.refusal(f"its cells cannot be told apart: {error}") from None
    return [[cell.strip() for cell in row] for row in rows]


def _numbers_in(lines: Sequence[str], separator: str) -> float:
    """How well a separator parts lines into numbers: the sum of their shares in lines of two cells or more."""
    total = 0.0
    for line in lines:
        cells = line.split(separator) if separator else [cell for cell in line.split(" ") if cell]
        if len(cells) > 1:
            total += sum(is_number(cell) for cell in cells) / len(cells)
    return total


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, or says that there is none."""
    return bool(cell.strip()) and number(cell) is not None
