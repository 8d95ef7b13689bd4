"""The operator's station beside a line that sorts: whatever becomes of it, stones are sorted on."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.system.line import Line


@pytest.fixture
def watched(line: Line) -> Line:
    """The line, with a station."""
    line.tables["sinks"]["station"] = {"web": {"port": 0}}
    return line


def kill(line: Line, name: str) -> None:
    """Kill a process, and wait until it is gone or another is in its place."""
    before = line.pid(name)
    os.kill(before, signal.SIGKILL)
    while line.process is not None and line.process.poll() is None and line.pid_or_none(name) == before:
        time.sleep(0.01)


def test_a_line_whose_station_cannot_live_goes_on_without_it(watched: Line) -> None:
    watched.tables["line"]["restarts"] = 0
    run = watched.start()
    with run:
        watched.wait_for_lines(300)
        kill(watched, "station")
        output = run.communicate(timeout=60)[0]
    assert run.returncode == 0, output
    assert "station died 1 times in a row, last killed by signal 9" in output
    assert "the line goes on without it" in output
    report = watched.report()
    assert [one["kind"] for one in report["history"] if one["stage"] == "station"] == ["left_out"]
    assert (report["acquired"], report["unaccounted"]) == (2000, 0)
    assert watched.covered() == list(range(2200))


@pytest.mark.alone
@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_station_that_is_killed_or_frozen_at_full_rate_makes_no_stone_late(
    watched: Line, number: signal.Signals
) -> None:
    run = watched.start()
    with run:
        watched.wait_for_lines(300)
        os.kill(watched.pid("station"), number)
        output = run.communicate(timeout=60)[0]
    assert run.returncode == 0, output
    assert "station" in {one["stage"] for one in watched.report()["history"] if one["kind"] == "restarted"}
    sorter = watched.report()["sorter"]
    assert (sorter["commands_late"], sorter["shed"], watched.report()["unaccounted"]) == (0, 0, 0)
