"""What `oreline run` does when a process freezes, dies over and over, or when it is killed itself."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from tests.faults.proxy import Proxy
from tests.system.line import Line
from tests.system.test_faults import covered_once


def runs(line: Line) -> list[tuple[bytes, int, int | None]]:
    """Of each run in the journal: its id, the number that it expected next, and where its stream ended."""
    with sqlite3.connect(line.output / "journal.sqlite") as db:
        found = db.execute("SELECT run, next, end FROM runs ORDER BY rowid").fetchall()
    db.close()
    return found


def covered(line: Line, run: bytes) -> list[int]:
    """Every number of a run for which the journal holds a line or a gap, as often as it does."""
    with sqlite3.connect(line.output / "journal.sqlite") as db:
        lines = [seq for (seq,) in db.execute("SELECT seq FROM lines WHERE run = ?", (run,))]
        gaps = db.execute("SELECT first, n FROM gaps WHERE run = ?", (run,)).fetchall()
    db.close()
    return sorted([*lines, *(seq for first, n in gaps for seq in range(first, first + n))])


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 5.0
    while any(map(is_alive, pids)):
        assert time.monotonic() < deadline, f"still there: {[pid for pid in pids if is_alive(pid)]}"


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
    assert output.count("started again") == 1
    assert (line.report()["acquired"], line.report()["unaccounted"]) == (2000, 0)
    covered_once(line, 2200)


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
    (first, _, first_end), (second, _, second_end) = runs(line)
    assert first_end is not None
    assert second_end == 2200
    assert covered(line, first) == list(range(first_end))
    assert covered(line, second) == list(range(second_end))
    assert first_end >= committed
    assert line.report()["unaccounted"] == 0


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
    ((run_id, _, end),) = runs(line)
    assert end is not None
    assert covered(line, run_id) == list(range(end))


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


def test_a_second_signal_ends_the_line_at_once(line: Line) -> None:
    line.tables["acquisition"]["steps"][-1].pop("lines")
    line.tables["simulator"]["loop"] = True
    run = line.start()
    with run:
        line.wait_for_lines(300)
        os.kill(line.pid("inference"), signal.SIGSTOP)  # The drain cannot end by itself.
        run.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        run.send_signal(signal.SIGTERM)
        signalled = time.monotonic()
        output = run.communicate(timeout=30)[0]
    assert time.monotonic() - signalled < 5.0
    assert run.returncode == 70, output
    assert "stopped at once, as asked" in output
