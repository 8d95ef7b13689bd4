"""The PLC's program, scan by scan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwsim.plant import Route, ValveFault
from hwsim.plant.belt import unwrap
from oreline import plc
from oreline.plc import Batch, State
from tests.hwsim.bench import MS, Bench

BATCH = Batch(1, 1000, 10, (0b11, 0, 1 << 127), State.RUN)


def test_a_batch_is_taken_once_and_acknowledged() -> None:
    bench = Bench()
    bench.write(BATCH)
    bench.write(BATCH)
    assert bench.status.acknowledged == 1
    assert bench.program.rows["encoder"].tolist() == [1000, 1020]
    assert bench.program.rows["counts"].tolist() == [10, 10]
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


def test_a_batch_of_another_map_is_refused_and_counted() -> None:
    bench = Bench()
    bench.registers[:115] = plc.encode(BATCH)
    bench.registers[0] = plc.MAP_VERSION + 1
    bench.silence(5)
    bench.silence(5)
    assert bench.status.acknowledged == 0
    assert bench.program.refused == 1


def test_a_row_whose_place_has_passed_is_counted_and_not_fired() -> None:
    bench = Bench()
    bench.position = 1010
    bench.write(BATCH)
    assert bench.status.late == 1
    assert bench.program.rows["encoder"].tolist() == [1020]


@pytest.mark.parametrize(("position", "late"), [(1000, 0), (1001, 1), (1020, 1), (1021, 2)])
def test_a_row_is_late_from_the_count_after_its_own(position: int, late: int) -> None:
    bench = Bench()
    bench.position = position
    bench.write(BATCH)
    assert bench.status.late == late


def test_the_encoder_latch_follows_the_belt() -> None:
    bench = Bench()
    for position in (12, 2**32 + 7, -1):
        bench.position = position
        bench.silence(1)
        assert bench.status.encoder == position % 2**32


@settings(deadline=None)
@given(start=st.integers(-(2**33), 2**40), ahead=st.integers(-(2**31), 2**31 - 1))
def test_an_encoder_that_wraps_is_unwound_to_the_count_that_is_near(start: int, ahead: int) -> None:
    assert unwrap((start + ahead) % 2**32, start) == start + ahead


@settings(deadline=None)
@given(start=st.integers(-(2**33), 2**40), ahead=st.integers(-5000, 5000))
def test_a_belt_sorts_alike_wherever_its_encoder_is_in_its_round(start: int, ahead: int) -> None:
    outcomes = []
    for origin in (0, start):
        bench = Bench()
        bench.position = origin
        bench.write(replace(BATCH, encoder=(origin + ahead) % 2**32))
        outcomes.append((bench.status.late, (bench.program.rows["encoder"] - origin).tolist()))
    assert outcomes[0] == outcomes[1]


def test_a_silent_line_is_inhibited_within_150_ms_and_takes_nothing() -> None:
    bench = Bench()
    bench.beat()
    bench.silence(149)
    assert not bench.status.inhibit
    bench.silence(1)
    assert bench.status.inhibit
    bench.write(replace(BATCH, heartbeat=bench.heartbeat))
    assert len(bench.program.rows) == 0
    assert bench.program.safe_states == 1


@pytest.mark.parametrize("after_scan_ms", [0.1, 2.5, 4.9])
@pytest.mark.parametrize(("setting", "route"), [("reject", Route.REJECT), ("accept", Route.ACCEPT)])
def test_when_commands_stop_all_goes_the_default_way_within_150_ms_of_the_last_write(
    after_scan_ms: float, setting: str, route: Route
) -> None:
    bench = Bench(scan_ms=5.0, default=Route[setting.upper()])
    for _ in range(50):
        bench.silence(5)
    written_ns = bench.now + round(after_scan_ms * MS)
    bench.beat(5)
    while bench.now < written_ns + 145 * MS:
        bench.silence(5)
    assert bench.routes == [Route.SORT, route]
    assert bench.program.changes["t_ns"][-2] - written_ns <= 150 * MS


def test_a_heartbeat_every_100_ms_is_enough() -> None:
    bench = Bench(scan_ms=5.0)
    for _ in range(20):
        bench.beat(5)
        for _ in range(19):
            bench.silence(5)
    assert bench.program.safe_states == 0


def test_rows_that_wait_when_the_line_dies_never_fire() -> None:
    bench = Bench()
    bench.beat()
    bench.write(replace(BATCH, heartbeat=bench.heartbeat))
    bench.position = 1010
    bench.silence(200)
    assert bench.program.rows["encoder"].tolist() == [1000]
    assert bench.program.dropped == 1


def test_a_batch_of_before_it_was_armed_again_never_fires_though_the_belt_counts_anew() -> None:
    bench = Bench(rearm_s=0.3)
    bench.beat()
    bench.silence(200)
    bench.write(replace(BATCH, heartbeat=bench.heartbeat))
    assert (bench.status.acknowledged, bench.program.dropped) == (BATCH.sequence, 2)
    bench.position = 0
    for _ in range(20):
        bench.beat()
    assert not bench.status.inhibit
    assert (len(bench.program.rows), bench.status.late) == (0, 0)


def test_it_is_armed_again_after_a_time_of_good_heartbeats() -> None:
    bench = Bench(rearm_s=0.3)
    bench.beat()
    bench.silence(200)
    for _ in range(11):
        assert bench.status.inhibit
        bench.beat()
    assert not bench.status.inhibit
    assert bench.routes == [Route.SORT, Route.REJECT, Route.SORT]


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


def test_the_emergency_stop_holds_whatever_the_heartbeat_does() -> None:
    bench = Bench(rearm_s=0.1)
    bench.beat()
    bench.program.disarm()
    for _ in range(100):
        bench.beat()
    assert bench.status.inhibit
    assert bench.routes == [Route.SORT, Route.REJECT]


def test_a_line_that_says_it_has_stopped_is_no_fault() -> None:
    bench = Bench()
    bench.beat(state=State.STOPPED)
    bench.silence(10_000)
    assert not bench.status.inhibit


def test_reject_all_diverts_the_belt_and_is_no_safe_state() -> None:
    bench = Bench()
    bench.beat()
    bench.beat(state=State.REJECT_ALL)
    bench.beat()
    assert bench.routes == [Route.SORT, Route.REJECT, Route.SORT]
    assert (bench.program.safe_states, bench.status.inhibit) == (0, 0)


def test_the_changes_end_with_the_last_scan_so_that_each_has_a_duration() -> None:
    bench = Bench()
    bench.beat()
    bench.silence(200)
    bench.silence(300)
    assert (np.diff(bench.program.changes["t_ns"]) // MS).tolist() == [200, 300]


def test_a_valve_that_stands_open_shows_at_once_and_a_dead_one_when_it_is_used() -> None:
    faults = [ValveFault(valve=5, kind="stuck_open"), ValveFault(valve=127, kind="stuck_closed")]
    bench = Bench(faults=faults)
    bench.beat()
    assert bench.status.valve_faults == 1
    bench.write(BATCH)
    assert bench.status.valve_faults == 2


def test_a_valve_fails_when_the_belt_comes_to_its_count() -> None:
    bench = Bench(faults=[ValveFault(valve=5, kind="stuck_open", from_count=100)])
    for position, faulty in ((99, 0), (100, 1)):
        bench.position = position
        bench.silence(1)
        assert bench.status.valve_faults == faulty


def test_rock_is_fed_while_the_line_sorts_and_neither_calibrates_nor_is_inhibited() -> None:
    bench = Bench()
    for state in (State.STOPPED, State.CALIBRATING, State.STOPPED, State.RUN, State.RUN | State.CALIBRATED):
        bench.beat(state=state)
    bench.position = 80
    bench.beat(state=State.RUN | State.CALIBRATING)
    bench.beat(state=State.RUN)
    bench.silence(150)
    feeds = bench.program.feeds
    assert feeds["on"][:-1].tolist() == [False, True, False, True, False]
    assert feeds["count"][:-1].tolist() == [0, 0, 80, 80, 80]
    assert feeds["t_ns"][-1] == bench.now
