"""The journal, read: while it is written, too."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from oreline.errors import RecordingError
from oreline.incidents import Incident
from oreline.messages import ClassInfo, Gap, Reason
from sinks.log.journal import explained

CHUNK = 4096
COLUMNS = (
    "seq",
    "epoch",
    "block_id",
    "t_ns",
    "encoder",
    "flags",
    "model",
    "calibration",
    "latency_us",
    "labels",
    "confidence",
    "wall_ns",
)
INCIDENT_COLUMNS = tuple(column.name for column in fields(Incident))
_PAST_ALL = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Segment:
    """Lines [start, stop) of a run that have the same samples and classes."""

    start: int
    stop: int
    samples: int
    classes: tuple[ClassInfo, ...]


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection. Raises RecordingError where there is no journal, or it is damaged."""
    if not path.is_file():
        raise RecordingError(f"{path} does not exist: name the journal of a run, such as journal.sqlite")
    with explained(path), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        yield db


def newest_run(db: sqlite3.Connection) -> bytes | None:
    """The run that began last."""
    row = db.execute("SELECT run FROM runs ORDER BY rowid DESC LIMIT 1").fetchone()
    return None if row is None else bytes(row[0])


def segments(db: sqlite3.Connection, run: bytes) -> list[Segment]:
    """The run cut where samples or classes change."""
    parts: list[Segment] = []
    for seq, text in db.execute("SELECT seq, info FROM streams WHERE run = ? ORDER BY seq", (run,)).fetchall():
        info = json.loads(text)
        classes = tuple(ClassInfo(c["name"], (*c["colour"],)) for c in info["classes"])
        if parts and (parts[-1].samples, parts[-1].classes) == (info["samples"], classes):
            continue
        if parts:
            parts[-1] = Segment(parts[-1].start, seq, parts[-1].samples, parts[-1].classes)
        parts.append(Segment(seq, _PAST_ALL, info["samples"], classes))
    return parts


def stream_at(db: sqlite3.Connection, run: bytes, seq: int) -> dict[str, Any]:
    """Description in force at a line, as `streams` has it: StreamInfo by its fields, and `offset_s`, the zone."""
    query = "SELECT info, offset_s FROM streams WHERE run = ? AND seq <= ? ORDER BY seq DESC LIMIT 1"
    info, offset_s = db.execute(query, (run, seq)).fetchone()
    return {**json.loads(info), "offset_s": offset_s}


def lines(db: sqlite3.Connection, run: bytes, segment: Segment) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of COLUMNS in order of seq, at most CHUNK at a time."""
    query = f"SELECT {', '.join(COLUMNS)} FROM timed_lines WHERE run = ? AND seq >= ? AND seq < ? ORDER BY seq"  # noqa: S608
    cursor = db.execute(query, (run, segment.start, segment.stop))
    while rows := cursor.fetchmany(CHUNK):
        yield rows


def incidents(db: sqlite3.Connection) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of INCIDENT_COLUMNS in the order in which they happened, at most CHUNK at a time."""
    cursor = db.execute(f"SELECT {', '.join(INCIDENT_COLUMNS)} FROM history")  # noqa: S608
    while rows := cursor.fetchmany(CHUNK):
        yield rows


def gaps(db: sqlite3.Connection, run: bytes) -> list[Gap]:
    """The gaps of a run in order."""
    rows = db.execute("SELECT run, epoch, first, n, reason FROM gaps WHERE run = ? ORDER BY first", (run,))
    return [Gap(bytes(of), epoch, first, n, Reason(reason)) for of, epoch, first, n, reason in rows]
