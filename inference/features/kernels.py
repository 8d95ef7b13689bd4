"""The kernel of features, over float32 (bands, samples). It validates and allocates nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.jit import line_kernel

Table = NDArray[Any]

LANES = 32
"""Samples side by side, which go through in vectors."""
_HUGE = np.float32(3e38)


@line_kernel
def absorption(
    values: Table, invalid: Table, rows: Table, offset: Table, first_nm: float, unusable: np.uint8, least: np.float32,
    room: tuple[Table, Table, Table], out: Table,
) -> None:  # fmt: skip
    """One feature of a line, float32 `out` (2, samples), by the formulas of `inference.features.absorption`.

    rows: bands of the window, int64 (n,). offset: their distance from the first of them in nm, float32 (n,). first_nm:
    of that one. room: float32 (n, LANES) twice, and (8, LANES).

    The hull has no branches, so that LANES samples go side by side: it is at j the greatest, over p < j, of
    v[p] + (j - p) s, s being the greatest slope from p to any q > j.
    """
    spectrum, hull, lane = room
    n, samples = len(rows), values.shape[1]
    whole = min(LANES, samples)
    for start in range(0, samples, LANES):
        begin = min(start, samples - whole)
        for j in range(n):
            for i in range(whole):
                spectrum[j, i] = values[rows[j], begin + i]
            for i in range(LANES):
                hull[j, i] = spectrum[j, i]
        _hull(spectrum, offset, hull, n, lane[0])
        _parabola(spectrum, hull, offset, n, lane)
        for i in range(whole):
            there = lane[7, i] > least and not invalid[begin + i] & unusable
            out[0, begin + i] = np.float32(first_nm + lane[6, i]) if there else np.float32(np.nan)
            out[1, begin + i] = lane[7, i] if there else np.float32(np.nan)


@line_kernel
def _hull(spectrum: Table, offset: Table, hull: Table, n: int, steepest: Table) -> None:
    for p in range(n - 2):
        for i in range(LANES):
            steepest[i] = -_HUGE
        for q in range(n - 1, p + 1, -1):
            inverse, way = np.float32(1) / (offset[q] - offset[p]), offset[q - 1] - offset[p]
            for i in range(LANES):
                slope = (spectrum[q, i] - spectrum[p, i]) * inverse
                steepest[i] = max(steepest[i], slope)
                hull[q - 1, i] = max(hull[q - 1, i], spectrum[p, i] + way * steepest[i])


@line_kernel
def _parabola(spectrum: Table, hull: Table, offset: Table, n: int, lane: Table) -> None:
    """Place and depth into lanes 6 and 7; the depth is NaN where a value is not finite, or not above zero."""
    sound, low, left, right, a, b, place, depth = lane
    for i in range(LANES):
        sound[i], low[i], left[i], right[i], a[i], b[i] = 1, 1, 0, 0, 1, 1
    for j in range(n):
        for i in range(LANES):
            value = spectrum[j, i]
            sound[i] = sound[i] if np.float32(0) < value < _HUGE else np.float32(np.nan)
            spectrum[j, i] = value / hull[j, i]
    for j in range(1, n - 1):
        before, after = offset[j] - offset[j - 1], offset[j + 1] - offset[j]
        for i in range(LANES):
            lower = spectrum[j, i] < low[i]
            left[i] = spectrum[j - 1, i] if lower else left[i]
            right[i] = spectrum[j + 1, i] if lower else right[i]
            low[i] = spectrum[j, i] if lower else low[i]
            a[i] = before if lower else a[i]
            b[i] = after if lower else b[i]
            place[i] = offset[j] if lower else place[i]
    for i in range(LANES):
        down, up = (left[i] - low[i]) / a[i], (right[i] - low[i]) / b[i]
        skew, bend = down * b[i] - up * a[i], max(down + up, np.float32(1e-30))
        place[i] += skew / bend * np.float32(0.5)
        depth[i] = sound[i] * (np.float32(1) - low[i] + skew * skew / bend / (a[i] + b[i]) * np.float32(0.25))
