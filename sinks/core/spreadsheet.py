"""Tables as spreadsheets and logging programs write them: encodings, separators, decimals, and names of columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oreline.errors import ConfigError
from oreline.files import read_plain
from oreline.guard import refusal
from oreline.text import decode

LARGEST = 16 << 20
HEADINGS = 20
"""Lines among which the one with the names of the columns is looked for."""
SEPARATORS = ";\t|,"
METRES = {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "ft": 0.3048, "feet": 0.3048}
"""Units of length that a column's name may end with, in m."""
_UNIT = re.compile(r"(.*?)(?:[\s_\-\[(]+|(?=[%°]))(m|mm|cm|ft|feet|deg|degrees|°|%|pct|percent)[\])]*", re.IGNORECASE)
NOTHING = frozenset({"-", "na", "n/a", "nan", "null", "none"})
"""Cells that say that there is nothing, in small letters."""
WORDS = frozenset({"id", "crs", "cut"})
"""Our columns that hold no number."""
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
_DECIMAL = re.compile(r"[+-]?[\d.,]*?([.,])\d*([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its cells by the name that we have for their column, those that are empty left out. `where`: the file and
    the line. `units`: of columns that name one. `decimal`: the mark before decimals in its file, "" where none is."""

    cells: Mapping[str, str]
    units: Mapping[str, str]
    where: str
    decimal: str

    def number(self, name: str) -> float | None:
        """A number as it is written, None where there is none. Raises ConfigError."""
        text = self.cells.get(name)
        if text is None:
            return None
        plain = _plain(text)
        other = {".": ",", ",": "."}.get(self.decimal, "")
        if "," in plain and not self.decimal:
            raise ConfigError(f"{self.where}: {name} {text!r} may be a thousand or a decimal comma: write a point")
        try:
            return float((plain.replace(other, "") if other else plain).replace(",", "."))
        except ValueError:
            raise ConfigError(f"{self.where}: {name} {text!r} is no number") from None

    def length(self, name: str, unit: str = "m") -> float | None:
        """A length in `unit`, which is also that of a column that names none."""
        value, told = self.number(name), self.units.get(name, unit)
        if value is None or told == unit:
            return value
        if told not in METRES:
            raise ConfigError(f"{self.where}: {name} is in {told!r}, which is no length")
        return round(value * METRES[told] / METRES[unit], 9)


def read_rows(path: Path, names: Mapping[str, Sequence[str]], required: Iterable[str]) -> list[Row]:
    """Rows of a table.

    names: what each of our columns may be called, in small letters and digits only, the likeliest first; columns of
    other names are passed over. required: those that there must be. Raises ConfigError.
    """
    try:
        text = decode(read_plain(path.resolve(), LARGEST))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: its text is damaged: {error.reason}") from None
    except OSError as error:
        raise refusal(error, path) from None
    known = {called: ours for ours, called_so in names.items() for called in called_so}
    lines = text.splitlines()
    heads = range(min(HEADINGS, len(lines)))
    at = max(heads, key=lambda n: (len(_columns(lines[n], _separator(lines[n]), known)), -n), default=0)
    separator = _separator(lines[at]) if lines else ","
    columns = _columns(lines[at], separator, known) if lines else {}
    lacking = [f"{name} (such as {names[name][0].upper()})" for name in required if name not in columns]
    if lacking:
        seen = lines[at].strip()[:60] if lines else ""
        raise ConfigError(f"{path}: it has no column for {', '.join(lacking)}; its heading is {seen!r}")
    return list(_rows(path, lines, at, separator, columns))


def _separator(line: str) -> str:
    return max(SEPARATORS, key=line.count)


def _columns(line: str, separator: str, known: Mapping[str, str]) -> dict[str, tuple[int, str]]:
    """Place and unit of each of our columns that a heading names, the first where several do."""
    found: dict[str, tuple[int, str]] = {}
    for at, cell in enumerate(_cells(line, separator)):
        whole = _UNIT.fullmatch(cell)
        name, unit = (whole[1], whole[2].lower()) if whole else (cell, "")
        ours = known.get(_bare(cell)) or known.get(_bare(name))
        if ours and ours not in found:
            found[ours] = at, unit
    return found


def _rows(
    path: Path, lines: Sequence[str], at: int, separator: str, columns: Mapping[str, tuple[int, str]]
) -> Iterator[Row]:
    tables = [(n, _cells(line, separator)) for n, line in enumerate(lines[at + 1 :], at + 2) if line.strip(" \t;,|")]
    rows = [
        (n, {name: cells[at] for name, (at, _) in columns.items() if at < len(cells) and _is_told(cells[at])})
        for n, cells in tables
        if not cells[0].startswith("#") and any(map(str.isdigit, "".join(cells)))
    ]
    units = {name: unit for name, (_, unit) in columns.items() if unit}
    decimal = _decimal(
        path, (text for _, cells in rows for name, text in cells.items() if name not in WORDS), separator
    )
    return (Row(cells, units, f"{path}, line {n}", decimal) for n, cells in rows)


def _decimal(path: Path, cells: Iterable[str], separator: str) -> str:
    """The mark before decimals in a file: the one that stands where no thousands can end. Raises ConfigError for both.

    Where all marks may part thousands, it is the point, or, in a table whose cells are parted by semicolons because
    commas are taken, the comma.
    """
    sure, unsure = set[str](), set[str]()
    for cell in map(_plain, cells):
        if found := _DECIMAL.fullmatch(cell):
            (unsure if _GROUPED.fullmatch(cell) else sure).add(found[1])
    if len(sure) > 1:
        raise ConfigError(f"{path}: it has decimal points and decimal commas: write all with points")
    if sure:
        return sure.pop()
    return "." if unsure == {"."} else "," if unsure and separator == ";" else ""


def _plain(text: str) -> str:
    """A number without blanks and its unit, and with a plain minus."""
    return re.sub(r"[\s'\u2019]|m$", "", re.sub("^[\u2212\u2013]", "-", text))


def _cells(line: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader(io.StringIO(line), delimiter=separator), [])
    except csv.Error:
        cells = line.split(separator)
    return [cell.strip().strip('"').strip() for cell in cells]


def _is_told(cell: str) -> bool:
    return bool(cell) and cell.casefold() not in NOTHING


def _bare(name: str) -> str:
    """Letters and digits of a name, small."""
    return re.sub(r"[\W_]", "", name.casefold())
