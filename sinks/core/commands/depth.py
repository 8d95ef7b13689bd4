"""`oreline core depth`: where each line of a hole's boxes lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from oreline.errors import ConfigError
from oreline.files import replacing, try_to_write
from sinks.core.commands.asked import Asked
from sinks.core.commands.check import flag_words
from sinks.core.depth import Flag, HoleDepth
from sinks.core.depth_tables import line_table, run_table
from sinks.core.hole_log import HoleLog
from sinks.core.session import Session

WRITERS = {".csv": csv.write_csv, ".parquet": parquet.write_table}
HOW = {"placed": "as losses say", "top": "at the top of its run", "base": "at the base of its run"}


def depth(asked: Asked, lines: Path | None = None, runs: Path | None = None) -> Iterator[str]:
    """Depth of a hole's boxes in words; its tables are written to `lines` and `runs`. Raises ConfigError,
    RecordingError, StoreFailed, SystemRefused."""
    results = [path for path in (lines, runs) if path]
    for path in results:
        if path.suffix.lower() not in WRITERS:
            raise ConfigError(f"{path}: a table is named {' or '.join(f'NAME{end}' for end in WRITERS)}")
    log = HoleLog.of(asked.session, asked.output)
    try_to_write(*results, reading=[asked.session, log.folder.session])
    seqs, flags = dict[int, NDArray[np.int64]](), list[Flag]()
    for number, at in log.scans.items():
        scan = log.seen(at)
        seqs[number] = scan.seqs
        flags += scan.flags
    if lines:
        _write(lines, line_table(log.session, log.depth, seqs))
    if runs:
        _write(runs, run_table(log.session, log.depth))
    yield from said(log.session, log.depth)
    yield from (f"take note: {flag_words(flag)}" for flag in (*flags, *log.depth.flags))
    yield from (f"wrote {path}" for path in results)


def said(session: Session, depth: HoleDepth) -> Iterator[str]:
    """What was found: boxes, recovery, and what is missing."""
    for number, box in depth.boxes.items():
        core = sum(float(row.length_m.sum()) for row in box.rows)
        yield f"box {number}: {core:.2f} m of core in {len(box.rows)} rows"
    for run in depth.recovery:
        yield f"run {run.from_m:g} to {run.to_m:g} m: {run.recovered_m:.2f} m of core, {run.share:.0%}"
    yield from (f"missing: {one.from_m:.2f} to {one.to_m:.2f} m, {HOW[one.how]}" for one in depth.missing)
    unseen = [f"{box.number}" for box in session.boxes if box.number not in depth.boxes]
    if unseen:
        yield f"not scanned yet: box {', '.join(unseen)}"


def _write(path: Path, table: pa.Table) -> None:
    """A table in place of what is there, in one step."""
    with replacing(path) as draft:
        WRITERS[path.suffix.lower()](table, draft)
