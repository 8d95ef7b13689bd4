"""Processes that are killed or told to stop in the middle of a run, and a recording that ends: no line is missing."""

from __future__ import annotations

import os
import signal

import pytest

from tests.system.line import Line


@pytest.mark.parametrize("victim", ["inference", pytest.param("log", marks=pytest.mark.long)])
def test_a_stage_killed_in_the_middle_is_started_again_and_nothing_is_lost_or_doubled(line: Line, victim: str) -> None:
    run = line.start()
    with run:
        line.wait_for_lines(300)
        os.kill(line.pid(victim), signal.SIGKILL)
        output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    assert f"{victim} was killed by signal 9: started again" in output
    report = line.report()
    assert (report["acquired"], report["unaccounted"]) == (2000, 0)
    assert line.covered() == list(range(2200))


LONG = [pytest.param(number, marks=pytest.mark.long) for number in (signal.SIGTERM, signal.SIGHUP)]


@pytest.mark.parametrize("number", [signal.SIGINT, *LONG])
def test_a_signal_ends_the_run_in_order_with_the_journal_complete(line: Line, number: int) -> None:
    line.tables["acquisition"]["steps"][-1].pop("lines")
    line.tables["simulator"]["loop"] = True
    run = line.start()
    with run:
        line.wait_for_lines(300)
        run.send_signal(number)
        output = run.communicate(timeout=60)[0]
    assert run.returncode == 0, output
    report = line.report()
    assert report["acquired"] == report["labelled"] + report["lost"] >= 300
    assert report["unaccounted"] == 0
    assert line.covered() == list(range(report["acquired"] + 200))


@pytest.mark.long
def test_the_end_of_a_recording_ends_the_run_in_order(line: Line) -> None:
    line.tables["acquisition"]["steps"][-1].pop("lines")
    run = line.start()
    with run:
        output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    report = line.report()
    assert (report["acquired"], report["unaccounted"]) == (2000, 0)
    assert "camera lost" not in output
    assert line.covered() == list(range(2200))
