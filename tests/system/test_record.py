"""`oreline record`, and what a line records beside its labels: played again, it gives the same bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oreline.cli.record import line_of
from oreline.config import Config
from oreline.recordings.finding import find_recording
from oreline.recordings.raw.lines import read_lines
from tests.system.line import Command, Line
from tests.system.test_replay import sha256, small_recording

STEPS = [
    {"kind": "dark", "lines": 30, "features": [["Shutter", "Closed"]]},
    {"kind": "white", "lines": 30, "features": [["Shutter", "Open"], ["TargetSelector", "White"]]},
    {"kind": "scene", "lines": 60, "features": [["TargetSelector", "Scene"]]},
]


@pytest.fixture
def small(tmp_path: Path) -> dict[str, Any]:
    """A line that sorts with a model that is not there, on a small camera."""
    recording = small_recording(tmp_path / "world", reference_samples=20)
    return {
        "line": {"name": "small", "output": str(tmp_path / "out"), "state": str(tmp_path / "state")},
        "simulator": {"recording": str(recording), "frame_rate": 400.0},
        "acquisition": {"wavelengths_nm": list(range(900, 960, 10)), "steps": STEPS},
        "inference": {"model": "no-such-model"},
        "sinks": {"log": {}},
    }


def test_a_line_only_records_without_model_references_and_sinks(
    cli: Command, tmp_path: Path, small: dict[str, Any]
) -> None:
    (tmp_path / "line.json").write_text(json.dumps(small))
    ran = cli("record", tmp_path / "line.json", "--json", tmp_path / "report.json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["acquired"], report["labelled"], report["lost"], report["unaccounted"]) == (60, 60, 0, 0)
    folder = Path(report["recording"]).parent
    ours, world = find_recording(folder).present(), find_recording(tmp_path / "world").present()
    assert len(ours["scene"].cube) == 60
    for kind, lines in (("dark", 30), ("white", 30), ("scene", 60)):
        played = np.concatenate([world[kind].cube] * 60)[:lines]
        np.testing.assert_array_equal(ours[kind].cube, played)
    stamps = read_lines(folder / "capture" / f"{folder.name}.lines.csv")
    assert stamps["seq"].tolist() == list(range(60, 120))


def test_a_line_without_a_camera_here_is_told_where_to_record(
    cli: Command, tmp_path: Path, small: dict[str, Any]
) -> None:
    tables = {name: table for name, table in small.items() if name not in ("simulator", "acquisition")}
    (tmp_path / "line.json").write_text(json.dumps(tables))
    ran = cli("record", tmp_path / "line.json")
    assert ran.returncode == 3
    assert "has no camera here" in ran.stdout + ran.stderr


def test_what_is_recorded_needs_nobody_else_and_a_recorder_of_the_file_is_used_as_it_is() -> None:
    keep = {"sink": "record", "what": "raw", "name": "box", "packed": True}
    tables = {"acquisition": {"listen": "tcp://127.0.0.1:7401"}, "inference": {}, "sinks": {"log": {}, "keep": keep}}
    made = line_of(Config(tables)).tables
    assert made == {"acquisition": {}, "sinks": {"keep": keep}}
    assert line_of(Config(tables), packed=False).tables["sinks"]["keep"]["packed"] is False
    assert tables["acquisition"] == {"listen": "tcp://127.0.0.1:7401"}


@pytest.mark.long
@pytest.mark.parametrize("packed", [False, True])
def test_what_was_recorded_beside_labels_and_reflectance_gives_the_same_bits_again(
    cli: Command, tmp_path: Path, line: Line, short_belt: Path, packed: bool
) -> None:
    line.tables["simulator"]["recording"] = str(short_belt)
    line.tables["acquisition"]["steps"][-1]["lines"] = 300
    line.tables["inference"]["streams"] = ["labels", "reflectance"]
    del line.tables["sinks"]["conveyor"], line.tables["plant"]
    for what in ("labels", "reflectance", "raw"):
        line.tables["sinks"][what] = {"sink": "record", "what": what, "name": what}
    line.tables["sinks"]["raw"]["packed"] = packed
    ran = line.start().communicate(timeout=150)[0]
    assert line.process is not None
    assert line.process.returncode == 0, ran
    report = line.report()
    assert (report["labelled"], report["unaccounted"]) == (300, 0)
    live = {what: Path(report["artefacts"][what]) for what in ("labels", "reflectance")}
    again = {what: tmp_path / f"{what}.hdr" for what in live}
    wanted = [part for what, header in again.items() for part in (f"--{what}", header)]
    ran = cli("replay", Path(report["artefacts"]["raw"]).parent, *wanted, "--output", tmp_path / "again")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [sha256(header) for header in again.values()] == [sha256(header) for header in live.values()]
