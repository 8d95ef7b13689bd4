"""The journal: one SQLite file in WAL mode, one transaction a commit, written by one process.

Exactly once is the work of its keys: a line is (run, seq), a gap is (run, first), and what is there already is left
alone and counted as a duplicate. `runs.next` moves in the same transaction as the lines, so that a restart asks for
what is missing and for nothing else. Killing the process loses nothing that was committed; with `synchronous` "full",
cutting the power does not either.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from oreline.errors import RecordingError, StoreFailed, SystemRefused
from oreline.incidents import Incident, report
from oreline.locks import taken
from oreline.messages import LOST, EndOfStream, Gap, LabelLine, Line, Message, Reason, StreamInfo
from oreline.moment import NEVER
from oreline.standing import Standing, identity
from sinks.log.schema import prepare, version_of

JOURNAL = "journal.sqlite"
"""Its name in the output folder."""

_LINE = "INSERT OR IGNORE INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_GAP = "INSERT OR IGNORE INTO gaps VALUES (?, ?, ?, ?, ?)"
_STREAM = "INSERT OR REPLACE INTO streams VALUES (?, ?, ?, ?, ?, ?, ?)"
_INCIDENT = "INSERT OR IGNORE INTO incidents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_NEXT = """INSERT INTO runs(run, next) VALUES (?, ?)
    ON CONFLICT(run) DO UPDATE SET next = max(next, excluded.next), exported = 0"""
_LOST = ", ".join(str(int(reason)) for reason in LOST)
_END = f"""UPDATE runs SET end = ?,
    lines = (SELECT count(*) FROM lines WHERE run = runs.run),
    lost = (SELECT total(n) FROM gaps WHERE run = runs.run AND reason IN ({_LOST})),
    reference = (SELECT total(n) FROM gaps WHERE run = runs.run AND reason = {int(Reason.REFERENCE)})
    WHERE run = ?"""  # noqa: S608
"""Counted here: a sender's totals are of its last life, and one that only ends what was cut short has seen no line."""
_UNENDED = """SELECT run, next FROM runs WHERE end IS NULL AND rowid = (SELECT max(rowid) FROM runs WHERE run != :run)
    AND NOT EXISTS (SELECT 1 FROM streams WHERE run = :run)"""

CHECK = "check the disk and the folder's permissions"
_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: free space, nothing that was committed is lost",
    sqlite3.SQLITE_BUSY: "another program holds it: close it",
    sqlite3.SQLITE_NOTADB: "it is no journal: use another output folder",
    sqlite3.SQLITE_CORRUPT: "it is damaged: move it away, and use `sqlite3 FILE .recover` on the copy",
}
_PASSING = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR)
"""Errors that may be over in a moment, or when somebody has made room."""


class Journal:
    """The writing side. Raises RecordingError where another process has it, or the file is no journal."""

    def __init__(self, path: Path, synchronous: str = "normal") -> None:
        self.path, self._synchronous = path, synchronous
        self.duplicates = 0
        self._lock = _lock(path)
        try:
            self._open()
        except RecordingError:
            os.close(self._lock)
            raise

    @property
    def connection(self) -> sqlite3.Connection:
        return self._db

    def position(self) -> tuple[bytes, int] | None:
        """The newest run and its next sequence number."""
        with explained(self.path):
            newest = self._db.execute("SELECT run, next FROM runs ORDER BY rowid DESC LIMIT 1").fetchone()
        return None if newest is None else (newest[0], newest[1])

    def write(self, messages: list[Message], now_ns: int) -> None:
        """Commit messages in one transaction, all or none. `now_ns`: CLOCK_MONOTONIC, for the lines' latency.

        Raises StoreFailed where the disk is full or another holds the file; the same call may be made again. Raises
        SystemRefused where the file is not in its place any more.
        """
        lines = [m for m in messages if isinstance(m, LabelLine)]
        gaps = [m for m in messages if isinstance(m, Gap)]
        with self.transaction():
            self._db.executemany(_NEXT, [(_run(m), m.first + m.n) for m in _furthest(messages)])
            inserted = self.insert(_LINE, [_line_row(line, now_ns) for line in lines])
            inserted += self.insert(_GAP, [(g.run, g.first, g.n, g.epoch, int(g.reason)) for g in gaps])
            for message in messages:
                self._note(message)
        self.duplicates += len(lines) + len(gaps) - inserted
        self.refuse_gone()

    def refuse_gone(self) -> None:
        """Raise SystemRefused where the file, or the one of what was committed last, is not in its place any more."""
        self._standing.refuse_gone()

    def put_back(self) -> None:
        """Write a journal that was removed or moved in its place again: it is still open, and so whole. Raises
        SystemRefused where there is another file now, StoreFailed where there is no room."""
        if not self._standing.gone:
            return
        with explained(self.path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if self._is_away:
                self._copy()
            self._db.close()
        self._open()
        report("", "put_back", f"{self.path} was removed or moved while it was open: it is there again, whole")

    @property
    def _is_away(self) -> bool:
        """True where the file itself is not in its place. Raises SystemRefused where something else is there."""
        is_empty = identity(self.path) is None
        if self.path in self._standing.gone and not is_empty:
            raise SystemRefused(f"{self.path} was replaced while it was written: the lines before are in the other one")
        return is_empty

    def _copy(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path)) as copy:
            self._db.backup(copy)

    def _open(self) -> None:
        with explained(self.path):
            self._db = _connect(self.path, self._synchronous)
        self._standing = Standing(self.path, self.path.with_name(f"{self.path.name}-wal"))

    def take(self, incidents: list[Incident]) -> None:
        """Commit incidents, in this order; those that are there already are left alone. Raises StoreFailed."""
        with self.transaction():
            self._db.executemany(_INCIDENT, map(_incident_row, incidents))

    def mark_exported(self, run: bytes) -> None:
        with explained(self.path):
            self._db.execute("UPDATE runs SET exported = 1 WHERE run = ?", (run,))

    def unexported(self) -> list[bytes]:
        """Runs that have lines or gaps which no export has seen."""
        with explained(self.path):
            return [row[0] for row in self._db.execute("SELECT run FROM runs WHERE exported = 0 ORDER BY rowid")]

    def close(self) -> None:
        """Leave one plain file that can be copied and read anywhere, unless someone is reading it now."""
        with suppress(sqlite3.DatabaseError):
            self._db.execute("PRAGMA journal_mode = DELETE")
        self._db.close()
        os.close(self._lock)

    def _note(self, message: Message) -> None:
        if isinstance(message, StreamInfo):
            self._tell_of_unended(message.run)
            self._db.execute(_STREAM, stream_row(message))
        elif isinstance(message, EndOfStream):
            self._db.execute(_END, (message.seq, message.run))

    def _tell_of_unended(self, run: bytes) -> None:
        """A run begins: the one before it, where that has no end, gets none any more."""
        for before, following in self._db.execute(_UNENDED, {"run": run}):
            words = f"the run before, {before.hex()}, has no end: what came from line {following} on is in no journal"
            report("", "no_end", words, run=before, seq=following)

    def insert(self, statement: str, rows: list[tuple[Any, ...]]) -> int:
        """Rows that a statement has added. To be called in a transaction."""
        before = self._db.total_changes
        self._db.executemany(statement, rows)
        return self._db.total_changes - before

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction, all or none. Raises StoreFailed, RecordingError."""
        with explained(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _connect(path: Path, synchronous: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=1.0)
    try:
        version = version_of(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {synchronous}")
        prepare(db, version)
    except BaseException:
        db.close()
        raise
    return db


def _lock(path: Path) -> int:
    """The lock of whoever writes the journal."""
    handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    if not taken(handle):
        os.close(handle)
        raise RecordingError(f"{path} is written by another process: stop it, or use another output folder")
    return handle


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Refusals of SQLite with what to do: StoreFailed where it may pass, else RecordingError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kind = StoreFailed if code in _PASSING else RecordingError
        raise kind(f"{path}: {error}; {_ADVICE.get(code, CHECK)}") from error


def _run(message: Message) -> bytes:
    return message.stamp.run if isinstance(message, Line) else message.run


def _furthest(messages: list[Message]) -> list[Message]:
    """The last message of each run, in order of the runs."""
    return list({_run(message): message for message in messages}.values())


def stream_row(info: StreamInfo) -> tuple[Any, ...]:
    """Row of a description."""
    description = asdict(info) | {"run": info.run.hex()}
    description["temperature_c"] = None if math.isnan(info.temperature_c) else info.temperature_c
    clock = info.clock
    del description["clock"]
    when = (clock.wall_ns, clock.offset_s, clock.t_ns, clock.boot) if clock != NEVER else (None,) * 4
    return info.run, info.seq, json.dumps(description), *when


def _incident_row(incident: Incident) -> tuple[Any, ...]:
    row = asdict(incident)
    row["run"], row["boot"] = bytes.fromhex(incident.run) if incident.run else None, bytes.fromhex(incident.boot)
    return tuple(row.values())


def _line_row(line: LabelLine, now_ns: int) -> tuple[Any, ...]:
    stamp = line.stamp
    where = (stamp.run, stamp.seq, stamp.epoch, stamp.block_id, stamp.t_ns, stamp.encoder)
    latency_us = (now_ns - stamp.t_ns) // 1000
    how = (int(line.flags), line.model, line.reference_id, latency_us)
    layers = None if line.layers is None else line.layers.tobytes()
    return *where, *how, line.labels.tobytes(), line.confidence.tobytes(), layers
