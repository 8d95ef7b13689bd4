"""Rows of core in a scanned box, from the mask of its rock."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ConfigError
from sinks.core.comb import Comb, fit
from sinks.core.depth import Flag, Kind, RowFind
from sinks.core.fills import LEAST, fills_of, without_specks
from sinks.core.session import CORE_MM, Box, Session
from sinks.core.strip import ways_mm

STEEPEST = math.tan(math.radians(2.5))
"""How far askew a tray may lie."""
HALF = 0.5
BESIDE = 0.04
"""Share of the core outside the rows of its box that is said: right rows leave under 0.015, one too few leaves more."""
GAP_MM = 15.0
"""Length of empty tray that parts two pieces; less is a fracture."""
RUBBLE = 0.8
"""Share of the tray that whole core fills over the length of its diameter; where it is less, it lies in small pieces.
"""


def find_rows(
    rock: NDArray[np.bool_],
    along_mm: NDArray[np.float64],
    pixel_mm: float,
    session: Session,
    box: Box,
    missing: NDArray[np.bool_] | None = None,
) -> tuple[RowFind, ...]:
    """The rows of a box as they are read, found in the mask of its rock, bool (lines, samples).

    along_mm: float64 (lines,), way by the encoder. pixel_mm: size of a sample across. missing: bool (lines,), lines of
    which nothing is known; a row goes on through them. Raises ConfigError where the rows are wider than the view.
    """
    core_mm = diameter_mm(box)
    width = max(1, round(core_mm / pixel_mm))
    if box.rows * width > 1.1 * rock.shape[1]:
        raise ConfigError(
            f"box {box.number}: {box.rows} rows of core of {core_mm:g} mm are wider than the "
            f"{rock.shape[1] * pixel_mm:g} mm that the camera sees: correct its rows or core, or pixel_mm"
        )
    seen = without_specks(rock)
    way = ways_mm(along_mm)
    comb = fit(seen, box.rows, width, STEEPEST * float(np.median(way)) / pixel_mm)
    strips = _strips(comb, width, rock.shape)
    fills = fills_of(rock, seen, strips, missing)
    order = range(box.rows) if session.rows_begin == "top" else range(box.rows - 1, -1, -1)
    kinds = [_kinds(plain, raw, way, core_mm) for plain, raw in zip(*fills, strict=True)]
    return tuple(
        RowFind(row, strips[0, at], strips[1, at], *kinds[at], is_backwards(session, row), missing)
        for row, at in enumerate(order, 1)
    )


def beside(rock: NDArray[np.bool_], rows: Sequence[RowFind], box: int) -> Iterator[Flag]:
    """What is to be said of rock, bool (lines, samples), that lies in none of a box's rows."""
    inside = np.zeros_like(rock)
    for row in rows:
        inside |= row.cells(rock.shape[1])
    share = float((rock & ~inside).sum() / max(1, int(rock.sum())))
    if share > BESIDE:
        words = f"{share:.0%} of its core lies outside its {len(rows)} rows, and in no table"
        yield Flag(f"{words}: see how many rows it has, of which core, and whether it is this box", box)


def diameter_mm(box: Box) -> float:
    """Diameter of the core in a box."""
    return CORE_MM[box.core] if isinstance(box.core, str) else box.core


def is_backwards(session: Session, row: int) -> bool:
    """Whether a row, counted from 1 as they are read, is read from its last line to its first."""
    turns = {"left-right": False, "right-left": True, "snake": row % 2 == 0, "snake-right": row % 2 == 1}
    return turns[session.direction]


def _strips(comb: Comb, width: int, shape: tuple[int, int]) -> NDArray[np.int32]:
    """First sample of each row and line, and the one behind its last, int32 (2, rows, lines)."""
    lines, samples = shape
    shifts = np.rint(comb.slope * (np.arange(lines) - (lines - 1) / 2))
    first = comb.starts[:, None] + shifts
    return np.asarray(np.clip(np.stack([first, first + width]), 0, samples), np.int32)


def _kinds(
    plain: NDArray[np.float64], raw: NDArray[np.float64], way: NDArray[np.float64], core_mm: float
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A row's kind line by line, and the share of its width that is core: none where there are but specks."""
    is_core = plain >= LEAST
    for start, stop in _runs(is_core):
        if plain[start:stop].max() < HALF and way[start:stop].sum() < core_mm / 2:
            is_core[start:stop] = False
    filled = np.where(is_core, np.maximum(raw, 0.0), 0.0)
    is_piece = is_core.copy()
    for start, stop in _runs(~is_core):
        is_piece[start:stop] = way[start:stop].sum() < GAP_MM and start > 0 and stop < len(way)
    kind = np.where(is_core, Kind.ROCK, Kind.EMPTY).astype(np.uint8)
    for start, stop in _runs(is_piece):
        kind[start:stop][_is_rubble(filled[start:stop], way[start:stop], core_mm)] = Kind.BROKEN
    return kind, filled.astype(np.float32)


def _is_rubble(fill: NDArray[np.float64], way: NDArray[np.float64], core_mm: float) -> NDArray[np.bool_]:
    """Lines of a stretch of core in which it lies in small pieces."""
    end = np.cumsum(way)
    if end[-1] < core_mm / 2:
        return np.ones(len(fill), bool)
    middle, held = end - way / 2, np.concatenate([[0.0], np.cumsum(fill * way)])
    ends = np.concatenate([[0.0], end])
    low, high = np.maximum(middle - core_mm / 2, 0.0), np.minimum(middle + core_mm / 2, end[-1])
    is_rubble = (np.interp(high, ends, held) - np.interp(low, ends, held)) < RUBBLE * (high - low)
    for start, stop in _runs(is_rubble):
        is_rubble[start:stop] = way[start:stop].sum() >= core_mm / 2
    return np.asarray(is_rubble)


def _runs(is_in: NDArray[np.bool_]) -> NDArray[np.int64]:
    """First of each run of true entries and the one behind its last, int64 (runs, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_in.view(np.int8), [0]])))
    return edges.reshape(-1, 2)
