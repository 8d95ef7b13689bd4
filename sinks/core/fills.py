"""How much of a row's width is core, line by line, from the mask of a box's rock.

Rock is taken for tray here and there, and tray for rock: single pixels, and patches. Core between two fractures fills
its row; what it fills in the mask is taken for all of it. Fractures run across at a slant: such a line is core in part.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oreline.jit import kernel

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


@kernel
def without_specks(rock: NDArray[np.bool_]) -> NDArray[np.bool_]:
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


def fills_of(
    rock: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    strips: NDArray[np.int32],
    missing: NDArray[np.bool_] | None,
) -> NDArray[np.float64]:
    """Share of each row's width in which core lies, float64 (2, rows, lines), without specks and with them: 1 in whole
    core, 0 in empty tray, whatever share of the pixels there is taken for the other.

    rock: bool (lines, samples), and `seen` without its specks. strips: samples of each row, as `RowFind` has them,
    int32 (2, rows, lines).
    """
    inset = int(EDGE * int((strips[1] - strips[0]).max()))
    strips = strips + np.array([inset, -inset], np.int32)[:, None, None]
    cuts = [[_cut(mask, *strip) for strip in zip(*strips, strict=True)] for mask in (seen, rock)]
    plain, raw = (np.stack([_shares(cut, missing) for cut in some]) for some in cuts)
    is_bare = plain <= max(LEAST, float(np.quantile(plain, 0.05)))
    floors = [float(np.median(one[is_bare])) if is_bare.any() else 0.0 for one in (plain, raw)]
    for row, cut in enumerate(cuts[1]):
        levels = _levels(plain[row], raw[row], cut)
        for one, floor, level in zip((plain, raw), floors, levels, strict=True):
            one[row] = (one[row] - floor) / (level - floor) if floor < 1 - SOLID else one[row] / level
    return np.stack([plain, raw])


def _levels(plain: NDArray[np.float64], raw: NDArray[np.float64], cut: NDArray[np.bool_]) -> tuple[float, float]:
    """Shares of a row's width that whole core fills, without specks and with them: all but specks where there are few,
    so that no fracture counts, else as its lines are without those that are fractured."""
    specks = _lone(cut)
    if specks < CLEAN and float(np.quantile(plain, 0.9)) > 1 - CLEAN:
        return 1.0, 1.0 - specks
    is_solid = _is_solid(plain, 2 / cut.shape[1])
    return (float(plain[is_solid].mean()), float(raw[is_solid].mean())) if is_solid.any() else (1.0, 1.0)


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
