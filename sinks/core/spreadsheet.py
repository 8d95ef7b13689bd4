"""Tables as spreadsheets and logging programs write them: encodings, separators, decimals, and names of columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oreline.errors import ConfigError
from oreline.files import read_plain
from oreline.guard import refusal
from oreline.text import decode
from sinks.core.measures import METRES, decimal_mark, measure, name_and_unit, unit_alone

LARGEST = 16 << 20
HEADINGS = 20
"""Lines among which the one with the names of the columns is looked for."""
SHOWN = 5
SEPARATORS = ";\t|,"
NOTHING = frozenset({"", "-", "na", "n/a", "nan", "null", "none"})
"""Cells that say that there is nothing, in small letters."""
WORDS = frozenset({"id", "crs", "cut"})
"""Our columns that hold no number."""


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
        value, unit = self._measure(name)
        if unit in METRES:
            raise ConfigError(f"{self.where}: {name} {self.cells[name]!r} is a length")
        return value

    def length(self, name: str, unit: str = "m") -> float | None:
        """A length in `unit`, which is also that of a cell and a column that name none. Raises ConfigError."""
        value, written = self._measure(name)
        told = written or self.units.get(name, unit)
        if value is None:
            return None
        if told not in METRES:
            raise ConfigError(f"{self.where}: {name} is in {told!r}, which is no length")
        return value if told == unit else round(value * METRES[told] / METRES[unit], 9)

    def unit(self, name: str) -> str:
        """The unit of a cell or else of its column, "" where neither names one."""
        return self._measure(name)[1] or self.units.get(name, "")

    def _measure(self, name: str) -> tuple[float | None, str]:
        text, column = self.cells.get(name), self.units.get(name, "")
        if text is None:
            return None, ""
        try:
            value, unit = measure(text, self.decimal)
        except ConfigError as error:
            raise ConfigError(f"{self.where}: {name} {text!r} {error}") from None
        if unit and column and METRES.get(unit) != METRES.get(column):
            raise ConfigError(
                f"{self.where}: {name} {text!r} stands in a column in {column!r}: write it in one of them"
            )
        return value, unit


def read_rows(path: Path, names: Mapping[str, Sequence[str]], required: Collection[str]) -> list[Row]:
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
    columns = _columns(lines[at], _separator(lines[at]), known) if lines else {}
    lacking = [f"{name} (such as {names[name][0].upper()})" for name in required if name not in columns]
    if lacking:
        seen = lines[at].strip()[:60] if lines else ""
        raise ConfigError(f"{path}: it has no column for {', '.join(lacking)}; its heading is {seen!r}")
    return _rows(path, lines[at:], at + 1, columns, set(required))


def of_hole(rows: Sequence[Row], hole: str, table: str) -> list[Row]:
    """Rows of a hole, whose name may be spelt with other signs and capitals; all where none is named.

    Raises ConfigError where there is none, where two spellings may be it, and where one names no hole among those of
    others.
    """
    names = {row.cells["id"].casefold(): row.cells["id"] for row in rows if "id" in row.cells}
    own = [name for name in names if _bare(name) == _bare(hole)]
    if names and not own:
        some = f"{', '.join([*names.values()][:SHOWN])}{' and others' if len(names) > SHOWN else ''}"
        raise ConfigError(f"{table} has rows of {some}, but none of hole {hole}: correct a name, or leave them out")
    if len(own) > 1:
        some = " and ".join(names[name] for name in own)
        raise ConfigError(
            f"{table} has rows of {some}, which may be one hole: spell it one way, or leave the other out"
        )
    for row in rows if len(names) > 1 else ():
        if "id" not in row.cells and row.cells:
            raise ConfigError(f"{row.where}: it names no hole, and {table} has several: name it")
    return [row for row in rows if not own or row.cells.get("id", own[0]).casefold() == own[0]]


def _separator(line: str) -> str:
    return max(SEPARATORS, key=line.count)


def _columns(line: str, separator: str, known: Mapping[str, str]) -> dict[str, tuple[int, str]]:
    """Place and unit of each of our columns that a heading names, the first where several do."""
    found: dict[str, tuple[int, str]] = {}
    for at, cell in enumerate(_cells(line, separator)):
        name, unit = name_and_unit(cell)
        ours = known.get(_bare(cell)) or known.get(_bare(name))
        if ours and ours not in found:
            found[ours] = at, unit
    return found


def _rows(
    path: Path, lines: Sequence[str], first: int, columns: Mapping[str, tuple[int, str]], required: set[str]
) -> list[Row]:
    """Rows below the heading, which is the first of the lines and that number of its file."""
    separator = _separator(lines[0])
    heading = _cells(lines[0], separator)
    named = max(n for n, cell in enumerate(heading, 1) if cell)
    units = {name: unit for name, (_, unit) in columns.items() if unit}
    found: list[tuple[str, dict[str, str]]] = []
    for n, line in enumerate(lines[1:], first + 1):
        cells, where = _cells(line, separator), f"{path}, line {n}"
        own = {name: cells[at] for name, (at, _) in columns.items() if at < len(cells) and _is_told(cells[at])}
        if cells == heading or _is_remark(cells, own, required):
            continue
        if not found and (below := _units(own)):
            units = _agreed(units, below, where)
            continue
        if any(map(_is_told, cells[named:])):
            raise ConfigError(
                f"{where}: it has more cells than the heading has names: put those that hold a {separator!r}, such as "
                "a decimal comma, in quotes, or name all columns"
            )
        found.append((where, own))
    written = (text for _, own in found for name, text in own.items() if name not in WORDS)
    try:
        decimal = decimal_mark(written, separator == ";")
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return [Row(own, units, where, decimal) for where, own in found]


def _is_remark(cells: Sequence[str], own: Mapping[str, str], required: set[str]) -> bool:
    """A row that lacks what a row must have, and begins with # or holds nothing for us."""
    is_marked = bool(cells) and cells[0].startswith("#")
    is_empty = not own.keys() - WORDS and not any(map(str.isdigit, "".join(cells)))
    return not required <= own.keys() and (is_marked or is_empty)


def _units(own: Mapping[str, str]) -> dict[str, str]:
    """Units of a row that holds nothing else, none where it does."""
    found = {name: unit_alone(cell) for name, cell in own.items() if name not in WORDS}
    is_row = any(map(str.isdigit, "".join(found.values()))) or not METRES.keys() & set(found.values())
    return {} if is_row else found


def _agreed(heading: Mapping[str, str], below: Mapping[str, str], where: str) -> dict[str, str]:
    for name in heading.keys() & below.keys():
        if METRES.get(heading[name]) != METRES.get(below[name]):
            raise ConfigError(
                f"{where}: {name} is in {below[name]!r}, in its heading in {heading[name]!r}: correct one"
            )
    return {**heading, **below}


def _cells(line: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader(io.StringIO(line), delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        cells = line.split(separator)
    return [_unquoted(cell.strip()) for cell in cells]


def _unquoted(cell: str) -> str:
    return cell[1:-1].strip() if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _is_told(cell: str) -> bool:
    return unit_alone(cell) not in NOTHING


def _bare(name: str) -> str:
    """Letters and digits of a name, small."""
    return re.sub(r"[\W_]", "", name.casefold())
