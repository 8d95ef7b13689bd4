"""Spool of what is told by MQTT: a file that keeps each message until the broker has it, with an account of them.

A message has a number that no other ever has, so one that comes twice, as QoS 1 allows, can be known. What was told of
stones and minutes moves in the same transaction as the message that tells it, so a station that is killed tells none
twice.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sinks.log.journal import explained

SPOOL = "mqtt.sqlite"
_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS messages(
    number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload BLOB NOT NULL, items INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS dropped(topic TEXT PRIMARY KEY, messages INTEGER NOT NULL, items INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS places(name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_DROPPED = """INSERT INTO dropped VALUES (?, 1, ?)
    ON CONFLICT(topic) DO UPDATE SET messages = messages + 1, items = items + excluded.items"""
_COUNTS = ("messages", "items")
_PLACE = "INSERT OR REPLACE INTO places VALUES (?, ?)"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Message that waits. `payload`: its JSON, with its identity."""

    number: int
    topic: str
    payload: bytes


class Spool:
    """Spool of one station, of at most `most_bytes` of payloads. Raises RecordingError or StoreFailed.

    `dropped`: is set where something was, since it was full. May be called in any thread, by one caller at a time.
    """

    def __init__(self, output: Path, most_bytes: int) -> None:
        self.path, self._most = output / SPOOL, most_bytes
        self.dropped = False
        self._sending = 0
        with explained(self.path):
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=1.0, check_same_thread=False)
            self._db.executescript(_TABLES)
            waiting = self._db.execute("SELECT count(*), total(length(payload)) FROM messages").fetchone()
            dropped = self._db.execute("SELECT topic, messages, items FROM dropped").fetchall()
        self._n, self._bytes = int(waiting[0]), int(waiting[1])
        self._gone = {topic: (messages, items) for topic, messages, items in dropped}
        self.name: str = self.place("name") or secrets.token_hex(6)
        self.keep(name=self.name)

    def put(self, topic: str, body: dict[str, Any], items: int, **places: Any) -> None:
        """Keep a message of so many stones or minutes, and the places up to which is told by it."""
        payload = json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
        with self._transaction():
            self._db.execute("INSERT INTO messages(topic, payload, items) VALUES (?, ?, ?)", (topic, payload, items))
            self._db.executemany(_PLACE, [(name, json.dumps(value)) for name, value in places.items()])
            self._n, self._bytes = self._n + 1, self._bytes + len(payload)
            self._make_room()

    def next(self, but: Collection[str] = ()) -> Waiting | None:
        """The oldest message, but none of some topics; it is not dropped while it is on its way."""
        marks = ", ".join("?" * len(but))
        query = f"SELECT number, topic, payload FROM messages WHERE topic NOT IN ({marks}) ORDER BY number LIMIT 1"  # noqa: S608
        with explained(self.path):
            row = self._db.execute(query, tuple(but)).fetchone()
        self._sending = row[0] if row else 0
        return Waiting(row[0], row[1], f'{{"id":"{self.name}-{row[0]}",'.encode() + row[2][1:]) if row else None

    def done(self, number: int) -> None:
        """The broker has a message."""
        query = "DELETE FROM messages WHERE number = ? RETURNING length(payload)"
        with self._transaction():
            size = self._db.execute(query, (number,)).fetchone()[0]
            self._n, self._bytes = self._n - 1, self._bytes - size
        self._sending = 0

    def place(self, name: str) -> Any:
        """A place that was kept; None where none was."""
        with explained(self.path):
            row = self._db.execute("SELECT value FROM places WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def keep(self, **places: Any) -> None:
        """Keep places."""
        with self._transaction():
            self._db.executemany(_PLACE, [(name, json.dumps(value)) for name, value in places.items()])

    def account(self) -> dict[str, Any]:
        """What waits, and what was dropped ever, by topic."""
        gone = {
            topic.rpartition("/")[2]: dict(zip(_COUNTS, counts, strict=True)) for topic, counts in self._gone.items()
        }
        return {"messages": self._n, "bytes": self._bytes, "dropped": gone}

    def close(self) -> None:
        self._db.close()

    def _make_room(self) -> None:
        while self._bytes > self._most:
            query = """DELETE FROM messages WHERE number = (SELECT min(number) FROM messages WHERE number != ?)
                RETURNING topic, items, length(payload)"""
            row = self._db.execute(query, (self._sending,)).fetchone()
            if row is None:
                return
            self._db.execute(_DROPPED, row[:2])
            messages, items = self._gone.get(row[0], (0, 0))
            self._gone = self._gone | {row[0]: (messages + 1, items + row[1])}
            self._n, self._bytes, self.dropped = self._n - 1, self._bytes - row[2], True

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        before = self._n, self._bytes, self._gone
        with explained(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._n, self._bytes, self._gone = before
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
