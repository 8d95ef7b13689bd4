"""Stones out of label lines, as they come.

A line is cut into runs of samples that are neither BACKGROUND nor INVALID. Runs of successive lines that touch, also
by a corner, are one stone; two stones that meet are united (the smaller points to the larger), so that memory holds
only the stones of the last line. A stone is closed when a line no longer continues it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from oreline.messages import BACKGROUND, INVALID


@dataclass(slots=True, eq=False)
class Stone:
    """Connected samples. `counts`: int64 (classes + 1,), samples of each class, the last of UNKNOWN.

    `decision`: True to eject, False to let pass, None while undecided. `cut`: its end was not seen.
    `heir`: the stone it was united with.
    """

    first_seq: int
    last_seq: int
    first_sample: int
    last_sample: int
    counts: NDArray[np.int64]
    decision: bool | None = None
    cut: bool = False
    heir: Stone | None = field(default=None, repr=False)

    @property
    def pixels(self) -> int:
        return int(self.counts.sum())

    def root(self) -> Stone:
        """The stone that this one has become part of, or itself."""
        stone = self
        while stone.heir is not None:
            if stone.heir.heir is not None:
                stone.heir = stone.heir.heir
            stone = stone.heir
        return stone

    def _absorb(self, other: Stone) -> None:
        self.first_seq = min(self.first_seq, other.first_seq)
        self.last_seq = max(self.last_seq, other.last_seq)
        self.first_sample = min(self.first_sample, other.first_sample)
        self.last_sample = max(self.last_sample, other.last_sample)
        self.counts += other.counts
        if self.decision is None:
            self.decision = other.decision
        other.heir = self


@dataclass(frozen=True, slots=True)
class Run:
    """Samples [start, stop) of one line that belong to a stone."""

    start: int
    stop: int
    stone: Stone


class Segmenter:
    """Give it each line in order; it answers with the runs of the line and the stones that it closed."""

    def __init__(self, classes: int) -> None:
        self._columns = np.full(256, classes, np.int64)
        self._columns[:classes] = np.arange(classes)
        self._width = classes + 1
        self._last: list[Run] = []

    def push(self, seq: int, labels: NDArray[np.uint8]) -> tuple[list[Run], list[Stone]]:
        """Take one line, labels uint8 (samples,). A label that is no class counts as unknown."""
        runs = [
            Run(start, stop, Stone(seq, seq, start, stop - 1, counts)) for start, stop, counts in self._runs(labels)
        ]
        self._join(runs)
        continued = {id(run.stone.root()) for run in runs}
        closed = [stone for stone in _stones(self._last) if id(stone) not in continued]
        self._last = runs
        return runs, closed

    def cut(self) -> list[Stone]:
        """End all open stones, since the next line does not follow the last."""
        open_stones = _stones(self._last)
        for stone in open_stones:
            stone.cut = True
        self._last = []
        return open_stones

    def _runs(self, labels: NDArray[np.uint8]) -> list[tuple[int, int, NDArray[np.int64]]]:
        solid = np.zeros(len(labels) + 2, np.int8)
        solid[1:-1] = (labels != BACKGROUND) & (labels != INVALID)
        edges = np.diff(solid)
        starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        inside = solid[1:-1].astype(bool)
        run_of_sample = (np.cumsum(edges[:-1] == 1) - 1)[inside]
        cells = run_of_sample * self._width + self._columns[labels[inside]]
        counts = np.bincount(cells, minlength=len(starts) * self._width).reshape(-1, self._width)
        return list(zip(starts.tolist(), stops.tolist(), counts, strict=True))

    def _join(self, runs: list[Run]) -> None:
        """Unite each run with those of the last line that it touches; both lists are sorted by sample."""
        last, j = self._last, 0
        for run in runs:
            while j < len(last) and last[j].stop < run.start:
                j += 1
            k = j
            while k < len(last) and last[k].start <= run.stop:
                _unite(last[k].stone.root(), run.stone.root())
                k += 1


def _unite(one: Stone, other: Stone) -> None:
    if one is not other:
        large, small = (one, other) if one.pixels >= other.pixels else (other, one)
        large._absorb(small)


def _stones(runs: list[Run]) -> list[Stone]:
    return list({id(root): root for run in runs for root in [run.stone.root()]}.values())
