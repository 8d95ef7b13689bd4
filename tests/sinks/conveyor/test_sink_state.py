"""What the PLC hears of the line, and what it keeps from being ejected; its own clock stands still."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hwsim.plant import VirtualPlc
from oreline import plc
from oreline.errors import PlcError
from oreline.messages import Flag, Kind
from oreline.testing import label_line, stream_info
from sinks.conveyor import Conveyor
from tests.sinks.conftest import Eventually, standing_still
from tests.sinks.conveyor.belts import DISTANCE, EMPTY, STONE, Clock, belt, feed, settings


@pytest.mark.parametrize("wanted", [{"fail_safe": "reject"}])
def test_ten_lines_in_a_row_without_an_answer_make_the_sorter_safe(
    program: VirtualPlc, conveyor: Conveyor, until: Eventually
) -> None:
    feed(conveyor, stream_info(line_rate_hz=0.1), *(label_line(seq, flags=Flag.NO_ANSWER) for seq in range(9)))
    until(lambda: plc.State.RUN in program.state)
    feed(conveyor, label_line(9, flags=Flag.NO_ANSWER))
    until(lambda: plc.State.REJECT_ALL in program.state)
    feed(conveyor, label_line(10))
    until(lambda: plc.State.RUN in program.state)
    assert plc.State.REJECT_ALL not in program.state
    conveyor.close()


def test_the_plc_hears_that_the_line_calibrates_until_a_scene_is_announced(
    program: VirtualPlc, conveyor: Conveyor, until: Eventually
) -> None:
    info = stream_info(line_rate_hz=0.1)
    for kind in (Kind.DARK, Kind.WHITE):
        feed(conveyor, replace(info, kind=kind))
        until(lambda: program.state is plc.State.CALIBRATING)
    feed(conveyor, info)
    until(lambda: program.state is plc.State.STOPPED)
    feed(conveyor, *belt(EMPTY))
    until(lambda: program.state is plc.State.RUN | plc.State.CALIBRATED)
    conveyor.close()


def test_a_dark_that_is_asked_for_is_heard_of_and_ejects_what_was_seen_before_it(
    program: VirtualPlc, conveyor: Conveyor, until: Eventually
) -> None:
    info = stream_info(line_rate_hz=0.1)
    feed(conveyor, info, *belt(STONE, EMPTY), replace(info, seq=2, kind=Kind.DARK))
    until(lambda: plc.State.CALIBRATING in program.state)
    until(lambda: len(program.rows) == 1)
    feed(conveyor, replace(info, seq=9), *belt(EMPTY, first=9))
    until(lambda: plc.State.RUN in program.state and plc.State.CALIBRATING not in program.state)
    assert conveyor.close()["ejected"] == 1


def test_rows_wait_while_the_plc_is_inhibited_and_go_when_it_is_armed(
    program: VirtualPlc, conveyor: Conveyor, until: Eventually
) -> None:
    feed(conveyor, stream_info(), *belt(EMPTY))
    program.disarm()
    until(lambda: conveyor.status.inhibit)
    feed(conveyor, *belt(STONE, EMPTY, first=1))
    assert len(program.rows) == 0
    program.rearm()
    until(lambda: len(program.rows) == 1)
    assert conveyor.close()["commands"] == 1


def test_rows_that_the_plc_found_late_are_in_the_report(
    sorter_at: Callable[[VirtualPlc], Conveyor], clock: Clock
) -> None:
    """Lines are so old that nobody can say where the belt is by now: it has gone further than it should."""
    conveyor = sorter_at(VirtualPlc(position=lambda: DISTANCE + 15, clock=standing_still))
    pictures, exposed = (EMPTY, STONE, STONE, STONE, EMPTY), clock() - 300_000_000
    feed(conveyor, stream_info(), *(label_line(i, labels=seen, t_ns=exposed) for i, seen in enumerate(pictures)))
    report = conveyor.close()
    assert (report["plc_late"], report["late"], report["commands"]) == (1, 0, 3)


def test_no_plc_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(PlcError, match="does not answer"):
            Conveyor.open(settings(port=taken.getsockname()[1]), tmp_path)
