"""`oreline demo`, as the README shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.system.line import Command

pytestmark = pytest.mark.alone


HALVES = ("wet", "dusty")


def test_the_demo_labels_every_line_and_ejects_the_right_stones(cli: Command, tmp_path: Path) -> None:
    ran = cli("demo", "--seconds", 4, "--output", tmp_path / "demo", "--json", tmp_path / "r.json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["acquired"] == report["labelled"] + report["shed"] + report["lost"] == 1800
    assert report["unaccounted"] == report["lost"] == 0
    assert report["accuracy"] == report["new_accuracy"] >= 0.85
    assert report["in_training"] == []
    assert list(report["by_stretch"]) == [*HALVES]
    for half in HALVES:
        assert report["by_stretch"][half]["accuracy"] >= 0.80
        assert report["by_stretch"][half]["stone_accuracy"] >= 0.90
    assert set(report["latency_ms"]) == {"p50", "p99", "max"}
    assert {"seen", "ejected", "missed", "wrong"} <= set(report["stones"])
    assert report["stones"]["seen"] > 50
    assert report["lines_per_s"] > 0
    table = pq.read_table(report["artefacts"]["parquet"], columns=["seq"])
    assert table.num_rows == 1800
    with Image.open(report["artefacts"]["label_map"]) as picture:
        assert picture.width > 1600
        assert picture.height > 2 * 384
    assert Path(report["artefacts"]["shots"]).read_text(encoding="utf-8").count("\n") > 50
    assert "unaccounted 0" in ran.stdout
    assert ran.stdout.count("of the ore, with a grade of") == 1
