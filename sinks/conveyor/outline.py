"""Outlines: the samples of stones and of their pieces, collected as lines come, and counted by class when they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from oreline.messages import Stamp
from sinks.conveyor.valves import ValveBank

MOST_RUNS = 2048
"""In an outline. Of one that has more, every second line is left out, again and again."""
_SPARSEST = 1 << 20


class SeenLine:
    """A line on which stones are. `codes`: what is said of its samples, one byte each. `bitmap`: the valves that `bank`
    has taken for it so far. `held`: none was told to open."""

    __slots__ = ("bank", "bitmap", "codes", "held", "model", "reference_id", "stamp")

    def __init__(self, stamp: Stamp, model: str, reference_id: str, codes: bytes, bank: ValveBank) -> None:
        self.stamp, self.model, self.reference_id = stamp, model, reference_id
        self.codes, self.bank = codes, bank
        self.bitmap, self.held = 0, False


_Run = tuple[SeenLine, int, int]


@dataclass(slots=True)
class Shape:
    """Shape of a stone or a piece: its box, samples `start` to `stop` on the lines `first` to `last`; `counts` of its
    samples by code, int64 (256,); `runs`, each the number of a line, start, stop, on those lines that `every` divides.
    `valves`: those that the bank took over it. `held`: no valve was told to open over a line of it."""

    first: SeenLine
    last: SeenLine
    start: int
    stop: int
    counts: NDArray[np.int64]
    runs: list[tuple[int, int, int]]
    valves: int
    held: bool
    every: int = 1

    @classmethod
    def of(cls, runs: Sequence[_Run]) -> Self:
        lines, starts, stops = zip(*runs, strict=True)
        codes = b"".join([line.codes[start:stop] for line, start, stop in runs])
        valves = 0
        for line, start, stop in runs:
            if line.bitmap:
                valves |= line.bitmap & line.bank.above(start, stop)
        counts = np.bincount(np.frombuffer(codes, np.uint8), minlength=256)
        numbered = [(line.stamp.seq, start, stop) for line, start, stop in runs]
        ends = min(lines, key=_seq), max(lines, key=_seq), min(starts), max(stops)
        return cls(*ends, counts, numbered, valves, any(line.held for line in lines))

    def absorb(self, other: Self) -> None:
        self.first, self.last = min(self.first, other.first, key=_seq), max(self.last, other.last, key=_seq)
        self.start, self.stop = min(self.start, other.start), max(self.stop, other.stop)
        self.counts = self.counts + other.counts
        self.runs += other.runs
        self.valves, self.held = self.valves | other.valves, self.held or other.held
        self.every = max(self.every, other.every)

    def thin(self) -> None:
        """Leave out lines while there are too many runs; of too many on one line, the last."""
        while len(self.runs) > MOST_RUNS and self.every < _SPARSEST:
            self.every *= 2
            self.runs = [run for run in self.runs if run[0] % self.every == 0]
        del self.runs[MOST_RUNS:]

    def outline(self) -> NDArray[np.int32]:
        """Runs in order, int32 (n, 3): line, counted from the first, start, stop."""
        runs = np.array(sorted(self.runs), np.int64).reshape(-1, 3)
        runs[:, 0] -= self.first.stamp.seq
        return runs.astype(np.int32)


class Outline:
    """Outline of one piece, or of those that it is united with."""

    __slots__ = ("_runs", "_shape")

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self._shape: Shape | None = None

    def add(self, line: SeenLine, start: int, stop: int) -> None:
        """Samples [start, stop) of a line."""
        self._runs.append((line, start, stop))
        if len(self._runs) > MOST_RUNS:
            self.shape()

    def absorb(self, other: Self) -> None:
        """Take all of another one."""
        self._runs += other._runs
        if other._shape is not None:
            self._take(other._shape)

    def shape(self) -> Shape:
        """Shape of what was added, at least one run."""
        if self._runs:
            self._take(Shape.of(self._runs))
            self._runs = []
        assert self._shape is not None
        return self._shape

    def _take(self, shape: Shape) -> None:
        if self._shape is None:
            self._shape = shape
        else:
            self._shape.absorb(shape)
        self._shape.thin()


def _seq(line: SeenLine) -> int:
    return line.stamp.seq
