"""What should be known of a session before boxes are scanned by it, though it may be right."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sinks.core.contradictions import SAME_M
from sinks.core.depth import Flag
from sinks.core.session import Box, Session

SPARSE = 2.0
"""Hole of a box, as a multiple of the way of its rows, from which on most of its core is missing."""

LONGEST_M, SHORTEST_M = 2.0, 0.02
"""Of hole in a row of a box."""


def doubts(session: Session) -> list[Flag]:
    """All of them, in words."""
    return [*_of_hole(session), *_of_boxes(session), *_of_runs(session)]


def _of_hole(session: Session) -> Iterator[Flag]:
    hole = session.hole
    if not hole.survey:
        yield Flag("no survey: the hole is taken to go straight down")
    for one in hole.survey:
        if one.dip_deg > 0:
            yield Flag(f"dip {one.dip_deg:g} at {one.depth_m:g} m goes upwards: below the horizon a dip is negative")
    if hole.x == hole.y == 0.0:
        yield Flag("no collar: the hole is taken to begin at x 0, y 0")
    last = session.boxes[-1] if session.boxes else None
    if last and hole.max_depth_m is not None and last.to_m > hole.max_depth_m + SAME_M:
        yield Flag(f"ends at {last.to_m:g} m, below the hole's end at {hole.max_depth_m:g} m", last.number)


def _of_boxes(session: Session) -> Iterator[Flag]:
    if not session.boxes:
        yield Flag("no boxes")
    for above, below in pairwise(session.boxes):
        if below.from_m > above.to_m + SAME_M:
            lacks = f"{above.to_m:g} to {below.from_m:g} m"
            yield Flag(
                f"begins at {below.from_m:g} m: nothing is known of {lacks}, below box {above.number}", below.number
            )
    for box in () if session.continuous else session.boxes:
        yield from _of_rows(box, session.row_mm)
    if session.continuous and any(box.rows > 1 for box in session.boxes):
        yield Flag("core passes without boxes, but has several rows: write rows = 1, or leave continuous out")
    if session.losses and session.loss != "placed":
        yield Flag(f'losses are told, but are not used with loss = "{session.loss}": set it to "placed"')
    for loss in session.losses:
        if not any(box.from_m < loss.to_m and loss.from_m < box.to_m for box in session.boxes):
            yield Flag(f"loss {loss.from_m:g} to {loss.to_m:g} m lies in no box")


def _of_rows(box: Box, row_mm: float | None) -> Iterator[Flag]:
    """Whether rows may be as long as a box says, or at least as rows ever are."""
    length = box.to_m - box.from_m
    if row_mm:
        way = box.rows * row_mm / 1e3
        if length > SPARSE * way:
            yield Flag(f"holds {length:g} m of hole in {way:g} m of rows", box.number)
    elif length > LONGEST_M * box.rows:
        yield Flag(f"holds {length / box.rows:.3g} m of hole a row: see whether its depths are in feet", box.number)
    elif length < SHORTEST_M * box.rows:
        yield Flag(
            f"holds {length / box.rows * 1e3:.3g} mm of hole a row: see whether its depths are right", box.number
        )


def _of_runs(session: Session) -> Iterator[Flag]:
    ends = {depth for run in session.runs for depth in (run.from_m, run.to_m)}
    marked = {block.depth_m for box in session.boxes for block in box.blocks}
    marked |= {depth for box in session.boxes for depth in (box.from_m, box.to_m)}
    for box in session.boxes if ends else ():
        for block in box.blocks:
            if all(abs(block.depth_m - depth) > session.block_tolerance_m for depth in ends):
                yield Flag(f"block {block.depth_m:g} m is the end of no run", box.number, block.row)
    for run in session.runs:
        inside = any(box.from_m < run.to_m < box.to_m for box in session.boxes)
        if inside and all(abs(run.to_m - depth) > session.block_tolerance_m for depth in marked):
            yield Flag(f"run {run.from_m:g} to {run.to_m:g} m ends at no block")
