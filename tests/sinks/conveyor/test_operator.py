"""An operator holds the sorter, lets it go on and has its valves tested, by orders in the line's folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from hwsim.plant import ValveFault, VirtualPlc
from oreline import plc
from oreline.config import SORTED, SORTING, Config
from oreline.orders import OrderFile
from oreline.sorting import Sorting, TestState
from oreline.testing import stream_info
from sinks.conveyor import Conveyor
from tests.sinks.conftest import Eventually, idling
from tests.sinks.conveyor.belts import EMPTY, STONE, Clock, belt, feed

SLOW = stream_info(line_rate_hz=0.1)
"""Lines that are silent for long before that is said."""


class Line:
    """A conveyor on its line, and who gives it orders."""

    def __init__(self, conveyor: Conveyor, folder: Path, until: Eventually) -> None:
        self.conveyor, self.until = conveyor, until
        self.orders, self.answers = OrderFile(folder / SORTING), OrderFile(folder / SORTED)
        config = Config({"line": {"state": str(folder), "output": str(folder / "out")}})
        conveyor.join(config)

    @property
    def said(self) -> Sorting:
        return Sorting.of(self.answers.read())

    def order(self, *, held: bool, **test: Any) -> None:
        self.orders.write({"held": held, "test": test or None})
        self.until(lambda: self.said.held == held)

    def test(self, **test: Any) -> Sorting:
        self.order(held=True, id="one", **test)
        self.until(lambda: self.said.test.order.id == "one" and self.said.test.words)
        return self.said


@pytest.fixture
def program() -> VirtualPlc:
    return VirtualPlc(clock=ticking())


def ticking() -> Callable[[], int]:
    """Time of a PLC that goes on by its scans, slower than it is."""
    ns = count(10**12, 100_000)
    return lambda: next(ns)


@pytest.fixture
def line(conveyor: Conveyor, tmp_path: Path, until: Eventually) -> Iterator[Line]:
    yield Line(conveyor, tmp_path, until)
    conveyor.close()


def fired(program: VirtualPlc) -> list[int]:
    return program.rows["encoder"].tolist()


def opened(program: VirtualPlc) -> list[int]:
    bitmaps = (int.from_bytes(row["valves"].tobytes(), "little") for row in program.tested)
    return [bitmap.bit_length() - 1 for bitmap in bitmaps]


def test_held_no_valve_opens_and_the_plc_feeds_no_rock_and_stones_count_as_held(
    line: Line, program: VirtualPlc
) -> None:
    feed(line.conveyor, SLOW, *belt(EMPTY))
    line.until(lambda: plc.State.RUN in program.state)
    line.order(held=True)
    line.until(lambda: plc.State.REJECT_ALL in program.state and plc.State.RUN not in program.state)
    assert not program.feeds["on"][-1]
    feed(line.conveyor, *belt(STONE, STONE, EMPTY, STONE, EMPTY, first=1))
    report = line.conveyor.close()
    assert (report["stones"], report["held"], report["ejected"], report["commands"]) == (2, 2, 0, 0)
    assert fired(program) == []


def test_a_sorter_that_nobody_asks_for_anything_does_nothing_else(
    conveyor: Conveyor, program: VirtualPlc, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(conveyor, SLOW, *belt(STONE, EMPTY))
    assert (conveyor.close()["ejected"], len(program.tested)) == (1, 0)
    assert capsys.readouterr().err == ""


def test_sorting_goes_on_with_the_next_stone_and_not_with_one_that_is_half_seen(
    line: Line, program: VirtualPlc
) -> None:
    line.order(held=True)
    feed(line.conveyor, SLOW, *belt(EMPTY, STONE, STONE))
    line.order(held=False)
    feed(line.conveyor, *belt(STONE, STONE, EMPTY, STONE, EMPTY, first=3))
    line.until(lambda: plc.State.RUN in program.state and plc.State.REJECT_ALL not in program.state)
    report = line.conveyor.close()
    assert (report["stones"], report["held"], report["ejected"]) == (2, 1, 1)
    assert fired(program) == [5000 + 60]


def test_a_stone_that_a_held_one_meets_is_not_ejected(line: Line, program: VirtualPlc) -> None:
    """A fork: one of its prongs was seen while the sorter was held, and the larger part afterwards."""
    far = [*EMPTY[:12], *[0] * 12, *EMPTY[24:]]
    both = [*EMPTY[:4], *[0] * 20, *EMPTY[24:]]
    line.order(held=True)
    feed(line.conveyor, SLOW, *belt(EMPTY, STONE))
    line.order(held=False)
    apart = [a if a == 0 else b for a, b in zip(STONE, far, strict=True)]
    feed(line.conveyor, *belt(apart, both, EMPTY, first=2))
    report = line.conveyor.close()
    assert (report["stones"], report["held"], len(fired(program))) == (1, 1, 0)


def test_rows_that_wait_when_the_sorter_is_held_are_dropped_and_counted(line: Line, program: VirtualPlc) -> None:
    feed(line.conveyor, SLOW, *belt(EMPTY))
    program.disarm()
    line.until(lambda: line.conveyor.status.inhibit)
    feed(line.conveyor, *belt(STONE, STONE, EMPTY, first=1))
    line.order(held=True)
    line.until(lambda: line.conveyor.report()["dropped"] == 2)
    program.rearm()
    line.order(held=False)
    line.until(lambda: plc.State.RUN in program.state)
    assert line.conveyor.close()["commands"] == len(fired(program)) == 0


def test_a_stone_that_is_open_when_the_sorter_is_held_is_not_ejected(line: Line, program: VirtualPlc) -> None:
    feed(line.conveyor, SLOW, *belt(EMPTY, STONE, STONE))
    line.order(held=True)
    feed(line.conveyor, *belt(EMPTY, first=3))
    report = line.conveyor.close()
    assert (report["stones"], report["held"], report["ejected"], len(fired(program))) == (1, 1, 0, 0)


def test_a_held_sorter_that_is_started_again_comes_back_held(
    line: Line, program: VirtualPlc, sorter_at: Callable[[VirtualPlc], Conveyor], tmp_path: Path, eventually: Eventually
) -> None:
    line.order(held=True)
    again = sorter_at(program)
    other = Line(again, tmp_path, idling(again, eventually))
    assert other.said.held
    feed(again, SLOW, *belt(STONE, EMPTY))
    assert again.close()["held"] == 1
    line.conveyor.close()


@pytest.mark.parametrize("wanted", [{"held_at_start": True}])
def test_a_sorter_that_begins_held_waits_to_be_told(line: Line, program: VirtualPlc) -> None:
    assert line.said.held
    feed(line.conveyor, SLOW, *belt(STONE, EMPTY))
    line.order(held=False)
    feed(line.conveyor, *belt(STONE, EMPTY, first=2))
    report = line.conveyor.close()
    assert (report["held"], report["ejected"], len(fired(program))) == (1, 1, 1)


@pytest.mark.parametrize(
    "order",
    ['{"held": "yes"}', '{"hold": true}', '{"held": true, "test": {"valves": [200]}}', "[]", '{"test": {"ms": 0}}'],
)
def test_an_order_that_makes_no_sense_is_said_and_leaves_what_is_in_force(
    order: str, line: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    line.order(held=True)
    line.orders.path.with_suffix(".new").write_text(order)
    line.orders.path.with_suffix(".new").chmod(0o600)
    line.orders.path.with_suffix(".new").replace(line.orders.path)
    line.until(lambda: "is not followed" in capsys.readouterr().err)
    assert line.said.held
    line.order(held=False)


def test_valves_open_in_order_and_count_for_nothing_else(line: Line, program: VirtualPlc, clock: Clock) -> None:
    feed(line.conveyor, SLOW, *belt(STONE, EMPTY))
    line.until(lambda: line.conveyor.report()["commands"] == 1)
    line.order(held=True)
    clock.ahead_ns += 1_100_000_000
    said = line.test(ms=1)
    assert said.test.state is TestState.DONE
    assert said.test.words == f"valves {', '.join(map(str, range(32)))} opened in this order, 1 ms each"
    assert opened(program) == list(range(32))
    line.order(held=False)
    feed(line.conveyor, *belt(STONE, EMPTY, first=2))
    report = line.conveyor.close()
    assert (report["commands"], report["late"], report["dropped"], report["plc_late"]) == (2, 0, 0, 0)
    assert fired(program) == [5000, 5020]
    shots = [1, 1, 1, 1, 3, 3, 3, 3, *[1] * 24]
    assert report["valve_shots"] == shots


def test_named_valves_open_in_the_order_that_they_are_named(line: Line, program: VirtualPlc) -> None:
    assert line.test(valves=[9, 3, 31], ms=2).test.state is TestState.DONE
    assert opened(program) == [9, 3, 31]
    assert program.tested["ms"].tolist() == [2, 2, 2]
    line.conveyor.close()


def test_a_test_is_refused_unless_the_sorter_is_held_and_no_ore_runs(
    line: Line, program: VirtualPlc, clock: Clock
) -> None:
    line.orders.write({"held": False, "test": {"id": "a"}})
    line.until(lambda: line.said.test.state is TestState.REFUSED)
    assert "hold it" in line.said.test.words
    feed(line.conveyor, SLOW, *belt(STONE, EMPTY))
    assert "stones are on the belt" in line.test().test.words
    clock.ahead_ns += 1_100_000_000
    line.orders.write({"held": True, "test": {"id": "b", "valves": [32]}})
    line.until(lambda: line.said.test.order.id == "b" and line.said.test.words)
    assert line.said.test.words == "the bank has valves 0 to 31, and no 32"
    line.conveyor.close()
    assert len(program.tested) == 0


def test_a_test_ends_when_the_sorter_is_to_go_on(line: Line, program: VirtualPlc) -> None:
    line.order(held=True, id="one", ms=1000)
    line.until(lambda: len(program.tested) == 1)
    line.order(held=False)
    line.until(lambda: line.said.test.state is TestState.STOPPED)
    assert "told to go on" in line.said.test.words
    feed(line.conveyor, SLOW, *belt(STONE, EMPTY))
    report = line.conveyor.close()
    assert (report["commands"], fired(program), opened(program)) == (1, [5000], [0])


def test_a_test_ends_when_stones_come(line: Line, program: VirtualPlc) -> None:
    feed(line.conveyor, SLOW, *belt(EMPTY))
    line.order(held=True, id="one", ms=1000)
    line.until(lambda: len(program.tested) == 1)
    feed(line.conveyor, *belt(STONE, EMPTY, first=1))
    line.until(lambda: line.said.test.words)
    assert "stones came" in line.said.test.words
    report = line.conveyor.close()
    assert (report["held"], report["dropped"], fired(program)) == (1, 0, [])


def test_a_line_that_ends_in_a_test_ends_it(line: Line, program: VirtualPlc) -> None:
    line.order(held=True, id="one", ms=1000)
    line.until(lambda: len(program.tested) == 1)
    line.conveyor.close()
    assert (line.said.test.state, line.said.test.words) == (TestState.STOPPED, "the line has ended")


def test_a_test_is_not_begun_again_by_a_sorter_that_is_started_again(
    line: Line, program: VirtualPlc, sorter_at: Callable[[VirtualPlc], Conveyor], tmp_path: Path, eventually: Eventually
) -> None:
    line.order(held=True, id="one", ms=1000)
    line.until(lambda: line.said.test.state is TestState.RUNNING)
    other = VirtualPlc(clock=lambda: 0)
    again = sorter_at(other)
    begun_again = Line(again, tmp_path, idling(again, eventually))
    assert (begun_again.said.test.state, begun_again.said.held) == (TestState.STOPPED, True)
    for _ in range(3):
        again.idle()
    assert len(other.tested) == 0
    again.close()
    line.conveyor.close()


def test_a_plc_of_map_1_is_asked_for_no_test(
    sorter_at: Callable[[VirtualPlc], Conveyor], tmp_path: Path, eventually: Eventually
) -> None:
    program = VirtualPlc(clock=lambda: 0, version=1)
    conveyor = sorter_at(program)
    line = Line(conveyor, tmp_path, idling(conveyor, eventually))
    said = line.test()
    assert (said.test.state, program.refused) == (TestState.REFUSED, 0)
    assert "register map 2" in said.test.words
    conveyor.close()


def test_a_valve_that_does_not_answer_is_named_after_its_test(
    sorter_at: Callable[[VirtualPlc], Conveyor],
    tmp_path: Path,
    eventually: Eventually,
    capsys: pytest.CaptureFixture[str],
) -> None:
    program = VirtualPlc(clock=ticking(), faults=[ValveFault(valve=7, kind="stuck_closed")])
    conveyor = sorter_at(program)
    line = Line(conveyor, tmp_path, idling(conveyor, eventually))
    line.test(ms=1)
    line.until(lambda: conveyor.status.faulty == 1 << 7)
    assert "valve 7 did not do as told" in capsys.readouterr().err
    assert json.loads(line.answers.path.read_text())["test"]["state"] == "done"
    conveyor.close()
