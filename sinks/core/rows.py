"""Rows of core in a scanned box, from the mask of its rock."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ConfigError
from oreline.jit import kernel
from sinks.core.comb import Comb, fit
from sinks.core.depth import Kind, RowFind
from sinks.core.session import CORE_MM, Box, Session
from sinks.core.strip import ways_mm

STEEPEST = math.tan(math.radians(2.5))
"""How far askew a tray may lie."""
LEAST = 0.1
"""Share of a row's width in which core lies that is more than specks on an empty tray."""
SOLID = 0.75
"""Share of a row's width that whole core fills at least, though some of its pixels are taken for tray."""
EDGE = 0.1
"""Share of a row's width at each side that does not count where core is measured: its rim, and pixels it shares."""
HOLE, THICK = 0.25, 3
"""A patch of bare pixels is core that was taken for tray where it reaches over less than that share of the row's width
and is as thick, in pixels; a fracture is long or thin."""
CLEAN = 0.02
"""Share of the core's pixels that are specks, below which whole core is a row's width without them."""
HALF = 0.5
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
    seen = _without_specks(np.ascontiguousarray(rock))
    way = ways_mm(along_mm)
    comb = fit(seen, box.rows, width, STEEPEST * float(np.median(way)) / pixel_mm)
    strips = _strips(comb, width, rock.shape)
    inset = int(EDGE * width)
    fills = _fills(rock, seen, strips + np.array([inset, -inset], np.int32)[:, None, None], missing)
    order = range(box.rows) if session.rows_begin == "top" else range(box.rows - 1, -1, -1)
    kinds = [_kinds(plain, raw, way, core_mm) for plain, raw in zip(*fills, strict=True)]
    return tuple(
        RowFind(row, strips[0, at], strips[1, at], *kinds[at], is_backwards(session, row), missing)
        for row, at in enumerate(order, 1)
    )


def diameter_mm(box: Box) -> float:
    """Diameter of the core in a box."""
    return CORE_MM[box.core] if isinstance(box.core, str) else box.core


def is_backwards(session: Session, row: int) -> bool:
    """Whether a row, counted from 1 as they are read, is read from its last line to its first."""
    turns = {"left-right": False, "right-left": True, "snake": row % 2 == 0, "snake-right": row % 2 == 1}
    return turns[session.direction]


@kernel
def _without_specks(rock: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask without pixels that differ from all their neighbours, or all but one."""
    lines, samples = rock.shape
    clean = rock.copy()
    for i in range(1, lines - 1):
        for j in range(1, samples - 1):
            n = 0
            for k in range(-1, 2):
                for m in range(-1, 2):
                    n += rock[i + k, j + m]
            clean[i, j] = n >= 7 if not rock[i, j] else n > 2
    return clean


def _strips(comb: Comb, width: int, shape: tuple[int, int]) -> NDArray[np.int32]:
    """First sample of each row and line, and the one behind its last, int32 (2, rows, lines)."""
    lines, samples = shape
    shifts = np.rint(comb.slope * (np.arange(lines) - (lines - 1) / 2))
    first = comb.starts[:, None] + shifts
    return np.asarray(np.clip(np.stack([first, first + width]), 0, samples), np.int32)


def _fills(
    rock: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    strips: NDArray[np.int32],
    missing: NDArray[np.bool_] | None,
) -> NDArray[np.float64]:
    """Share of each row's width in which core lies, float64 (2, rows, lines), without specks and with them: 1 in whole
    core, 0 in empty tray, whatever share of the pixels there is taken for the other."""
    cuts = [[_cut(mask, *strip) for strip in zip(*strips, strict=True)] for mask in (seen, rock)]
    plain, raw = (np.stack([_shares(cut, missing) for cut in some]) for some in cuts)
    is_bare = plain <= max(LEAST, float(np.quantile(plain, 0.05)))
    floors = [float(np.median(one[is_bare])) if is_bare.any() else 0.0 for one in (plain, raw)]
    for row, share in enumerate(plain.copy()):
        is_solid, specks = _is_solid(share, 2 / cuts[0][row].shape[1]), _lone(cuts[1][row])
        is_clean = specks < CLEAN and float(np.quantile(share, 0.9)) > 1 - CLEAN
        for one, floor, few in zip((plain, raw), floors, (0.0, specks), strict=True):
            level = float(one[row][is_solid].mean()) if is_solid.any() else 1.0
            level = 1.0 - few if is_clean else level
            one[row] = (one[row] - floor) / (level - floor) if floor < 1 - SOLID else one[row] / level
    return np.stack([plain, raw])


def _is_solid(share: NDArray[np.float64], least: float) -> NDArray[np.bool_]:
    """Lines in which a row is as full as it usually is, within `least` or what specks make of it: without fractures."""
    is_full = share > SOLID
    if not is_full.any():
        return is_full
    off = abs(share - np.median(share[is_full]))
    return np.asarray(off <= max(least, 4 * float(np.median(off[is_full]))))


def _cut(mask: NDArray[np.bool_], first: NDArray[np.int32], stop: NDArray[np.int32]) -> NDArray[np.bool_]:
    """The mask of a row, bool (lines, width), without patches of core that were taken for tray."""
    sample = first[:, None] + np.arange(int((stop - first).max()))
    cut = mask[np.arange(len(mask))[:, None], np.clip(sample, 0, mask.shape[1] - 1)]
    return _without_holes(cut, cut.shape[1] * HOLE)


def _shares(cut: NDArray[np.bool_], missing: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """Share of a row's width that is core, float64 (lines,); of missing lines, as between those around."""
    share, line = cut.mean(axis=1), np.arange(len(cut))
    if missing is not None and missing.any() and not missing.all():
        share[missing] = np.interp(line[missing], line[~missing], share[~missing])
    return np.asarray(share)


@kernel
def _lone(cut: NDArray[np.bool_]) -> float:
    """Share of the core's pixels that are bare by themselves, each amid core: specks, if they are few."""
    lines, width = cut.shape
    lone, core = 0, 0
    for i in range(1, lines - 1):
        for j in range(1, width - 1):
            if cut[i, j]:
                core += 1
                continue
            n = 0
            for k in range(-1, 2):
                for m in range(-1, 2):
                    n += cut[i + k, j + m]
            lone += n == 8
    share = lone / max(1, core + lone)
    return share * (1.0 + 8.0 * share)


@kernel
def _without_holes(cut: NDArray[np.bool_], most: float) -> NDArray[np.bool_]:
    """A row's mask, bool (lines, width), with bare patches filled that are less than `most` samples wide: tray that
    shows between two pieces goes from wall to wall."""
    lines, width = cut.shape
    filled, is_new = cut.copy(), ~cut
    stack = np.empty(lines * width, np.int64)
    for start in range(lines * width):
        if not is_new[start // width, start % width]:
            continue
        stack[0], n, done, low, high, last = start, 1, 0, width, 0, 0
        is_new[start // width, start % width] = False
        while done < n:
            i, j = stack[done] // width, stack[done] % width
            done += 1
            low, high, last = min(low, j), max(high, j), max(last, i)
            for k in range(max(0, i - 1), min(lines, i + 2)):
                for m in range(max(0, j - 1), min(width, j + 2)):
                    if is_new[k, m]:
                        is_new[k, m] = False
                        stack[n] = k * width + m
                        n += 1
        wide, long = high - low + 1, last - start // width + 1
        if wide < most and min(wide, long) >= THICK and 2 * n >= wide * long:
            for one in range(n):
                filled[stack[one] // width, stack[one] % width] = True
    return filled


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
