"""The PLC opens valves in order when it is told to test them, and counts that with nothing else."""

from __future__ import annotations

from dataclasses import replace

from hwsim.plant import ValveFault
from oreline.plc import Batch, State
from tests.hwsim.bench import Bench

PATTERN = Batch(1, 0, 20, tuple(1 << valve for valve in range(5)), State.TEST, test=True)


def opened(bench: Bench) -> list[int]:
    return [int.from_bytes(row["valves"].tobytes(), "little").bit_length() - 1 for row in bench.program.tested]


def test_valves_open_one_after_the_other_though_the_belt_stands() -> None:
    bench = Bench()
    bench.write(PATTERN)
    for n in range(1, 5):
        assert opened(bench) == list(range(n))
        bench.beat(19, State.TEST)
        assert opened(bench) == list(range(n))
        bench.beat(1, State.TEST)
    assert bench.status.acknowledged == 0
    bench.beat(20, State.TEST)
    assert bench.status.acknowledged == 1
    assert opened(bench) == [0, 1, 2, 3, 4]
    assert (len(bench.program.rows), bench.program.batches, bench.status.late) == (0, 0, 0)
    assert bench.program.summary()["tested"] == 5


def test_a_test_that_is_not_said_any_more_ends_and_is_never_taken_for_stones() -> None:
    bench = Bench()
    bench.write(PATTERN)
    bench.beat(1, State.STOPPED)
    assert bench.status.acknowledged == 1
    bench.beat(200, State.RUN)
    assert (opened(bench), len(bench.program.rows)) == ([0], 0)
    bench.write(replace(PATTERN, sequence=2, state=State.RUN))
    assert bench.status.acknowledged == 2
    assert (opened(bench), len(bench.program.rows)) == ([0], 0)


def test_a_sorter_that_dies_in_a_test_leaves_no_valve_to_open() -> None:
    bench = Bench()
    bench.write(PATTERN)
    bench.silence(150)
    assert bench.status.inhibit == 1
    assert opened(bench) == [0]


def test_a_valve_that_does_not_open_is_named_by_its_test() -> None:
    bench = Bench(faults=[ValveFault(valve=3, kind="stuck_closed")])
    bench.silence(1)
    assert bench.status.faulty == 0
    bench.write(PATTERN)
    assert (bench.status.faulty, bench.status.valve_faults) == (1 << 3, 1)


def test_a_plc_of_map_1_says_as_much_as_it_ever_did_and_takes_no_test() -> None:
    bench = Bench(faults=[ValveFault(valve=3, kind="stuck_open")], version=1)
    bench.registers[207:] = [0] * 9
    bench.silence(1)
    assert bench.registers[205] == 1
    assert bench.registers[207:] == [0] * 9
    bench.write(replace(PATTERN, version=1))
    assert (len(bench.program.tested), bench.program.refused) == (0, 1)
