"""Rows to the PLC: in batches, one at a time, none after its deadline, and a heartbeat whatever else happens.

`pump` is called after each commit and when idle. It never raises and, but for one connection attempt per back-off,
never waits longer than the link's time-out. A batch is outstanding until the PLC acknowledges its sequence, so a
PLC with a slow scan gets fewer, fuller batches. When the link was lost with a batch outstanding, the PLC's
acknowledgement tells whether it had arrived; if not, its rows go again while their deadlines allow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from oreline import plc
from oreline.errors import PlcError
from sinks.conveyor.link import Link
from sinks.conveyor.schedule import Row

_POLL_NS = 2_000_000
_FIRST_BACK_OFF_NS = 100_000_000
_LAST_BACK_OFF_NS = 2_000_000_000


@dataclass(slots=True)
class Tally:
    """`commands`: rows that the PLC took; `late`: rows never sent, since their deadline had passed."""

    commands: int = 0
    batches: int = 0
    late: int = 0
    outages: int = 0


class Dispatcher:
    """Owns the link after it was opened. `clock`: CLOCK_MONOTONIC in ns."""

    def __init__(self, link: Link, status: plc.Status, heartbeat_ms: float, clock: Callable[[], int]) -> None:
        self.tally = Tally()
        self.status = status
        self.counts_per_line = 1
        self.model_crc = 0
        self._link, self._clock, self._heartbeat_ns = link, clock, int(heartbeat_ms * 1e6)
        self._queue: deque[Row] = deque()
        self._outstanding: list[Row] = []
        self._sequence = status.acknowledged
        self._heartbeat = 0
        self._next_beat_ns = self._next_poll_ns = self._next_attempt_ns = 0
        self._back_off_ns = _FIRST_BACK_OFF_NS

    @property
    def linked(self) -> bool:
        return self._link.is_open

    @property
    def busy(self) -> bool:
        """Whether rows wait to be sent or acknowledged."""
        return bool(self._queue or self._outstanding)

    def offer(self, rows: Iterable[Row]) -> None:
        """Queue rows in order; those that open no valve need no command."""
        self._queue.extend(row for row in rows if row.bitmap)

    def pump(self, state: plc.State) -> None:
        """Send what can be sent now."""
        self._drop_late()
        try:
            if not self._link.is_open and not self._reconnected():
                return
            self._acknowledge()
            if self._queue and not self._outstanding and not self.status.inhibit:
                self._send_batch(state)
            if self._clock() >= self._next_beat_ns:
                self._beat(state)
        except PlcError:
            self._lost()

    def farewell(self) -> None:
        """Say that the run has stopped, and close the link."""
        if self._link.is_open:
            self._next_beat_ns = 0
            self.pump(plc.State.STOPPED)
        self._link.close()

    def _drop_late(self) -> None:
        now = self._clock()
        while self._queue and self._queue[0].deadline_ns < now:
            self._queue.popleft()
            self.tally.late += 1

    def _send_batch(self, state: plc.State) -> None:
        self._drop_late()
        if not self._queue:
            return
        self._outstanding = self._take_rows()
        self._sequence = plc.next_sequence(self._sequence)
        registers = plc.encode(self._batch(self._outstanding, state))
        self._link.write(plc.COMMAND, registers)
        now = self._clock()
        self._next_poll_ns, self._next_beat_ns = now + _POLL_NS, now + self._heartbeat_ns

    def _take_rows(self) -> list[Row]:
        """Rows that fit one batch: 13 lines at an even pitch, to half a line."""
        first = self._queue.popleft()
        rows = [first]
        while self._queue:
            index = self._queue[0].seq - first.seq
            drift = self._queue[0].encoder - first.encoder - index * self.counts_per_line
            if index >= plc.MAX_ROWS or 2 * abs(drift) > self.counts_per_line:
                break
            rows.append(self._queue.popleft())
        return rows

    def _batch(self, rows: list[Row], state: plc.State) -> plc.Batch:
        bitmaps = [0] * (rows[-1].seq - rows[0].seq + 1)
        for row in rows:
            bitmaps[row.seq - rows[0].seq] = row.bitmap
        encoder = rows[0].encoder % plc.ENCODER_MODULUS
        self._heartbeat = (self._heartbeat + 1) & 0xFFFF
        return plc.Batch(
            self._sequence, encoder, self.counts_per_line, tuple(bitmaps), state, self._heartbeat, self.model_crc
        )

    def _acknowledge(self) -> None:
        if self._outstanding and self._clock() >= self._next_poll_ns:
            self.status = self._link.status()
            self._next_poll_ns = self._clock() + _POLL_NS
            if self.status.acknowledged == self._sequence:
                self._taken()

    def _taken(self) -> None:
        self.tally.commands += len(self._outstanding)
        self.tally.batches += 1
        self._outstanding = []

    def _beat(self, state: plc.State) -> None:
        self._heartbeat = (self._heartbeat + 1) & 0xFFFF
        self._link.write(plc.PULSE, plc.encode_pulse(state, self._heartbeat))
        self._next_beat_ns = self._clock() + self._heartbeat_ns
        self.status = self._link.status()

    def _lost(self) -> None:
        self._link.close()
        self.tally.outages += 1
        self._next_attempt_ns = self._clock() + self._back_off_ns

    def _reconnected(self) -> bool:
        if self._clock() < self._next_attempt_ns:
            return False
        try:
            self.status = self._link.open()
        except PlcError:
            self._back_off_ns = min(2 * self._back_off_ns, _LAST_BACK_OFF_NS)
            self._next_attempt_ns = self._clock() + self._back_off_ns
            return False
        self._back_off_ns, self._next_beat_ns = _FIRST_BACK_OFF_NS, 0
        self._recover()
        return True

    def _recover(self) -> None:
        """The acknowledged sequence tells whether the batch that was under way had arrived."""
        if self._outstanding and self.status.acknowledged == self._sequence:
            self._taken()
        self._queue.extendleft(reversed(self._outstanding))
        self._outstanding = []
        self._drop_late()
