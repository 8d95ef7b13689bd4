"""Core of a box as one strip: its lines row by row, as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sinks.core.depth import Kind, RowFind


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """Lines of a box in the order in which they are read; n of them.

    `finds`: its rows; `starts`: where each begins, and n. `line` int64 (n,): of the scan. `way` float64 (n,): of the
    tray that a line takes, in m; `held` float64 (n,): length of core in it, as the share of the row's width that is
    core. `kind` uint8 (n,). `unseen` bool (n,): lines that did not come.
    """

    finds: tuple[RowFind, ...]
    starts: NDArray[np.int64]
    line: NDArray[np.int64]
    way: NDArray[np.float64]
    held: NDArray[np.float64]
    kind: NDArray[np.uint8]
    unseen: NDArray[np.bool_]

    def row(self, at: int) -> int:
        """Number of the row that a line belongs to, the last one for the strip's end."""
        return min(int(np.searchsorted(self.starts, at, "right")), len(self.finds))

    def by_row(self, values: NDArray[Any]) -> list[NDArray[np.float64]]:
        """Values of the strip's lines as each row has them, in the order of the scan, float64 (lines,); NaN where a
        line is not in the strip."""
        told = []
        for find, start, stop in zip(self.finds, self.starts[:-1], self.starts[1:], strict=True):
            of_row = np.full(len(find.kind), np.nan)
            of_row[self.line[start:stop]] = values[start:stop]
            told.append(of_row)
        return told


def ways_mm(along_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Way that each line stands for, float64 (lines,), in mm: half of that to each neighbour, and none where the
    encoder went back."""
    return np.maximum(np.gradient(along_mm), 0.0) if len(along_mm) > 1 else np.ones(len(along_mm))


def strip_of(finds: Sequence[RowFind], along_mm: NDArray[np.float64]) -> Strip:
    """The strip of a box: of each row the lines between the first and the last of the box in which any core lies."""
    core = np.flatnonzero(np.any([find.kind != Kind.EMPTY for find in finds], axis=0))
    inside = np.arange(core[0], core[-1] + 1) if len(core) else np.empty(0, int)
    way = ways_mm(along_mm) / 1e3
    lines = [inside[::-1] if find.backwards else inside for find in finds]
    line = np.concatenate(lines)
    row = np.repeat(np.arange(len(finds)), len(inside))
    filled, kind = np.stack([find.filled for find in finds]), np.stack([find.kind for find in finds])
    return Strip(
        tuple(finds),
        np.arange(len(finds) + 1) * len(inside),
        line,
        way[line],
        filled[row, line] * way[line],
        kind[row, line],
        np.stack([np.zeros(len(way), bool) if find.unseen is None else find.unseen for find in finds])[row, line],
    )
