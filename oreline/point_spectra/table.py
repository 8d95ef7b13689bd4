"""Tables of spectra as text, by anyone: a spectrum a row or a column, cells parted by tabs, semicolons, bars, commas or
blanks, decimals after a point, or after a comma where commas part no cells.

A row of heads that are wavelengths makes spectra of the rows below it; a first column of wavelengths makes spectra of
the columns beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.point_spectra.grid import Grid, grid_of, is_number
from oreline.point_spectra.points import Raw
from oreline.point_spectra.source import Source
from oreline.point_spectra.table_layout import (
    LEAST,
    NAME,
    WAVE,
    Column,
    head_values,
    is_by_rows,
    row_heads,
    wavelength_column,
)
from oreline.point_spectra.text_rows import number
from oreline.point_spectra.tsg import columns_of
from oreline.recordings.wavelengths import Unit, unit_of

_UNITS = (
    (re.compile(r"nanomet|(?<![^\W\d_])nm\b"), "nm"),
    (re.compile(r"wavenum|cm\^?-1|1/cm"), "1/cm"),
    (re.compile(r"micron|micromet|(?<![^\W\d_])[u\u00b5\u03bc]m\b"), "um"),
    (re.compile(r"angstr"), "angstrom"),
)
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


def suits(source: Source) -> bool:
    return bool(source.head_lines)


def read(source: Source) -> Raw:
    """All spectra of a table. Raises SpectraRefused where neither rows nor columns are spectra, where a row is short,
    and where a comma could be two things."""
    grid = grid_of(source)
    head, column = row_heads(grid), wavelength_column(grid)
    if head is not None and is_by_rows(grid, head, column):
        return _by_rows(source, grid, head)
    if column is not None:
        return _by_columns(source, grid, column)
    raise source.refusal(
        f"it is text, but no table of spectra: {LEAST} or more wavelengths must rise or fall in its first column or in "
        "its row of heads"
    )


def _by_rows(source: Source, grid: Grid, head: int) -> Raw:
    heads = grid.rows[head]
    at = head_values(heads)
    body = grid.rows[head + 1 :]
    _refuse_uneven(source, grid, range(head + 1, len(grid.rows)), len(heads))
    values = np.array(
        [[_value(source, row[n], line) for n in at] for row, line in zip(body, grid.lines[head + 1 :], strict=True)]
    )
    others = {heads[n] or f"column {n + 1}": [row[n] for row in body] for n in range(len(heads)) if n not in at}
    label = next((name for name in others if NAME.search(name)), next(iter(others), ""))
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
    heads = next((row for row in above if WAVE.search(row[min(column.place, len(row) - 1)])), (above or [[]])[-1])
    heads = [""] * (width - len(heads)) + heads
    there = [n for n in range(column.place + 1, width) if any(row[n] for row in rows)]
    is_text = {n for n in there if not any(is_number(row[n]) for row in rows)}
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
    if alone and (not head or _REFLECTANCE.match(head) or is_number(head)):
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
