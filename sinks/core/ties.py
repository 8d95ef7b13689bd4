"""Ties of a box: places at which depth is known, its ends and its blocks.

A block is no core, so it lies in a gap of its row. Of the gaps that a row has, each block is given one so that core
between two blocks is as long as they say in as many places as can be: a run that lost core disagrees once, a block that
is taken to lie elsewhere disagrees twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sinks.core.depth import Flag
from sinks.core.session import Block, Box, Session
from sinks.core.strip import Strip

BLOCK_M, LEAST_M = 0.03, 0.015
"""Length of a block along its row: usual, and least."""
NEAR_M = 0.06
"""How far from where a technician says that a block lies it is looked for."""
AGREES_M = 0.02
"""Core and blocks that differ by less agree."""
SHORT, SURPLUS = 15.0, 2.0
"""What it costs to take a gap for a block that has no room for one, and how much worse it is to have too much core than
too little."""


@dataclass(frozen=True, slots=True)
class Tie:
    """A depth at a place of a strip: core before it ends at the line `before`, core after it begins at `after`.
    `block`: that which says so, None for an end of the box; `is_seen`: in a gap, or only where it was told to be."""

    depth_m: float
    before: int
    after: int
    block: Block | None = None
    is_seen: bool = True

    def room_m(self, strip: Strip) -> float:
        """Length of tray that it takes."""
        return float(strip.way[self.before : self.after].sum())


def placed_losses(session: Session, from_m: float, to_m: float) -> list[tuple[float, float]]:
    """Losses between two depths whose place is told, from and to in m."""
    losses = session.losses if session.loss == "placed" else ()
    within = ((max(one.from_m, from_m), min(one.to_m, to_m)) for one in losses)
    return [(begin, to) for begin, to in within if to > begin]


def ties_of(strip: Strip, box: Box, session: Session) -> tuple[tuple[Tie, ...], list[Flag]]:
    """Ties of a box in order of depth, and what should be known of them."""
    ends = [Tie(box.from_m, 0, 0)], [Tie(box.to_m, len(strip.line), len(strip.line))]
    places = {block: _places(strip, block) for block in box.blocks}
    flags = []
    while True:
        ties = _best(strip, [ends[0], *places.values(), ends[1]], session)
        placed = [tie.block for at, tie in enumerate(ties) if tie.block and _has_room(strip, ties, at, session)]
        lost = [block for block in places if block not in placed]
        if not lost:
            break
        del places[lost[0]]
        flags.append(_said(box, lost[0], "its row shows no gap for it, and its depth is not used: see where it lies"))
    unseen = [tie.block for tie in ties if tie.block and not tie.is_seen]
    none = len(flags) + sum(block.at_mm is not None for block in unseen)
    if none > max(1, len(box.blocks) / 2):
        words = f"{none} of its {len(box.blocks)} blocks lie in no gap: see whether it is another box of the hole"
        flags.append(Flag(words, box.number))
    return ties, flags + [_said(box, block, _unseen_words(block)) for block in unseen]


def _unseen_words(block: Block) -> str:
    if block.at_mm is None:
        return "it is taken to lie where lines did not come: scan the box again"
    return f"no gap is seen near {block.at_mm:g} mm"


def _said(box: Box, block: Block, words: str) -> Flag:
    return Flag(f"block {block.depth_m:g} m: {words}", box.number, block.row, is_grave=True)


def _places(strip: Strip, block: Block) -> list[Tie]:
    """Where a block may lie: at its row's beginning and end, and in its gaps; where its place is told, near that."""
    start, stop = strip.starts[block.row - 1], strip.starts[block.row]
    edges = np.flatnonzero(np.diff(np.concatenate([[1], strip.held[start:stop] > 0, [1]]))) + start
    gaps = [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
    ends = {(int(start), int(start)), (int(stop), int(stop))} - {(a, a) for gap in gaps for a in gap}
    places = [Tie(block.depth_m, a, b, block) for a, b in sorted({*gaps, *ends})]
    places = [p for p in places if p.before in (start, stop) or p.after == stop or p.room_m(strip) >= LEAST_M]
    unseen = np.flatnonzero(np.diff(strip.unseen[start:stop], prepend=False, append=False)).reshape(-1, 2) + start
    middles = [Tie(block.depth_m, at, at, block, is_seen=False) for at in map(int, unseen.mean(axis=1))]
    if block.at_mm is None:
        return [*places, *middles]
    way, at = np.concatenate([[0.0], np.cumsum(strip.way[start:stop])]), block.at_mm / 1e3
    near = [p for p in places if way[p.before - start] - NEAR_M <= at <= way[p.after - start] + NEAR_M]
    line = int(start + np.searchsorted(way[1:-1], at)) if stop > start else int(start)
    return near or [Tie(block.depth_m, line, line, block, is_seen=False)]


@dataclass(frozen=True, slots=True)
class _Route:
    """Ties as far as they are chosen, what they cost, and the core that is lacking above the last."""

    cost: float
    ties: tuple[Tie, ...]
    lack_m: float = 0.0


def _best(strip: Strip, choices: list[list[Tie]], session: Session) -> tuple[Tie, ...]:
    """One of the choices for each tie, none before the one above it, at the least cost in all; a tie that finds no
    place is left out."""
    held = np.concatenate([[0.0], np.cumsum(strip.held)])
    routes = [_Route(0.0, tuple(choices[0]))]
    for ties in choices[1:]:
        further = []
        for tie in ties:
            ways = [_further(route, tie, held, session) for route in routes if tie.before >= route.ties[-1].after]
            if ways:
                best = min(ways, key=lambda route: route.cost)
                further.append(replace(best, cost=best.cost + _shortness(strip, tie)))
        routes = further or routes
    return min(routes, key=lambda route: route.cost).ties


def _further(route: _Route, tie: Tie, held: NDArray[np.float64], session: Session) -> _Route:
    """A route that goes on to a tie. What is too much there may lack above, as a stub of the run before does: then it
    costs nothing more."""
    above = route.ties[-1]
    lack = _expected(above, tie, session) - float(held[tie.before] - held[above.after])
    surplus = max(0.0, -lack - max(0.0, route.lack_m)) if lack < -AGREES_M else 0.0
    cost = math.log1p((max(lack, surplus) / AGREES_M) ** 2) * (SURPLUS if surplus > AGREES_M else 1.0)
    return _Route(route.cost + cost, (*route.ties, tie), lack)


def _expected(above: Tie, below: Tie, session: Session) -> float:
    """Length of core that ties say lies between them, in m."""
    lost = sum(to - begin for begin, to in placed_losses(session, above.depth_m, below.depth_m))
    return below.depth_m - above.depth_m - lost


def _shortness(strip: Strip, tie: Tie) -> float:
    return SHORT * max(0.0, 1.0 - tie.room_m(strip) / BLOCK_M) if tie.block and tie.is_seen else 0.0


def _has_room(strip: Strip, ties: tuple[Tie, ...], at: int, session: Session) -> bool:
    """Whether a block lies in a gap, or at a row's end where core agrees with it: the end of the tray is not seen."""
    tie = ties[at]
    if not tie.is_seen or tie.room_m(strip) >= LEAST_M:
        return True
    between = ((ties[at - 1], tie), (tie, ties[at + 1]))
    lacks = (_expected(a, b, session) - float(strip.held[a.after : b.before].sum()) for a, b in between)
    return any(abs(lack) <= AGREES_M for lack in lacks)
