"""Tables of depth: a row a line of core, and a row a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sinks.core.depth import HoleDepth, Kind, RowDepth
from sinks.core.session import Session
from sinks.core.table import FROM, HOLE, RECOVERY, TO, with_header

LINE_COLUMNS = {
    "box": "box",
    "row": "row of the box, counted from 1 as rows are read",
    "line": "line of the box's scan, counted from 0",
    "seq": "number of that line in its run",
    "depth_m": "depth at the line's middle",
    "sd_m": "its standard uncertainty",
    "length_m": "length of hole that the line stands for",
    "kind": "`ROCK`, `BROKEN` for small pieces, or `EMPTY` and `BLOCK` where depth is spread over the tray",
    "first_sample": "first sample of the row in that line",
    "stop_sample": "the one behind its last",
}
RUN_COLUMNS = {
    FROM: "depth at which the run begins",
    TO: "depth at which it ends",
    "recovered_m": "length of core that is seen of it",
    RECOVERY: "that as a share of the run's length",
}


def line_table(session: Session, depth: HoleDepth, seqs: Mapping[int, NDArray[np.int64]]) -> pa.Table:
    """A row for each line of a row of core that has a depth, in order of box, row and line: LINE_COLUMNS. seqs: by box,
    int64 (lines,)."""
    parts = [_lines(number, row, seqs[number]) for number, box in depth.boxes.items() for row in box.rows]
    columns = map(np.concatenate, zip(*parts, strict=True)) if parts else (np.empty(0) for _ in LINE_COLUMNS)
    return with_header(pa.table(dict(zip(LINE_COLUMNS, columns, strict=True))), _header(session))


def run_table(session: Session, depth: HoleDepth) -> pa.Table:
    """A row for each run that was scanned whole: RUN_COLUMNS."""
    rows = [(one.from_m, one.to_m, one.recovered_m, one.share) for one in depth.recovery]
    values = np.array(rows, np.float64).reshape(-1, len(RUN_COLUMNS)).round(6).T
    return with_header(pa.table(dict(zip(RUN_COLUMNS, values, strict=True))), _header(session))


def method_of(session: Session) -> dict[str, Any]:
    """How depth is laid, for the header of what is made by it."""
    keys = "spread", "loss", "rows_begin", "direction", "block_tolerance_m", "continuous"
    return {key: getattr(session, key) for key in keys}


def _header(session: Session) -> dict[str, Any]:
    return {HOLE: session.hole.id, **method_of(session)}


def _lines(box: int, row: RowDepth, seqs: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
    """The columns of a row, in their order."""
    lines, find = np.flatnonzero(np.isfinite(row.depth_m)), row.find
    return (
        np.full(len(lines), box), np.full(len(lines), find.row), lines, seqs[lines],
        row.depth_m[lines].round(6), row.sd_m[lines].round(6), row.length_m[lines].round(9),
        np.array([kind.name for kind in Kind])[find.kind[lines]], find.first[lines], find.stop[lines],
    )  # fmt: skip
