"""A run as the pages of its label map: lines in order, and a row for each line that is missing.

Reference lines have no rows. A gap of more than a strip is cut to one.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from oreline.messages import BACKGROUND, UNKNOWN, Gap, Reason
from sinks.log.reading import COLUMNS, Segment, gaps, lines

STRIP = 1600
"""Lines from left to right."""
STRIPS_PX, BETWEEN_PX = 1600, 40
"""Height of all strips of a page, and of what stands between two."""

Row = tuple[int, int | None, bytes | None, bytes | None]
"""Sequence number, ns since 1970 where known, labels, and layers; None of a line that is missing."""
_ROW = itemgetter(*map(COLUMNS.index, ("seq", "wall_ns", "labels", "layers")))


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """`labels`: uint8 (rows, samples), BACKGROUND where a line is missing; `missing`: bool (rows,); `seq`: int64
    (rows,). `wall_ns`: of the first and the last line that is there, ns since 1970 in UTC; None where not known.
    `layers`: uint8 (rows, planes, samples), UNKNOWN where a line has none; None where the stream has none."""

    labels: NDArray[np.uint8]
    missing: NDArray[np.bool_]
    seq: NDArray[np.int64]
    wall_ns: tuple[int | None, int | None]
    layers: NDArray[np.uint8] | None = None


def strips_of(samples: int) -> int:
    """Number of strips of so many samples that a page holds; at least one."""
    return max(1, STRIPS_PX // (samples + BETWEEN_PX))


def pages(db: sqlite3.Connection, run: bytes, segment: Segment) -> Iterator[Page]:
    """The pages of a segment in order; none where it has no row."""
    rows = _rows(db, run, segment)
    while page := list(islice(rows, STRIP * strips_of(segment.samples))):
        yield _page(page, segment)


def count_pages(db: sqlite3.Connection, run: bytes, segment: Segment) -> int:
    """Number of pages that a segment fills."""
    query = "SELECT count(*) FROM lines WHERE run = ? AND seq >= ? AND seq < ?"
    present: int = db.execute(query, (run, segment.start, segment.stop)).fetchone()[0]
    rows = present + sum(min(gap.n, STRIP) for gap in _missing(db, run, segment))
    return -(-rows // (STRIP * strips_of(segment.samples)))


def _rows(db: sqlite3.Connection, run: bytes, segment: Segment) -> Iterator[Row]:
    present: Iterator[Row] = map(_ROW, chain.from_iterable(lines(db, run, segment)))
    missing: Iterator[Row] = (
        (seq, None, None, None)
        for gap in _missing(db, run, segment)
        for seq in range(gap.first, gap.first + min(gap.n, STRIP))
    )
    return heapq.merge(present, missing, key=lambda row: row[0])


def _missing(db: sqlite3.Connection, run: bytes, segment: Segment) -> list[Gap]:
    """Gaps that begin in the segment and are not of reference lines."""
    return [
        gap for gap in gaps(db, run) if gap.reason is not Reason.REFERENCE and segment.start <= gap.first < segment.stop
    ]


def _page(rows: list[Row], segment: Segment) -> Page:
    planes = sum(layer.planes for layer in segment.layers)
    labels, missing = filled([line for _, _, line, _ in rows], (segment.samples,), BACKGROUND)
    layers, _ = filled([told for *_, told in rows], (planes, segment.samples), UNKNOWN) if planes else (None, None)
    walls = [wall for _, wall, line, _ in rows if line is not None]
    seq = np.array([seq for seq, *_ in rows], np.int64)
    return Page(labels, missing, seq, (walls[0], walls[-1]) if walls else (None, None), layers)


def filled(
    blobs: list[bytes | None], shape: tuple[int, ...], blank: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Each row's bytes in `shape`, `blank` where there are none, and which those are."""
    values, missing = np.full((len(blobs), *shape), blank, np.uint8), np.array([blob is None for blob in blobs])
    present = b"".join(blob for blob in blobs if blob is not None)
    values[~missing] = np.frombuffer(present, np.uint8).reshape(-1, *shape)
    return values, missing
