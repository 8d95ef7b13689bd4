from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hwsim.plant import ValveFault, VirtualPlc
from oreline import plc
from oreline.errors import ConfigError, PlcError, StreamError
from oreline.messages import BACKGROUND, INVALID, Flag, Gap, Kind, LabelLine, Reason, StreamInfo
from oreline.testing import RUN, SinkContract, end_of_stream, label_line, stream_info
from sinks.conveyor import Conveyor
from sinks.conveyor.settings import ConveyorSettings
from tests.sinks.conftest import RunningPlc

pytestmark = pytest.mark.alone  # The PLC counts real milliseconds: it is safe when it hears nothing for 150 of them.

Eventually = Callable[[Callable[[], object]], None]
DISTANCE = 5000
SETTINGS: dict[str, Any] = {
    "recipe": {"ore": ["calcite"], "min_fraction": 0.5, "min_pixels": 4},
    "distance_counts": DISTANCE,
    "valves": 32,
    "deadline_ms": 4000,
    "send_ms": 10,
}
STONE = [BACKGROUND] * 4 + [0] * 4 + [BACKGROUND] * 24
BARREN = [BACKGROUND] * 20 + [1] * 4 + [BACKGROUND] * 8
VALVES_OF_STONE = [0b11110000, 0, 0, 0, 0, 0, 0, 0]


class Clock:
    """CLOCK_MONOTONIC, set forward at will."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def __call__(self) -> int:
        return time.monotonic_ns() + self.ahead_ns


class TestConveyorContract(SinkContract):
    sink = Conveyor

    @pytest.fixture
    def options(self, plc_on_loopback: Any) -> dict[str, Any]:
        return SETTINGS | {"port": plc_on_loopback.port}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def conveyor(plc_on_loopback: Any, clock: Clock, tmp_path: Path) -> Conveyor:
    return Conveyor.open(ConveyorSettings(**SETTINGS, port=plc_on_loopback.port), tmp_path, clock)


def belt(*pictures: list[int], first: int = 0) -> list[LabelLine]:
    return [label_line(first + i, labels=labels) for i, labels in enumerate(pictures)]


EMPTY = [BACKGROUND] * 32


def feed(conveyor: Conveyor, *messages: Any) -> None:
    conveyor.consume(list(messages))
    conveyor.commit()


@pytest.fixture
def until(conveyor: Conveyor, eventually: Eventually) -> Eventually:
    """Let the conveyor idle until a condition holds."""

    def poll(condition: Callable[[], object]) -> None:
        def idled() -> object:
            conveyor.idle()
            return condition()

        eventually(idled)

    return poll


def test_an_ore_stone_opens_the_valves_over_it_and_a_barren_one_does_not(
    plc_on_loopback: Any, conveyor: Conveyor
) -> None:
    feed(conveyor, stream_info(), *belt(EMPTY, STONE, STONE, STONE, EMPTY, BARREN, BARREN, EMPTY))
    report = conveyor.close()
    rows = plc_on_loopback.program.rows
    assert rows["encoder"].tolist() == [DISTANCE + 10, DISTANCE + 20, DISTANCE + 30]
    assert rows["valves"].tolist() == [VALVES_OF_STONE] * 3
    assert (report["stones"], report["ejected"], report["commands"], report["late"]) == (2, 1, 3, 0)
    assert report["classes"]["calcite"] == 12
    assert report["classes"]["background"] == 8 * 32 - 12 - 8
    assert report["latency_ms"]["max"] > 0


def test_a_stone_split_over_two_batches_is_one_stone(plc_on_loopback: Any, conveyor: Conveyor) -> None:
    feed(conveyor, stream_info(), *belt(STONE, STONE))
    feed(conveyor, *belt(STONE, EMPTY, first=2))
    report = conveyor.close()
    assert (report["stones"], report["cut"]) == (1, 0)
    assert len(plc_on_loopback.program.rows) == 3


def test_a_long_stone_goes_out_in_batches_of_thirteen_lines(plc_on_loopback: Any, conveyor: Conveyor) -> None:
    feed(conveyor, stream_info(), *belt(*[STONE] * 40, EMPTY))
    conveyor.close()
    rows = plc_on_loopback.program.rows
    assert rows["encoder"].tolist() == [DISTANCE + 10 * i for i in range(40)]
    assert plc_on_loopback.program.batches == 4


def test_rows_keep_their_own_encoder_when_the_belt_changes_speed(plc_on_loopback: Any, conveyor: Conveyor) -> None:
    info = stream_info()
    encoders = [0, 10, 20, 34, 49, 65]
    lines = [label_line(i, info, STONE) for i in range(len(encoders))]
    for line, encoder in zip(lines, encoders, strict=True):
        object.__setattr__(line.stamp, "encoder", encoder)
    feed(conveyor, info, *lines)
    feed(conveyor, end_of_stream(info, 6))
    conveyor.close()
    found = plc_on_loopback.program.rows["encoder"].astype(int) - DISTANCE
    assert len(found) == 6
    assert abs(found - encoders).max() <= info.counts_per_line / 2


def test_a_command_is_never_sent_after_its_deadline(plc_on_loopback: Any, conveyor: Conveyor, clock: Clock) -> None:
    conveyor.consume([stream_info(), *belt(STONE, STONE, EMPTY)])
    clock.ahead_ns += 4_001_000_000
    conveyor.commit()
    report = conveyor.close()
    assert (report["ejected"], report["late"], report["commands"]) == (1, 2, 0)
    assert len(plc_on_loopback.program.rows) == 0


def test_a_line_that_comes_too_late_is_counted_and_cuts_the_stone(conveyor: Conveyor) -> None:
    stale = label_line(2, labels=STONE, t_ns=time.monotonic_ns() - 5_000_000_000)
    feed(conveyor, stream_info(), *belt(STONE, STONE), stale, *belt(STONE, EMPTY, first=3))
    report = conveyor.close()
    assert (report["stale"], report["stones"], report["cut"]) == (1, 2, 1)


def test_an_open_stone_is_decided_when_its_first_line_must_leave(
    plc_on_loopback: Any, conveyor: Conveyor, clock: Clock, until: Eventually
) -> None:
    feed(conveyor, stream_info(), *belt(STONE, STONE))
    assert len(plc_on_loopback.program.rows) == 0
    clock.ahead_ns += 3_991_000_000 - (clock() - time.monotonic_ns())
    conveyor.idle()
    until(lambda: len(plc_on_loopback.program.rows) or conveyor.report()["late"])
    report = conveyor.close()
    assert report["commands"] + report["late"] == 2


def test_a_gap_cuts_the_stone_in_two(conveyor: Conveyor) -> None:
    gap = Gap(RUN, 1, 2, 1, Reason.SHED)
    feed(conveyor, stream_info(), *belt(STONE, STONE), gap, *belt(STONE, EMPTY, first=3))
    report = conveyor.close()
    assert (report["stones"], report["cut"], report["stale"]) == (2, 1, 0)


def test_a_line_without_an_encoder_is_not_fired_at(plc_on_loopback: Any, conveyor: Conveyor) -> None:
    feed(conveyor, stream_info(), label_line(0, labels=STONE, flags=Flag.NO_ENCODER), *belt(EMPTY, first=1))
    assert conveyor.close()["commands"] == 0
    assert len(plc_on_loopback.program.rows) == 0


def test_a_stone_on_a_line_of_doubtful_position_is_counted_and_not_fired_at(
    plc_on_loopback: Any, conveyor: Conveyor
) -> None:
    doubtful = label_line(1, labels=STONE, flags=Flag.ENCODER)
    feed(conveyor, stream_info(), *belt(STONE), doubtful, *belt(STONE, EMPTY, STONE, EMPTY, first=2))
    report = conveyor.close()
    assert (report["stones"], report["ejected"], report["doubtful"], report["cut"]) == (2, 1, 1, 0)
    assert plc_on_loopback.program.rows["encoder"].tolist() == [DISTANCE + 40]


def test_a_line_without_light_opens_nothing_and_ends_the_stones(plc_on_loopback: Any, conveyor: Conveyor) -> None:
    black = label_line(2, labels=[INVALID] * 32, flags=Flag.NO_LIGHT)
    feed(conveyor, stream_info(), *belt(STONE, STONE), black, *belt(STONE, EMPTY, first=3))
    report = conveyor.close()
    assert (report["stones"], report["cut"], report["classes"]["invalid"]) == (2, 1, 32)
    assert plc_on_loopback.program.rows["encoder"].tolist() == [DISTANCE, DISTANCE + 10, DISTANCE + 30]


def test_the_plc_hears_of_a_lamp_that_fades_and_of_lines_in_the_dark(
    plc_on_loopback: Any, conveyor: Conveyor, until: Eventually
) -> None:
    program, sound = plc_on_loopback.program, plc.State.RUN | plc.State.CALIBRATED
    feed(conveyor, stream_info(line_rate_hz=0.1), *belt(EMPTY))
    until(lambda: program.state is sound)
    feed(conveyor, label_line(1, flags=Flag.LAMP))
    until(lambda: program.state is sound | plc.State.LAMP_FAULT)
    feed(conveyor, label_line(2, flags=Flag.LAMP | Flag.NO_LIGHT))
    until(lambda: program.state is sound | plc.State.LAMP_FAULT | plc.State.DEGRADED)
    assert conveyor.close()["commands"] == 0


def test_ten_lines_in_a_row_without_an_answer_make_the_sorter_safe(
    plc_on_loopback: Any, clock: Clock, tmp_path: Path, eventually: Eventually
) -> None:
    program = plc_on_loopback.program
    settings = ConveyorSettings(**SETTINGS, port=plc_on_loopback.port, fail_safe="reject")
    conveyor = Conveyor.open(settings, tmp_path, clock)

    def says(state: plc.State) -> bool:
        conveyor.idle()
        return state in program.state

    feed(conveyor, stream_info(line_rate_hz=0.1), *(label_line(seq, flags=Flag.NO_ANSWER) for seq in range(9)))
    eventually(lambda: says(plc.State.RUN))
    feed(conveyor, label_line(9, flags=Flag.NO_ANSWER))
    eventually(lambda: says(plc.State.REJECT_ALL))
    feed(conveyor, label_line(10))
    eventually(lambda: says(plc.State.RUN))
    assert plc.State.REJECT_ALL not in program.state
    conveyor.close()


def test_commands_are_earlier_by_the_way_of_the_lag(plc_on_loopback: Any, clock: Clock, tmp_path: Path) -> None:
    settings = ConveyorSettings(**SETTINGS, port=plc_on_loopback.port, valve_lag_ms=50)
    conveyor = Conveyor.open(settings, tmp_path, clock)
    start = clock()
    lines = [label_line(i, labels=EMPTY, t_ns=start + 10_000_000 * i) for i in range(40)]
    lines += [label_line(40 + i, labels=STONE, t_ns=start + 10_000_000 * (40 + i)) for i in range(2)]
    untimed = label_line(42, labels=EMPTY, t_ns=start + 411_000_000, flags=Flag.CLOCK)
    feed(conveyor, stream_info(), *lines, untimed)
    conveyor.close()
    assert plc_on_loopback.program.rows["encoder"].tolist() == [DISTANCE + 400 - 50, DISTANCE + 410 - 50]


@pytest.fixture
def sorter_at(clock: Clock, tmp_path: Path) -> Iterator[Callable[[VirtualPlc], Conveyor]]:
    """A conveyor at a PLC of one's own."""
    running: list[RunningPlc] = []

    def start(program: VirtualPlc) -> Conveyor:
        running.append(RunningPlc(program))
        running[-1].start()
        return Conveyor.open(ConveyorSettings(**SETTINGS, port=running[-1].port), tmp_path, clock)

    yield start
    for one in running:
        one.halt()


def test_valves_that_do_not_answer_degrade_the_line_and_raise_an_alarm(
    sorter_at: Callable[[VirtualPlc], Conveyor], eventually: Eventually
) -> None:
    program, sound = VirtualPlc(faults=[ValveFault(valve=5, kind="stuck_closed")]), plc.State.RUN | plc.State.CALIBRATED
    conveyor = sorter_at(program)

    def says(state: plc.State) -> bool:
        conveyor.idle()
        return program.state is state

    feed(conveyor, stream_info(), *belt(EMPTY))
    eventually(lambda: says(sound))
    feed(conveyor, *belt(STONE, EMPTY, first=1))
    eventually(lambda: says(sound | plc.State.DEGRADED))
    assert conveyor.close()["incidents"] == {"valve_fault": 1}


def test_nothing_is_ejected_while_the_plc_counts_the_belt_otherwise_than_the_camera(
    sorter_at: Callable[[VirtualPlc], Conveyor], eventually: Eventually
) -> None:
    counts = [-9000]
    program = VirtualPlc(position=lambda: counts[0])
    conveyor = sorter_at(program)
    seq = [0]

    def goes_on(*pictures: list[int]) -> None:
        feed(conveyor, *belt(*pictures, first=seq[0]))
        seq[0] += len(pictures)

    def says(state: plc.State) -> bool:
        goes_on(EMPTY)
        return program.state & ~plc.State.DEGRADED is state

    feed(conveyor, stream_info())
    eventually(lambda: says(plc.State.STOPPED))
    goes_on(STONE, STONE, EMPTY)
    counts[0] = 0
    eventually(lambda: says(plc.State.RUN | plc.State.CALIBRATED))
    assert (len(program.rows), conveyor.report()["dropped"]) == (0, 2)
    goes_on(STONE, EMPTY)
    eventually(lambda: says(plc.State.RUN | plc.State.CALIBRATED) and len(program.rows))
    report = conveyor.close()
    assert (report["commands"], report["incidents"]) == (1, {"encoder_mismatch": 1})


def test_rows_that_the_plc_found_late_are_in_the_report(
    sorter_at: Callable[[VirtualPlc], Conveyor], clock: Clock
) -> None:
    """Lines are so old that nobody can say where the belt is by now: it has gone further than it should."""
    conveyor = sorter_at(VirtualPlc(position=lambda: DISTANCE + 15))
    pictures, exposed = (EMPTY, STONE, STONE, STONE, EMPTY), clock() - 300_000_000
    feed(conveyor, stream_info(), *(label_line(i, labels=seen, t_ns=exposed) for i, seen in enumerate(pictures)))
    report = conveyor.close()
    assert (report["plc_late"], report["late"], report["commands"]) == (1, 0, 3)


def test_labels_are_taken_and_counted_while_the_plc_is_away(
    plc_on_loopback: Any, conveyor: Conveyor, until: Eventually
) -> None:
    feed(conveyor, stream_info(), *belt(EMPTY))
    plc_on_loopback.halt()
    until(lambda: conveyor.report()["outages"])
    feed(conveyor, *belt(STONE, STONE, EMPTY, first=1))
    report = conveyor.close()
    assert (report["stones"], report["ejected"], report["commands"]) == (1, 1, 0)
    assert (report["outages"], report["incidents"]) == (1, {"plc_lost": 1})


def test_no_plc_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(PlcError, match="does not answer"):
            Conveyor.open(ConveyorSettings(**SETTINGS, port=taken.getsockname()[1]), tmp_path)


def test_a_recipe_for_other_classes_is_refused(conveyor: Conveyor) -> None:
    info: StreamInfo = stream_info(classes=stream_info().classes[1:])
    with pytest.raises(ConfigError, match="calcite"):
        conveyor.consume([info])
    conveyor.close()


def test_a_camera_that_says_its_temperature_cuts_no_stone(conveyor: Conveyor) -> None:
    warmer = stream_info(seq=3, temperature_c=31.0)
    feed(conveyor, stream_info(), *belt(EMPTY, STONE, STONE), warmer, *belt(STONE, EMPTY, first=3))
    assert conveyor.close()["stones"] == 1


def test_a_line_before_its_stream_info_is_refused(conveyor: Conveyor) -> None:
    with pytest.raises(StreamError, match="StreamInfo"):
        conveyor.consume([label_line(0)])
    conveyor.close()


def test_the_plc_hears_the_heartbeat_while_no_lines_come(
    plc_on_loopback: Any, conveyor: Conveyor, until: Eventually
) -> None:
    program = plc_on_loopback.program
    feed(conveyor, stream_info(line_rate_hz=0.1), *belt(EMPTY))
    until(lambda: program.state is plc.State.RUN | plc.State.CALIBRATED)
    first = program.heard
    until(lambda: program.heard > first + 5)
    assert program.safe_states == 0
    conveyor.close()


def test_the_plc_hears_that_the_line_calibrates_until_a_scene_is_announced(
    plc_on_loopback: Any, conveyor: Conveyor, until: Eventually
) -> None:
    program, info = plc_on_loopback.program, stream_info(line_rate_hz=0.1)
    for kind in (Kind.DARK, Kind.WHITE):
        feed(conveyor, replace(info, kind=kind))
        until(lambda: program.state is plc.State.CALIBRATING)
    feed(conveyor, info)
    until(lambda: program.state is plc.State.STOPPED)
    feed(conveyor, *belt(EMPTY))
    until(lambda: program.state is plc.State.RUN | plc.State.CALIBRATED)
    conveyor.close()


def test_a_dark_that_is_asked_for_is_heard_of_and_ejects_what_was_seen_before_it(
    plc_on_loopback: Any, conveyor: Conveyor, until: Eventually
) -> None:
    program, info = plc_on_loopback.program, stream_info(line_rate_hz=0.1)
    feed(conveyor, info, *belt(STONE, EMPTY), replace(info, seq=2, kind=Kind.DARK))
    until(lambda: plc.State.CALIBRATING in program.state)
    until(lambda: len(program.rows) == 1)
    feed(conveyor, replace(info, seq=9), *belt(EMPTY, first=9))
    until(lambda: plc.State.RUN in program.state and plc.State.CALIBRATING not in program.state)
    assert conveyor.close()["ejected"] == 1


def test_silence_of_three_lines_and_50_ms_rejects_all_where_the_site_wants_it_and_closing_stops_the_run(
    plc_on_loopback: Any, clock: Clock, tmp_path: Path, eventually: Eventually
) -> None:
    program = plc_on_loopback.program
    settings = ConveyorSettings(**SETTINGS, port=plc_on_loopback.port, fail_safe="reject")
    conveyor = Conveyor.open(settings, tmp_path, clock)

    def says(state: plc.State) -> bool:
        conveyor.idle()
        return state in program.state

    feed(conveyor, stream_info(), *belt(EMPTY))
    eventually(lambda: says(plc.State.RUN))
    clock.ahead_ns += 80_000_000
    eventually(lambda: says(plc.State.REJECT_ALL))
    conveyor.close()
    eventually(lambda: program.state is plc.State.STOPPED)
    assert (program.safe_states, program.inhibited) == (0, False)


def test_a_plc_that_goes_away_and_comes_back_is_sent_what_is_still_in_time(
    plc_on_loopback: Any, conveyor: Conveyor, clock: Clock, until: Eventually
) -> None:
    feed(conveyor, stream_info(), *belt(EMPTY))
    plc_on_loopback.halt()
    until(lambda: conveyor.report()["outages"])
    feed(conveyor, *belt(STONE, EMPTY, first=1))
    clock.ahead_ns += 4_001_000_000
    late = [label_line(seq, labels=labels, t_ns=clock()) for seq, labels in ((3, STONE), (4, STONE), (5, EMPTY))]
    feed(conveyor, *late)
    plc_on_loopback.start()
    until(lambda: conveyor.report()["commands"] == 2 or conveyor.report()["late"] > 1)
    report = conveyor.close()
    assert (report["late"], report["commands"]) == (1, 2)
    assert plc_on_loopback.program.rows["encoder"].tolist() == [DISTANCE + 30, DISTANCE + 40]


def test_rows_wait_while_the_plc_is_inhibited_and_go_when_it_is_armed(
    plc_on_loopback: Any, conveyor: Conveyor, until: Eventually
) -> None:
    program = plc_on_loopback.program
    feed(conveyor, stream_info(), *belt(EMPTY))
    program.disarm()
    until(lambda: conveyor.status.inhibit)
    feed(conveyor, *belt(STONE, EMPTY, first=1))
    assert len(program.rows) == 0
    program.rearm()
    until(lambda: len(program.rows) == 1)
    assert conveyor.close()["commands"] == 1
