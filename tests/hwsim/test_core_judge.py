"""The judge of a core log finds each fault that is put into one, and none in the truth."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from hwsim.cli import app
from hwsim.core_judge import judge, read_table
from hwsim.render.core_truth import CoreTruth
from hwsim.render.scene import render
from hwsim.scenes.core import CoreScene
from hwsim.worlds.core import CoreWorld
from oreline.errors import RecordingError
from tests.hwsim.core_log import true_depths, true_intervals, true_runs

SCENE = CoreScene(
    trays=2, row_mm=400, run_m=0.8, loss=0.2, stubs=1.0, veins_per_m=2, vein_mm=8, vein_minerals=("gypsum",), seed=6,
    direction="snake", rows_begin="bottom", askew_deg=0.7,
)  # fmt: skip


@pytest.fixture(scope="module")
def truth():
    return CoreTruth.of(CoreWorld(SCENE))


def test_the_truth_is_judged_to_be_right(truth):
    facts = judge(truth, true_depths(truth), true_runs(truth), true_intervals(truth, 0.005))
    assert facts["rows"] == {"true": 11, "right": 11, "wrong": []}
    assert facts["depth"]["max_pixels"] < 1
    assert (facts["depth"]["no_core"], facts["depth"]["missed"]) == (0, 0)
    assert facts["recovery"]["max"] == pytest.approx(0.0, abs=1e-9)
    assert facts["losses"]["intervals"] > 20
    assert facts["losses"]["with_mineral"] == []
    for veins in facts["veins"].values():
        assert veins["veins"] >= 4
        assert veins["max_pixels"] < 2


def test_a_depth_that_is_off_is_told_in_metres_and_pixels(truth):
    depths = true_depths(truth)
    depths["depth_m"][1000] += 0.25
    facts = judge(truth, depths)["depth"]
    assert facts["max_m"] == pytest.approx(0.25, abs=0.002)
    assert facts["max_pixels"] == pytest.approx(250, abs=2)
    assert facts["p99_pixels"] < 1
    depths["depth_m"] += 0.004
    moved = judge(truth, depths)
    assert moved["depth"]["p99_pixels"] == pytest.approx(4, abs=0.7)
    assert moved["veins"]["depths"]["max_pixels"] == pytest.approx(4, abs=0.5)


def test_core_at_the_edge_of_a_loss_may_be_taken_to_lie_beyond_it_and_no_other(truth):
    depths, loss = true_depths(truth), truth.facts["losses"][0]
    lost = loss["depth_to_m"] - loss["depth_from_m"]
    edge = np.argmin(np.abs(depths["depth_m"] - loss["depth_to_m"]))
    depths["depth_m"][edge] -= lost + 0.002
    assert judge(truth, depths)["depth"]["max_m"] == pytest.approx(0.002, abs=0.002)
    further = np.argmin(np.abs(depths["depth_m"] - loss["depth_to_m"] - 0.03))
    depths["depth_m"][further] -= lost
    assert judge(truth, depths)["depth"]["max_m"] == pytest.approx(lost, abs=0.002)


def test_rows_that_lack_lie_elsewhere_or_are_none_are_named(truth):
    depths = true_depths(truth)
    keep = ~((depths["box"] == 2) & (depths["row"] == 4))
    depths = {name: column[keep] for name, column in depths.items()}
    beside = (depths["box"] == 1) & (depths["row"] == 2)
    depths["first_sample"][beside] += 50
    depths["stop_sample"][beside] += 50
    depths["row"][(depths["box"] == 2) & (depths["row"] == 5)] = 9
    facts = judge(truth, depths)["rows"]
    assert (facts["true"], facts["right"]) == (11, 8)
    said = " ".join(facts["wrong"])
    assert "box 2 row 4 is not found" in said
    assert "box 2 row 5 is not found" in said
    assert "box 1 row 2 is at samples" in said
    assert "box 2 row 9 is none" in said


def test_depths_of_what_is_no_core_and_core_without_depth_are_counted(truth):
    depths, block = true_depths(truth), truth.facts["blocks"][1]
    box = truth.facts["boxes"][block["tray"]]
    in_row = np.flatnonzero((depths["box"] == box["box"]) & (depths["row"] == block["row"] + 1))
    middle = (block["first_line"] + block["last_line"]) // 2 - box["first_line"]
    depths["line"][in_row[:3]] = middle + np.arange(3)
    facts = judge(truth, depths)["depth"]
    assert (facts["no_core"], facts["missed"]) == (3, 3)


def test_lines_may_be_told_by_their_number_in_the_recording(truth):
    depths = true_depths(truth)
    first = {box["box"]: box["first_line"] for box in truth.facts["boxes"]}
    depths["frame"] = depths.pop("line") + [first[box] for box in depths["box"].tolist()]
    assert judge(truth, depths)["depth"]["max_pixels"] < 1
    del depths["frame"]
    with pytest.raises(RecordingError, match="line or frame"):
        judge(truth, depths)


def test_the_recovery_of_each_run_is_held_against_what_came_with_it(truth):
    runs = true_runs(truth)
    assert (runs["recovered_m"] > runs["to_m"] - runs["from_m"] + 0.01).any()
    runs["recovered_m"][2] += 0.08
    assert judge(truth, true_depths(truth), runs)["recovery"]["max"] == pytest.approx(0.1, abs=0.001)
    facts = judge(truth, true_depths(truth), {name: column[1:] for name, column in runs.items()})["recovery"]
    assert facts["missing"] == [runs["to_m"][0]]
    assert facts["runs"] == len(runs["to_m"]) - 1
    assert not truth.facts["runs"][-1]["whole"]


def test_a_mineral_inside_a_loss_is_found(truth):
    intervals, loss = true_intervals(truth, 0.01), truth.facts["losses"][0]
    inside = np.flatnonzero(intervals["from_m"] > (loss["depth_from_m"] + loss["depth_to_m"]) / 2)[0]
    intervals["mineral.kaolinite"][inside] = 0.5
    told = judge(truth, true_depths(truth), intervals=intervals)["losses"]["with_mineral"]
    assert told == [pytest.approx((intervals["from_m"][inside], intervals["to_m"][inside]))]


def test_veins_that_a_table_has_elsewhere_are_off_by_as_much(truth):
    intervals = true_intervals(truth, 0.005)
    intervals["mineral.gypsum"] = np.roll(intervals["mineral.gypsum"], 1)
    intervals["n"] = np.full_like(intervals["n"], 300)
    facts = judge(truth, true_depths(truth), intervals=intervals)["veins"]["intervals"]
    assert facts["max_pixels"] == pytest.approx(5, abs=3)
    assert judge(truth, true_depths(truth), intervals=true_intervals(truth, 0.1))["veins"]["intervals"]["veins"] == 0


def test_the_truth_that_was_rendered_is_the_one_that_is_painted(tmp_path):
    scene = CoreScene(trays=1, row_mm=120, dark_lines=2, white_lines=2)
    render(scene, tmp_path)
    read, painted = CoreTruth.read(tmp_path / "core_truth.hdr"), CoreTruth.of(CoreWorld(scene))
    np.testing.assert_array_equal(read.depth_m, painted.depth_m)
    np.testing.assert_array_equal(read.labels, painted.labels)
    assert (read.minerals, read.species) == (painted.minerals, painted.species)
    assert read.facts["boxes"] == painted.facts["boxes"]
    pq.write_table(pa.table(true_depths(read)), tmp_path / "depth.parquet")
    csv.write_csv(pa.table(true_runs(read)), tmp_path / "runs.csv")
    tables = ["--depths", str(tmp_path / "depth.parquet"), "--runs", str(tmp_path / "runs.csv")]
    done = CliRunner().invoke(app, ["judge-core", str(tmp_path), *tables])
    assert json.loads(done.stdout) == judge(read, true_depths(read), true_runs(read))
    with pytest.raises(RecordingError, match="no table as CSV or Parquet"):
        read_table(tmp_path / "core_truth.hdr")
    (tmp_path / "core_truth.json").unlink()
    with pytest.raises(RecordingError, match="render a scene of core again"):
        CoreTruth.read(tmp_path / "core_truth.hdr")
