from __future__ import annotations

import json
import queue
import socket
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymodbus.client import ModbusTcpClient

from hwsim.conveyor import ROW, Aim, Settings, TrueStone, Truth, VirtualPlc, judge, load_truth, serve
from oreline import plc
from oreline.errors import PlcError, RecordingError
from oreline.plc import Batch, State

MS = 1_000_000
BATCH = Batch(1, 1000, 10, (0b11, 0, 1 << 127), State.RUN)


class Bench:
    """A PLC whose clock and belt stand still unless they are moved."""

    def __init__(self, rearm_s: float | None = 1.0) -> None:
        self.now, self.position = 10**12, 0
        self.program = VirtualPlc(rearm_s, lambda: self.position, lambda: self.now)
        self.registers = [0] * 207
        self.heartbeat = 0

    @property
    def status(self) -> plc.Status:
        return plc.decode_status(self.registers[200:])

    def write(self, batch: Batch) -> None:
        self.registers[:115] = plc.encode(batch)
        self.program.scan(self.registers)

    def beat(self, after_ms: float = 30, state: State = State.RUN) -> None:
        self.now += int(after_ms * MS)
        self.heartbeat += 1
        self.registers[6:8] = plc.encode_pulse(state, self.heartbeat)
        self.program.scan(self.registers)

    def silence(self, ms: float) -> None:
        self.now += int(ms * MS)
        self.program.scan(self.registers)


def test_a_batch_is_taken_once_and_acknowledged() -> None:
    bench = Bench()
    bench.write(BATCH)
    bench.write(BATCH)
    assert bench.status.acknowledged == 1
    assert bench.program.rows["encoder"].tolist() == [1000, 1020]
    assert bench.program.rows["valves"][1].tolist() == [0, 0, 0, 0, 0, 0, 0, 0x8000]
    bench.write(replace(BATCH, sequence=2))
    assert bench.program.batches == 2


def test_a_half_written_batch_waits_for_its_commit() -> None:
    bench = Bench()
    bench.registers[:114] = plc.encode(BATCH)[:114]
    bench.program.scan(bench.registers)
    assert bench.status.acknowledged == 0
    bench.write(BATCH)
    assert bench.status.acknowledged == 1


def test_a_row_whose_place_has_passed_is_counted_and_not_fired() -> None:
    bench = Bench()
    bench.position = 1010
    bench.write(BATCH)
    assert bench.status.late == 1
    assert bench.program.rows["encoder"].tolist() == [1020]


def test_lateness_is_right_where_the_encoder_wraps() -> None:
    bench = Bench()
    bench.position = 2**32 - 100
    bench.write(replace(BATCH, encoder=5))
    assert bench.status.late == 0


def test_a_silent_line_is_inhibited_within_150_ms_and_takes_nothing() -> None:
    bench = Bench()
    bench.beat()
    bench.silence(149)
    assert not bench.status.inhibit
    bench.silence(2)
    assert bench.status.inhibit
    bench.write(replace(BATCH, heartbeat=bench.heartbeat))
    assert bench.status.acknowledged == 0
    assert bench.program.safe_states == 1


def test_it_is_armed_again_after_a_time_of_good_heartbeats() -> None:
    bench = Bench(rearm_s=0.3)
    bench.beat()
    bench.silence(200)
    for _ in range(10):
        bench.beat()
        assert bench.status.inhibit
    bench.beat()
    assert not bench.status.inhibit


def test_without_an_operator_it_stays_safe() -> None:
    bench = Bench(rearm_s=None)
    bench.beat()
    bench.silence(200)
    for _ in range(100):
        bench.beat()
    assert bench.status.inhibit
    bench.program.rearm()
    bench.beat()
    assert not bench.status.inhibit


def test_a_line_that_says_it_has_stopped_is_no_fault() -> None:
    bench = Bench()
    bench.beat(state=State.STOPPED)
    bench.silence(10_000)
    assert not bench.status.inhibit


def test_the_plc_speaks_modbus_and_writes_down_what_it_took(tmp_path: Path) -> None:
    ready: queue.Queue[int] = queue.Queue()
    stop = threading.Event()
    found: list[dict[str, int]] = []
    server = threading.Thread(target=lambda: found.append(serve(Settings(scan_ms=1), tmp_path, ready.put, stop)))
    server.start()
    client = ModbusTcpClient("127.0.0.1", port=ready.get(timeout=20))
    assert client.connect()  # type: ignore[no-untyped-call]
    client.write_registers(0, plc.encode(BATCH))
    while plc.decode_status(client.read_holding_registers(200, count=7).registers).acknowledged != 1:
        pass
    assert client.write_registers(203, [9]).isError()
    assert client.read_holding_registers(150).isError()
    client.close()  # type: ignore[no-untyped-call]
    stop.set()
    server.join()
    assert found == [{"batches": 1, "rows": 2, "late": 0, "refused": 0, "safe_states": found[0]["safe_states"]}]
    with np.load(tmp_path / "commands.npz", allow_pickle=False) as saved:
        assert saved["rows"]["encoder"].tolist() == [1000, 1020]


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PlcError, match="choose a free port"):
            serve(Settings(port=taken.getsockname()[1]), tmp_path, lambda _: None, threading.Event())


ORE = TrueStone(1, {"calcite": 0.8, "quartz": 0.2}, 10, 19, 100, 119, 14.5, 110.0, 180)
BARREN = replace(ORE, id=2, species={"quartz": 1.0}, first_line=30, last_line=39)
TRUTH = Truth((ORE, BARREN), counts_per_line=10.0, encoder_start=500)
AIM = Aim(frozenset({"calcite"}), 0.5, 20, distance_counts=5000, valves=64, samples=640)


def rows(lines: range, valve: int = 11, jitter: int = 0) -> np.ndarray:
    table = np.zeros(len(lines), ROW)
    table["encoder"] = [500 + 5000 + 10 * line + jitter for line in lines]
    table["valves"][:, valve // 16] = 1 << valve % 16
    return table


def verdict(table: np.ndarray, lines: range | None = None) -> tuple[int, int, int, int]:
    found = judge(table, TRUTH, AIM, lines)
    return found["ejected"], found["missed"], found["wrong"], found["passed"]


def test_a_stone_is_hit_where_its_valve_is_open_for_half_of_its_lines() -> None:
    assert verdict(rows(range(10, 20), jitter=4)) == (1, 0, 0, 1)
    assert verdict(rows(range(10, 15))) == (1, 0, 0, 1)
    assert verdict(rows(range(10, 14))) == (0, 1, 0, 1)


def test_the_wrong_valve_or_the_wrong_stone_is_said() -> None:
    assert verdict(rows(range(10, 20), valve=12)) == (0, 1, 0, 1)
    assert verdict(rows(range(30, 40))) == (0, 1, 1, 0)


def test_only_stones_that_were_wholly_seen_are_judged() -> None:
    assert verdict(rows(range(0)), range(10, 39)) == (0, 1, 0, 0)
    assert verdict(rows(range(0)), range(50, 60)) == (0, 0, 0, 0)


def test_a_stone_too_small_for_the_recipe_is_not_wanted() -> None:
    truth = replace(TRUTH, stones=(replace(ORE, pixels=5),))
    assert judge(rows(range(0)), truth, AIM)["passed"] == 1


def test_the_truth_is_read_and_what_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scene_truth.json"
    stone = {name: getattr(ORE, name) for name in TrueStone.__dataclass_fields__} | {"more": 1}
    path.write_text(json.dumps({"minerals": [], "stones": [stone], "counts_per_line": 10, "encoder_start": 500}))
    assert load_truth(path).stones == (ORE,)
    path.write_text(json.dumps({"stones": [{"id": 1}]}))
    with pytest.raises(RecordingError, match="is not the truth"):
        load_truth(path)
    with pytest.raises(RecordingError, match="cannot read"):
        load_truth(tmp_path / "none.json")
