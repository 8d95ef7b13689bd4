"""Accuracy of whose absorption bands core shows, beside what its pixels hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from hwsim.bands_accuracy import bands_accuracy
from hwsim.render.scene import render
from hwsim.scenes.core import CoreScene, Lithology
from oreline.messages import UNKNOWN
from oreline.recordings.recording import open_recording

GROUPS = ["carbonate", "other MgOH", "kaolin", "not rock"]
MARBLE = Lithology(name="marble", minerals={"dolomite": 0.7, "talc": 0.3})
SCENE = CoreScene(
    camera="nir224", trays=1, pixel_mm=2.0, row_mm=200.0, lithologies=(MARBLE,), veins_per_m=0.0, seed=3
)  # fmt: skip


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scene")
    render(SCENE, folder)
    return folder


def told(folder: Path, codes: NDArray[np.uint8]) -> Path:
    """A log's table of these groups, uint8 (lines, samples)."""
    path = folder / "lines.parquet"
    rows = pa.array(list(codes), pa.list_(pa.uint8(), codes.shape[1]))
    table = pa.table({"block_id": pa.array(range(len(codes)), pa.int64()), "layer.bands_group": rows})
    said = json.dumps({"segments": [{"layers": [{"name": "bands_group", "legend": GROUPS}]}]})
    pq.write_table(table.replace_schema_metadata({"oreline": said}), path)
    return path


def test_either_mineral_of_a_pixel_is_right_and_another_is_not(scene: Path, tmp_path: Path) -> None:
    shares = open_recording(scene / "core_minerals.hdr").cube
    codes = np.full((shares.shape[0], shares.shape[2]), GROUPS.index("not rock"), np.uint8)
    rock = shares.sum(axis=1) > 0
    codes[rock] = np.resize([0, 1, 2, UNKNOWN], rock.sum())
    facts = bands_accuracy(told(tmp_path, codes), scene / "core_truth.hdr")
    assert facts["rock_pixels"] == rock.sum() > 1000
    assert facts["bands_named"] == pytest.approx(3 / 4, abs=1e-3)
    assert facts["bands_right"] == pytest.approx(2 / 3, abs=1e-2)


def test_a_log_without_a_second_answer_tells_nothing_of_it(scene: Path, tmp_path: Path) -> None:
    path = tmp_path / "lines.parquet"
    said = json.dumps({"segments": [{"classes": ["talc"]}]})
    pq.write_table(pa.table({"block_id": [0]}).replace_schema_metadata({"oreline": said}), path)
    assert bands_accuracy(path, scene / "core_truth.hdr") == {}
