"""Depth spread over the way of the tray, as TSG does it: from a box's first depth to its last at one pace, row after
row; blocks and empty tray take their share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sinks.core.depth import BoxDepth, Flag, HoleDepth, Kind, RowDepth, RowFind
from sinks.core.session import Box, Session
from sinks.core.strip import ways_mm


def over_tray(
    session: Session,
    boxes: Sequence[Box],
    finds: Mapping[int, Sequence[RowFind]],
    alongs: Mapping[int, NDArray[np.float64]],
) -> HoleDepth:
    """Depth of the lines of boxes: each row takes the same share of its box, NaN before its beginning and behind its
    end. A row begins where the box's core begins, and is `row_mm` long or else as long as the box's core."""
    return HoleDepth(
        {box.number: _box_depth(session, box, finds[box.number], alongs[box.number]) for box in boxes},
        (),
        (),
        tuple(
            Flag("its blocks are not used: depth is spread over the tray", box.number) for box in boxes if box.blocks
        ),
    )


def _box_depth(session: Session, box: Box, finds: Sequence[RowFind], along_mm: NDArray[np.float64]) -> BoxDepth:
    way, core = ways_mm(along_mm), np.any([find.kind != Kind.EMPTY for find in finds], axis=0)
    seen = np.flatnonzero(core) if core.any() else np.arange(len(way))
    begin, end = (along_mm[seen[at]] + sign * way[seen[at]] / 2 for at, sign in ((0, -1), (-1, 1)))
    row_mm = session.row_mm or float(end - begin)
    pace = (box.to_m - box.from_m) / (box.rows * row_mm)
    rows = []
    for find in finds:
        at = end - along_mm if find.backwards else along_mm - begin
        inside = (at >= 0) & (at <= row_mm)
        depth = np.where(inside, box.from_m + ((find.row - 1) * row_mm + at) * pace, np.nan)
        sd = np.hypot(session.block_tolerance_m / 3**0.5, way * pace / 12**0.5)
        rows.append(RowDepth(find, depth, np.where(inside, sd, np.nan), np.where(inside, way * pace, 0.0)))
    return BoxDepth(box.number, tuple(rows))
