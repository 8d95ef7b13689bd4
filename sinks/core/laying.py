"""Core laid into the depths between two ties.

Rock takes as much depth as it is long. What is lacking between two ties is missing core, unless it is so little that
blocks and pixels account for it; rock that lies in small pieces is spread over the tray that it lies in before any is
missing, and pushed together before there is too much; so are lines that did not come, of which nobody knows what they
saw. What still is too much was drilled with the run before, and left standing: it goes up into what is lacking there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ConfigError
from sinks.core.contradictions import MOST
from sinks.core.depth import Flag, Kind, Missing
from sinks.core.session import Session
from sinks.core.strip import Strip
from sinks.core.ties import placed_losses

PUSHED = 0.5
"""Length of broken rock that is pushed together as far as it goes, as a share of whole rock that covers as much."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Core between two ties of a box: lines `start` to `stop` of its strip, between the depths `top_m` and `base_m`.

    `is_open`: the lower depth is not known. `stub_m`: core at its top that lies above `top_m`. `left_m`: as much at its
    base came with the next run.
    """

    box: int
    strip: Strip
    start: int
    stop: int
    top_m: float
    base_m: float
    is_open: bool = False
    stub_m: float = 0.0
    left_m: float = 0.0

    @property
    def row(self) -> int:
        """Row in which it ends."""
        return self.strip.row(max(self.start, self.stop - 1))

    @property
    def core_m(self) -> float:
        return float(self.strip.held[self.start : self.stop].sum())

    @property
    def is_broken(self) -> NDArray[np.bool_]:
        """Lines in which rock lies in small pieces, bool (lines,)."""
        return np.asarray(self.strip.kind[self.start : self.stop] == Kind.BROKEN)

    @property
    def unseen_m(self) -> float:
        """Length of core that is guessed, in lines that did not come."""
        return float(np.sum(self.strip.held[self.start : self.stop], where=self.strip.unseen[self.start : self.stop]))

    @property
    def give(self) -> NDArray[np.float64]:
        """Length that each line may lose, float64 (lines,): all of what was not seen, and some of broken rock."""
        lines = slice(self.start, self.stop)
        share = np.where(self.strip.unseen[lines], 1.0, np.where(self.is_broken, 1.0 - PUSHED, 0.0))
        return np.asarray(self.strip.held[lines] * share)

    @property
    def lack_m(self) -> float:
        """Core that is lacking between its ties; negative where there is too much."""
        return 0.0 if self.is_open else self.base_m - self.top_m - self.core_m


class Contradicted(ConfigError):
    """A segment that cannot be: `flag` says it by box and row."""

    def __init__(self, segment: Segment, words: str) -> None:
        super().__init__(f"box {segment.box}, row {segment.row}: {words}")
        self.box = segment.box
        self.flag = Flag(f"left out: {words}", segment.box, segment.row)


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A segment's lines, float64 (lines,): `depth_m` and `sd_m`, NaN where no core lies, and `length_m` of hole."""

    depth_m: NDArray[np.float64]
    sd_m: NDArray[np.float64]
    length_m: NDArray[np.float64]
    missing: tuple[Missing, ...]
    flags: tuple[Flag, ...]


def with_stubs(segments: Sequence[Segment], session: Session) -> list[Segment]:
    """Segments in order of depth, with what is too much in one given to what is lacking in that above it, or further
    up, if that hands on as much."""
    lacks = [
        one.lack_m - sum(to - begin for begin, to in placed_losses(session, one.top_m, one.base_m)) for one in segments
    ]
    rooms = [0.0]
    for (above, below), lack in zip(pairwise(segments), lacks, strict=False):
        rooms.append(max(0.0, rooms[-1] + lack) if above.base_m == below.top_m else 0.0)
    given, left = list[Segment](), 0.0
    for one, lack, room in reversed(list(zip(segments, lacks, rooms, strict=False))):
        surplus = left - lack - one.unseen_m
        stub = min(surplus, room) if surplus > slack_m(one, session) else 0.0
        given.append(replace(one, left_m=left, stub_m=stub))
        left = stub
    return given[::-1]


def slack_m(segment: Segment, session: Session) -> float:
    """Length that blocks and pixels may account for: their tolerance, and a line at each end."""
    way = segment.strip.way
    return session.block_tolerance_m + 2 * (float(np.median(way)) if len(way) else 0.0)


def lay(segment: Segment, session: Session) -> Laid:
    """Depth of a segment's lines. Raises ConfigError where its core is far longer than the hole there."""
    lines = slice(segment.start, segment.stop)
    held, way, is_unseen = segment.strip.held[lines], segment.strip.way[lines], segment.strip.unseen[lines]
    placed = [] if segment.is_open else placed_losses(session, segment.top_m, segment.base_m)
    top, base = segment.top_m - segment.stub_m, segment.base_m - segment.left_m
    room = segment.core_m if segment.is_open else base - top - sum(to - begin for begin, to in placed)
    spread = np.where(is_unseen, (way - held).clip(min=0.0), _gaps(held, way, segment.is_broken))
    lack = room - segment.core_m
    rest = lack if lack > slack_m(segment, session) + spread.sum() else 0.0
    _refuse_surplus(segment, room, session)
    length = _fitted(held, spread, segment.give, room - rest)
    at_top = session.loss == "top"
    middle = np.cumsum(length) - length / 2
    depth = top + middle + (rest if at_top else 0.0)
    for begin, to in placed:
        depth[depth >= begin] += to - begin
    sd = _spread(middle / max(length.sum(), 1e-9), rest, lack, at_top, session.block_tolerance_m, way)
    is_core = held > 0
    missing = [Missing(begin, to, "placed") for begin, to in placed]
    missing += [Missing(top, top + rest, "top") if at_top else Missing(base - rest, base, "base")] if rest else []
    return Laid(
        np.where(is_core, depth, np.nan), np.where(is_core, sd, np.nan), length, tuple(missing),
        tuple(_flags(segment, session)),
    )  # fmt: skip


def _gaps(held: NDArray[np.float64], way: NDArray[np.float64], is_broken: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Length of tray between the pieces of broken rock, float64 (lines,), dealt out to the core of the same stretch."""
    gaps = np.zeros(len(held))
    for start, stop in np.flatnonzero(np.diff(is_broken, prepend=False, append=False)).reshape(-1, 2):
        core, room = float(held[start:stop].sum()), float(way[start:stop].sum())
        if 0 < core < room:
            gaps[start:stop] = held[start:stop] * (room - core) / core
    return gaps


def _fitted(
    held: NDArray[np.float64], spread: NDArray[np.float64], give: NDArray[np.float64], room: float
) -> NDArray[np.float64]:
    """Length of hole that each line stands for, in all `room`. Broken rock and what was not seen give way first:
    `spread` is what they may take besides, `give` what they may lose; then all of it is scaled."""
    lack = room - held.sum()
    if lack > 0 and spread.sum() > 0:
        held = held + spread * min(1.0, lack / spread.sum())
    elif lack < 0 and give.sum() > 0:
        held = held - give * min(1.0, -lack / give.sum())
    total = held.sum()
    return np.asarray(held * (max(room, 0.0) / total if total > 0 else 0.0))


def _refuse_surplus(segment: Segment, room: float, session: Session) -> None:
    kept = segment.core_m - float(segment.give.sum())
    if kept - room > MOST * max(room, 0.0) + 2 * slack_m(segment, session):
        again = f"{segment.unseen_m:.2f} m of it were not seen: scan the box again, or " if segment.unseen_m else ""
        raise Contradicted(
            segment,
            f"{segment.core_m:.2f} m of core lie between {segment.top_m:g} and {segment.base_m:g} m, where there is "
            f"room for {max(room, 0.0):.2f} m: {again}correct the depth or the row of a block, the box's from_m or "
            "to_m, or losses; core that is seen where there is none may be tray: see tray",
        )


def _spread(
    share: NDArray[np.float64],
    rest: float,
    lack: float,
    at_top: bool,
    tolerance_m: float,
    way: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Standard uncertainty at a share of the way between two ties.

    What is missing, or was stretched, may be missing anywhere with the same chance: a line is off by all of it where it
    lies on the other side. Blocks are within their tolerance, lines within their width.
    """
    if rest:
        where, held = rest**2 * (1 - share if at_top else share), np.ones(len(share))
    else:
        where, held = lack**2 * share * (1 - share), share**2 + (1 - share) ** 2
    return np.asarray(np.sqrt(np.maximum(where, 0.0) + held * tolerance_m**2 / 3 + way**2 / 12))


def _flags(segment: Segment, session: Session) -> list[Flag]:
    length, slack, unseen = segment.base_m - segment.top_m, slack_m(segment, session), segment.unseen_m
    if unseen > slack:
        words = f"between {segment.top_m:g} and {segment.base_m:g} m, some {unseen:.2f} m of core were not seen"
        return [Flag(f"{words}, and are taken to be as long as fits: scan the box again", segment.box, segment.row)]
    if -segment.lack_m <= slack:
        return []
    words = (
        f"{segment.core_m:.2f} m of core lie between {segment.top_m:g} and {segment.base_m:g} m, "
        f"{segment.core_m / length:.0%} of its length"
        if length > 0
        else "core lies between two ties of one depth"
    )
    stub = f"; {segment.stub_m:.2f} m of it are taken for core that the run before left" if segment.stub_m else ""
    return [Flag(words + stub, segment.box, segment.row)]
