"""A bank of valves at the other end of a UDP socket, as the controller of a real one would be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from oreline.plc import HEARTBEAT_TIMEOUT_MS, State
from sinks.conveyor.outputs.udp_bank import ANSWER, FAULTY, HEAD, ROW, VERSION

Lost = Callable[[int], bool]


def nothing(_rows: int) -> bool:
    return False


@dataclass
class Bank:
    """`position`: the belt's count; `clock`: CLOCK_MONOTONIC in ns. `loses_commands`, `loses_answers`: whether the
    network swallows one, by how many rows are in it. `rows`: the bitmap for each count, fired or still to."""

    position: Callable[[], int]
    clock: Callable[[], int]
    loses_commands: Lost = nothing
    loses_answers: Lost = nothing
    rows: dict[int, int] = field(default_factory=dict)
    state: State = State.STOPPED
    model_crc = counts_per_line = 0
    faulty: int | None = None
    """Which valves do not answer, of a bank that tells it."""
    faults = late = repeated = missing = datagrams = 0
    inhibited = False

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.002)
        self.port: int = self.socket.getsockname()[1]
        self._session, self._numbers = 0, set[int]()
        self._heard_ns = self.clock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(20)
        self.socket.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            with suppress(TimeoutError):
                self._take(*self.socket.recvfrom(2048))
            if State.RUN in self.state and self.clock() - self._heard_ns >= HEARTBEAT_TIMEOUT_MS * 1_000_000:
                self.inhibited = True
                self.rows = {count: valves for count, valves in self.rows.items() if count <= self.position()}

    def _take(self, datagram: bytes, sorter: tuple[str, int]) -> None:
        magic, version, n, session, number, crc, state, counts = HEAD.unpack_from(datagram)
        assert (magic, version, len(datagram)) == (b"OV", VERSION, HEAD.size + n * ROW.size)
        if self.loses_commands(n):
            return
        if session != self._session:
            self._session, self._numbers = session, {number - 1}
        self.repeated += number in self._numbers
        self._numbers.add(number)
        self.missing = max(self._numbers) - min(self._numbers) + 1 - len(self._numbers)
        self.state, self.model_crc, self.counts_per_line = State(state), crc, counts
        self._heard_ns, self.datagrams = self.clock(), self.datagrams + 1
        late = 0 if self.inhibited else sum(map(self._plan, ROW.iter_unpack(datagram[HEAD.size :])))
        self.late += late
        answer = (self.inhibited, session, number, self.position(), self.faults, late)
        if not self.loses_answers(n):
            said = b"" if self.faulty is None else FAULTY.pack(self.faulty.to_bytes(FAULTY.size, "little"))
            self.socket.sendto(ANSWER.pack(b"OA", VERSION, *answer) + said, sorter)

    def _plan(self, row: tuple[int, bytes]) -> bool:
        """Whether it is due already; one that is known is the same row."""
        count, valves = row[0], int.from_bytes(row[1], "little")
        if count in self.rows:
            assert self.rows[count] == valves
            return False
        if count < self.position():
            return True
        self.rows[count] = valves
        return False
