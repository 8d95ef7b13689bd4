"""Scans of boxes as a camera would see them, small."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from oreline.answers import answer_of
from oreline.messages import BACKGROUND
from oreline.testing import CLASSES
from sinks.core.depth import Kind, RowFind
from sinks.core.qc.checks import Passage
from sinks.core.scan import Scan

LINES, SAMPLES = 200, 100
REASONS = ("not rock", "too dark", "noisy", "no bands")
ROWS = ((10, 45), (55, 90))
"""First and stop of the samples of its two rows."""
SEEN_NS = 1_764_500_000_000_000_000


def box_scan(**changes: Any) -> Scan:
    """Two rows of core, all kaolinite, between line 20 and 180, 1 mm a line."""
    codes = np.full((LINES, SAMPLES), BACKGROUND, np.uint8)
    rock = np.zeros(codes.shape, np.bool_)
    for first, stop in ROWS:
        codes[20:180, first:stop], rock[20:180, first:stop] = 1, True
    scan = Scan(
        box=3, run="00" * 16, seqs=np.arange(1000, 1000 + LINES), along_mm=np.arange(LINES, dtype=float), pixel_mm=1.0,
        answer=answer_of("labels", CLASSES, ()), codes=codes, reasons=np.full(codes.shape, 255, np.uint8),
        reason_names=REASONS, rock=rock, missing=np.zeros(LINES, np.bool_),
    )  # fmt: skip
    return replace(scan, **changes)


def passage(**changes: Any) -> Passage:
    """Of lines without a flag, 10 counts apart."""
    steady = Passage(np.zeros(LINES, np.uint16), 10 * np.arange(LINES, dtype=np.int64), 10.0, SEEN_NS)
    return replace(steady, **changes)


def rows() -> tuple[RowFind, ...]:
    kind = np.full(LINES, Kind.EMPTY, np.uint8)
    kind[20:180] = Kind.ROCK
    ends = [[np.full(LINES, end, np.int32) for end in row] for row in ROWS]
    filled = np.ones(LINES, np.float32)
    return tuple(RowFind(row, first, stop, kind, filled, backwards=False) for row, (first, stop) in enumerate(ends, 1))
