"""Queue of the rows that the valves took, on their way to the file of shots: lines and heartbeats wait for no disk."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread

from oreline.incidents import report
from sinks.conveyor.schedule import Row
from sinks.conveyor.valves import ValveBank
from sinks.shots import ShotWriter

MOST_MESSAGES = 4096
"""Messages, of up to 13 rows each, that wait for a disk that hangs: more than 6 s of a line at 670 Hz."""

_Message = tuple[ShotWriter, ValveBank, list[Row]]


class ShotQueue:
    """Queue with a thread that writes. One thread calls `begin`, `put` and `close`; only `close` waits."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[_Message | None] = SimpleQueue()
        self._thread = Thread(target=self._write, name="shots", daemon=True)
        self._thread.start()

    def begin(self, writer: ShotWriter, bank: ValveBank) -> None:
        """Rows that come from now on are of this run, and of this bank."""
        self._writer, self._bank = writer, bank

    def put(self, rows: list[Row]) -> None:
        """Rows of a message that the valves took; they are left out, and that is said, where too many wait already."""
        if self._waiting.qsize() < MOST_MESSAGES:
            self._waiting.put((self._writer, self._bank, rows))
        else:
            words = f"{self._writer.path}: the disk hangs; label maps will not show all ejections"
            report("", "no_shots", words, n=len(rows))

    def close(self) -> None:
        """Wait until all is written."""
        self._waiting.put(None)
        self._thread.join()

    def _write(self) -> None:
        for writer, bank, rows in iter(self._waiting.get, None):
            writer.write((row.seq, *span, row.encoder) for row in rows for span in bank.spans(row.bitmap))
