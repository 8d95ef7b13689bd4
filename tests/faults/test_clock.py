"""The wall clock jumps by a day in the middle of a run: nothing that the line decides is decided by it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.line import Line

pytestmark = pytest.mark.alone

SHIM = Path(__file__).with_name("clock.c")
DAY_S = 86_400
LINES, RATE_HZ, BUDGET_MS = 1000, 200.0, 10_000.0
LOOK = "import sys, time; print(time.time(), time.monotonic(), flush=True); sys.stdin.readline(); " + (
    "print(time.time(), time.monotonic())"
)


class Clock:
    """What processes that are started under it see of the wall clock."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._file = folder / "clock"
        library = folder / "clock.so"
        flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
        subprocess.run(["cc", *flags, "-o", str(library), str(SHIM), "-ldl"], check=True)
        patch.setenv("LD_PRELOAD", str(library))
        patch.setenv("ORELINE_CLOCK", str(self._file))

    def jump(self, seconds: int) -> None:
        """From now on it is off by this."""
        new = self._file.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._file)


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(tmp_path, monkeypatch)


@pytest.mark.parametrize("days", [1, -1])
def test_a_process_sees_the_wall_clock_jump_and_no_other(clock: Clock, days: int) -> None:
    command = [sys.executable, "-c", LOOK]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        before = list(map(float, process.stdout.readline().split()))
        clock.jump(days * DAY_S)
        after = list(map(float, process.communicate("\n")[0].split()))
    wall, monotonic = (late - early for early, late in zip(before, after, strict=True))
    assert wall == pytest.approx(days * DAY_S, abs=60)
    assert 0 <= monotonic < 60


def slow(line: Line) -> None:
    """A rate and a budget at which a busy machine sheds nothing; a day is far beyond them."""
    line.tables["simulator"]["frame_rate"] = RATE_HZ
    line.tables["acquisition"]["features"][1] = ["AcquisitionFrameRate", RATE_HZ]
    line.tables["acquisition"]["steps"][-1]["lines"] = LINES
    line.tables["sinks"]["conveyor"]["budget_ms"] = BUDGET_MS


@pytest.mark.long
def test_a_jump_of_the_wall_clock_by_a_day_costs_no_line_no_shot_and_no_process(line: Line, clock: Clock) -> None:
    slow(line)
    run = line.start()
    with run:
        for lines, days in ((300, 1), (600, -1)):
            line.wait_for_lines(lines)
            clock.jump(days * DAY_S)
        at = line.journalled()
        output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    assert at < LINES
    assert "killed" not in output
    assert "started again" not in output
    report = line.report()
    assert (report["labelled"], report["lost"], report["unaccounted"]) == (LINES, 0, 0)
    assert (report["sorter"]["lines"], report["sorter"]["shed"]) == (LINES, 0)
    incidents = json.loads((line.output / "acquisition.json").read_text())["incidents"]
    assert not {"clock_jump", "camera_lost", "camera_restart"} & incidents.keys()
    plant = json.loads((line.output / "plant.json").read_text())
    assert (plant["late"], plant["safe_states"]) == (0, 0)
