"""What the journal has of a scan's lines besides their labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sinks.core.box_scans import BoxScan
from sinks.core.qc.checks import Passage
from sinks.core.scan import Scan
from sinks.log.journal import JOURNAL
from sinks.log.reading import reading, stream_at

_QUERY = """SELECT seq, encoder, flags, ifnull(wall_ns, 0) FROM timed_lines
    WHERE run = ? AND seq >= ? AND seq <= ? ORDER BY seq"""


def passage_of(output: Path, at: BoxScan, scan: Scan) -> Passage:
    """Passage of a scan's lines. Raises RecordingError."""
    run = bytes.fromhex(at.run)
    with reading(output / JOURNAL) as db:
        rows = np.array(db.execute(_QUERY, (run, at.first_seq, at.last_seq)).fetchall(), np.int64).reshape(-1, 4)
        step = float(stream_at(db, run, at.first_seq)["counts_per_line"] or 0)
    flags, encoder = np.zeros(len(scan.seqs), np.uint16), np.zeros(len(scan.seqs), np.int64)
    place = np.searchsorted(scan.seqs, rows[:, 0])
    flags[place], encoder[place] = rows[:, 2].astype(np.uint16), rows[:, 1]
    return Passage(flags, encoder, step, int(rows[-1, 3]) if len(rows) else 0)
