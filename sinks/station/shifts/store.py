"""Store of the minutes: one SQLite file in the output folder, so that a station that was killed goes on counting."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from sinks.log.journal import explained
from sinks.station.shifts.minutes import Cursor, Minute
from sinks.station.shifts.tally import Tally

STORE = "minutes.sqlite"
_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS minutes(
    number INTEGER PRIMARY KEY AUTOINCREMENT, start_ns INTEGER NOT NULL, part INTEGER NOT NULL,
    open INTEGER NOT NULL, tally TEXT NOT NULL, UNIQUE (start_ns, part));
CREATE TABLE IF NOT EXISTS cursor(one INTEGER PRIMARY KEY CHECK (one = 1), place TEXT NOT NULL);
"""
_MINUTE = "INSERT OR REPLACE INTO minutes(start_ns, part, open, tally) VALUES (?, ?, ?, ?)"
"""Each time it is kept, a minute gets the next number: those that are over, in the order in which they ended."""
_CURSOR = "INSERT OR REPLACE INTO cursor VALUES (1, ?)"


@dataclass(frozen=True, slots=True)
class Page:
    """Page of the store: what is to be kept, as it was at one moment."""

    minutes: Sequence[tuple[int, int, bool, str]]
    cursor: str

    @classmethod
    def of(cls, ended: Sequence[Minute], going_on: Sequence[Minute], cursor: Cursor) -> Self:
        """The page of some minutes."""
        told = [(one, False) for one in ended] + [(one, True) for one in going_on]
        rows = [(one.start_ns, one.part, is_open, json.dumps(one.tally.plain)) for one, is_open in told]
        return cls(rows, json.dumps(asdict(cursor)))


class Store:
    """Store of a line's minutes. Raises RecordingError or StoreFailed where the file cannot be used."""

    def __init__(self, output: Path, *, only_read: bool = False) -> None:
        self.path = output / STORE
        name = f"{self.path.resolve().as_uri()}?mode={'ro' if only_read else 'rwc'}"
        with explained(self.path):
            self._db = sqlite3.connect(name, uri=True, isolation_level=None, timeout=1.0, check_same_thread=False)
            if not only_read:
                self._db.executescript(_TABLES)

    def write(self, page: Page) -> None:
        """Keep minutes and the cursor that they were counted to, all or none. May be called in another thread."""
        with explained(self.path), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(_MINUTE, page.minutes)
            self._db.execute(_CURSOR, (page.cursor,))

    def cursor(self) -> Cursor:
        """Where the last one was that counted."""
        with explained(self.path):
            row = self._db.execute("SELECT place FROM cursor").fetchone()
        return Cursor(**json.loads(row[0])) if row else Cursor()

    def left_open(self) -> list[Minute]:
        """The minutes that were not over."""
        return self._minutes("WHERE open = 1")

    def last_start(self) -> int | None:
        """When the last minute began; None where there is none."""
        with explained(self.path):
            start: int | None = self._db.execute("SELECT max(start_ns) FROM minutes").fetchone()[0]
        return start

    def between(self, start_ns: int, stop_ns: int) -> list[Minute]:
        """The minutes of some time, over or not."""
        return self._minutes("WHERE start_ns >= ? AND start_ns < ?", start_ns, stop_ns)

    def parts(self, since_ns: int) -> dict[int, int]:
        """How many parts each minute has, from a moment on."""
        query = "SELECT start_ns, max(part) FROM minutes WHERE start_ns >= ? GROUP BY start_ns ORDER BY start_ns"
        with explained(self.path):
            return dict(self._db.execute(query, (since_ns,)).fetchall())

    def after(self, number: int, most: int = 100) -> list[tuple[int, Minute]]:
        """Minutes that are over, and their numbers, from one number on."""
        query = (
            "SELECT number, start_ns, part, tally FROM minutes WHERE open = 0 AND number > ? ORDER BY number LIMIT ?"
        )
        with explained(self.path):
            rows = self._db.execute(query, (number, most)).fetchall()
        return [(n, Minute(start, part, Tally.of(json.loads(plain)))) for n, start, part, plain in rows]

    def close(self) -> None:
        self._db.close()

    def _minutes(self, which: str, *values: int) -> list[Minute]:
        query = f"SELECT start_ns, part, tally FROM minutes {which} ORDER BY start_ns, part"  # noqa: S608
        with explained(self.path):
            rows = self._db.execute(query, values).fetchall()
        return [Minute(start, part, Tally.of(json.loads(plain))) for start, part, plain in rows]
