"""Registration of depth: which depth lies at each line of the boxes of a hole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sinks.core.depth import BoxDepth, Flag, HoleDepth, Kind, Recovery, RowDepth, RowFind
from sinks.core.laying import Contradicted, Laid, Segment, lay, with_stubs
from sinks.core.session import Box, Run, Session
from sinks.core.strip import Strip, strip_of
from sinks.core.ties import Tie, ties_of
from sinks.core.tray import over_tray

LINED_M = 0.06
"""Length of tray behind a run's core that is taken for its block."""
SAME_M = 0.001
"""Depths that differ by less are one."""
DIFFERS = 0.05
"""Of a run: core that was measured and core that is seen may differ by so much."""


def register(
    session: Session, finds: Mapping[int, Sequence[RowFind]], alongs: Mapping[int, NDArray[np.float64]]
) -> HoleDepth:
    """Depth of all lines of the boxes that were scanned.

    finds: rows of a box as they are read, by its number. alongs: float64 (lines,), way by the encoder in mm, by number.
    Depth is known at both ends of a box and at its blocks; between two of them lies what `sinks.core.laying` says.
    A box of which more core is seen than there can be is left out, which a flag says by box and row. Raises ConfigError
    where no box is left then.
    """
    boxes = [box for box in session.boxes if box.number in finds]
    if session.spread == "tray":
        return over_tray(session, boxes, finds, alongs)
    strips = {box.number: strip_of(finds[box.number], alongs[box.number]) for box in boxes}
    tied = {box.number: ties_of(strips[box.number], box, session) for box in boxes}
    segments = [part for box in boxes for part in _segments(box, strips[box.number], tied[box.number][0], session)]
    parts, left_out = _laid(segments, session)
    strips = {number: strip for number, strip in strips.items() if number not in left_out}
    recovery = tuple(_recovery(session, parts))
    flags = ((*left_out.values(),), *(tied[number][1] for number in strips), *(laid.flags for _, laid in parts))
    return HoleDepth(
        {
            number: _box_depth(strip, tied[number][0], [one for one in parts if one[0].box == number], number)
            for number, strip in strips.items()
        },
        tuple(missing for _, laid in parts for missing in laid.missing),
        recovery,
        (*(flag for some in flags for flag in some), *_disagreements(session.runs, recovery)),
    )


def _laid(segments: Sequence[Segment], session: Session) -> tuple[list[tuple[Segment, Laid]], dict[int, Flag]]:
    """Segments as they were laid, without those of boxes that contradict what was seen of them, and why, by box. Raises
    ConfigError where no box is left."""
    left_out = dict[int, Flag]()
    while True:
        left = [one for one in segments if one.box not in left_out]
        try:
            return [(one, lay(one, session)) for one in with_stubs(left, session)], left_out
        except Contradicted as error:
            if {one.box for one in left} == {error.box}:
                raise
            left_out[error.box] = error.flag


def _segments(box: Box, strip: Strip, ties: Sequence[Tie], session: Session) -> Iterator[Segment]:
    """Segments of a box; none between two ties of one depth that have no core."""
    for above, below in pairwise(ties):
        is_open = session.continuous and below is ties[-1]
        one = Segment(box.number, strip, above.after, below.before, above.depth_m, below.depth_m, is_open)
        if one.base_m > one.top_m or one.core_m > 0:
            yield one


def _box_depth(strip: Strip, ties: Sequence[Tie], parts: Iterable[tuple[Segment, Laid]], number: int) -> BoxDepth:
    depth, sd, length = np.full(len(strip.line), np.nan), np.full(len(strip.line), np.nan), np.zeros(len(strip.line))
    for segment, laid in parts:
        lines = slice(segment.start, segment.stop)
        depth[lines], sd[lines], length[lines] = laid.depth_m, laid.sd_m, laid.length_m
    kind = strip.kind.copy()
    for tie in ties[1:-1]:
        behind = np.cumsum(strip.way[tie.before : tie.after])
        kind[tie.before : tie.after][behind <= LINED_M] = Kind.BLOCK
    by_row = zip(strip.finds, *(strip.by_row(values) for values in (kind, depth, sd, length)), strict=True)
    return BoxDepth(
        number,
        tuple(
            RowDepth(
                replace(find, kind=np.where(np.isnan(kinds), find.kind, kinds).astype(np.uint8)),
                depths, sds, np.nan_to_num(lengths),
            )
            for find, kinds, depths, sds, lengths in by_row
        ),
    )  # fmt: skip


def runs_of(session: Session) -> Iterator[tuple[float, float]]:
    """Depths between which each run of a session went: as it says, or else from block to block."""
    if session.runs:
        yield from ((run.from_m, run.to_m) for run in session.runs)
        return
    ends = [(box.from_m, box.to_m) for box in session.boxes]
    known = {block.depth_m for box in session.boxes for block in box.blocks}
    known |= {begin for begin, _ in ends} ^ {to for _, to in ends}
    for begin, to in pairwise(sorted(known)):
        if any(box.from_m <= begin < box.to_m for box in session.boxes):
            yield begin, to


def _recovery(session: Session, parts: Sequence[tuple[Segment, Laid]]) -> Iterator[Recovery]:
    """Recovery of the runs of which all was scanned."""
    for begin, to in runs_of(session):
        scanned, core = 0.0, 0.0
        for segment, laid in parts:
            shared = min(to, segment.base_m) - max(begin, segment.top_m)
            if shared <= 0 or segment.is_open:
                continue
            scanned += shared
            is_whole = shared >= segment.base_m - segment.top_m
            inside = is_whole | ((laid.depth_m >= begin) & (laid.depth_m < to))
            lines = slice(segment.start, segment.stop)
            taken = np.where(segment.strip.unseen[lines], laid.length_m, segment.strip.held[lines])
            core += float(np.sum(taken, where=inside))
        if scanned > to - begin - SAME_M:
            yield Recovery(begin, to, core)


def _disagreements(runs: Iterable[Run], recovery: Iterable[Recovery]) -> Iterator[Flag]:
    """Runs of which another length was measured than is seen."""
    seen = {(one.from_m, one.to_m): one for one in recovery}
    for run in runs:
        one = seen.get((run.from_m, run.to_m))
        if run.recovered_m is None or one is None:
            continue
        if abs(run.recovered_m - one.recovered_m) > DIFFERS * (run.to_m - run.from_m):
            words = f"{run.recovered_m:.2f} m of core were measured, {one.recovered_m:.2f} m are seen"
            yield Flag(f"run {run.from_m:g} to {run.to_m:g} m: {words}")
