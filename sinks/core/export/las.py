"""Intervals as LAS 2.0: numbers by depth, which is that of each interval's beginning; texts are numbers, of which the
parameters say what they stand for.

What a file conforms to: CWLS, Log ASCII Standard, version 2.0.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sinks.core.export.names import ascii_text, column_names
from sinks.core.export.rules import DECIMALS, Hole
from sinks.core.export.units import meaning_of, unit_of
from sinks.core.table import FROM, GROUP, HOLE, MINERAL, TO, UNKNOWN, header_of

NULL = "-999.25"
MICRO = 10**DECIMALS
_LONGEST = 80
MOST_FILLED = 100
"""Rows an interval, of an even step; where there would be more, a gap is one row, and the steps are uneven."""
SHARES = MINERAL, GROUP, UNKNOWN

Micrometres = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Depths of a file's rows, which follow one another without a gap. `starts`, `stops` int64 (rows,), in µm. `rows`
    int64 (rows,): the interval that stands there, -1 where there is none. `step`: from one start to the next, 0 where
    they are uneven."""

    starts: Micrometres
    stops: Micrometres
    rows: NDArray[np.int64]
    step: int


def index_of(from_m: NDArray[np.float64], to_m: NDArray[np.float64]) -> Index:
    """Depths of the rows of intervals in order, with rows for what lies between them. An even step is said only where
    it goes a whole number of times into the first depth, as LAS wants it."""
    starts, stops = (np.round(depths * MICRO).astype(np.int64) for depths in (from_m, to_m))
    steps = np.diff(starts)
    step = int(steps.min()) if len(steps) else int(stops[0] - starts[0])
    is_even = not starts[0] % step and not (steps % step).any() and (stops - starts <= step).all()
    if not is_even or (starts[-1] - starts[0]) // step > MOST_FILLED * len(starts):
        return _uneven(starts, stops)
    grid = np.arange(starts[0], starts[-1] + step, step)
    rows = np.full(len(grid), -1)
    rows[(starts - starts[0]) // step] = np.arange(len(starts))
    ends = grid + step
    ends[rows >= 0] = stops
    return Index(grid, ends, rows, step)


def _uneven(starts: Micrometres, stops: Micrometres) -> Index:
    gaps = np.flatnonzero(starts[1:] > stops[:-1])
    return Index(
        np.insert(starts, gaps + 1, stops[gaps]), np.insert(stops, gaps + 1, starts[gaps + 1]),
        np.insert(np.arange(len(starts)), gaps + 1, -1), 0,
    )  # fmt: skip


def las(hole: Hole) -> bytes:
    """The intervals of a hole as a LAS file."""
    import lasio

    index = index_of(hole.from_m, hole.to_m)
    curves = list(_curves(hole.table, index))
    file = lasio.LASFile()
    del file.version["DLM"]
    file.well["NULL"].value = NULL
    file.well["WELL"].value = file.well["UWI"].value = hole.id
    file.well["LOC"].value = _plain(f"{hole.x:f} {hole.y:f} {hole.z:f} {hole.crs}")
    for curve in curves:
        file.append_curve(curve.name, curve.values, curve.unit, _plain(curve.words))
    said = [*(code for curve in curves for code in curve.legend), *_parameters(hole)]
    pieces = [(name, piece, words) for name, value, words in said for piece in _pieces(_plain(value))]
    for name, (_, piece, words) in zip(column_names([one[0] for one in pieces], 32), pieces, strict=True):
        file.params.append(lasio.HeaderItem(name.upper(), "", piece, _plain(words)))
    text = io.StringIO()
    start, stop, step = (_depth(at, index) for at in (index.starts[0], index.starts[-1], index.step))
    formats = {place: curve.format for place, curve in enumerate(curves)}
    file.write(text, version=2.0, wrap=False, STRT=start, STOP=stop, STEP=step, column_fmt=formats)
    return text.getvalue().replace("\n", "\r\n").encode("ascii")


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """A column of a file, as `format` writes it. `legend`: names of its codes, what they stand for, and words."""

    name: str
    values: NDArray[np.float64]
    unit: str
    words: str
    format: str
    legend: tuple[tuple[str, str, str], ...] = ()


def _curves(table: pa.Table, index: Index) -> Iterator[_Curve]:
    depths = f"%.{_decimals(index)}f"
    yield _Curve("DEPT", index.starts / MICRO, "M", meaning_of(FROM), depths)
    yield _Curve("TO", index.stops / MICRO, "M", meaning_of(TO), depths)
    columns = [name for name in table.column_names if name not in (HOLE, FROM, TO)]
    header = header_of(table)
    for column, name in zip(columns, column_names(columns, 32, ("DEPT", "TO")), strict=True):
        values, codes = _numbers(table[column])
        legend = [(f"{name}_{code}", text, f"code {code} of {name.upper()}") for code, text in enumerate(codes, 1)]
        legend += [(name, column.partition(".")[2], _shown(column, header))] if column.startswith(SHARES) else []
        placed = np.where(index.rows >= 0, values[index.rows], np.nan)
        form = "%.0f" if codes or pa.types.is_integer(table[column].type) else "%.12f"
        yield _Curve(name.upper(), placed, unit_of(column), meaning_of(column), form, tuple(legend))


def _depth(micrometres: int, index: Index) -> str:
    return f"{micrometres / MICRO:.{_decimals(index)}f}"


def _decimals(index: Index) -> int:
    """Decimals that all depths need, at least 2."""
    depths = np.concatenate([index.starts, index.stops, [index.step]])
    return next(places for places in range(2, DECIMALS + 1) if not (depths % 10 ** (DECIMALS - places)).any())


def _numbers(column: pa.ChunkedArray) -> tuple[NDArray[np.float64], list[str]]:
    """A column as float64 (rows,), NaN where there is nothing; one of texts as numbers from 1, with those texts."""
    values = column.to_pylist()
    if not any(isinstance(value, str | list) for value in values):
        numbers = np.array([np.nan if value is None else float(value) for value in values])
        return np.where(np.isfinite(numbers), numbers, np.nan), []
    texts = ["; ".join(value) if isinstance(value, list) else value or "" for value in values]
    codes = {text: float(code) for code, text in enumerate(sorted({text for text in texts if text}), 1)}
    return np.array([codes.get(text, np.nan) for text in texts]), list(codes)


def _parameters(hole: Hole) -> Iterator[tuple[str, str, str]]:
    """What holds for the whole file, as mnemonic, value and words."""
    for name, metres in (("XCOLL", hole.x), ("YCOLL", hole.y), ("ZCOLL", hole.z), ("TDEPTH", hole.max_depth_m)):
        yield name, f"{metres:f}", "collar and depth of the hole in m"
    for number, note in enumerate(hole.notes, 1):
        yield f"NOTE_{number}", note, "what was assumed or changed"
    for name, value in _flat(header_of(hole.table)):
        yield name, value, "header of the table"


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Values of nested tables by their names, joined; groups and colours stand with the minerals."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if name or key not in ("groups", "colours"):
                yield from _flat(one, f"{name}_{key}" if name else str(key))
    else:
        yield name, _words(value)


def _words(value: Any) -> str:
    """A value as people write it: "from_m = 66, to_m = 66.5, how = base; from_m = 80", "2120, 2245", "none"."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_words(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ("; " if value and isinstance(value[0], Mapping) else ", ").join(map(_words, value)) or "none"
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _shown(column: str, header: Mapping[str, Any]) -> str:
    """Group and colour of a column of shares, as far as the header tells them."""
    kind, _, name = column.partition(".")
    colour = header.get("colours", {}).get("groups" if column.startswith(GROUP) else "minerals", {}).get(name)
    group = header.get("groups", {}).get(name) if column.startswith(MINERAL) else None
    told = [kind, *([f"of {group}"] if group else []), *(["#" + bytes(colour).hex().upper()] if colour else [])]
    return ", ".join(told)


def _pieces(text: str) -> list[str]:
    """Text in pieces that a line has room for, one at least."""
    return textwrap.wrap(text, _LONGEST) or [""]


def _plain(text: str) -> str:
    """Text of a header line: what follows its last colon would be taken for the words."""
    return ascii_text(text).replace(":", ";")
