"""Depth of what lies in boxes of core."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Kind(IntEnum):
    """What lies at a line of a row."""

    EMPTY = 0
    ROCK = 1
    BROKEN = 2
    """Pieces too small to be fitted together, and the tray that shows between them: rock, whose length is not that of
    the hole."""
    BLOCK = 3


@dataclass(frozen=True, slots=True, eq=False)
class RowFind:
    """A row of core as it was found in a scan. `row` counts from 1 as rows are read; `first`, `stop` int32 (lines,):
    its samples in each line, as a tray may lie askew. `kind` uint8 (lines,): a `Kind` a line, in the scan's order.
    `filled` float32 (lines,): share of the row's width in which core lies. `backwards`: it is read from the last line
    to the first. `unseen` bool (lines,): lines that did not come, of which the rest is guessed; None for none."""

    row: int
    first: NDArray[np.int32]
    stop: NDArray[np.int32]
    kind: NDArray[np.uint8]
    filled: NDArray[np.float32]
    backwards: bool
    unseen: NDArray[np.bool_] | None = None

    def cells(self, samples: int) -> NDArray[np.bool_]:
        """Pixels of the row, bool (lines, samples)."""
        sample = np.arange(samples)
        return np.asarray((sample >= self.first[:, None]) & (sample < self.stop[:, None]))


@dataclass(frozen=True, slots=True)
class Flag:
    """Something that whoever reads the depths should know. `is_grave`: the box may be another, or be told wrongly."""

    words: str
    box: int | None = None
    row: int | None = None
    is_grave: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """Core that is missing: depths in m, and how its place is known: "base", "top" or "placed"."""

    from_m: float
    to_m: float
    how: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """Core of a drilling run: `recovered_m` of it was found, by its length in the boxes; above 1 where a stub of the
    run before came with it."""

    from_m: float
    to_m: float
    recovered_m: float

    @property
    def share(self) -> float:
        return self.recovered_m / (self.to_m - self.from_m)


@dataclass(frozen=True, slots=True, eq=False)
class RowDepth:
    """Depth along a row. `depth_m` float64 (lines,): at the middle of each line of the scan, NaN where no core lies;
    `sd_m` float64 (lines,): its standard uncertainty, NaN alike; `length_m` float64 (lines,): of hole that the line
    stands for, 0 where no core lies."""

    find: RowFind
    depth_m: NDArray[np.float64]
    sd_m: NDArray[np.float64]
    length_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class BoxDepth:
    """Depth in a box: its rows as they are read."""

    box: int
    rows: tuple[RowDepth, ...]


@dataclass(frozen=True, slots=True, eq=False)
class HoleDepth:
    """Depth in a hole, by box, with what is missing of its core, its runs' recovery, and what should be known of it."""

    boxes: dict[int, BoxDepth]
    missing: tuple[Missing, ...]
    recovery: tuple[Recovery, ...]
    flags: tuple[Flag, ...]
