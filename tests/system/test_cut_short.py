"""What becomes of a line when `oreline run` itself is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from oreline.errors import STOPPED
from oreline.ring import RingReader, layout
from tests.system.line import Line, is_alive

LINES = 300
STAGES = ("camera", "plant", "log", "journal", "conveyor", "belt_2", "inference", "acquisition")


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 5.0
    while any(map(is_alive, pids)):
        assert time.monotonic() < deadline, f"still there: {[pid for pid in pids if is_alive(pid)]}"


def left_by_a_killed_supervisor(line: Line, frozen: str = "log") -> int:
    """Cut a run short, so that lines are left in its rings; the next is to be short. Returns how many lines its journal
    has."""
    run = line.start()
    with run:
        line.wait_for_lines(300)
        pids = [pid for name in STAGES if (pid := line.pid_or_none(name))]
        os.kill(line.pid(frozen), signal.SIGSTOP)
        time.sleep(0.3)  # Lines pile up in the rings.
        run.kill()
        wait_until_gone(pids)
    line.tables["acquisition"]["steps"][-1]["lines"] = LINES
    return line.journalled()


def started_again(line: Line, code: int = 0) -> str:
    """Start it, wait until it has ended with this code, and give back what it said."""
    again = line.start()
    with again:
        output = again.communicate(timeout=150)[0]
    assert again.returncode == code, output
    return output


def assert_finished(line: Line) -> None:
    """Both runs have ended, and every number of them is there once."""
    (first, _, first_end), (second, _, second_end) = line.runs()
    assert first_end is not None
    assert second_end == 200 + LINES
    assert line.covered(first) == list(range(first_end))
    assert line.covered(second) == list(range(second_end))


def wait_until_finishing(line: Line, run: subprocess.Popen[str]) -> None:
    """Until the process that serves what is left, and ends the stream, is there."""
    while not line.pid_or_none("finish"):
        assert run.poll() is None, run.communicate()[0]
        time.sleep(0.01)


def move_files(here: Path, there: Path) -> None:
    there.mkdir(exist_ok=True)
    for file in here.iterdir():
        shutil.move(file, there / file.name)


@pytest.mark.long
@pytest.mark.parametrize("frozen", ["acquisition", "log"])
def test_when_the_supervisor_is_killed_all_die_and_the_next_run_finishes_what_it_left(line: Line, frozen: str) -> None:
    committed = left_by_a_killed_supervisor(line, frozen)
    output = started_again(line)
    assert "the run before was cut short" in output
    assert "it is finished" in output
    assert_finished(line)
    assert line.runs()[0][2] >= committed
    assert line.report()["unaccounted"] == 0


@pytest.mark.long
def test_who_stops_a_line_that_finishes_an_earlier_run_stops_it_and_loses_nothing(line: Line) -> None:
    left_by_a_killed_supervisor(line)
    for number, times in ((signal.SIGINT, 1), (signal.SIGTERM, 2)):
        run = line.start()
        with run:
            wait_until_finishing(line, run)
            for _ in range(times):
                run.send_signal(number)
                time.sleep(0.05)
            output = run.communicate(timeout=60)[0]
        assert run.returncode != 0
        assert times > 1 or ("Nothing is lost" in output and run.returncode == STOPPED), output
        assert times > 1 or "alarm line" not in output, output
        assert [end for _, _, end in line.runs()] == [None]
    started_again(line)
    assert_finished(line)


@pytest.mark.long
def test_a_run_that_cannot_be_finished_is_kept_until_it_can(line: Line) -> None:
    left_by_a_killed_supervisor(line)
    state = line.folder / "state"
    configuration = json.loads((state / "line.json").read_text())
    wrong = {**configuration, "inference": {"model": str(line.folder / "no such model")}}
    (state / "line.json").write_text(json.dumps(wrong))
    output = started_again(line, code=20)
    assert "inference refused to go on (exit code 20)" in output
    assert f"what it left is in {state}" in output
    move_files(state, line.folder / "aside")
    assert "cut short" not in started_again(line)
    move_files(line.folder / "aside", state)
    (state / "line.json").write_text(json.dumps(configuration))
    assert "it is finished" in started_again(line)
    first, *others = line.runs()
    for run, _, end in (first, *others):
        assert end is not None
        assert line.covered(run) == list(range(end))


def damage_last_record(path: Path) -> None:
    ring = RingReader(path)
    left = ring.slots - (ring.head - 1) % ring.slots
    with path.open("r+b") as file:
        file.seek(layout.file_bytes(ring.slots, ring.slot_bytes) - left * ring.slot_bytes)
        file.write(b"\xff" * ring.slot_bytes)


@pytest.mark.long
@pytest.mark.parametrize("stream", ["raw", "labels"])
def test_a_run_whose_last_record_is_damaged_is_finished(line: Line, stream: str) -> None:
    left_by_a_killed_supervisor(line)
    damage_last_record(line.folder / "state" / f"{stream}.ring")
    assert "it is finished" in started_again(line)
    assert_finished(line)


def kill_when_labels_are_given_up(line: Line) -> None:
    """Inference has heard that everybody has everything, and has given up its rings; nobody has forgotten them yet."""
    path = line.folder / "state" / "labels.ring"
    run = line.start()
    with run:
        line.wait_for_lines(1)
        pids = [pid for name in STAGES if (pid := line.pid_or_none(name))]
        ring = RingReader(path)
        while ring.tail < ring.head or ring.head < LINES:
            assert run.poll() is None
        run.kill()
        wait_until_gone(pids)


def is_not_given_up_yet(path: Path) -> None:
    """As its owner has it who has not heard the last acknowledgement."""
    head = RingReader(path).head
    with path.open("r+b") as file:
        file.seek(layout.TAIL_AT)
        file.write(layout.sealed(layout.TAIL.pack(head - 1)))


@pytest.mark.long
@pytest.mark.parametrize(
    "rings",
    [pytest.param(["raw"], id="delivered"), pytest.param(["raw", "reflectance"], id="one lacks its end")],
)
def test_a_line_whose_supervisor_was_killed_when_all_was_delivered_starts_again(line: Line, rings: list[str]) -> None:
    line.tables["acquisition"]["steps"][-1]["lines"] = LINES
    line.tables["inference"]["streams"] = ["labels", "reflectance"]
    line.tables["sinks"]["record"] = {}
    kill_when_labels_are_given_up(line)
    for name in rings:
        is_not_given_up_yet(line.folder / "state" / f"{name}.ring")
    output = started_again(line)
    assert ("cut short" in output) == ("reflectance" in rings)
    assert [end for _, _, end in line.runs()] == [200 + LINES] * 2
