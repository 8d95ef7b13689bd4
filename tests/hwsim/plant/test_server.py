"""The PLC on the network."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from pymodbus.client import ModbusTcpClient

from hwsim.plant import Route, Settings, serve
from oreline import plc
from oreline.errors import SystemRefused
from oreline.plc import Batch, State
from tests.fuzz.mutate import damage

BATCH = Batch(1, 1000, 10, (0b11, 0, 1 << 127), State.STOPPED)


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, Callable[[], dict[str, int]]]]:
    """The port of a PLC that runs, and what stops it and answers its counts."""
    monkeypatch.setenv("ORELINE_SIMCAM", str(tmp_path / "no-cameras"))
    ready: queue.Queue[int] = queue.Queue()
    stop = threading.Event()
    found: list[dict[str, int]] = []
    server = threading.Thread(target=lambda: found.append(serve(Settings(scan_ms=1), tmp_path, ready.put, stop)))
    server.start()

    def finish() -> dict[str, int]:
        stop.set()
        server.join()
        return found[0]

    yield ready.get(timeout=20), finish
    finish()


def test_the_plc_speaks_modbus_and_writes_down_what_it_took(
    plant: tuple[int, Callable[[], dict[str, int]]], tmp_path: Path
) -> None:
    port, finish = plant
    client = ModbusTcpClient("127.0.0.1", port=port)
    assert client.connect()  # type: ignore[no-untyped-call]
    client.write_registers(0, plc.encode(BATCH))
    while plc.decode_status(client.read_holding_registers(200, count=7).registers).acknowledged != 1:
        pass
    assert client.write_registers(203, [9]).isError()
    assert client.read_holding_registers(150).isError()
    client.close()  # type: ignore[no-untyped-call]
    nothing_wrong = dict.fromkeys(("late", "refused", "dropped", "safe_states", "valve_faults", "tested"), 0)
    assert finish() == {"batches": 1, "rows": 2, **nothing_wrong}
    with np.load(tmp_path / "commands.npz", allow_pickle=False) as saved:
        assert saved["rows"]["encoder"].tolist() == [1000, 1020]
        assert saved["changes"]["route"].tolist() == [Route.SORT, Route.SORT]


def test_the_plc_outlives_whatever_connects_to_it(plant: tuple[int, Callable[[], dict[str, int]]]) -> None:
    port, finish = plant
    request = bytes.fromhex("000100000011") + bytes((1, 16, 0, 0, 0, 5, 10)) + bytes(10)
    random = Random(1)
    for _ in range(300):
        with socket.create_connection(("127.0.0.1", port)) as hostile:
            hostile.sendall(b"".join(damage(random, [(request,)])))
    client = ModbusTcpClient("127.0.0.1", port=port)
    assert client.connect()  # type: ignore[no-untyped-call]
    client.write_registers(0, plc.encode(replace(BATCH, sequence=4711)))
    while plc.decode_status(client.read_holding_registers(200, count=7).registers).acknowledged != 4711:
        pass
    client.close()  # type: ignore[no-untyped-call]
    assert finish()["batches"] >= 1


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SystemRefused, match="choose a free port"):
            serve(Settings(port=taken.getsockname()[1]), tmp_path, lambda _: None, threading.Event())
