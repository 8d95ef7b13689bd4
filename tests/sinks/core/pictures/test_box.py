"""The picture of a box says where rows lie, and where in them blocks are and core is missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from oreline.palette import MINERALS, rgb
from sinks.core.depth import BoxDepth, Kind, Missing
from sinks.core.pictures import box, ink
from sinks.core.pictures.layers import minerals
from sinks.core.session import Block, Box
from tests.sinks.core.pictures.holes import plain

BOX = Box(number=1, from_m=10.0, to_m=11.2, rows=1, blocks=(Block(row=1, depth_m=10.7),))


def shown(missing: tuple[Missing, ...] = ()) -> np.ndarray:
    """Kaolinite, muscovite in lines 300 and on, a block in lines 600 to 640; line 800 did not come."""
    codes = np.zeros((1000, 40), int)
    codes[300:310] = 1
    scan, depth = plain(codes.tolist(), from_m=10.0, missing=range(800, 820))
    (row,) = depth.rows
    kind = row.find.kind.copy()
    kind[600:640] = Kind.BLOCK
    depth = BoxDepth(1, (replace(row, find=replace(row.find, kind=kind)),))
    image = box.draw_box(scan, depth, BOX, minerals(), missing, ["102 % recovery"])
    return np.asarray(image)[box.HEAD :, box.SIDE :]


def columns_of(seen: np.ndarray, colour: tuple[int, int, int], row: int = 20) -> list[int]:
    return np.flatnonzero((seen[row] == colour).all(axis=1)).tolist()


def test_lines_go_from_left_to_right_and_a_row_is_outlined() -> None:
    seen = shown()
    vein = columns_of(seen, rgb(MINERALS["muscovite"]))
    assert abs(vein[0] - 300) <= 1
    assert abs(len(vein) - 10) <= 1
    assert len(columns_of(seen, box.LINE, row=0)) >= 999
    assert set(columns_of(seen, ink.UNSEEN[0])) <= set(range(799, 821))


def test_a_block_is_framed_where_it_lies() -> None:
    frame = columns_of(shown(), box.BLOCK, row=6)
    assert frame
    assert set(frame) <= set(range(599, 642))


def test_core_that_is_missing_is_marked_where_it_begins() -> None:
    assert columns_of(shown(), box.LOSS) == []
    marked = columns_of(shown((Missing(10.5, 10.7, "base"),)), box.LOSS)
    assert marked
    assert all(abs(column - 499) <= 3 for column in marked)
