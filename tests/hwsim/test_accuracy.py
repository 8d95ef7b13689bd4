"""Accuracy beside the truth of a scene: by pixel, by stone, by stretch, and on new specimens."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from hwsim.accuracy import accuracy
from hwsim.render.scene import render
from hwsim.scenes.base import Surfaces
from hwsim.scenes.belt import BeltScene
from oreline.messages import BACKGROUND, UNKNOWN
from oreline.recordings.truth import read_truth

NAMES = ["calcite", "epidote", "talc"]
SCENE = BeltScene(
    camera="nir224", lines=160, minerals=("calcite", "epidote"), waste=(), waste_share=0.0, mixed_share=0.0,
    stretches={"wet": Surfaces(wet_share=1.0), "dusty": Surfaces(dust=0.2)},
)  # fmt: skip


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scene")
    render(SCENE, folder)
    return folder


def logged(folder: Path, labels: NDArray[np.uint8]) -> Path:
    """A log's table of these labels, uint8 (lines, samples)."""
    path = folder / "lines.parquet"
    rows = pa.array(list(labels), pa.list_(pa.uint8(), labels.shape[1]))
    table = pa.table({"block_id": pa.array(range(len(labels)), pa.int64()), "labels": rows})
    said = json.dumps({"segments": [{"classes": NAMES}]})
    pq.write_table(table.replace_schema_metadata({"oreline": said}), path)
    return path


def right(scene: Path) -> NDArray[np.uint8]:
    """The labels that are all right."""
    truth = read_truth(scene / "belt_truth.hdr")
    labels = np.full(truth.labels.shape, BACKGROUND, np.uint8)
    for index, name in enumerate(truth.names):
        if name:
            labels[truth.labels == index] = NAMES.index(name)
    return labels


def test_all_that_is_right_is_right_in_every_respect(scene: Path, tmp_path: Path) -> None:
    facts = accuracy(logged(tmp_path, right(scene)), scene / "belt_truth.hdr")
    assert facts["accuracy"] == facts["stone_accuracy"] == facts["new_accuracy"] == 1.0
    assert facts["in_training"] == ["calcite"]
    assert 0 < facts["new_pixels"] < facts["judged_pixels"]
    parts = facts["by_stretch"]
    assert list(parts) == ["wet", "dusty"]
    assert sum(part["judged_pixels"] for part in parts.values()) == facts["judged_pixels"]
    assert sum(part["judged_stones"] for part in parts.values()) == facts["judged_stones"] > 10


def test_a_stone_is_right_by_most_of_its_samples_and_each_stretch_by_its_own(scene: Path, tmp_path: Path) -> None:
    labels = right(scene)
    said = json.loads((scene / "belt_truth.json").read_text())
    ids = np.fromfile(scene / "belt_stones.img", np.int32).reshape(labels.shape)
    dusty = np.isin(ids, [stone["id"] for stone in said["stones"] if stone["stretch"] == "dusty"])
    even = np.add.outer(np.arange(labels.shape[0]), np.arange(labels.shape[1])) % 3 == 0
    labels[dusty] = UNKNOWN
    labels[~dusty & even & (labels != BACKGROUND)] = NAMES.index("talc")
    facts = accuracy(logged(tmp_path, labels), scene / "belt_truth.hdr")
    wet, hidden = facts["by_stretch"]["wet"], facts["by_stretch"]["dusty"]
    assert wet["accuracy"] == pytest.approx(2 / 3, abs=0.03)
    assert wet["stone_accuracy"] == 1.0
    assert (hidden["accuracy"], hidden["stone_accuracy"]) == (0.0, 0.0)


def test_specimens_that_were_in_training_are_counted_apart(scene: Path, tmp_path: Path) -> None:
    labels = right(scene)
    labels[labels == NAMES.index("calcite")] = UNKNOWN
    facts = accuracy(logged(tmp_path, labels), scene / "belt_truth.hdr")
    assert facts["new_accuracy"] == 1.0
    assert 0 < facts["accuracy"] < 1
