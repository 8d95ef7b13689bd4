"""Valve output over UDP: rows of a bitmap, in datagrams that a bank of valves answers one by one.

To the bank goes HEAD and up to 13 times ROW, from it comes ANSWER, all in network order. `number` goes up by one with
each datagram, so that the bank sees what it lacks; `session` is drawn anew by each start of the sorter. What gets no
answer is noticed, and its rows go again under their number while their deadlines allow: a row that the bank has already
is the same row, since it fires at the same count. A datagram without rows is a heartbeat. Nothing here waits.
"""

from __future__ import annotations

import secrets
import select
import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field

from oreline.config import Section
from oreline.errors import PlcError
from oreline.plc import ENCODER_MODULUS, HEARTBEAT_TIMEOUT_MS, MAX_ROWS, State
from sinks.conveyor.outputs.output import BankStatus
from sinks.conveyor.outputs.row_queue import RowQueue
from sinks.conveyor.schedule import Row

HEAD = struct.Struct(">2sBBIIIHH")
"""b"OV", version 1, rows, session, number, CRC-32 of the model's id, state (as a PLC's), counts of belt that a row is
open for."""
ROW = struct.Struct(">I16s")
"""Encoder count at which it fires, modulo 2^32; bitmap, valve v is bit v % 8 of byte v // 8."""
ANSWER = struct.Struct(">2sBBIIIHH")
"""b"OA", version 1, 1 in the safe state, session, number of the datagram that is answered, encoder count, valves that
do not answer, rows of that datagram that were due already."""
FAULTY = struct.Struct(">16s")
"""After ANSWER, from a bank that can say it: which valves do not answer, valve v is bit v % 8 of byte v // 8."""
VERSION = 1
_SILENCE_NS = HEARTBEAT_TIMEOUT_MS * 1_000_000
_ATTEMPTS, _ATTEMPT_S = 20, 0.05


class UdpSettings(Section):
    """A bank of valves that takes rows by UDP. It believes whoever reaches it: it belongs on a network of its own."""

    host: str = "127.0.0.1"
    """The bank's address."""
    port: Annotated[int, Field(ge=1, le=65535)] = 5021
    """UDP port of the bank."""
    heartbeat_ms: Annotated[float, Field(ge=5, le=100)] = 30.0
    """How often the bank hears of the sorter while no rows go."""
    answer_ms: Annotated[float, Field(gt=0, le=100)] = 5.0
    """Rows that have had no answer for so long go again."""


class _Sent(NamedTuple):
    t_ns: int
    rows: list[Row]


class UdpBank(RowQueue):
    """Valve output to a bank at the other end of `link`, a connected socket. `clock`: CLOCK_MONOTONIC in ns."""

    Settings: ClassVar[type[Section]] = UdpSettings

    def __init__(self, link: socket.socket, settings: UdpSettings, clock: Callable[[], int]) -> None:
        super().__init__(clock)
        self.status = BankStatus()
        self._link, self._heartbeat_ns = link, int(settings.heartbeat_ms * 1e6)
        self._answer_ns = int(settings.answer_ms * 1e6)
        self._session, self._number = secrets.randbits(32), 0
        self._sent: dict[int, _Sent] = {}
        self._unheard_since_ns: int | None = None
        self._next_beat_ns, self._told = 0, State.STOPPED

    @classmethod
    def open(cls, settings: UdpSettings, clock: Callable[[], int]) -> UdpBank:
        """Ask the bank for an answer, for a second. Raises PlcError."""
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        link.setblocking(False)
        with suppress(OSError):
            link.connect((settings.host, settings.port))
            output = cls(link, settings, clock)
            for _ in range(_ATTEMPTS):
                output._send([], State.STOPPED)
                select.select([link], [], [], _ATTEMPT_S)
                output._hear()
                if output.status.seen_ns:
                    return output
        link.close()
        raise PlcError(
            f"no bank of valves answers at {settings.host}:{settings.port}: check host and port, and that it is on"
        )

    @property
    def busy(self) -> bool:
        """True while rows wait to be sent or answered."""
        return bool(self._waiting or any(sent.rows for sent in self._sent.values()))

    def drop(self, rows: Iterable[Row] = ()) -> None:
        """Rows that must not fire, and with them all that wait; what has had no answer does not go again."""
        unanswered = [row for sent in self._sent.values() for row in sent.rows]
        self._sent.clear()
        super().drop([*unanswered, *rows])

    def pump(self, state: State) -> None:
        """Hear all answers, send all rows that can be sent now, or a heartbeat where one is due."""
        self._hear()
        self._repeat(state)
        self._drop_late()
        while self._waiting and not self.status.lost and not self.status.inhibit:
            self._send([self._waiting.popleft() for _ in range(min(MAX_ROWS, len(self._waiting)))], state)
        if state != self._told or self._clock() >= self._next_beat_ns:
            self._send([], state)

    def farewell(self) -> None:
        """Say that the run has stopped, and close the socket."""
        self._send([], State.STOPPED)
        self._link.close()

    def _send(self, rows: list[Row], state: State, number: int | None = None) -> None:
        """A datagram, under a number that it had before or the next. What the system does not take is lost."""
        now = self._clock()
        if number is None:
            number = self._number = (self._number + 1) % 2**32
        if self._unheard_since_ns is None:
            self._unheard_since_ns = now
        self._sent[number], self._told = _Sent(now, rows), state
        self._next_beat_ns = now + self._heartbeat_ns
        numbers = (self._session, number, self._model_crc, int(state), self._counts_per_line)
        parts = (ROW.pack(row.encoder % ENCODER_MODULUS, row.bitmap.to_bytes(16, "little")) for row in rows)
        with suppress(OSError):
            self._link.send(HEAD.pack(b"OV", VERSION, len(rows), *numbers) + b"".join(parts))

    def _repeat(self, state: State) -> None:
        """Send again what has had no answer, while there is time; a heartbeat is not sent again."""
        now, before = self._clock(), self.status
        silent = [number for number, sent in self._sent.items() if now - sent.t_ns >= self._answer_ns]
        for number in silent:
            sent = self._sent.pop(number)
            in_time = [row for row in sent.rows if row.deadline_ns >= now]
            self.tally.late += len(sent.rows) - len(in_time)
            if in_time and before.lost:
                self._sent[number] = sent._replace(rows=in_time)
            elif in_time:
                self._send(in_time, state, number)
        if silent and not before.lost:
            self.status = replace(before, unanswered=before.unanswered + len(silent))
        if self._unheard_since_ns is not None and now - self._unheard_since_ns >= _SILENCE_NS and not before.lost:
            self.status = replace(self.status, lost=f"the bank has not answered for {HEARTBEAT_TIMEOUT_MS} ms")

    def _hear(self) -> None:
        with suppress(OSError):
            while answer := self._link.recv(ANSWER.size + FAULTY.size + 1):
                if len(answer) in (ANSWER.size, ANSWER.size + FAULTY.size):
                    faulty = int.from_bytes(answer[ANSWER.size :], "little")
                    self._take(faulty, *ANSWER.unpack_from(answer))

    def _take(
        self, faulty: int, magic: bytes, version: int, inhibit: int, session: int, number: int, *said: int
    ) -> None:
        """An answer; one of another session says nothing."""
        if (magic, version, session) != (b"OA", VERSION, self._session):
            return
        before, (encoder, faults, late) = self.status, said
        self._unheard_since_ns = None
        sent = self._sent.pop(number, _Sent(0, []))
        self.status = BankStatus(
            self._clock(),
            encoder,
            bool(inhibit),
            faults,
            before.late + late * bool(sent.rows),
            before.unanswered,
            faulty=faulty,
        )
        if inhibit:
            self.tally.dropped += len(sent.rows)
        elif sent.rows:
            self._confirm(sent.rows)
        if inhibit and not before.inhibit:
            self.drop()
