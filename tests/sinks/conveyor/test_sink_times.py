"""What is judged by real time: who hears nothing for 150 ms is safe, or takes the other for lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hwsim.plant import ValveFault, VirtualPlc
from oreline import plc
from oreline.messages import Flag
from oreline.testing import label_line, stream_info
from sinks.conveyor import Conveyor
from tests.sinks.conftest import Eventually, RunningPlc
from tests.sinks.conveyor.belts import DISTANCE, EMPTY, STONE, Clock, belt, feed

pytestmark = pytest.mark.alone


@pytest.fixture
def program() -> VirtualPlc:
    """One whose clock is the real one."""
    return VirtualPlc()


def test_the_plc_hears_the_heartbeat_while_no_lines_come(
    program: VirtualPlc, conveyor: Conveyor, until: Eventually
) -> None:
    feed(conveyor, stream_info(line_rate_hz=0.1), *belt(EMPTY))
    until(lambda: program.state is plc.State.RUN | plc.State.CALIBRATED)
    first = program.heartbeat
    until(lambda: program.heartbeat > first + 5)
    assert program.safe_states == 0
    conveyor.close()


@pytest.mark.parametrize("wanted", [{"fail_safe": "reject"}])
def test_silence_of_three_lines_and_50_ms_rejects_all_where_the_site_wants_it_and_closing_stops_the_run(
    program: VirtualPlc, conveyor: Conveyor, clock: Clock, until: Eventually, eventually: Eventually
) -> None:
    feed(conveyor, stream_info(), *belt(EMPTY))
    until(lambda: plc.State.RUN in program.state)
    clock.ahead_ns += 80_000_000
    until(lambda: plc.State.REJECT_ALL in program.state)
    conveyor.close()
    eventually(lambda: program.state is plc.State.STOPPED)
    assert (program.safe_states, program.inhibited) == (0, False)


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


def test_labels_are_taken_and_counted_while_the_plc_is_away(
    plc_on_loopback: RunningPlc, conveyor: Conveyor, until: Eventually
) -> None:
    feed(conveyor, stream_info(), *belt(EMPTY))
    plc_on_loopback.halt()
    until(lambda: conveyor.report()["outages"])
    feed(conveyor, *belt(STONE, STONE, EMPTY, first=1))
    report = conveyor.close()
    assert (report["stones"], report["ejected"], report["commands"]) == (1, 1, 0)
    assert (report["outages"], report["incidents"]) == (1, {"plc_lost": 1})


def test_a_plc_that_goes_away_and_comes_back_is_sent_what_is_still_in_time(
    program: VirtualPlc, plc_on_loopback: RunningPlc, conveyor: Conveyor, clock: Clock, until: Eventually
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
    assert program.rows["encoder"].tolist() == [DISTANCE + 30, DISTANCE + 40]


def test_the_plc_hears_of_a_lamp_that_fades_and_of_lines_in_the_dark(
    program: VirtualPlc, conveyor: Conveyor, until: Eventually
) -> None:
    sound = plc.State.RUN | plc.State.CALIBRATED
    feed(conveyor, stream_info(line_rate_hz=0.1), *belt(EMPTY))
    until(lambda: program.state is sound)
    feed(conveyor, label_line(1, flags=Flag.LAMP))
    until(lambda: program.state is sound | plc.State.LAMP_FAULT)
    feed(conveyor, label_line(2, flags=Flag.LAMP | Flag.NO_LIGHT))
    until(lambda: program.state is sound | plc.State.LAMP_FAULT | plc.State.DEGRADED)
    assert conveyor.close()["commands"] == 0
