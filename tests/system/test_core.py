"""The core log of a whole line: boxes pass, and tables, verdicts and pages of their hole are there when it ends."""

from __future__ import annotations

import json
import os
import signal
import time
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from hwsim.scenes.core import CoreScene
from oreline.shipped import example
from tests.system.line import Line


def core_line(folder: Path, **scene: Any) -> Line:
    """The example's line on a small scene."""
    tables = tomllib.loads(example("core").read_text())
    tables["line"] = {"name": "core", "output": str(folder / "out"), "state": str(folder / "state")}
    tables["simulator"]["scene"] |= {"trays": 2, "row_mm": 150.0, "run_m": 0.5, **scene}
    tables["acquisition"]["steps"][-1]["lines"] = CoreScene(**tables["simulator"]["scene"]).lines
    tables["sinks"]["core"]["session"] = str(folder / "out" / "scene" / "session.toml")
    del tables["sinks"]["station"]
    return Line(folder, tables)


def scans(line: Line) -> list[dict[str, Any]]:
    path = line.output / "core" / "SIM1" / "scans.jsonl"
    return [json.loads(text) for text in path.read_text().splitlines()] if path.is_file() else []


def test_boxes_that_pass_become_verdicts_and_tables_of_their_hole(tmp_path: Path) -> None:
    line = core_line(tmp_path)
    with line.start() as run:
        output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    assert [(one["box"], one["cut"]) for one in scans(line)] == [(1, ""), (2, "")]
    core = json.loads((line.output / "core.json").read_text())
    assert (core["hole"], core["boxes"], core["verdicts"]) == ("SIM1", [1, 2], {"pass": 2})
    written = line.report()["artefacts"]
    assert "SIM1" in Path(written["SIM1_page"]).read_text(encoding="utf-8")
    table = pq.read_table(Path(written["SIM1_tables"]).with_name("SIM1.parquet"))
    truth = json.loads((line.output / "scene" / "core_truth.json").read_text())
    assert table["from_m"][0].as_py() == pytest.approx(truth["boxes"][0]["depth_from_m"], abs=0.1)
    assert sum(table["n"].to_pylist()) > 10_000


@pytest.mark.long
@pytest.mark.parametrize("whom", ["core", "everything"])
def test_whoever_is_killed_in_mid_box_the_box_goes_on_or_is_scanned_again(tmp_path: Path, whom: str) -> None:
    """At the latest when the line has been started again: the journal has what a sink was away for."""
    line = core_line(tmp_path, trays=3)
    with line.start() as run:
        line.wait_for_lines(330)
        if whom == "core":
            os.kill(line.pid("core"), signal.SIGKILL)
        else:
            run.kill()
        output = run.communicate(timeout=120)[0]
    assert whom == "everything" or run.returncode == 0, output
    while line.pid_or_none("log"):
        time.sleep(0.02)
    with line.start() as run:
        output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    found = scans(line)
    assert [one["box"] for one in found if not one["cut"]] == [1, 2, 3]
    assert sum(bool(one["cut"]) for one in found) <= (whom == "everything")
    spans = sorted((one["run"], one["first_seq"], one["last_seq"]) for one in found)
    assert all(a[0] != b[0] or a[2] < b[1] for a, b in pairwise(spans))
