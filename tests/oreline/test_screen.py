"""What is shown waits for nobody: terminals that stand still, readers that have gone, disks that are full."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from oreline.screen import Screen
from oreline.stops import heed
from oreline.terminal import Ticker, console_of
from tests.conftest import ROOT

FULL = """
import sys
from oreline.screen import say
say("words", sys.stdout)
say("words", sys.stderr)
"""
PRINTS = """
from oreline.guard import guarded
from oreline.terminal import console, printing
def main():
    with printing():
        console.print("the report")
raise SystemExit(guarded(main, "oreline"))
"""


def fill(number: int) -> int:
    """Write until it takes no more. Returns the bytes that it took."""
    os.set_blocking(number, False)
    taken = 0
    try:
        while True:
            taken += os.write(number, b"x")
    except BlockingIOError:
        os.set_blocking(number, True)
        return taken


@pytest.fixture
def still() -> Iterator[tuple[int, int]]:
    """A pipe that is full: its reader and its writer."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    yield reader, writer
    os.close(reader)


def read(number: int, n: int) -> bytes:
    found = b""
    while len(found) < n:
        found += os.read(number, n - len(found))
    return found


def test_words_that_are_not_taken_are_dropped_and_the_first_of_them_shown_when_they_are(still: tuple[int, int]) -> None:
    reader, writer = still
    taken = fill(writer)
    with os.fdopen(writer, "w") as stream:
        screen = Screen(stream, most=2)
        for n in range(100):
            screen.show(f"{n}\n")
        read(reader, taken)
        screen.wait(None)
        assert os.read(reader, 100) == b"0\n1\n"
        screen.show("later\n")
        screen.wait(None)
        assert os.read(reader, 100) == b"later\n"


def test_a_terminal_that_nobody_reads_holds_no_ticker_up_whatever_room_it_has() -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as stream:
        ticker = Ticker(console_of(80))
        ticker._screen = Screen(stream)
        fill(slave)
        os.read(master, 50)  # Room for less than a line: it can be written to, and then it stands still.
        for n in range(100):
            ticker.show(f"{n} lines")
        os.set_blocking(master, False)
        while True:
            try:
                os.read(master, 4096)
            except BlockingIOError:
                break
        ticker._screen.wait(None)
        os.close(master)


@pytest.mark.parametrize("target", ["/dev/full", "closed"])
def test_what_cannot_be_shown_is_not_shown(target: str) -> None:
    to = f">{target} 2>{target}" if target != "closed" else ">&- 2>&-"
    ran = subprocess.run(["sh", "-c", f'exec "$0" -c "$1" {to}', sys.executable, FULL], cwd=ROOT, check=False)
    assert ran.returncode == 0


def test_a_report_that_finds_no_room_or_no_reader_is_one_sentence_and_a_code() -> None:
    for number, code, why in ((gone(), 5, "Broken pipe"), (os.open("/dev/full", os.O_WRONLY), 41, "No space left")):
        ran = subprocess.run(
            [sys.executable, "-c", PRINTS], cwd=ROOT, stdout=number, stderr=subprocess.PIPE, text=True, check=False
        )
        os.close(number)
        assert (ran.returncode, ran.stderr.count("\n")) == (code, 1), ran.stderr
        assert ran.stderr.startswith(f"oreline: standard output: {why}")


def gone() -> int:
    """A pipe whose reader has left."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def test_a_closed_terminal_is_heard_once_and_not_at_all_under_nohup() -> None:
    heard: list[int] = []
    before = signal.getsignal(signal.SIGHUP)
    try:
        for ignored, expected in ((signal.SIG_DFL, [signal.SIGHUP, signal.SIGTERM]), (signal.SIG_IGN, [])):
            signal.signal(signal.SIGHUP, ignored)
            heard.clear()
            put_back = heed(lambda number, _: heard.append(number))
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGHUP)
            if expected:
                os.kill(os.getpid(), signal.SIGTERM)
            put_back()
            assert heard == expected
            assert signal.getsignal(signal.SIGHUP) is ignored
    finally:
        signal.signal(signal.SIGHUP, before)


def test_nothing_is_printed_past_the_one_way_while_a_line_runs() -> None:
    """Who prints there waits for the terminal."""
    package = Path(ROOT) / "oreline"
    for module in (package / "cli" / "progress.py", *(package / "supervision").glob("*.py")):
        text = module.read_text()
        assert "print(" not in text
        assert "sys.std" not in text
