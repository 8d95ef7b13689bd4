"""Stones as they are told to others: each when its end was seen and its lines have left the schedule.

A line is settled when the bank of valves has taken its row, or can take it no more: then it is known which valves
opened over a stone. What of a stone is collected on the way is collected by its pieces, since whether it is one stone
or several that touch is known when it ends.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from oreline.answers import Codes
from oreline.messages import ClassInfo, Decision, LabelLine, Stamp, StoneRecord
from oreline.wire import BRIEF_BYTES
from sinks.conveyor.outline import Outline, SeenLine, Shape
from sinks.conveyor.rules import Cut, Rule
from sinks.conveyor.schedule import Row
from sinks.conveyor.segment import Piece, Run, Stone
from sinks.conveyor.valves import ValveBank


@dataclass(frozen=True, slots=True)
class _Ended:
    """A stone, or a piece of several that touch, that has ended and is decided."""

    thing: Piece
    outline: Outline
    rule: Rule
    clump: bool
    last_seq: int


@dataclass(frozen=True, slots=True)
class ToldStone:
    """A record, the classes that its counts are of, and the name of the product that it is; empty where its recipe
    names none."""

    record: StoneRecord
    classes: tuple[ClassInfo, ...]
    product: str = ""


class Stones:
    """Stones of a belt under one bank of valves, in the order in which they end. Times are CLOCK_MONOTONIC in ns."""

    def __init__(self, bank: ValveBank) -> None:
        self._bank = bank
        self._open: dict[int, tuple[int, list[SeenLine]]] = {}
        """By number, lines that are not settled: until when they may be, and as each rule sees them."""
        self._ended: deque[_Ended] = deque()
        self._left = -1

    def push(self, line: LabelLine, deadline_ns: int, cuts: list[Cut]) -> None:
        """Collect the samples of the stones on a line."""
        seen = [self._collect(line, cut.codes, cut.runs) for cut in cuts if cut.runs]
        if seen:
            self._open[line.stamp.seq] = deadline_ns, seen

    def _collect(self, line: LabelLine, codes: Codes, runs: list[Run]) -> SeenLine:
        seen = SeenLine(line.stamp, line.model, line.reference_id, codes.tobytes(), self._bank)
        for run in runs:
            piece = run.piece.root()
            if piece.outline is None:
                piece.outline = Outline()
            piece.outline.add(seen, run.start, run.stop)
        return seen

    def end(self, cuts: list[Cut], seq: int) -> None:
        """Take the stones, and of those that touch the pieces, that ended with line `seq` or before it."""
        for cut in cuts:
            recipe = cut.rule.recipe
            for stone in cut.own_of(cut.ended):
                if recipe.is_clump(stone):
                    self._part(cut.rule, stone, seq)
                else:
                    self._take(cut.rule, stone, stone.ended, seq, clump=False)
            for stone in cut.own_of(cut.parted):
                if recipe.is_clump(stone):
                    self._part(cut.rule, stone, seq)

    def _part(self, rule: Rule, stone: Stone, seq: int) -> None:
        """What is no clump may still become one, so pieces that have ended wait in their stone until it is one."""
        for piece in stone.ended:
            self._take(rule, piece, [piece], seq, clump=True)
        stone.ended.clear()

    def _take(self, rule: Rule, thing: Piece, pieces: Iterable[Piece], seq: int, *, clump: bool) -> None:
        outline = Outline()
        for piece in pieces:
            if piece.outline is not None:
                outline.absorb(piece.outline)
        if rule.recipe.counts(thing):
            self._ended.append(_Ended(thing, outline, rule, clump, seq))

    def left(self, rows: list[Row], *, held: bool = False) -> None:
        """Rows have left the schedule. `held`: none of their valves will open."""
        for row in rows:
            self._left = row.seq
            if held or not row.bitmap:
                _, lines = self._open.pop(row.seq, (0, []))
                for line in lines:
                    line.held = held

    def took(self, rows: list[Row]) -> None:
        """The bank took rows."""
        for row in rows:
            _, lines = self._open.pop(row.seq, (0, []))
            for line in lines:
                line.bitmap = row.bitmap

    def settled(self, now_ns: int) -> Iterator[ToldStone]:
        """The stones of which all lines are settled, each once."""
        while self._ended and self._ended[0].last_seq <= self._left:
            self._forget(now_ns)
            oldest = next(iter(self._open), math.inf)
            if oldest <= self._ended[0].last_seq:
                break
            yield _told(self._ended.popleft())

    def _forget(self, now_ns: int) -> None:
        while self._open:
            seq, (deadline_ns, _) = next(iter(self._open.items()))
            if seq > self._left or deadline_ns >= now_ns:
                break
            del self._open[seq]


def _told(ended: _Ended) -> ToldStone:
    rule, thing = ended.rule, ended.thing
    product = rule.product_name(thing.product) if isinstance(thing, Stone) and not ended.clump else ""
    return ToldStone(_record(ended, ended.outline.shape(), len(rule.classes)), rule.classes, product)


def _record(ended: _Ended, shape: Shape, classes: int) -> StoneRecord:
    first, last = shape.first.stamp, shape.last.stamp
    counts = np.append(shape.counts[:classes], shape.counts[classes:].sum()).astype(np.uint32)
    decision, measure, why = _decided(ended, shape)
    return StoneRecord(
        Stamp(last.run, last.epoch, 0, last.block_id, last.t_ns, first.encoder),
        first_line=first.seq,
        last_line=last.seq,
        first_sample=shape.start,
        stop_sample=shape.stop,
        pixels=int(counts.sum()),
        decision=decision,
        why=why,
        measure=measure,
        valves=shape.valves if decision is Decision.EJECTED else 0,
        product=ended.thing.product if isinstance(ended.thing, Stone) else int(decision is Decision.EJECTED),
        recipe=ended.rule.title.encode()[:BRIEF_BYTES].decode(errors="ignore"),
        model=shape.last.model,
        reference_id=shape.last.reference_id,
        cut=ended.thing.cut,
        clump=ended.clump,
        counts=counts,
        outline=shape.outline(),
    )


def _decided(ended: _Ended, shape: Shape) -> tuple[Decision, float, str]:
    """Decision on it, the number that was compared with a limit, and why."""
    thing = ended.thing
    measure, why = math.nan, "piece of ore" if thing.ore else "piece of other rock"
    if isinstance(thing, Stone):
        measure, why = thing.measure, thing.why
    if thing.doubtful:
        return Decision.DOUBTFUL, measure, "place not known"
    if not ended.rule.recipe.wanted(thing):
        return Decision.PASSED, measure, why
    if thing.held or (shape.held and not shape.valves):
        return Decision.HELD, measure, "held"
    return Decision.EJECTED, measure, why
