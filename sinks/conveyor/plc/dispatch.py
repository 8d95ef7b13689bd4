"""Rows to the PLC: in batches, one at a time, none after its deadline, and a heartbeat whatever else happens.

`pump` is called after each commit and when idle. It never raises, and waits for nothing but one answer of a PLC that is
connected, never longer than the link's time-out. A batch is outstanding until the PLC acknowledges its sequence, so a
PLC with a slow scan gets fewer, fuller batches. A PLC whose heartbeat stands still is lost like one whose connection
broke, and gets no rows before it moves. When it was lost with a batch outstanding, its acknowledgement tells whether
the batch had arrived; if not, its rows go again while their deadlines allow. What waits when the PLC goes to its safe
state is dropped, as the PLC drops what it holds, and so is a batch that it acknowledges there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from oreline import plc
from oreline.errors import PlcError
from sinks.conveyor.plc.modbus import ModbusLink
from sinks.conveyor.plc.monitor import PlcMonitor
from sinks.conveyor.plc.reconnect import Reconnector
from sinks.conveyor.schedule import Row

_POLL_NS = 2_000_000


@dataclass(slots=True)
class Tally:
    """`commands`: rows that the PLC took; `late`: rows never sent, since their deadline had passed; `dropped`: rows
    that waited when the PLC was inhibited, here or there, or counted the belt otherwise; `outages`: how often it was
    lost."""

    commands: int = 0
    batches: int = 0
    late: int = 0
    dropped: int = 0
    outages: int = 0


class Dispatcher:
    """Owns the link after it was opened. `clock`: CLOCK_MONOTONIC in ns."""

    def __init__(self, link: ModbusLink, status: plc.Status, heartbeat_ms: float, clock: Callable[[], int]) -> None:
        self.tally = Tally()
        self.watch = PlcMonitor(status)
        self.counts_per_line = 1
        self.model_crc = 0
        self._link, self._dial, self._clock, self._heartbeat_ns = (
            link,
            Reconnector(link),
            clock,
            int(heartbeat_ms * 1e6),
        )
        self._queue: deque[Row] = deque()
        self._outstanding: list[Row] = []
        self._sequence = status.acknowledged
        self._heartbeat, self._away = 0, False
        self._next_beat_ns = self._next_look_ns = 0

    @property
    def linked(self) -> bool:
        return not self._dial.under_way and self._link.is_open

    @property
    def busy(self) -> bool:
        """Whether rows wait to be sent or acknowledged."""
        return bool(self._queue or self._outstanding)

    def offer(self, rows: Iterable[Row]) -> None:
        """Queue rows in order; those that open no valve need no command."""
        self._queue.extend(row for row in rows if row.bitmap)

    def drop(self, rows: Iterable[Row] = ()) -> None:
        """Leave out rows that must not fire, and all that wait."""
        self.tally.dropped += len(self._queue) + sum(bool(row.bitmap) for row in rows)
        self._queue.clear()

    def pump(self, state: plc.State) -> None:
        """Send what can be sent now."""
        self._drop_late()
        try:
            if not self.linked and not self._linked_again():
                return
            if self._clock() >= self._next_look_ns:
                self._look()
            if self._queue and not self._outstanding and self.watch.alive and not self.watch.status.inhibit:
                self._send_batch(state)
            if self._clock() >= self._next_beat_ns:
                self._beat(state)
        except PlcError as error:
            self._lost(error)

    def farewell(self) -> None:
        """Say that the run has stopped, and close the link."""
        if self.linked:
            self._next_beat_ns = 0
            self.pump(plc.State.STOPPED)
        self._dial.close()
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
        self._next_look_ns, self._next_beat_ns = now + _POLL_NS, now + self._heartbeat_ns

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

    def _look(self) -> None:
        """Read the status: soon again while something is awaited, else as often as we beat ourselves."""
        status, armed = self._link.status(), not self.watch.status.inhibit
        now = self._clock()
        self.watch.see(status, now)
        if self.watch.alive:
            self._dial.succeeded()
            self._away = False
        self._settle()
        if status.inhibit and armed:
            self.drop()
        awaited = self._outstanding or not self.watch.alive
        self._next_look_ns = now + (_POLL_NS if awaited else self._heartbeat_ns)

    def _settle(self) -> None:
        """A batch that is acknowledged is taken, or dropped by a PLC in its safe state."""
        status, rows = self.watch.status, len(self._outstanding)
        if not rows or status.acknowledged != self._sequence:
            return
        if status.inhibit:
            self.tally.dropped += rows
        else:
            self.tally.commands += rows
            self.tally.batches += 1
        self._outstanding = []

    def _beat(self, state: plc.State) -> None:
        self._heartbeat = (self._heartbeat + 1) & 0xFFFF
        self._link.write(plc.PULSE, plc.encode_pulse(state, self._heartbeat))
        self._next_beat_ns = self._clock() + self._heartbeat_ns

    def _lost(self, error: PlcError) -> None:
        """One that comes back without its heartbeat was never found again."""
        self._link.close()
        now = self._clock()
        if not self._away:
            self.tally.outages += 1
            self.watch.alarm("plc_lost", now, str(error))
        self._away = True
        self._dial.lost(now)

    def _linked_again(self) -> bool:
        status = self._dial.poll(self._clock())
        if status is None:
            return False
        self.watch.reopened(status)
        self._next_beat_ns = self._next_look_ns = 0
        self._recover()
        return True

    def _recover(self) -> None:
        """The acknowledged sequence tells whether the batch that was under way had arrived."""
        self._settle()
        self._queue.extendleft(reversed(self._outstanding))
        self._outstanding = []
        self._drop_late()
