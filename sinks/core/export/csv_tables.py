"""Collar, survey and intervals as CSV, in the dialect of a program for mine planning."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from sinks.core.export.names import cell, column_names
from sinks.core.export.rules import Hole
from sinks.core.export.units import meaning_of, unit_of
from sinks.core.table import FROM, HOLE, TO

Name = Literal["leapfrog", "micromine", "datamine"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """Column names of a program, and which way its dips count. `most`: letters of a column's name. `down`: the sign of
    a dip below the horizon."""

    collar: tuple[str, str, str, str, str]
    survey: tuple[str, str, str, str]
    interval: tuple[str, str, str]
    most: int
    down: int


DIALECTS: dict[Name, Dialect] = {
    "leapfrog": Dialect(
        ("holeid", "x", "y", "z", "maxdepth"), ("holeid", "depth", "azimuth", "dip"), ("holeid", "from", "to"), 64, -1
    ),
    "micromine": Dialect(
        ("HOLE_ID", "EAST", "NORTH", "RL", "TOTAL_DEPTH"), ("HOLE_ID", "DEPTH", "AZIMUTH", "INCLINATION"),
        ("HOLE_ID", "FROM", "TO"), 64, -1,
    ),
    "datamine": Dialect(
        ("BHID", "XCOLLAR", "YCOLLAR", "ZCOLLAR", "ENDDEPTH"), ("BHID", "AT", "BRG", "DIP"), ("BHID", "FROM", "TO"), 8,
        1,
    ),
}  # fmt: skip
"""Datamine's older files have names of 8 letters, and its dips are positive below the horizon. A file of Leapfrog is
read by the others too, where its columns are named by hand."""


def collar(hole: Hole, dialect: Dialect) -> bytes:
    """Where the hole begins, and its depth."""
    return _csv([dialect.collar, (hole.id, hole.x, hole.y, hole.z, hole.max_depth_m)])


def survey(hole: Hole, dialect: Dialect) -> bytes:
    """Directions of the hole by depth."""
    rows = ((hole.id, one.depth_m, one.azimuth_deg, -dialect.down * one.dip_deg) for one in hole.survey)
    return _csv([dialect.survey, *rows])


def intervals(hole: Hole, dialect: Dialect) -> bytes:
    """What the table of intervals says, a row an interval, cells empty where nothing is known."""
    names = _names(hole.table, dialect)
    columns = [hole.table[column].to_pylist() for column in names]
    head = (*dialect.interval, *names.values())
    return _csv([head, *zip(*([hole.id] * len(hole.table), hole.from_m, hole.to_m), *columns, strict=True)])


def columns(hole: Hole, dialect: Dialect) -> bytes:
    """What each column of the intervals is."""
    names = _names(hole.table, dialect)
    told = ((name, column, unit_of(column), meaning_of(column)) for column, name in names.items())
    return _csv([("column", "name", "unit", "meaning"), *told])


def _names(table: pa.Table, dialect: Dialect) -> dict[str, str]:
    columns = [name for name in table.column_names if name not in (HOLE, FROM, TO)]
    taken = (*dialect.collar, *dialect.survey, *dialect.interval)
    return dict(zip(columns, column_names(columns, dialect.most, taken), strict=True))


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([_text(value) for value in row] for row in rows)
    return text.getvalue().encode("ascii")


def _text(value: Any) -> str:
    """A cell: numbers without exponents, that read back as they are; empty where there is none."""
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return ""
    if isinstance(value, float):
        return np.format_float_positional(value + 0.0, trim="-")
    if isinstance(value, list | tuple):
        return cell("; ".join(str(one) for one in value))
    return cell(value) if isinstance(value, str) else str(int(value))
