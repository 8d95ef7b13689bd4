"""Which register map a PLC speaks is found out when it is connected to; with either, stones are sorted."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable

import pytest

from hwsim.plant import ValveFault, VirtualPlc
from oreline import plc
from oreline.testing import stream_info
from sinks.conveyor import Conveyor
from sinks.conveyor.plc.modbus import ModbusLink
from tests.sinks.conftest import Eventually, idling, standing_still
from tests.sinks.conveyor.belts import EMPTY, STONE, belt, feed

FAULTS = [ValveFault(valve=5, kind="stuck_closed"), ValveFault(valve=30, kind="stuck_open")]


@pytest.mark.parametrize(("version", "faulty"), [(1, 0), (2, 1 << 5 | 1 << 30)])
def test_a_plc_of_either_map_sorts_and_tells_of_its_valves_what_it_can(
    version: int,
    faulty: int,
    sorter_at: Callable[[VirtualPlc], Conveyor],
    eventually: Eventually,
    capsys: pytest.CaptureFixture[str],
) -> None:
    program = VirtualPlc(clock=standing_still, faults=FAULTS, version=version)
    conveyor = sorter_at(program)
    feed(conveyor, stream_info(), *belt(EMPTY, STONE, STONE, EMPTY))
    idling(conveyor, eventually)(lambda: conveyor.status.valve_faults == 2)
    assert conveyor.status.faulty == faulty
    assert capsys.readouterr().err.count("register map 1") == (version == 1)
    report = conveyor.close()
    assert (report["register_map"], report["commands"], len(program.rows), program.refused) == (version, 2, 2, 0)


class OldPlc:
    """A PLC of map 1, of a make that answers what it does not know as `answers` says: None is silence."""

    def __init__(self, answers: Callable[[int], bytes | None]) -> None:
        self.answers, self.reads = answers, list[int]()
        self.server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.server.accept()
            except OSError:
                return
            with peer:
                while request := peer.recv(260):
                    number, _, _, unit, function, first, count = struct.unpack(">HHHBBHH", request)
                    self.reads.append(count)
                    assert first == plc.start(plc.STATUS)
                    known = count == plc.size(plc.STATUS_1)
                    words = [0, 77, 3, 9, 0, 0, 0]
                    body = struct.pack(f">BBB{count}H", unit, function, 2 * count, *words) if known else None
                    body = body or self.answers(unit)
                    if body:
                        peer.sendall(struct.pack(">HHH", number, 0, len(body)) + body)


OTHERS: dict[str, Callable[[int], bytes | None]] = {
    "an exception": lambda unit: bytes((unit, 0x83, 2)),
    "zeros": lambda unit: struct.pack(">BBB16H", unit, 3, 32, 0, 77, 3, 9, *[0] * 12),
    "its own data": lambda unit: struct.pack(">BBB16H", unit, 3, 32, 0, 77, 3, 9, 0, 0, 0, *range(40, 49)),
    "too few": lambda unit: struct.pack(">BBB7H", unit, 3, 14, 0, 77, 3, 9, 0, 0, 0),
    "silence": lambda _unit: None,
}


@pytest.mark.parametrize("answer", OTHERS)
def test_a_plc_that_has_no_more_registers_is_spoken_to_as_before(answer: str) -> None:
    old = OldPlc(OTHERS[answer])
    link = ModbusLink("127.0.0.1", old.server.getsockname()[1], 1, timeout_ms=100)
    said = link.open()
    assert said == plc.Status(encoder=77, heartbeat=3, acknowledged=9, version=1)
    assert link.status() == said
    assert old.reads == [7, 16, 7]
    link.close()
    old.server.close()
