"""Stones in the journal, each once: the log's companion, with a cursor and commits of its own.

A stone is (run, number), a gap is (run, first); what is there already is left alone and counted as a duplicate.
"""

from __future__ import annotations

import json
import math
from typing import Any, ClassVar

import numpy as np

from oreline.errors import StreamError
from oreline.messages import LOST, ClassInfo, Decision, EndOfStream, Gap, Message, StoneRecord, StreamInfo
from oreline.sink import STONES, Policy
from oreline.stream.sockets import run_of
from sinks.log.journal import Journal, explained, stream_row

UNKNOWN = "unknown"
_STONE = f"INSERT OR IGNORE INTO stones VALUES ({', '.join('?' * 23)})"  # noqa: S608
_GAP = "INSERT OR IGNORE INTO stone_gaps VALUES (?, ?, ?, ?, ?)"
_STREAM = "INSERT OR REPLACE INTO stone_streams VALUES (?, ?, ?, ?, ?, ?, ?)"
_NEXT = """INSERT INTO stone_runs(run, next, end) VALUES (?, ?, ?)
    ON CONFLICT(run) DO UPDATE SET next = max(next, excluded.next), end = coalesce(excluded.end, end)"""
_COUNTS = f"""SELECT count(*), coalesce(sum(cut), 0),
    {", ".join(f"count(*) FILTER (WHERE decision = '{one.name.lower()}')" for one in Decision)}
    FROM stones WHERE run = ?"""  # noqa: S608
_LOST = f"""SELECT coalesce(sum(n), 0) FROM stone_gaps
    WHERE run = ? AND reason IN ({", ".join(str(int(reason)) for reason in LOST)})"""  # noqa: S608


class StoneLog:
    """Writes stones into the journal. `pending`: what is not committed. `duplicates`: what came again."""

    policy: ClassVar[Policy] = Policy.COMPLETE
    stream: ClassVar[str] = STONES

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.pending: list[Message] = []
        self.duplicates = 0
        self._classes: tuple[ClassInfo, ...] | None = None

    def resume(self) -> tuple[bytes, int] | None:
        newest = self._read("SELECT run, next FROM stone_runs ORDER BY rowid DESC LIMIT 1")
        return (bytes(newest[0]), newest[1]) if newest else None

    def consume(self, messages: list[Message]) -> None:
        self.pending += messages

    def commit(self) -> None:
        """One transaction. Raises StoreFailed, and then keeps what was consumed, so that it can be called again."""
        if not self.pending:
            return
        classes, came, inserted = self._classes, 0, 0
        with self._journal.transaction():
            for message in self.pending:
                if isinstance(message, StreamInfo):
                    classes = message.classes
                    self._journal.insert(_STREAM, [stream_row(message)])
                elif isinstance(message, StoneRecord | Gap):
                    came += 1
                    inserted += self._insert(message, classes)
                end = message.seq if isinstance(message, EndOfStream) else None
                self._journal.insert(_NEXT, [(run_of(message), message.first + message.n, end)])
        self._classes, self.duplicates = classes, self.duplicates + came - inserted
        self.pending.clear()
        self._journal.refuse_gone()

    def _insert(self, message: StoneRecord | Gap, classes: tuple[ClassInfo, ...] | None) -> int:
        if isinstance(message, Gap):
            gap = message
            return self._journal.insert(_GAP, [(gap.run, gap.first, gap.n, gap.epoch, int(gap.reason))])
        if classes is None:
            raise StreamError("a stone came before the StreamInfo that describes it")
        return self._journal.insert(_STONE, [_row(message, classes)])

    def idle(self) -> None:
        """Nothing to do."""

    def counts(self, run: bytes) -> dict[str, int]:
        """Stones of a run, as a sorter's report has them: `stones`, those by decision, `cut`; and `lost`, those that
        did not come."""
        stones, cut, *decided = self._read(_COUNTS, run)
        (lost,) = self._read(_LOST, run)
        by_decision = {one.name.lower(): n for one, n in zip(Decision, decided, strict=True)}
        return {"stones": stones, **by_decision, "cut": cut, "lost": lost}

    def _read(self, query: str, *values: object) -> Any:
        with explained(self._journal.path):
            return self._journal.connection.execute(query, values).fetchone()


def _row(stone: StoneRecord, classes: tuple[ClassInfo, ...]) -> tuple[Any, ...]:
    stamp = stone.stamp
    names = [*(info.name for info in classes), UNKNOWN]
    counts = {name: n for name, n in zip(names, stone.counts.tolist(), strict=True) if n}
    where = (stone.first_line, stone.last_line, stone.first_sample, stone.stop_sample)
    measure = None if math.isnan(stone.measure) else stone.measure
    decided = (stone.decision.name.lower(), stone.why, measure, json.dumps(_valves(stone.valves)), stone.product)
    when = (stamp.t_ns, stamp.encoder, stamp.epoch, stamp.block_id)
    by = (stone.recipe, stone.model, stone.reference_id)
    outline = np.ascontiguousarray(stone.outline, "<i4").tobytes()
    made = (stone.pixels, json.dumps(counts, ensure_ascii=False))
    return (stamp.run, stamp.seq, *where, *made, *decided, int(stone.cut), int(stone.clump), *when, *by, outline)


def _valves(bitmap: int) -> list[int]:
    return [valve for valve in range(bitmap.bit_length()) if bitmap >> valve & 1]
