"""What cannot be in a session: each is said by box and row, with what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sinks.core.session import Block, Box, Loss, Run, Session

MOST = 0.1
"""Core beyond the length of its run, as a share of that, which is accepted."""
SAME_M = 1e-6


def contradictions(session: Session) -> list[str]:
    """All of them, in words."""
    return [
        *_of_boxes(session.boxes),
        *(words for box in session.boxes for words in _of_blocks(box, session)),
        *_of_runs(session),
        *_of_spans("loss", session.losses),
        *_of_hole(session),
    ]


def _of_boxes(boxes: Sequence[Box]) -> Iterator[str]:
    for box in boxes:
        if box.from_m >= box.to_m:
            yield f"box {box.number}: it goes from {box.from_m:g} to {box.to_m:g} m: correct from_m or to_m"
    for above, below in pairwise(boxes):
        if above.number == below.number:
            yield (
                f"box {below.number} is there twice, from {above.from_m:g} and from {below.from_m:g} m: "
                "give each box a number of its own"
            )
        elif above.number > below.number:
            yield (
                f"box {below.number} begins at {below.from_m:g} m, below box {above.number} at {above.from_m:g} m: "
                "correct a number or from_m"
            )
        if below.from_m < above.to_m - SAME_M:
            yield (
                f"box {below.number} begins at {below.from_m:g} m, but box {above.number} ends at {above.to_m:g} m: "
                "correct from_m or to_m"
            )


def _of_blocks(box: Box, session: Session) -> Iterator[str]:
    for block in box.blocks:
        where = f"box {box.number}, row {block.row}"
        if block.row > box.rows:
            yield f"{where}: block {block.depth_m:g} m lies in a row that the box, with {box.rows}, does not have"
        if not box.from_m - SAME_M <= block.depth_m <= box.to_m + SAME_M:
            yield (
                f"{where}: block {block.depth_m:g} m is not in the box, which goes from {box.from_m:g} to "
                f"{box.to_m:g} m: correct the block, or from_m or to_m"
            )
        if block.at_mm is not None and session.row_mm is not None and block.at_mm > session.row_mm:
            yield f"{where}: block {block.depth_m:g} m lies at {block.at_mm:g} mm of a row of {session.row_mm:g} mm"
    for above, below in pairwise(box.blocks):
        yield from _of_neighbours(box, above, below)


def _of_neighbours(box: Box, above: Block, below: Block) -> Iterator[str]:
    where = f"box {box.number}, row {below.row}"
    if below.depth_m <= above.depth_m:
        yield (
            f"{where}: block {below.depth_m:g} m comes after block {above.depth_m:g} m of row {above.row}: "
            "correct a depth, or a row"
        )
    if above.row == below.row and above.at_mm is not None and below.at_mm is not None and below.at_mm <= above.at_mm:
        yield (
            f"{where}: block {below.depth_m:g} m lies at {below.at_mm:g} mm, before block {above.depth_m:g} m "
            f"at {above.at_mm:g} mm: correct at_mm, or the row's direction"
        )


def _of_runs(session: Session) -> Iterator[str]:
    yield from _of_spans("run", session.runs)
    left, left_to = 0.0, -1.0
    for run in session.runs:
        length = run.to_m - run.from_m
        if run.recovered_m is None or length <= 0:
            continue
        stub = left if abs(run.from_m - left_to) < SAME_M else 0.0
        if run.recovered_m - length > MOST * length + stub:
            yield (
                f"{_place(session, run)}run {run.from_m:g} to {run.to_m:g} m: {run.recovered_m:g} m of core are more "
                f"than its {length:g} m by {run.recovered_m / length - 1:.0%}: correct a depth, or recovered_m"
            )
        left, left_to = max(0.0, length - run.recovered_m), run.to_m


def _place(session: Session, run: Run) -> str:
    """Box and row in which a run ends."""
    for box in session.boxes:
        for block in box.blocks:
            if abs(block.depth_m - run.to_m) < SAME_M:
                return f"box {box.number}, row {block.row}, "
        if box.from_m < run.to_m <= box.to_m:
            return f"box {box.number}, "
    return ""


def _of_spans(what: str, spans: Sequence[Run | Loss]) -> Iterator[str]:
    for span in spans:
        if span.from_m >= span.to_m:
            yield f"{what} {span.from_m:g} to {span.to_m:g} m: correct from_m or to_m, the first is the lesser"
    for above, below in pairwise(spans):
        if below.from_m < above.to_m - SAME_M:
            yield (
                f"{what} {below.from_m:g} to {below.to_m:g} m begins within {what} {above.from_m:g} to "
                f"{above.to_m:g} m: correct from_m or to_m"
            )


def _of_hole(session: Session) -> Iterator[str]:
    hole = session.hole
    end = hole.max_depth_m or max((box.to_m for box in session.boxes), default=None)
    for one in hole.survey:
        if end is not None and one.depth_m > end + SAME_M:
            yield f"survey at {one.depth_m:g} m lies below the hole's end at {end:g} m: correct it, or max_depth_m"
    for above, below in pairwise(hole.survey):
        if above.depth_m == below.depth_m:
            yield f"survey at {below.depth_m:g} m is there twice: leave one out"
