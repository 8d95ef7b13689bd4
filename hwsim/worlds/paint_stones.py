"""Kernels that put stones on a belt, pixel by pixel.

`places` are those of lines and samples in mm, (lines,) and (samples,). `light` is what `Pixels` holds, and `truth` the
maps of `Truth`, (lines, samples) each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.random_field import normal, smooth
from oreline.jit import kernel

GRAIN, FACETS, EDGE = 0.04, 0.08, 0.3
HEIGHT = 0.5
"""Length of a shadow, in radii: a stone stands half as high as it is wide, under lamps at 45 degrees."""
MIRROR = 0.4
"""Facets that are turned further than this (of 1) begin to mirror a lamp."""

Floats = NDArray[np.float64]
Places = tuple[Floats, Floats]


@kernel
def wear(key: np.uint64, strength: float, places: Places, gain: NDArray[np.float32]) -> None:
    """Multiply `gain` by the belt's wear: long streaks, and spots of a few mm."""
    y, x = places
    for i in range(len(y)):
        for j in range(len(x)):
            streaks = smooth(key, x[j] / 7.5, y[i] / 600.0)
            spots = smooth(key ^ np.uint64(1), x[j] / 3.0, y[i] / 3.0)
            gain[i, j] *= np.float32(1.0 + strength * (streaks + 0.7 * spots))


@kernel
def shade(stones: NDArray[np.void], places: Places, hidden: NDArray[np.float32]) -> None:
    """Hidden share of each row of lamps, (2, lines, samples): a stone's shadows lie fore and aft of it."""
    y, x = places
    pixel = x[1] - x[0]
    for s in range(len(stones)):
        stone = stones[s]
        long = HEIGHT * stone.radius
        top, bottom, left, right = _box(stone, y, x, long)
        for i in range(top, bottom):
            down = y[i] - stone.y
            for j in range(left, right):
                across = x[j] - stone.x
                own = _cover(stone, down, across, pixel)
                for lamp in range(2):
                    shadow = _cover(stone, down + (2 * lamp - 1) * long, across, pixel)
                    hidden[lamp, i, j] = max(hidden[lamp, i, j], np.float32((1.0 - own) * shadow))


@kernel
def lay(
    stones: NDArray[np.void],
    places: Places,
    variation: float,
    table: NDArray[np.float32],
    light: tuple[NDArray[Any], ...],
    truth: tuple[NDArray[Any], ...],
) -> None:
    """Put stones on the belt in their order, so that the last lies on top. `table`: dice.NORMAL."""
    y, x = places
    pixel = x[1] - x[0]
    for s in range(len(stones)):
        stone = stones[s]
        top, bottom, left, right = _box(stone, y, x, 0.0)
        for i in range(top, bottom):
            down = y[i] - stone.y
            for j in range(left, right):
                across = x[j] - stone.x
                covered = _cover(stone, down, across, pixel)
                if covered > 0.0:
                    _put(stone, down, across, covered, variation, table, (i, j), light, truth)


@kernel
def _put(
    stone: Any,
    down: float,
    across: float,
    covered: float,
    variation: float,
    table: NDArray[np.float32],
    at: tuple[int, int],
    light: tuple[NDArray[Any], ...],
    truth: tuple[NDArray[Any], ...],
) -> None:
    """Put a stone's point over what is there; on its edge, its main rock there and what is there share the pixel."""
    one, two, a, b, slope, glint = light
    ids, true_one, true_two, true_share = truth
    share = _second(stone.key, stone.share, down / stone.radius, across / stone.radius)
    main = stone.two if share >= 0.5 else stone.one
    out = np.sqrt(down * down + across * across) / (stone.radius * _bend(stone.outline, down, across))
    facets = smooth(stone.key ^ np.uint64(2), down / 7.0, across / 7.0)
    gain = covered * stone.gain * (1.0 + variation * _relief(stone.key, table, down, across, out, facets))
    glint[at] = glint[at] * (1.0 - covered) + covered * stone.shine * mirror(stone.key, down, across)
    slope[at] = stone.slope
    if covered >= 1.0:
        one[at], two[at] = stone.one, stone.two
        a[at], b[at] = gain * (1.0 - share), gain * share
    else:
        two[at] = one[at] if a[at] >= b[at] else two[at]
        one[at], a[at], b[at] = main, gain, (a[at] + b[at]) * (1.0 - covered)
    if covered >= 0.5:
        ids[at], true_one[at], true_two[at] = stone.id, stone.one, stone.two
        true_share[at] = share if covered >= 1.0 else np.float32(share >= 0.5)


@kernel
def _box(stone: Any, y: Floats, x: Floats, more: float) -> tuple[int, int, int, int]:
    """Lines and samples that a stone can reach, `more` mm further along the belt."""
    reach = stone.reach + (x[1] - x[0])
    top, bottom = np.searchsorted(y, stone.y - reach - more), np.searchsorted(y, stone.y + reach + more)
    return top, bottom, np.searchsorted(x, stone.x - reach), np.searchsorted(x, stone.x + reach)


@kernel
def _cover(stone: Any, down: float, across: float, pixel: float) -> float:
    """Share of a pixel that the stone covers, 0..1."""
    away = np.sqrt(down * down + across * across)
    inside = stone.radius * _bend(stone.outline, down, across) - away
    return float(min(1.0, max(0.0, 0.5 + inside / pixel)))


@kernel
def _bend(outline: NDArray[np.float32], down: float, across: float) -> float:
    """Radius towards a point, relative to the mean: 1 + sum of harmonics, by the recurrence of multiple angles."""
    away = max(np.sqrt(down * down + across * across), 1e-9)
    cosine, sine = across / away, down / away
    c, s, bend = cosine, sine, 1.0
    for k in range(len(outline)):
        c, s = c * cosine - s * sine, s * cosine + c * sine
        bend += outline[k, 0] * c + outline[k, 1] * s
    return float(max(bend, 0.2))


@kernel
def _second(key: np.uint64, share: float, u: float, v: float) -> float:
    """Share of the second rock at a point, 0..1: patches with narrow transitions."""
    if share <= 0.0:
        return 0.0
    field = 0.5 + 0.5 * smooth(key, u * 1.6, v * 1.6)
    return min(1.0, max(0.0, 0.5 + (share - field) * 6.0))


@kernel
def _relief(key: np.uint64, table: NDArray[np.float32], down: float, across: float, out: float, facets: float) -> float:
    """Relative brightness of a point: darker towards the edge, facets, and grain from pixel to pixel."""
    dome = np.sqrt(max(0.0, 1.0 - min(1.0, out) ** 2))
    grain = normal(table, key, int(down * 64.0) * 65536 + int(across * 64.0))
    return float(EDGE * (dome - 1.0) + FACETS * facets + GRAIN * grain)


@kernel
def mirror(key: np.uint64, u: float, v: float) -> float:
    """Share of a lamp that a point of a surface mirrors, 0..1: facets of some mm, few of which lie right."""
    coarse = smooth(key ^ np.uint64(3), (u + 0.6 * v) / 4.0, (v - 0.6 * u) / 4.0)
    facets = 0.6 * coarse + 0.4 * smooth(key ^ np.uint64(4), (u - 0.8 * v) / 1.7, (v + 0.8 * u) / 1.7)
    return float(max(0.0, (facets - MIRROR) / (1.0 - MIRROR)))
