"""The core log of a whole line, with the model that ships, against the truth of its trays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sinks.log.journal import JOURNAL
from sinks.log.reading import reading
from tests.sinks.core.seeded_holes import scene_of
from tests.system.line import Line, oreline
from tests.system.test_core import core_line

KEPT = (
    "diameters_mm",
    "cut",
    "rows_begin",
    "direction",
    "loss",
    "loss_at",
    "stubs",
    "broken",
    "depth_m",
    "seed",
    "told",
)
"""Of a seeded hole's settings."""


def first_line(line: Line) -> int:
    """Sequence number of the scene's first line: the camera counts frames from 0 with each step."""
    with reading(line.output / JOURNAL) as db:
        (found,) = db.execute("SELECT seq - block_id FROM timed_lines ORDER BY seq DESC LIMIT 1").fetchone()
    return int(found)


def judged(line: Line, hole: str) -> dict[str, Any]:
    """What the simulator's judge says of the tables of a hole."""
    folder = line.output / "core" / hole
    lines, runs, intervals = (line.output / name for name in ("lines.parquet", "runs.csv", "intervals.parquet"))
    for words in (
        ("depth", folder, "--lines", lines, "--runs", runs),
        ("intervals", folder, "--step", 0.02, "--parquet", intervals),
    ):
        told = oreline("core", *words)
        assert told.returncode == 0, told.stdout + told.stderr
    tables = ["--depths", lines, "--runs", runs, "--first-seq", first_line(line)]
    said = oreline("sim", "judge-core", line.output / "scene", *tables, "--intervals", intervals)
    assert said.returncode == 0, said.stdout + said.stderr
    facts: dict[str, Any] = json.loads(said.stdout)
    return facts


@pytest.mark.long
@pytest.mark.parametrize("seed", [6, 12, 41])
def test_a_line_logs_simulated_core_where_it_lies(tmp_path: Path, seed: int) -> None:
    settings = scene_of(seed).model_dump(include=set(KEPT))
    line = core_line(tmp_path, **settings, row_mm=500.0, run_m=0.8, fits=True)
    with line.start() as run:
        output = run.communicate(timeout=200)[0]
    assert run.returncode == 0, output
    facts = judged(line, "SIM1")
    assert facts["rows"]["wrong"] == []
    assert facts["depth"]["max_m"] <= 0.011
    assert facts["depth"]["missed"] <= 0.002 * facts["depth"]["lines"]
    assert facts["recovery"]["missing"] == []
    assert facts["recovery"]["max"] <= 0.01
    assert facts["losses"]["with_mineral"] == []
    assert facts["veins"]["depths"]["max_m"] <= 0.012
