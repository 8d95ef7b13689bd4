"""What went wrong first is what a line says last, with its exit code; and it is not held against the next start."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.system.line import ROOT, Command, Line


def kept(line: Line, process: str, kind: str) -> list[str]:
    """What stands in the log file of a process."""
    told = map(json.loads, (line.output / "logs" / f"{process}.jsonl").read_text().splitlines())
    return [one["words"] for one in told if one["kind"] == kind]


@pytest.mark.long
@pytest.mark.parametrize("step", [0, 1])
def test_a_misspelt_feature_is_what_the_line_ends_with_and_nothing_else(line: Line, step: int) -> None:
    right = line.tables["acquisition"]["steps"][step]["features"]
    line.tables["acquisition"]["steps"][step]["features"] = [["Shuter", "Closed"]]
    run = line.start()
    with run:
        output = run.communicate(timeout=120)[0]
    assert run.returncode == 14, output
    assert "acquisition refused to go on (exit code 14)" in output.splitlines()[-1]
    assert "Did you mean 'Shutter'?" in output.splitlines()[-1]
    assert "inference" not in output
    refusals = [said for said in output.splitlines() if "'Shutter'?" in said and "trying again" not in said]
    assert len(refusals) == 1, output
    for process, kind in (("acquisition", "refused"), ("line", "gave_up")):
        (said,) = kept(line, process, kind)
        assert "Did you mean 'Shutter'?" in said
    line.tables["acquisition"]["steps"][step]["features"] = right
    line.tables["acquisition"]["steps"][-1]["lines"] = 100
    again = line.start()
    with again:
        output = again.communicate(timeout=120)[0]
    assert again.returncode == 0, output
    assert "cut short" not in output


def kill_in_the_middle(*words: object) -> None:
    """Of a replay, when its first labels are recorded."""
    command = [sys.executable, "-m", "oreline.cli.main", "replay", *map(str, words)]
    folder = Path(str(words[words.index("--output") + 1]))
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as replay:
        while not any(image.stat().st_size for image in folder.glob("labels_*.img")):
            assert replay.poll() is None
            time.sleep(0.01)
        replay.kill()


def test_a_replay_that_was_refused_or_killed_is_not_held_against_the_next(
    cli: Command, tmp_path: Path, short_belt: Path
) -> None:
    wanted = ["--labels", tmp_path / "labels.hdr", "--output", tmp_path / "out"]
    refused = cli("replay", short_belt, *wanted, "--model", "nir22")
    assert refused.returncode == 20
    assert "Did you mean 'nir224'?" in refused.stderr
    kill_in_the_middle(short_belt, *wanted, "--speed", "0.2")
    again = cli("replay", short_belt, *wanted)
    assert again.returncode == 0, again.stderr
    assert "cut short" not in again.stderr
    assert "labelled 300" in again.stdout
