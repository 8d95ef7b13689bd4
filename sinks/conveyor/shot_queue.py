"""Queue of the rows that the valves took, on their way to the files of shots and of the valves' wear: lines and
heartbeats wait for no disk."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from threading import Thread

from oreline.incidents import report
from sinks.conveyor.schedule import Row
from sinks.conveyor.valves import ValveBank
from sinks.conveyor.wear import Wear
from sinks.shots import ShotWriter

MOST_MESSAGES = 4096
"""Messages, of up to 13 rows each, that wait for a disk that hangs: more than 6 s of a line at 670 Hz."""
LOOK_S = 0.2

_Message = tuple[ShotWriter, ValveBank, list[Row]]


class ShotQueue:
    """Queue with a thread that writes. One thread calls all else; only `close` waits."""

    def __init__(self, wear: Wear) -> None:
        self._wear = wear
        self._waiting: SimpleQueue[_Message | list[Row] | None] = SimpleQueue()
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

    def put_tested(self, rows: list[Row]) -> None:
        """Rows of a test: they wear valves, and were at no line."""
        self._waiting.put(rows)

    def close(self) -> None:
        """Wait until all is written."""
        self._waiting.put(None)
        self._thread.join()

    def _write(self) -> None:
        while True:
            try:
                message = self._waiting.get(timeout=LOOK_S)
            except Empty:
                self._wear.look()
                continue
            if message is None:
                self._wear.close()
                return
            self._take(message)
            self._wear.look()

    def _take(self, message: _Message | list[Row]) -> None:
        if isinstance(message, list):
            self._wear.count(message)
            return
        writer, bank, rows = message
        writer.write((row.seq, *span, row.encoder) for row in rows for span in bank.spans(row.bitmap))
        self._wear.count(rows)
