"""Comb of a box: where its rows lie, from the mask of its rock.

Rows are strips of one width at even distances, all askew by one slope. Theirs is the comb that holds most rock, with
the squares of what its strips hold added: full strips and empty ones, not halves. Where several hold as much, as with
an empty row at an edge, it is the one that lies nearest to the middle of the view.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oreline.jit import kernel

TIGHTEST = 0.95
"""Of the strips' width: the least distance of two of them."""
OUTSIDE = 0.25
"""Of the strips' width: how far the outer ones may reach out of the view."""
BLOCKS = 32
"""Parts of a scan in which a row is taken to be straight."""
CENTRED, UPRIGHT = 0.02, 0.001
"""What a comb must hold more, as a share of a mean row's rock, to lie at the edge of the view, or as steep as it may.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Comb:
    """`starts` int64 (rows,): first sample of each strip in the middle of the scan, in the order of the samples.
    `slope`: samples that they go on by with each line."""

    starts: NDArray[np.int64]
    slope: float


def fit(rock: NDArray[np.bool_], rows: int, width: int, steepest: float) -> Comb:
    """The comb of `rows` strips of `width` samples in a mask, bool (lines, samples), at most `steepest` samples a line
    askew."""
    lines = len(rock)
    edges = np.unique(np.linspace(0, lines, BLOCKS + 1).astype(int))
    sums = np.add.reduceat(rock, edges[:-1], axis=0, dtype=np.float64)
    middles = (edges[1:] + edges[:-1] - lines) / (2 * lines)
    most, margin = max(1, round(steepest * lines)), int(OUTSIDE * width)
    sums /= max(1.0, float(sums.sum()) / rows)

    def total(shift: int) -> NDArray[np.float64]:
        return np.concatenate(([0.0], np.cumsum(_sheared(sums, middles, shift, margin))))

    def at(shift: int) -> tuple[float, int, int, int]:
        score, first, last = _best(total(shift), rows, width, CENTRED)
        return score - UPRIGHT * abs(shift) / most, shift, first, last

    step = max(1, most // 8)
    _, coarse, _, _ = max(map(at, range(-most // step * step, most + 1, step)))
    _, shift, first, last = max(map(at, range(coarse - step + 1, coarse + step)))
    even = np.rint(np.linspace(first, last, rows)).astype(int)
    slack = max(1, int((last - first) / max(1, rows - 1) - width) // 2 + 1)
    held = total(shift)[width:] - total(shift)[:-width]
    starts = np.array([_settled(held, start, slack) for start in even]) - margin
    return Comb(starts, shift / lines)


def _sheared(sums: NDArray[np.float64], middles: NDArray[np.float64], shift: int, margin: int) -> NDArray[np.float64]:
    """Rock by sample, along a slope that goes on by `shift` samples over the scan, with a margin at both sides."""
    profile = np.zeros(sums.shape[1] + 2 * margin)
    inner = profile[margin : margin + sums.shape[1]]
    for row, middle in zip(sums, middles, strict=True):
        by = round(shift * middle)
        if by >= 0:
            inner[: len(row) - by] += row[by:]
        else:
            inner[-by:] += row[:by]
    return profile


@kernel
def _best(total: NDArray[np.float64], rows: int, width: int, centred: float) -> tuple[float, int, int]:
    """How well the best comb fits, and where its first and last strip begin; `total`: the rock before each sample."""
    n = len(total) - width
    best, first, last = -1.0e300, 0, 0
    least = int(np.ceil(TIGHTEST * width * (rows - 1)))
    for a in range(n):
        for b in range(a + least, a + 1 if rows == 1 else n):
            score, end = -centred * abs(a + b - (n - 1)) / n, 0
            for row in range(rows):
                start = a + (2 * row * (b - a) + rows - 1) // max(1, 2 * (rows - 1))
                held = total[start + width] - total[max(start, end)]
                score, end = score + held + held * held, start + width
            if score > best:
                best, first, last = score, a, b
    return best, first, last


def _settled(held: NDArray[np.float64], start: int, slack: int) -> int:
    """Where a strip holds most, within its slot: core that is thinner than that may lie at either wall."""
    low, high = max(0, start - slack), min(len(held), start + slack + 1)
    here = held[low:high]
    most = np.flatnonzero(here > here.max() - 1e-9)
    return low + int(most[np.argmin(abs(most - (start - low)))])
