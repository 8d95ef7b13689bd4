"""Tables of spectra as text, by anyone: a spectrum a row or a column, cells parted by tabs, semicolons, bars, commas or
blanks, decimals after a point, or after a comma where commas part no cells.

A row of heads that are wavelengths makes spectra of the rows below it; a first column of wavelengths makes spectra of
the columns beside it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from oreline.point_spectra.points import Raw
from oreline.point_spectra.source import Source
from oreline.point_spectra.text_rows import has_decimal_comma, number
from oreline.point_spectra.tsg import columns_of
from oreline.recordings.wavelengths import MICROMETRES_BELOW, Unit, unit_of

LEAST = 5
"""Wavelengths that make a table one of spectra."""
SEPARATORS = "\t;|,"
_LOOKED_AT = 400
_MOST_CELLS = 1 << 24
_HEAD = re.compile(
    r"[^\W\d_]{0,12}[ _.(\[]{0,2}(\d+(?:[.,]\d+)?)[ _]?(nm|um|\u00b5m|\u03bcm|microns?|cm-1)?[)\]]?", re.IGNORECASE
)
_UNITS = (
    (re.compile(r"nanomet|(?<![^\W\d_])nm\b"), "nm"),
    (re.compile(r"wavenum|cm\^?-1|1/cm"), "1/cm"),
    (re.compile(r"micron|micromet|(?<![^\W\d_])[u\u00b5\u03bc]m\b"), "um"),
    (re.compile(r"angstr"), "angstrom"),
)
_WAVE = re.compile(r"wave|wvl|lambda|^\W*(nm|[u\u00b5\u03bc]m|microns?|wl|cm-1)\W*$", re.IGNORECASE)
_NAME = re.compile(r"^\W*(name|id|sample|spectr|label|title)", re.IGNORECASE)
_OTHERS = re.compile(
    r"std|st\.? ?dev|standard dev|error|uncert|sigma|\bdn\b|count|radiance|transmi|emissiv|absorb|log|deriv|\(ref|"
    r"\(target",
    re.IGNORECASE,
)
_REFLECTANCE = re.compile(r"^\W*(r|refl\w*)\W*(\(.*\)|\[.*\]|%)?\W*$", re.IGNORECASE)
_TSG_NAME = re.compile(r"(.*?)__([A-Z]=.*)")
_TSG_MARK = re.compile(r"(?:^|_)([A-Z])=(.*?)(?=_[A-Z]=|$)")


class Grid(NamedTuple):
    """Cells of a text, row by row, and the number of the line that each row stands in."""

    rows: list[list[str]]
    lines: list[int]


def suits(source: Source) -> bool:
    return bool(source.head_lines)


def read(source: Source) -> Raw:
    """All spectra of a table. Raises SpectraRefused where neither rows nor columns are spectra, where a row is short,
    and where a comma could be two things."""
    grid = _grid(source)
    head, first = _row_heads(grid), _first_column(grid)
    if head is not None and (first is None or not _WAVE.search(grid.rows[head][0])):
        return _by_rows(source, grid, head)
    if first is not None:
        return _by_columns(source, grid, *first)
    raise source.refusal(
        f"it is text, but no table of spectra: {LEAST} or more wavelengths must rise or fall in its first column or in "
        "its row of heads"
    )


def _grid(source: Source) -> Grid:
    lines = [(at, line) for at, line in enumerate(source.lines, 1) if line.strip()]
    texts = [line for _, line in lines]
    separator = max([*SEPARATORS, ""], key=lambda one: _numbers_in(texts[:_LOOKED_AT], one))
    rows = _cells(source, texts, separator)
    if sum(map(len, rows)) > _MOST_CELLS:
        raise source.refusal(f"it has more than {_MOST_CELLS >> 20} million cells: divide it")
    commas = any(has_decimal_comma(cell) for row in rows for cell in row)
    points = any("." in cell and number(cell) is not None for row in rows for cell in row)
    if commas and points:
        raise source.refusal("some of its numbers have a decimal comma and others a point: write all with a point")
    if (
        separator == ","
        and not points
        and any(len(row) > 2 and all(cell.isdecimal() for cell in row) for row in rows[1:])
    ):
        raise source.refusal(
            "its commas may part cells or decimals: write decimals with a point, or part by semicolons"
        )
    return Grid(rows, [at for at, _ in lines])


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
            total += sum(_is_number(cell) for cell in cells) / len(cells)
    return total


def _is_number(cell: str) -> bool:
    return bool(cell.strip()) and number(cell) is not None


def _are_wavelengths(values: Sequence[float]) -> bool:
    """Whether numbers rise or fall, and are of a size that wavelengths have; mere counts are not."""
    if len(values) < LEAST or not all(0 < value < np.inf for value in values):
        return False
    steps = np.diff(values)
    counts = (np.abs(steps) == 1).all() and min(values) <= 1
    is_long = min(values) >= 100 and max(values) <= 1e5
    is_short = max(values) < MICROMETRES_BELOW
    return bool(((steps > 0).all() or (steps < 0).all()) and (is_long or is_short) and not counts)


def _head_values(row: Sequence[str]) -> dict[int, float]:
    """Wavelengths that the cells of a row of heads are, by their column."""
    found = {n: _HEAD.fullmatch(cell) for n, cell in enumerate(row)}
    return {n: float(match[1].replace(",", ".")) for n, match in found.items() if match}


def _row_heads(grid: Grid) -> int | None:
    """The row of heads that are wavelengths, where there is one."""
    for at, row in enumerate(grid.rows[:_LOOKED_AT]):
        if at + 1 < len(grid.rows) and _are_wavelengths(list(_head_values(row).values())):
            return at
    return None


def _first_column(grid: Grid) -> tuple[int, int] | None:
    """The first row of the first column's wavelengths, and the row behind their last."""
    at = [n for n, row in enumerate(grid.rows) if len(row) > 1 and _is_number(row[0])]
    values = [number(grid.rows[n][0]) or 0.0 for n in at]
    return (at[0], at[-1] + 1) if _are_wavelengths(values) else None


def _by_rows(source: Source, grid: Grid, head: int) -> Raw:
    heads = grid.rows[head]
    at = _head_values(heads)
    body = grid.rows[head + 1 :]
    _refuse_uneven(source, grid, range(head + 1, len(grid.rows)), len(heads))
    values = np.array(
        [[_value(source, row[n], line) for n in at] for row, line in zip(body, grid.lines[head + 1 :], strict=True)]
    )
    others = {heads[n] or f"column {n + 1}": [row[n] for row in body] for n in range(len(heads)) if n not in at}
    label = next((name for name in others if _NAME.search(name)), next(iter(others), ""))
    names = others.pop(label, [f"row {n + 1}" for n in range(len(body))])
    names, columns = _tsg_names(names)
    words = [heads[n] for n in at][:1] + [heads[0]] + [cell for row in grid.rows[:head] for cell in row]
    return Raw(
        names, list(at.values()), values, _unit(words), _percent(words),
        columns={**{name: _column(texts) for name, texts in others.items()}, **columns},
        notes=["a row is a spectrum"],
    )  # fmt: skip


def _by_columns(source: Source, grid: Grid, first: int, end: int) -> Raw:
    width = len(grid.rows[first])
    _refuse_uneven(source, grid, range(first, end), width)
    above = [row for row in grid.rows[:first][-3:] if len(row) in (width, width - 1)]
    heads = next((row for row in above if _WAVE.search(row[0])), above[-1] if above else [""] * width)
    heads = [""] * (width - len(heads)) + heads
    rows = list(zip(grid.rows[first:end], grid.lines[first:end], strict=True))
    notes = ["a column is a spectrum"] if width > 2 else []
    names, values = [], []
    for n in range(1, width):
        if all(not row[n] for row, _ in rows):
            continue
        if _OTHERS.search(heads[n]):
            notes.append(f"column {heads[n][:40]!r} is no reflectance, and is left out")
            continue
        values.append([_value(source, row[n], line) for row, line in rows])
        is_named = heads[n] and not (width == 2 and (_REFLECTANCE.match(heads[n]) or _is_number(heads[n])))
        names.append(heads[n] if is_named else source.path.stem if width == 2 else f"column {n + 1}")
    if not values:
        raise source.refusal(f"it has no column of reflectance, only {', '.join(heads)[:80]}")
    words = [cell for row in above for cell in row]
    nm = [number(row[0]) for row, _ in rows]
    unit = _unit([row[0] for row in above])
    return Raw(names, np.array(nm, np.float64), np.array(values), unit, _percent(words), notes=notes)


def _refuse_uneven(source: Source, grid: Grid, rows: range, width: int) -> None:
    for n in rows:
        if len(grid.rows[n]) != width:
            cells = f"line {grid.lines[n]} has {len(grid.rows[n])} cells where others have {width}"
            raise source.refusal(f"{cells}: it is truncated or damaged")


def _value(source: Source, cell: str, line: int) -> float:
    value = number(cell)
    if value is None:
        raise source.refusal(f"line {line} has {cell[:40]!r} where a reflectance is expected")
    return value


def _column(texts: list[str]) -> NDArray[Any]:
    values = [number(text) for text in texts]
    return np.array(texts) if any(value is None for value in values) else np.array(values, np.float64)


def _unit(words: Sequence[str]) -> Unit | None:
    """The unit that the first of these words names."""
    for word in words:
        for pattern, unit in _UNITS:
            if pattern.search(word.lower()):
                return unit_of(unit)
    return None


def _percent(words: Sequence[str]) -> bool | None:
    said = " ".join(words).lower()
    return True if "%" in said or "percent" in said else False if "fraction" in said else None


def _tsg_names(names: list[str]) -> tuple[list[str], dict[str, NDArray[Any]]]:
    """Names without the marks that TSG's exports have, `NAME__T=1_L=1_P=9_D=6.0_X=559`, and what those say."""
    found = [_TSG_NAME.fullmatch(name) for name in names]
    if not all(found):
        return names, {}
    return [one[1] for one in found if one], columns_of([dict(_TSG_MARK.findall(one[2])) for one in found if one])
