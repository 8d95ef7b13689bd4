"""What a line finds in its folders and has not made stays as it is; and so does a line, whoever starts it again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oreline.errors import SystemRefused
from oreline.recordings.envi_header import read_header
from oreline.recordings.recording import open_recording
from tests.system.line import ROOT, Line

THEIRS = ("notes.json", "record.json", "labels.ring", "x.place.json")

WEAR = "valves.json"
"""Which the line that runs goes on writing."""


def content(folder: Path, names: tuple[str, ...]) -> list[str]:
    return [(folder / name).read_text() for name in names]


@pytest.fixture
def short(line: Line) -> Line:
    line.tables["acquisition"]["steps"][-1]["lines"] = 100
    return line


@pytest.fixture
def endless(line: Line) -> Line:
    line.tables["acquisition"]["steps"][-1].pop("lines")
    line.tables["simulator"]["loop"] = True
    return line


def end(line: Line) -> str:
    process = line.start()
    with process:
        said = process.communicate(timeout=150)[0]
    assert process.returncode == 0, said
    return said


def test_files_that_the_user_has_put_there_and_earlier_reports_outlast_runs(short: Line, cli: Any) -> None:
    del short.tables["plant"], short.tables["sinks"]["conveyor"]
    state = Path(short.tables["line"]["state"])
    for folder in (short.output, state):
        folder.mkdir(mode=0o700)
        for name in THEIRS:
            (folder / name).write_text(f"mine: {name}")
    (state / "labels.ring").unlink()
    report = short.output / "report.json"
    end(short)
    assert cli("run", short.folder / "line.json", "--json", report).returncode == 0
    said = report.read_text()
    end(short)
    assert report.read_text() == said
    assert content(short.output, THEIRS) == [f"mine: {name}" for name in THEIRS]
    assert content(state, ("notes.json", "record.json")) == ["mine: notes.json", "mine: record.json"]


@pytest.mark.parametrize("name", ["log", pytest.param("conveyor", marks=pytest.mark.long)])
def test_a_second_process_of_a_sink_is_refused_and_the_line_goes_on(endless: Line, name: str) -> None:
    process = endless.start()
    with process:
        endless.wait_for_lines(100)
        command = [sys.executable, "-m", "sinks", name, str(endless.folder / "state" / "line.json")]
        try:
            second = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
            endless.wait_for_lines(endless.journalled() + 200)
        finally:
            process.terminate()
        said = process.communicate(timeout=60)[0]
    assert second.returncode == SystemRefused.exit_code, second.stderr
    assert f"{name} is at work already" in second.stderr
    assert process.returncode == 0, said
    assert [one["kind"] for one in endless.report()["history"] if one["stage"] == name] == []


def test_a_file_of_theirs_that_has_the_name_of_a_report_refuses_the_start_and_stays(short: Line) -> None:
    short.output.mkdir()
    theirs = short.output / "log.json"
    theirs.write_text('{"mine": 1}')
    process = short.start()
    with process:
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 3
    assert f"{theirs} is no report of an earlier run, and this one would write it: move it away" in said
    assert theirs.read_text() == '{"mine": 1}'


@pytest.mark.parametrize("name", ["line.json", "faults.json", "commands.npz", "incidents.parquet"])
def test_so_does_a_file_of_theirs_that_has_the_name_of_what_a_run_writes_over(short: Line, name: str) -> None:
    short.tables["simulator"]["faults"] = [{"kind": "drop", "line": 50}]
    short.output.mkdir()
    theirs = short.output / name
    theirs.write_text('{"mine": 1}')
    process = short.start()
    with process:
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 3, said
    assert f"{theirs} is no report of an earlier run" in said
    assert theirs.read_text() == '{"mine": 1}'


def test_what_a_process_of_an_earlier_run_reported_is_not_taken_for_this_ones(short: Line) -> None:
    end(short)
    assert short.report()["sorter"]["acquired"]
    del short.tables["plant"], short.tables["sinks"]["conveyor"]
    end(short)
    assert short.report()["sorter"] is None


def test_a_second_start_harms_nothing_nor_does_a_line_of_another_name_that_writes_to_the_same_folder(
    endless: Line, tmp_path: Path
) -> None:
    line, run = endless, endless.start()
    other = json.loads(json.dumps(line.tables))
    other["line"] |= {"name": "other", "state": str(tmp_path / "other")}
    (tmp_path / "b").mkdir()
    state = Path(line.tables["line"]["state"])
    with run:
        line.wait_for_lines(300)
        reports = {path for path in line.output.glob("*.json") if path.name != WEAR}
        before = {path: path.read_bytes() for path in reports}
        kept = sorted(path.name for path in state.iterdir())
        assert "this line runs already" in refused(Line(line.folder, line.tables))
        assert f"this line runs already ({line.output})" in refused(Line(tmp_path / "b", other))
        assert {path for path in line.output.glob("*.json") if path.name != WEAR} == reports
        assert {path: path.read_bytes() for path in reports} == before
        assert sorted(path.name for path in state.iterdir()) == kept
        run.terminate()
        output = run.communicate(timeout=150)[0]
    assert run.returncode == 0, output
    ((_, _, last),) = line.runs()
    assert line.covered() == list(range(last or 0))


def refused(line: Line) -> str:
    with line.start() as started:
        said = started.communicate(timeout=60)[0]
    assert started.returncode == 70, said
    return said


@pytest.mark.long
def test_what_was_committed_to_a_recording_outlasts_the_death_of_the_supervisor(line: Line) -> None:
    """The camera waits for the recorder, so that on a busy machine, too, no line is a gap."""
    del line.tables["plant"], line.tables["sinks"]["conveyor"]
    line.tables["simulator"]["patient"] = True
    line.tables["acquisition"]["on_full"] = "wait"
    line.tables["inference"]["streams"] = ["labels", "reflectance"]
    line.tables["sinks"]["record"] = {}
    run = line.start()
    with run:
        line.wait_for_lines(300)
        run.kill()
        run.wait()
    said = end(line)
    assert "it is finished" in said
    (first, _, first_end), (second, _, second_end) = line.runs()
    assert first_end is not None
    for number, last in ((first, first_end), (second, second_end)):
        (header,) = line.output.glob(f"record_{number.hex()[:12]}_*.hdr")
        cube = open_recording(header).cube
        assert len(cube) == last - 200 == read_header(header).lines
        assert not np.isnan(cube[:, 0].mean(axis=1)).any()


@pytest.mark.long
def test_a_replay_that_was_killed_is_played_again(short_belt: Path, tmp_path: Path, cli: Any) -> None:
    command = ("replay", short_belt, "--reflectance", tmp_path / "r.hdr", "--output", tmp_path / "out")
    program = [sys.executable, "-m", "oreline.cli.main", *map(str, command), "--speed", "0.1"]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        place = tmp_path / "out" / "reflectance.place.json"
        while not place.exists() or '"lines": 5' not in place.read_text():
            assert killed.poll() is None
            time.sleep(0.01)
        killed.kill()
    for _ in range(2):
        again = cli(*command)
        assert again.returncode == 0, again.stdout + again.stderr
        assert read_header(tmp_path / "r.hdr").lines == 300
