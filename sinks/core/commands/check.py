"""`oreline core check`: a session in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from sinks.core.contradictions import SAME_M
from sinks.core.depth import Flag
from sinks.core.doubts import doubts
from sinks.core.registration import runs_of
from sinks.core.session import CORE_MM, Box, Session
from sinks.core.session_file import read_session

READ = {
    "left-right": "from the first line to the last",
    "right-left": "from the last line to the first",
    "snake": "the first from the first line to the last, each other one turned",
    "snake-right": "the first from the last line to the first, each other one turned",
}


def check(path: Path) -> Iterator[str]:
    """A session in words, line by line. Raises ConfigError."""
    yield from said(read_session(path))


def said(session: Session) -> Iterator[str]:
    """What a session is, and what should be known of it."""
    hole, boxes = session.hole, session.boxes
    where = f"x {hole.x:.12g}, y {hole.y:.12g}, z {hole.z:.12g} m{f' ({hole.crs})' if hole.crs else ''}"
    yield f"hole {hole.id} at {where}, {_count(len(hole.survey), 'survey')}"
    metres = sum(box.to_m - box.from_m for box in boxes)
    yield f"{_count(len(boxes), 'box', 'boxes')}, {metres:.2f} m{_between(boxes)}"
    yield from (f"  {_box(box)}" for box in boxes)
    runs = list(runs_of(session))
    told = "as told" if session.runs else "from block to block"
    longest = f", {min(b - a for a, b in runs):g} to {max(b - a for a, b in runs):g} m long" if runs else ""
    yield f"{_count(len(runs), 'run')} {told}{longest}"
    yield f"gaps: {', '.join(_gaps(boxes)) or 'none'}"
    begin = "first" if session.rows_begin == "top" else "last"
    yield f"rows begin at the camera's {begin} sample; they are read {READ[session.direction]}"
    yield _method(session)
    yield from (f"take note: {flag_words(flag)}" for flag in doubts(session))


def flag_words(flag: Flag) -> str:
    """A flag with the box and row that it is of."""
    where = [f"{name} {value}" for name, value in (("box", flag.box), ("row", flag.row)) if value is not None]
    return ": ".join(filter(None, (", ".join(where), flag.words)))


def _count(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or f'{one}s'}"


def _between(boxes: Sequence[Box]) -> str:
    return f" from {boxes[0].from_m:g} to {boxes[-1].to_m:g} m" if boxes else ""


def _box(box: Box) -> str:
    size = f"{box.core}, {CORE_MM[box.core]:g} mm" if isinstance(box.core, str) else f"{box.core:g} mm"
    blocks = f"blocks {', '.join(f'{block.depth_m:g}' for block in box.blocks)}" if box.blocks else "no block"
    rows = _count(box.rows, "row")
    return f"box {box.number}: {box.from_m:g} to {box.to_m:g} m, {rows} of {box.cut} core ({size}), {blocks}"


def _gaps(boxes: Sequence[Box]) -> Iterator[str]:
    for above, below in pairwise(boxes):
        if below.from_m > above.to_m + SAME_M:
            yield f"{above.to_m:g} to {below.from_m:g} m"


def _method(session: Session) -> str:
    """How depth is laid."""
    if session.spread == "tray":
        return "depth is spread over the way of the tray, from a box's beginning to its end"
    ties = "goes on from each block" if session.continuous else "lies between box ends and blocks"
    places = {
        "base": "at the base of its run",
        "top": "at the top of its run",
        "placed": "where losses say, else at the base",
    }
    tolerance = f"blocks are within {session.block_tolerance_m * 1e3:g} mm"
    return f"depth {ties}; core that is missing is taken to be {places[session.loss]}; {tolerance}"
