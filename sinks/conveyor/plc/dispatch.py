"""Valve output over Modbus TCP: rows in batches, one at a time, and a heartbeat whatever else happens.

`pump` waits for nothing but one answer of a PLC that is connected, never longer than the link's time-out. A batch is
outstanding until the PLC acknowledges its sequence, so a PLC with a slow scan gets fewer, fuller batches. A PLC whose
heartbeat stands still is lost like one whose connection broke, and gets no rows before it moves. When it was lost with
a batch outstanding, its acknowledgement tells whether the batch had arrived; if not, its rows go again while their
deadlines allow. What waits when the PLC goes to its safe state is dropped, as the PLC drops what it holds, and so is a
batch that it acknowledges there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, ClassVar

from pydantic import Field

from oreline import plc
from oreline.config import Section
from oreline.errors import PlcError
from sinks.conveyor.outputs.output import BankStatus
from sinks.conveyor.outputs.row_queue import RowQueue
from sinks.conveyor.plc.modbus import ModbusLink
from sinks.conveyor.plc.monitor import PlcMonitor
from sinks.conveyor.plc.reconnect import Reconnector
from sinks.conveyor.schedule import Row

_POLL_NS = 2_000_000


class ModbusSettings(Section):
    """A PLC with the [register map](plc.md), at a Modbus TCP address."""

    host: str = "127.0.0.1"
    """The PLC's address."""
    port: Annotated[int, Field(ge=1, le=65535)] = 502
    """TCP port of the PLC."""
    device_id: Annotated[int, Field(ge=0, le=255)] = 1
    """The PLC's unit behind that address."""
    timeout_ms: Annotated[float, Field(gt=0, le=100)] = 50.0
    """The longest wait for an answer."""
    heartbeat_ms: Annotated[float, Field(ge=30, le=100)] = 30.0
    """How often the PLC hears of the sorter while no rows go."""


class ModbusOutput(RowQueue):
    """Valve output to a PLC. It owns the link after that was opened. `clock`: CLOCK_MONOTONIC in ns."""

    Settings: ClassVar[type[Section]] = ModbusSettings

    def __init__(self, link: ModbusLink, status: plc.Status, heartbeat_ms: float, clock: Callable[[], int]) -> None:
        super().__init__(clock)
        self._link, self._reconnector = link, Reconnector(link)
        self._monitor = PlcMonitor(status)
        self._heartbeat_ns = int(heartbeat_ms * 1e6)
        self._outstanding: list[Row] = []
        self._sequence = status.acknowledged
        self._heartbeat = self._next_beat_ns = self._next_look_ns = 0
        self._told = plc.State.STOPPED
        self._set_status("")

    @classmethod
    def open(cls, settings: ModbusSettings, clock: Callable[[], int]) -> ModbusOutput:
        """Connect. Raises PlcError."""
        link = ModbusLink(settings.host, settings.port, settings.device_id, settings.timeout_ms)
        return cls(link, link.open_first(), settings.heartbeat_ms, clock)

    @property
    def busy(self) -> bool:
        """True while rows wait to be sent or acknowledged."""
        return bool(self._waiting or self._outstanding)

    def drop(self, rows: Iterable[Row] = ()) -> None:
        """Rows that must not fire, and with them all that wait; what was under way to a PLC that is lost does not go
        again."""
        if not self._linked:
            rows, self._outstanding = [*self._outstanding, *rows], []
        super().drop(rows)

    def pump(self, state: plc.State) -> None:
        """Send what can be sent now, and a state that has changed at once."""
        self._drop_late()
        try:
            if not self._linked and not self._linked_again():
                return
            if self._clock() >= self._next_look_ns:
                self._look()
            if self._waiting and not self._outstanding and self._monitor.alive and not self._monitor.status.inhibit:
                self._send_batch(state)
            if state != self._told or self._clock() >= self._next_beat_ns:
                self._beat(state)
        except PlcError as error:
            self._lose(error)

    def farewell(self) -> None:
        """Say that the run has stopped, and close the link."""
        if self._linked:
            self._next_beat_ns = 0
            self.pump(plc.State.STOPPED)
        self._reconnector.close()
        self._link.close()

    def _send_batch(self, state: plc.State) -> None:
        self._drop_late()
        if not self._waiting:
            return
        self._outstanding = self._take_rows()
        self._sequence = plc.next_sequence(self._sequence)
        registers = plc.encode(self._batch(self._outstanding, state))
        self._link.write(plc.COMMAND, registers)
        now, self._told = self._clock(), state
        self._next_look_ns, self._next_beat_ns = now + _POLL_NS, now + self._heartbeat_ns

    def _take_rows(self) -> list[Row]:
        """Rows that fit one batch: 13 lines at an even pitch, to half a line."""
        first = self._waiting.popleft()
        rows = [first]
        while self._waiting:
            index = self._waiting[0].seq - first.seq
            drift = self._waiting[0].encoder - first.encoder - index * self._counts_per_line
            if index >= plc.MAX_ROWS or 2 * abs(drift) > self._counts_per_line:
                break
            rows.append(self._waiting.popleft())
        return rows

    def _batch(self, rows: list[Row], state: plc.State) -> plc.Batch:
        bitmaps = [0] * (rows[-1].seq - rows[0].seq + 1)
        for row in rows:
            bitmaps[row.seq - rows[0].seq] = row.bitmap
        encoder = rows[0].encoder % plc.ENCODER_MODULUS
        self._heartbeat = (self._heartbeat + 1) & 0xFFFF
        return plc.Batch(
            self._sequence,
            encoder,
            self._counts_per_line,
            tuple(bitmaps),
            state,
            self._heartbeat,
            self._model_crc,
            self._monitor.status.version,
            plc.State.TEST in state,
        )

    def _look(self) -> None:
        """Read the status: soon again while something is awaited, else as often as we beat ourselves."""
        status, armed = self._link.status(), not self._monitor.status.inhibit
        now = self._clock()
        self._monitor.see(status, now)
        if self._monitor.alive:
            self._reconnector.succeeded()
        self._set_status("" if self._monitor.alive else self.status.lost)
        self._settle()
        if status.inhibit and armed:
            self.drop()
        awaited = self._outstanding or not self._monitor.alive
        self._next_look_ns = now + (_POLL_NS if awaited else self._heartbeat_ns)

    def _settle(self) -> None:
        """A batch that is acknowledged is taken, or dropped by a PLC in its safe state."""
        status, rows = self._monitor.status, len(self._outstanding)
        if not rows or status.acknowledged != self._sequence:
            return
        if status.inhibit:
            self.tally.dropped += rows
        else:
            self._confirm(self._outstanding)
        self._outstanding = []

    def _beat(self, state: plc.State) -> None:
        self._heartbeat = (self._heartbeat + 1) & 0xFFFF
        self._link.write(plc.PULSE, plc.encode_pulse(state, self._heartbeat))
        self._told = state
        self._next_beat_ns = self._clock() + self._heartbeat_ns

    def _lose(self, error: PlcError) -> None:
        """One that comes back without its heartbeat was never found again."""
        self._link.close()
        self._set_status(self.status.lost or str(error))
        self._reconnector.lost(self._clock())

    def _set_status(self, lost: str) -> None:
        seen, said = self._monitor, self._monitor.status
        self.status = BankStatus(
            seen.seen_ns,
            said.encoder,
            bool(said.inhibit),
            said.valve_faults,
            seen.late,
            lost=lost,
            faulty=said.faulty,
            register_map=said.version,
        )

    @property
    def _linked(self) -> bool:
        return not self._reconnector.under_way and self._link.is_open

    def _linked_again(self) -> bool:
        status = self._reconnector.poll(self._clock())
        if status is None:
            return False
        self._monitor.reopened(status)
        self._next_beat_ns = self._next_look_ns = 0
        self._recover()
        return True

    def _recover(self) -> None:
        """The acknowledged sequence tells whether the batch that was under way had arrived."""
        self._settle()
        self._waiting.extendleft(reversed(self._outstanding))
        self._outstanding = []
        self._drop_late()
