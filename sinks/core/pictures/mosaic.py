"""Mosaic of a hole: its core as a picture whose rows are steps of depth, whose columns go across the core.

Each pixel is one that was measured: that of the line which lies at the middle of the row's step. What is read backwards
is turned by half a turn, so that what dips to one side of the core does so in all rows of all boxes. Rows are made when
they are asked for, from one box's scan at a time, so that a hole of any length needs no more memory than a short one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sinks.core.depth import BoxDepth, HoleDepth, RowDepth, RowFind
from sinks.core.pictures.layers import Layer
from sinks.core.scan import Scan

TOUCH_M = 1e-6
"""How far a row's middle may lie beyond the end of a line's stretch of depth and still be in it."""

Floats = NDArray[np.float64]
Lines = NDArray[np.int64]


class State(IntEnum):
    """What a pixel of a mosaic shows."""

    CORE = 0
    NOT_SCANNED = 1
    """Nobody has looked: no box holds that depth, or its line did not come."""
    LOSS = 2
    """Core that is missing."""
    OUTSIDE = 3
    """Beside core that is thinner than the mosaic is wide."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows and columns of a mosaic. Row r shows depths [from_m + r step_m, from_m + (r + 1) step_m); a column is
    `across_mm` wide, and the core's middle lies between columns width/2 - 1 and width/2."""

    from_m: float
    step_m: float
    rows: int
    width: int
    across_mm: float

    @classmethod
    def over(
        cls, hole: HoleDepth, from_m: float, to_m: float, step_m: float, pixel_mm: float, most: int | None = None
    ) -> Grid:
        """From one depth to another, as wide as the widest core is with samples of `pixel_mm`, a column a sample, but
        at most so many columns."""
        finds = [row.find for box in hole.boxes.values() for row in box.rows]
        width = max((int((find.stop - find.first).max(initial=1)) for find in finds), default=1)
        rows = math.ceil((to_m - from_m) / step_m - TOUCH_M)
        columns = min(width, most or width)
        return cls(from_m, step_m, max(1, rows), columns, pixel_mm * width / columns)

    @property
    def to_m(self) -> float:
        """Depth at which the last row ends."""
        return self.from_m + self.rows * self.step_m

    def middles_m(self, first: int, stop: int) -> Floats:
        """Depth of the middles of rows [first, stop), float64 (stop - first,)."""
        return np.asarray(self.from_m + (np.arange(first, stop) + 0.5) * self.step_m)

    def row_at(self, depth_m: float) -> int:
        """The row that shows a depth."""
        return math.floor((depth_m - self.from_m) / self.step_m + TOUCH_M)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Rows of a mosaic: `values` (rows, width, ...) of its layer, and `state` uint8 (rows, width)."""

    first: int
    values: NDArray[Any]
    state: NDArray[np.uint8]


class Mosaic:
    """Mosaic of one layer. `scan_of`: the scan of a box by its number."""

    def __init__(self, grid: Grid, hole: HoleDepth, layer: Layer, scan_of: Callable[[int], Scan]) -> None:
        self.grid, self.hole, self.layer = grid, hole, layer
        self._scan_of = scan_of
        self._reach = {number: _reach(box) for number, box in hole.boxes.items()}
        self._at: tuple[int, Scan, NDArray[Any]] | None = None

    def window(self, first: int, stop: int) -> Window:
        """Rows [first, stop), of which those beyond the mosaic's end were not scanned. Asked for in order of depth,
        each scan is read once."""
        depth = self.grid.middles_m(first, stop)
        state = np.full((len(depth), self.grid.width), State.NOT_SCANNED, np.uint8)
        values = self.layer.blank(state.shape)
        for loss in self.hole.missing:
            state[(depth >= loss.from_m) & (depth < loss.to_m)] = State.LOSS
        for number, (above, below) in self._reach.items():
            if depth.size and above <= depth[-1] and depth[0] <= below:
                for row in self.hole.boxes[number].rows:
                    self._lay(row, number, depth, values, state)
        return Window(first, values, state)

    def _lay(self, row: RowDepth, box: int, depth_m: Floats, values: NDArray[Any], state: NDArray[np.uint8]) -> None:
        """A row of core where it lies."""
        lines = lines_at(row, depth_m)
        if not (lines >= 0).any():
            return
        scan, pixels = self._load(box)
        there = np.flatnonzero((lines >= 0) & ~scan.missing[lines])
        samples, inside = self._samples(row.find, lines[there], scan.pixel_mm)
        state[there] = np.where(inside, State.CORE, State.OUTSIDE)
        at, column = np.nonzero(inside)
        values[there[at], column] = pixels[lines[there[at]], samples[at, column]]

    def _samples(self, find: RowFind, lines: Lines, pixel_mm: float) -> tuple[Lines, NDArray[np.bool_]]:
        """The sample of each column, int64 (n, width), and whether it is of the row, for lines int64 (n,)."""
        aside = (np.arange(self.grid.width) + 0.5 - self.grid.width / 2) * self.grid.across_mm / pixel_mm
        first, stop = find.first[lines, None], find.stop[lines, None]
        samples = np.floor((first + stop) / 2 + (-aside if find.backwards else aside)).astype(np.int64)
        return samples, (samples >= first) & (samples < stop)

    def _load(self, box: int) -> tuple[Scan, NDArray[Any]]:
        if self._at is None or self._at[0] != box:
            scan = self._scan_of(box)
            self._at = box, scan, self.layer.values(scan)
        return self._at[1:]


def windows(mosaic: Mosaic, rows: int) -> Iterator[Window]:
    """The whole of a mosaic in order of depth, so many rows at a time."""
    for first in range(0, mosaic.grid.rows, rows):
        yield mosaic.window(first, min(first + rows, mosaic.grid.rows))


def lines_at(row: RowDepth, depth_m: Floats) -> Lines:
    """The line of a row that lies at each depth, int64 (n,) of float64 (n,); -1 where none does."""
    lines = np.flatnonzero(np.isfinite(row.depth_m) & (row.length_m > 0))
    if not lines.size:
        return np.full(len(depth_m), -1)
    begins = row.depth_m[lines] - row.length_m[lines] / 2
    order = np.argsort(begins, kind="stable")
    at = np.searchsorted(begins[order], depth_m, side="right") - 1
    found = lines[order][np.maximum(at, 0)]
    ends = row.depth_m[found] + row.length_m[found] / 2
    return np.where((at >= 0) & (depth_m <= ends + TOUCH_M), found, -1)


def _reach(box: BoxDepth) -> tuple[float, float]:
    """Depths between which a box's core lies; from infinity on where it has none."""
    ends = [
        (float(np.nanmin(row.depth_m - row.length_m)), float(np.nanmax(row.depth_m + row.length_m)))
        for row in box.rows
        if np.isfinite(row.depth_m).any()
    ]
    return min((above for above, _ in ends), default=math.inf), max((below for _, below in ends), default=-math.inf)
