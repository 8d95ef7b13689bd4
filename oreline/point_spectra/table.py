"""Tables of spectra as text, by anyone: a spectrum a row or a column, cells parted by tabs, semicolons, bars, commas or
blanks, decimals after a point, or after a comma where commas part no cells.

A row of heads that are wavelengths makes spectra of the rows below it; a first column of wavelengths makes spectra of
the columns beside it.
"""

from __future__ import annotations

import csv
import itertools
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
SHORTEST, LONGEST = 100.0, 1e5
"""Wavelengths in nm, or wavenumbers in 1/cm."""
LEFTMOST = 3
"""Columns that may be that of the wavelengths: an index or a name may stand before it."""
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
    r"\bstd|st\.? ?dev|standard dev|\berror|uncert|\bsigma|\bdn\b|\bcounts?\b|radiance|transmi|emissiv|absorb|"
    r"\blog ?(10)?\b|deriv|\(ref\b|\(target",
    re.IGNORECASE,
)
_REFLECTANCE = re.compile(r"^\W*(r|refl\w*)\W*(\(.*\)|\[.*\]|%)?\W*$", re.IGNORECASE)
_PERCENT = re.compile(r"^\W*(%|percent)\W*$|refl[^\d%]*(%|percent)|[(\[] ?(%|percent) ?[)\]]", re.IGNORECASE)
"""Not "kaolinite 50 %", which is a mixture."""
_FRACTION = re.compile(r"^\W*fraction\W*$|refl.*fraction|[(\[](fraction|0 ?- ?1)[)\]]", re.IGNORECASE)
_TSG_NAME = re.compile(r"(.*?)__([A-Z]=.*)")
_TSG_MARK = re.compile(r"(?:^|_)([A-Z])=(.*?)(?=_[A-Z]=|$)")


class Grid(NamedTuple):
    """Cells of a text, row by row, and the number of the line that each row stands in."""

    rows: list[list[str]]
    lines: list[int]


class Column(NamedTuple):
    """The column of wavelengths: its place, the first row that has one, and the row behind the last."""

    place: int
    first: int
    end: int


def suits(source: Source) -> bool:
    return bool(source.head_lines)


def read(source: Source) -> Raw:
    """All spectra of a table. Raises SpectraRefused where neither rows nor columns are spectra, where a row is short,
    and where a comma could be two things."""
    grid = _grid(source)
    head, column = _row_heads(grid), _column(grid)
    if head is not None and _is_by_rows(grid, head, column):
        return _by_rows(source, grid, head)
    if column is not None:
        return _by_columns(source, grid, column)
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
    is_long = min(values) >= SHORTEST and max(values) <= LONGEST
    is_short = max(values) < MICROMETRES_BELOW
    return bool(((steps > 0).all() or (steps < 0).all()) and (is_long or is_short) and not counts)


def _head_values(row: Sequence[str]) -> dict[int, float]:
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


def _row_heads(grid: Grid) -> int | None:
    """The row of heads that are wavelengths, where there is one."""
    for at, row in enumerate(grid.rows[:_LOOKED_AT]):
        if at + 1 < len(grid.rows) and _are_wavelengths(list(_head_values(row).values())):
            return at
    return None


def _column(grid: Grid) -> Column | None:
    """The column of wavelengths, one of the first, where there is one."""
    for place in range(LEFTMOST):
        at = [n for n, row in enumerate(grid.rows) if len(row) > place + 1 and _is_number(row[place])]
        values = [number(grid.rows[n][place]) or 0.0 for n in at]
        if _are_wavelengths(values):
            return Column(place, at[0], at[-1] + 1)
    return None


def _is_by_rows(grid: Grid, head: int | None, column: Column | None) -> bool:
    """Whether a row of heads rather than a column has the wavelengths, where both could: by what the cell in the corner
    is called, or else by which are more."""
    if head is None or column is None:
        return head is not None
    corner = grid.rows[head][0]
    if _WAVE.search(corner) or _NAME.search(corner):
        return not _WAVE.search(corner)
    return len(_head_values(grid.rows[head])) >= column.end - column.first


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
    above = [row for row in grid.rows[:head][-1:] if len(row) == len(heads)]
    words = [heads[next(iter(at))], heads[0], *(cell for row in above for cell in row)]
    return Raw(
        names, list(at.values()), values, _unit(words), _percent(words),
        columns={**{name: _array(texts) for name, texts in others.items()}, **columns},
        notes=["a row is a spectrum"],
    )  # fmt: skip


def _by_columns(source: Source, grid: Grid, column: Column) -> Raw:
    width = len(grid.rows[column.first])
    _refuse_uneven(source, grid, range(column.first, column.end), width)
    rows, lines = grid.rows[column.first : column.end], grid.lines[column.first : column.end]
    above = [row for row in grid.rows[: column.first][-3:] if len(row) in (width, width - 1)]
    heads = next((row for row in above if _WAVE.search(row[min(column.place, len(row) - 1)])), (above or [[]])[-1])
    heads = [""] * (width - len(heads)) + heads
    there = [n for n in range(column.place + 1, width) if any(row[n] for row in rows)]
    is_text = {n for n in there if not any(_is_number(row[n]) for row in rows)}
    kept = [n for n in there if not (_OTHERS.search(heads[n]) or n in is_text)]
    if not kept:
        raise source.refusal(f"it has no column of reflectance, only {', '.join(heads)[:80]}")
    left_out = [f"column {heads[n][:40]!r} is no reflectance, and is left out" for n in there if n not in kept]
    return Raw(
        names=[_name(heads[n], n, source.path.stem if len(kept) == 1 else "") for n in kept],
        wavelengths=np.array([_value(source, row[column.place], line) for row, line in zip(rows, lines, strict=True)]),
        values=np.array([[_value(source, row[n], line) for row, line in zip(rows, lines, strict=True)] for n in kept]),
        unit=_unit([row[min(column.place, len(row) - 1)] for row in above]),
        percent=_percent([cell for row in above for cell in row]),
        notes=[*(["a column is a spectrum"] if len(kept) > 1 else []), *left_out],
    )


def _name(head: str, column: int, alone: str) -> str:
    """The name of a column: its head, or, where it is `alone` and the head says no more than what it is, the file's."""
    if alone and (not head or _REFLECTANCE.match(head) or _is_number(head)):
        return alone
    return head or f"column {column + 1}"


def _refuse_uneven(source: Source, grid: Grid, rows: range, width: int) -> None:
    for n in rows:
        if len(grid.rows[n]) != width:
            cells = f"line {grid.lines[n]} has {len(grid.rows[n])} cells where others have {width}"
            raise source.refusal(f"{cells}: it is truncated or damaged")


def _value(source: Source, cell: str, line: int) -> float:
    value = number(cell)
    if value is None:
        raise source.refusal(f"line {line} has {cell[:40]!r} where a number is expected")
    return value


def _array(texts: list[str]) -> NDArray[Any]:
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
    if any(_PERCENT.search(word) for word in words):
        return True
    return False if any(_FRACTION.search(word) for word in words) else None


def _tsg_names(names: list[str]) -> tuple[list[str], dict[str, NDArray[Any]]]:
    """Names without the marks that TSG's exports have, `NAME__T=1_L=1_P=9_D=6.0_X=559`, and what those say."""
    found = [_TSG_NAME.fullmatch(name) for name in names]
    if not all(found):
        return names, {}
    return [one[1] for one in found if one], columns_of([dict(_TSG_MARK.findall(one[2])) for one in found if one])
