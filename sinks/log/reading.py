"""The journal, read: while it is written, too."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from oreline.errors import RecordingError
from oreline.incidents import Incident
from oreline.messages import ClassInfo, Gap, LayerInfo, Reason
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
    "layers",
    "wall_ns",
)
INCIDENT_COLUMNS = tuple(column.name for column in fields(Incident))
_PAST_ALL = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Segment:
    """Lines [start, stop) of a run that have the same samples, classes and layers."""

    start: int
    stop: int
    samples: int
    classes: tuple[ClassInfo, ...]
    layers: tuple[LayerInfo, ...] = ()


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
    """The run cut where samples, classes or layers change."""
    parts: list[Segment] = []
    for seq, text in db.execute("SELECT seq, info FROM streams WHERE run = ? ORDER BY seq", (run,)).fetchall():
        info = json.loads(text)
        classes, layers = _classes(info["classes"]), _layers(info.get("layers", ()))
        if parts and (parts[-1].samples, parts[-1].classes, parts[-1].layers) == (info["samples"], classes, layers):
            continue
        if parts:
            parts[-1] = replace(parts[-1], stop=seq)
        parts.append(Segment(seq, _PAST_ALL, info["samples"], classes, layers))
    return parts


def _classes(told: Iterable[dict[str, Any]]) -> tuple[ClassInfo, ...]:
    return tuple(ClassInfo(one["name"], (*one["colour"],)) for one in told)


def _layers(told: Iterable[dict[str, Any]]) -> tuple[LayerInfo, ...]:
    return tuple(LayerInfo(one["name"], one["planes"], _classes(one["legend"]), one["scale"]) for one in told)


def stream_at(db: sqlite3.Connection, run: bytes, seq: int) -> dict[str, Any]:
    """Description in force at a line, as `streams` has it: StreamInfo by its fields, and `offset_s`, the zone."""
    query = "SELECT info, offset_s FROM streams WHERE run = ? AND seq <= ? ORDER BY seq DESC LIMIT 1"
    info, offset_s = db.execute(query, (run, seq)).fetchone()
    return {**json.loads(info), "offset_s": offset_s}


def columns(db: sqlite3.Connection, table: str) -> set[str]:
    """The columns that a table has in this journal; none where it has no such table, since an earlier release wrote
    it."""
    return {row[1] for row in db.execute(f"PRAGMA table_info({table})")}


def lines(db: sqlite3.Connection, run: bytes, segment: Segment) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of COLUMNS in order of seq, at most CHUNK at a time. A journal of a release without layers has none."""
    known = columns(db, "timed_lines")
    wanted = ", ".join(name if name in known else f"NULL AS {name}" for name in COLUMNS)
    query = f"SELECT {wanted} FROM timed_lines WHERE run = ? AND seq >= ? AND seq < ? ORDER BY seq"  # noqa: S608
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
