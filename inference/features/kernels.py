"""The kernel of features, over float32 (bands, samples). It validates and allocates nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.jit import line_kernel

Table = NDArray[Any]

LANES = 64
"""Samples side by side, which go through in vectors."""
ROUNDING = np.float32(5e-7)
"""Of two values, by which a third may be below the line through them and be on it."""
_HUGE = np.float32(3e38)


@line_kernel
def absorption(
    values: Table, invalid: Table, rows: Table, offset: Table, inverse: Table, first_nm: float, unusable: np.uint8,
    least: np.float32, room: tuple[Table, Table, Table], out: Table,
) -> None:  # fmt: skip
    """One feature of a line, float32 `out` (2, samples), by the formulas of `inference.features.absorption`.

    rows: bands of the window, int64 (n,). offset: their distance from the first of them in nm, float32 (n,), and
    `inverse` (n, n) one by that between two. first_nm: of the first. room: float32 (n, LANES) twice, and (8, LANES).
    """
    spectrum, hull, lane = room
    n, samples = len(rows), values.shape[1]
    whole = min(LANES, samples)
    for start in range(0, samples, LANES):
        begin = min(start, samples - whole)
        for j in range(n):
            for i in range(whole):
                spectrum[j, i] = values[rows[j], begin + i]
        _steepest(spectrum, inverse, hull, n)
        _hull(spectrum, offset, hull, n, lane)
        _parabola(spectrum, hull, offset, n, lane)
        for i in range(whole):
            there = lane[7, i] > least and not invalid[begin + i] & unusable
            out[0, begin + i] = np.float32(first_nm + lane[6, i]) if there else np.float32(np.nan)
            out[1, begin + i] = lane[7, i] if there else np.float32(np.nan)


@line_kernel
def _steepest(spectrum: Table, inverse: Table, slope: Table, n: int) -> None:
    """Of each band the steepest way up, or the least steep way down, to one behind it. The inner loop is over the bands
    from which it goes, since none of them waits for another."""
    for p in range(n):
        for i in range(LANES):
            slope[p, i] = -_HUGE
    for q in range(1, n):
        for p in range(q):
            by = inverse[p, q]
            for i in range(LANES):
                slope[p, i] = max(slope[p, i], (spectrum[q, i] - spectrum[p, i]) * by)


@line_kernel
def _hull(spectrum: Table, offset: Table, hull: Table, n: int, lane: Table) -> None:
    """The hull in place of those slopes, without branches, so that LANES samples go side by side: from a corner it goes
    the steepest way on, to the next band that is not below it, which is a corner."""
    at, height, way = lane[0], lane[1], lane[2]
    for i in range(LANES):
        at[i], height[i], way[i], hull[0, i] = 0, spectrum[0, i], hull[0, i], spectrum[0, i]
    for j in range(1, n):
        for i in range(LANES):
            line = height[i] + (offset[j] - at[i]) * way[i]
            corner = spectrum[j, i] + ROUNDING * (spectrum[j, i] + height[i]) >= line
            at[i] = offset[j] if corner else at[i]
            height[i] = spectrum[j, i] if corner else height[i]
            way[i] = hull[j, i] if corner else way[i]
            hull[j, i] = max(line, spectrum[j, i])


@line_kernel
def _parabola(spectrum: Table, hull: Table, offset: Table, n: int, lane: Table) -> None:
    """Place and depth into lanes 6 and 7; the depth is NaN where a value is not finite, or not above zero."""
    sound, low, where, place, depth = lane[0], lane[1], lane[2], lane[6], lane[7]
    for i in range(LANES):
        sound[i], low[i], where[i] = 1, 1, 1
    for j in range(n):
        for i in range(LANES):
            value = spectrum[j, i]
            sound[i] = sound[i] if np.float32(0) < value < _HUGE else np.float32(np.nan)
            spectrum[j, i] = value / hull[j, i]
    for j in range(1, n - 1):
        for i in range(LANES):
            lower = spectrum[j, i] < low[i]
            low[i] = spectrum[j, i] if lower else low[i]
            where[i] = np.float32(j) if lower else where[i]
    for i in range(LANES):
        j = int(where[i])
        a, b = offset[j] - offset[j - 1], offset[j + 1] - offset[j]
        down, up = (spectrum[j - 1, i] - low[i]) / a, (spectrum[j + 1, i] - low[i]) / b
        skew, bend = down * b - up * a, max(down + up, np.float32(1e-30))
        place[i] = offset[j] + skew / bend * np.float32(0.5)
        depth[i] = sound[i] * (np.float32(1) - low[i] + skew * skew / bend / (a + b) * np.float32(0.25))
