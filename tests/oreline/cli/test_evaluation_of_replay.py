"""A replay of a scene that has its truth beside it says how many labels were right."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from oreline.cli.replay import accuracy_of
from oreline.config import Config
from oreline.messages import ClassInfo
from oreline.recordings.envi_writer import EnviWriter
from oreline.recordings.finding import RecordingSet

CLASSES = (ClassInfo("calcite", (1, 2, 3)), ClassInfo("talc", (4, 5, 6)))


def label_file(path: Path, lines: list[list[int]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with EnviWriter.create(path, samples=2, bands=1, dtype=np.uint8, classes=CLASSES) as writer:
        for line in lines:
            writer.write(np.array([line], np.uint8))
    return path


@pytest.fixture
def scene(tmp_path: Path) -> RecordingSet:
    label_file(tmp_path / "belt_truth.hdr", [[0, 0], [0, 1], [1, 1]])
    return cast(RecordingSet, SimpleNamespace(scene=SimpleNamespace(path=tmp_path / "capture" / "belt.raw")))


def config(**simulator: Any) -> Config:
    return Config({"simulator": simulator})


def test_labels_of_a_scene_are_judged_from_the_line_at_which_they_begin(scene: RecordingSet, tmp_path: Path) -> None:
    labels = {"labels": label_file(tmp_path / "said" / "labels.hdr", [[0, 1], [1, 0]])}
    assert accuracy_of(config(start_line=1), scene, labels)["accuracy"] == 3 / 4
    assert accuracy_of(config(), scene, labels)["accuracy"] == 1 / 4


def test_nothing_is_said_where_there_is_no_truth_or_no_labels(scene: RecordingSet, tmp_path: Path) -> None:
    labels = label_file(tmp_path / "said" / "labels.hdr", [[0, 1]])
    assert accuracy_of(config(), scene, {"reflectance": labels}) == {}
    (tmp_path / "belt_truth.hdr").unlink()
    assert accuracy_of(config(), scene, {"labels": labels}) == {}
