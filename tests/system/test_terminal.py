"""A line whose terminal stands still, fails or is closed: it sorts on, and ends when it is told to."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.oreline.test_screen import fill, gone
from tests.system.line import ROOT, Line


def started(line: Line, stdout: int, stderr: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """As `Line.start`, with another screen, in a session of its own."""
    run = line.start(screen=stdout, errors=stderr)
    os.close(stdout)
    return run


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def endless(line: Line) -> None:
    line.tables["acquisition"]["steps"][-1].pop("lines")
    line.tables["simulator"]["loop"] = True


@pytest.mark.long
def test_a_line_whose_output_nobody_reads_is_supervised_and_ends_by_ctrl_c(line: Line) -> None:
    endless(line)
    reader, writer = os.pipe()
    fill(writer)
    run = started(line, writer)
    with run:
        line.wait_for_lines(3000)  # Progress is due after five seconds, which is 2,250 lines.
        os.kill(line.pid("log"), signal.SIGKILL)
        line.wait_for_lines(line.journalled() + 900)
        run.send_signal(signal.SIGINT)
        wait_until((line.folder / "report.json").exists)
        run.send_signal(signal.SIGINT)  # The report waits for a reader.
        assert run.wait(30) == 130
    os.close(reader)
    report = line.report()
    assert (report["unaccounted"], report["acquired"]) == (0, report["labelled"] + report["lost"])


@pytest.mark.long
@pytest.mark.parametrize(("screen", "code"), [("gone", 5), ("full", 41)])
def test_a_line_whose_output_fails_sorts_to_its_end_and_says_so_then(line: Line, screen: str, code: int) -> None:
    line.tables["acquisition"]["steps"][-1]["lines"] = 3500
    line.tables["simulator"]["loop"] = True
    run = started(line, gone() if screen == "gone" else os.open("/dev/full", os.O_WRONLY), subprocess.PIPE)
    _, said = run.communicate(timeout=120)
    assert run.returncode == code, said
    assert said.splitlines()[-1].startswith("oreline: standard output: ")
    report = line.report()
    assert (report["acquired"], report["labelled"], report["unaccounted"]) == (3500, 3500, 0)


def test_a_line_whose_terminal_is_closed_ends_in_order(line: Line) -> None:
    endless(line)
    path = line.write()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "oreline", "run", str(path)])
    line.wait_for_lines(300)
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.WIFEXITED(status)
    (run,) = line.runs()
    assert run[2] is not None
    assert line.covered() == list(range(run[2]))
    assert not list((line.folder / "state").glob("*.ring"))
