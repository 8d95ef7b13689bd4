"""What `oreline run` does when a process freezes, or dies over and over."""

from __future__ import annotations

import os
import signal
import time

import pytest

from oreline.messages import EndOfStream
from oreline.ring import RingReader
from oreline.wire import decode
from tests.faults.proxy import Proxy
from tests.system.line import Line, is_alive


@pytest.mark.long
@pytest.mark.parametrize("victim", ["inference", "log"])
def test_a_frozen_stage_is_killed_by_the_watchdog_and_nothing_is_lost_or_doubled(line: Line, victim: str) -> None:
    run = line.start()
    with run:
        line.wait_for_lines(300)
        frozen = line.pid(victim)
        os.kill(frozen, signal.SIGSTOP)
        output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    assert not is_alive(frozen)
    assert f"{victim} has shown no progress for 2 s: killed" in output
    assert [one["stage"] for one in line.report()["history"] if one["kind"] == "restarted"] == [victim]
    assert (line.report()["acquired"], line.report()["unaccounted"]) == (2000, 0)
    assert line.covered() == list(range(2200))


def test_a_process_that_cannot_live_ends_the_line_loudly_and_the_rest_in_order(line: Line) -> None:
    line.tables["line"]["restarts"] = 2
    line.tables["acquisition"]["steps"][-1].pop("lines")
    line.tables["simulator"]["loop"] = True
    run = line.start()
    with run:
        line.wait_for_lines(300)
        for _ in range(3):
            before = line.pid("conveyor")
            os.kill(before, signal.SIGKILL)
            while run.poll() is None and line.pid_or_none("conveyor") in (None, before):
                time.sleep(0.01)
        output = run.communicate(timeout=30)[0]
    assert run.returncode == 70, output
    assert "conveyor died 3 times in a row, last killed by signal 9: the line gives up" in output
    ((run_id, _, end),) = line.runs()
    assert end is not None
    assert line.covered(run_id) == list(range(end))


@pytest.mark.long
def test_a_sorter_that_is_started_again_while_its_plc_is_away_is_waited_for(line: Line) -> None:
    proxy = Proxy(line.tables["plant"]["port"])
    line.tables["sinks"]["conveyor"]["port"] = proxy.port
    line.tables["line"]["restarts"] = 1
    line.tables["acquisition"]["steps"][-1].pop("lines")
    line.tables["simulator"]["loop"] = True
    run = line.start()
    with run:
        line.wait_for_lines(300)
        proxy.cut()
        os.kill(line.pid("conveyor"), signal.SIGKILL)
        line.wait_for_lines(300 + 5 * 450)
        proxy.heal()
        before = line.journalled()
        line.wait_for_lines(before + 3 * 450)
        run.send_signal(signal.SIGTERM)
        output = run.communicate(timeout=60)[0]
    proxy.close()
    assert run.returncode == 0, output
    assert "conveyor was ended with exit code 50: started again" in output
    assert line.report()["sorter"]["acquired"] > 450


def wait_for_the_end_of_raw_lines(line: Line) -> None:
    """The first signal has done its work when acquisition has ended its stream."""
    ring, deadline = RingReader(line.folder / "state" / "raw.ring"), time.monotonic() + 60
    while not ((frames := ring.read(ring.head - 1)) and isinstance(decode(frames), EndOfStream)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.alone
def test_a_second_signal_ends_the_line_at_once(line: Line) -> None:
    line.tables["acquisition"]["steps"][-1].pop("lines")
    line.tables["simulator"]["loop"] = True
    run = line.start()
    with run:
        line.wait_for_lines(300)
        os.kill(line.pid("inference"), signal.SIGSTOP)  # The drain cannot end by itself.
        run.send_signal(signal.SIGTERM)
        wait_for_the_end_of_raw_lines(line)
        run.send_signal(signal.SIGTERM)
        signalled = time.monotonic()
        output = run.communicate(timeout=30)[0]
    assert time.monotonic() - signalled < 5.0  # DRAIN_S, which the first one would have waited for.
    assert run.returncode == 70, output
    assert "stopped at once, as asked" in output
