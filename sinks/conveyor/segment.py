"""Segmentation: stones out of label lines, as they come.

A line is cut into runs of samples that are ore, or that are other rock. Runs of successive lines that touch, also by a
corner, are one stone; those of them that are alike are one piece of it. What meets is united (the smaller points to
the larger), so that memory holds only what is in the last line. A stone or a piece has ended when a line no longer
continues it. No recipe says which samples are rock: all find the same stones, and only their pieces differ.

Stones that touch look like one. What tells them apart is the extent, the share of its box that a shape fills: pi / 4
for any ellipse along the axes, whatever the shape of a pixel; about half of that for two that touch. The box's sides
are counted at the outline, so that a dent makes it larger: the samples with nothing before them in their line, and
those with nothing before them in their column.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from sinks.conveyor.outline import Outline

Sums = NDArray[np.int64]

NOTHING, OTHER, ORE = 0, 1, 2
"""What a sample is: belt, or nothing that is known; rock that is not wanted; rock that is."""


@dataclass(slots=True, eq=False)
class Piece:
    """Connected samples of one kind, `ore` of them ore: all or none. `doubtful`: the position of a line of it is.
    `heir`: what it became part of. `cut`: its end was not seen. `held`: some of it was seen while the sorter was held.
    `outline`: its samples, where somebody wants them."""

    ore: int
    pixels: int
    doubtful: bool
    heir: Self | None = field(default=None, repr=False)
    cut: bool = False
    held: bool = False
    outline: Outline | None = field(default=None, repr=False)

    def root(self) -> Self:
        """What this has become part of, or itself."""
        piece = self
        while piece.heir is not None:
            if piece.heir.heir is not None:
                piece.heir = piece.heir.heir
            piece = piece.heir
        return piece

    def absorb(self, other: Self) -> None:
        self.ore += other.ore
        self.pixels += other.pixels
        self.doubtful |= other.doubtful
        self.held |= other.held
        if other.outline is not None:
            self._draw(other.outline)
        other.heir = self

    def _draw(self, outline: Outline) -> None:
        if self.outline is None:
            self.outline = outline
        else:
            self.outline.absorb(outline)


@dataclass(slots=True, eq=False)
class Stone(Piece):
    """Connected samples of rock, `ore` of them ore. `starts`, `tops`: those with nothing before them in their line, in
    their column. `ended`: pieces of it that have, until they are counted. `sums`, `core_sums`: what `Cores` has
    added up over its samples, and over those that are not at its outline, int64 (1 + rivals,): the probability of ore,
    and of each of its rivals. `counts`: its samples by class, int64 (classes + 1,), where its recipe asks. `first`:
    number of the line that it began at. `older`: it has samples before the first line that its segmenter was given.

    `decision`: True to eject, False to let pass, None while undecided; `measure` and `why` are those of its `Verdict`.
    `product`: of its recipe, counted from 1, 0 for what passes.
    """

    starts: int = 0
    tops: int = 0
    ended: list[Piece] = field(default_factory=list, repr=False)
    sums: Sums | None = None
    core_sums: Sums | None = None
    counts: Sums | None = None
    decision: bool | None = None
    product: int = 0
    measure: float = math.nan
    why: str = ""
    first: int = 0
    older: bool = False

    @property
    def extent(self) -> float:
        """Share of its box that it fills, 0..1."""
        return self.pixels / (self.starts * self.tops)

    @property
    def probable(self) -> tuple[float, float]:
        """Mean probability of ore, and of the most probable of its rivals, over the core of the stone, or over all of
        it where it has none."""
        sums = self.core_sums if self.core_sums is not None and self.core_sums.any() else self.sums
        if sums is None:
            return 0.0, 0.0
        ore, *rivals = (sums / max(1, sums.sum())).tolist()
        return ore, max(rivals, default=0.0)

    def absorb(self, other: Self) -> None:
        Piece.absorb(self, other)
        self.starts += other.starts
        self.tops += other.tops
        self.ended += other.ended
        self.sums = _total(self.sums, other.sums)
        self.core_sums = _total(self.core_sums, other.core_sums)
        self.counts = _total(self.counts, other.counts)
        self.first = min(self.first, other.first)
        self.older |= other.older
        if self.decision is None:
            self.decision, self.product = other.decision, other.product
            self.measure, self.why = other.measure, other.why


@dataclass(frozen=True, slots=True)
class Run:
    """Samples [start, stop) of one line that are of one kind, and what they belong to."""

    start: int
    stop: int
    kind: int
    piece: Piece
    stone: Stone


def _total(one: Sums | None, other: Sums | None) -> Sums | None:
    return other if one is None else one if other is None else one + other


P = TypeVar("P", bound=Piece)


class Segmenter:
    """Segmenter of lines that come in order. `kinds`: NOTHING, OTHER or ORE for each label, uint8 (256,)."""

    def __init__(self, kinds: NDArray[np.uint8]) -> None:
        self._kinds = kinds
        self._last: list[Run] = []
        self._above: list[Run] = []

    def beside(self, kinds: NDArray[np.uint8]) -> Segmenter:
        """A segmenter by other kinds, for the next line and those after it: stones of this one that go on are `older`
        there."""
        other = Segmenter(kinds)
        other._above = self._last
        return other

    @property
    def open(self) -> Iterator[Stone]:
        """The stones of the last line, some of them more than once."""
        return (run.stone.root() for run in self._last)

    def push(
        self, labels: NDArray[np.uint8], doubtful: bool = False, number: int = 0
    ) -> tuple[list[Run], list[Stone], list[Stone]]:
        """Take one line, labels uint8 (samples,), of this number: its runs, the stones that it ended, and the stones
        that go on, of which it ended pieces."""
        runs = self._runs(labels, doubtful, number)
        for above, run in _touching(self._last, runs):
            _meet(above, run)
        if self._above:
            for _, run in _touching(self._above, runs):
                run.stone.root().older = True
            self._above = []
        stones, parted = self._end(runs)
        self._last = runs
        return runs, stones, parted

    def cut(self) -> list[Stone]:
        """End all open stones, since the next line does not follow the last."""
        stones, _ = self._end([])
        for run in self._last:
            run.stone.root().cut = run.piece.root().cut = True
        self._last = []
        return stones

    def _runs(self, labels: NDArray[np.uint8], doubtful: bool, number: int) -> list[Run]:
        kinds = np.zeros(len(labels) + 2, np.uint8)
        kinds[1:-1] = self._kinds[labels]
        edges = np.flatnonzero(kinds[1:] != kinds[:-1])
        bounds, runs = edges.tolist(), list[Run]()
        stone: Stone | None = None
        for (start, stop), kind in zip(pairwise(bounds), kinds[edges[:-1] + 1].tolist(), strict=True):
            if kind == NOTHING:
                stone = None
                continue
            pixels = stop - start
            ore = pixels if kind == ORE else 0
            if stone is None:
                stone = Stone(0, 0, doubtful, starts=1, first=number)
            stone.ore, stone.pixels, stone.tops = stone.ore + ore, stone.pixels + pixels, stone.tops + pixels
            runs.append(Run(start, stop, kind, Piece(ore, pixels, doubtful), stone))
        return runs

    def _end(self, runs: list[Run]) -> tuple[list[Stone], list[Stone]]:
        """The stones of the last line that end, and those of the others of which pieces do."""
        pieces, stones = {id(run.piece.root()) for run in runs}, {id(run.stone.root()) for run in runs}
        ended: dict[int, Stone] = {}
        parted: dict[int, Stone] = {}
        for run in self._last:
            piece, stone = run.piece.root(), run.stone.root()
            if id(piece) not in pieces:
                pieces.add(id(piece))
                stone.ended.append(piece)
                (parted if id(stone) in stones else ended)[id(stone)] = stone
        return list(ended.values()), list(parted.values())


def _touching(last: list[Run], runs: list[Run]) -> Iterator[tuple[Run, Run]]:
    """Each run with those of the line before that it touches; both lists are sorted by sample."""
    j = 0
    for run in runs:
        while j < len(last) and last[j].stop < run.start:
            j += 1
        k = j
        while k < len(last) and last[k].start <= run.stop:
            yield last[k], run
            k += 1


def _meet(above: Run, run: Run) -> None:
    stone = _united(above.stone.root(), run.stone.root())
    stone.tops -= max(0, min(above.stop, run.stop) - max(above.start, run.start))
    if above.kind == run.kind:
        _united(above.piece.root(), run.piece.root())


def _united(one: P, other: P) -> P:
    if one is other:
        return one
    large, small = (one, other) if one.pixels >= other.pixels else (other, one)
    large.absorb(small)
    return large
