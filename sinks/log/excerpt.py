"""Excerpt of a journal: its last lines, as a journal of their own that the same programs read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sinks.log.journal import explained
from sinks.log.reading import columns, newest_run, reading
from sinks.log.schema import prepare

_WITHIN = {
    "runs": "run = :run",
    "streams": "run = :run AND seq <= :last",
    "lines": "run = :run AND seq BETWEEN :first AND :last",
    "gaps": "run = :run AND first + n > :first",
}


def excerpt(journal: Path, target: Path, seconds: float) -> int:
    """Write the lines of the newest run that were exposed in the last `seconds` of it to a new journal, of which this
    returns the number. The journal may be written meanwhile. Raises RecordingError where it is none."""
    with reading(journal) as db, explained(target), closing(sqlite3.connect(target, isolation_level=None)) as copy:
        prepare(copy, 0)
        run = newest_run(db)
        bounds = _bounds(db, run, seconds) if run else None
        for table in _WITHIN if bounds else ():
            _copy(db, copy, table, {"run": run, **(bounds or {})})
        return int(copy.execute("SELECT count(*) FROM lines").fetchone()[0])


def _bounds(db: sqlite3.Connection, run: bytes, seconds: float) -> dict[str, int] | None:
    """First and last line; None where there is none."""
    last = db.execute("SELECT seq, t_ns FROM lines WHERE run = ? ORDER BY seq DESC LIMIT 1", (run,)).fetchone()
    if last is None:
        return None
    query = "SELECT seq FROM lines WHERE run = ? AND t_ns < ? ORDER BY seq DESC LIMIT 1"
    before = db.execute(query, (run, last[1] - round(seconds * 1e9))).fetchone()
    return {"first": before[0] + 1 if before else 0, "last": last[0]}


def _copy(db: sqlite3.Connection, copy: sqlite3.Connection, table: str, bounds: dict[str, object]) -> None:
    names = sorted(columns(db, table) & columns(copy, table))
    query = f"SELECT {', '.join(names)} FROM {table} WHERE {_WITHIN[table]}"  # noqa: S608
    marks = ", ".join("?" * len(names))
    copy.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", _rows(db, query, bounds))  # noqa: S608


def _rows(db: sqlite3.Connection, query: str, bounds: dict[str, object]) -> Iterator[tuple[object, ...]]:
    yield from db.execute(query, {name: value for name, value in bounds.items() if f":{name}" in query})
