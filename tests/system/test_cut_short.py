"""What becomes of a line when `oreline run` itself is killed."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.system.line import Line, is_alive


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 5.0
    while any(map(is_alive, pids)):
        assert time.monotonic() < deadline, f"still there: {[pid for pid in pids if is_alive(pid)]}"


@pytest.mark.parametrize("frozen", ["acquisition", "log"])
def test_when_the_supervisor_is_killed_all_die_and_the_next_run_finishes_what_it_left(line: Line, frozen: str) -> None:
    run = line.start()
    with run:
        line.wait_for_lines(300)
        pids = [line.pid(name) for name in ("camera", "plant", "log", "conveyor", "inference", "acquisition")]
        os.kill(line.pid(frozen), signal.SIGSTOP)
        time.sleep(0.3)  # Lines pile up in the rings.
        run.kill()
        wait_until_gone(pids)
    committed = line.journalled()
    again = line.start()
    with again:
        output = again.communicate(timeout=150)[0]
    assert again.returncode == 0, output
    assert "the run before was cut short" in output
    assert "it is finished" in output
    (first, _, first_end), (second, _, second_end) = line.runs()
    assert first_end is not None
    assert second_end == 2200
    assert line.covered(first) == list(range(first_end))
    assert line.covered(second) == list(range(second_end))
    assert first_end >= committed
    assert line.report()["unaccounted"] == 0
