"""An evaluation says which labels are the truth's, what the others were taken for, and where they lie."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oreline.errors import RecordingError
from oreline.messages import BACKGROUND, UNKNOWN, ClassInfo, LayerInfo
from oreline.recordings.envi_writer import EnviWriter
from oreline.testing import label_line, stream_info
from sinks.log import Log, picture
from sinks.log.evaluation import RIGHT, evaluate
from sinks.log.sink import LogSettings

TRUE = (ClassInfo("calcite", (1, 2, 3)), ClassInfo("natroalunite", (4, 5, 6)), ClassInfo("chalcedony", (7, 8, 9)))
ANSWERS = (ClassInfo("alunite", (10, 20, 30)), ClassInfo("calcite", (40, 50, 60)), ClassInfo("talc", (70, 80, 90)))
TRUTH = [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, BACKGROUND, BACKGROUND]]
SAID = [[1, 1, 0, 2], [1, UNKNOWN, 0, 0], [1, 1, 2, BACKGROUND]]


def label_file(path: Path, lines: Sequence[Sequence[int]], classes: tuple[ClassInfo, ...]) -> Path:
    with EnviWriter.create(path, samples=len(lines[0]), bands=1, dtype=np.uint8, classes=classes) as writer:
        for line in lines:
            writer.write(np.array([line], np.uint8))
    return path


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    about = {"minerals": [info.name for info in TRUE], "species": ["calcite", "alunite", ""]}
    (tmp_path / "belt_truth.json").write_text(json.dumps(about), encoding="utf-8")
    return label_file(tmp_path / "belt_truth.hdr", TRUTH, TRUE)


WANTED = {
    "accuracy": 6 / 8,
    "judged_pixels": 8,
    "by_species": {"alunite": 3 / 4, "calcite": 3 / 4},
    "group_accuracy": 6 / 8,
    "by_group": {"carbonate": 3 / 4, "sulphate": 3 / 4},
    "confusion": {"alunite": {"alunite": 3, "talc": 1}, "calcite": {"calcite": 3, "unknown": 1}},
}


def test_a_file_of_labels_is_judged_class_by_class(tmp_path: Path, truth: Path) -> None:
    assert evaluate(label_file(tmp_path / "said.hdr", SAID, ANSWERS), truth) == {**WANTED, "maps": []}


def test_a_file_of_groups_is_judged_by_the_groups_of_the_truth(tmp_path: Path, truth: Path) -> None:
    groups = tuple(ClassInfo(name, (1, 2, 3)) for name in ("sulphate", "carbonate", "other MgOH"))
    found = evaluate(label_file(tmp_path / "said.hdr", SAID, groups), truth)
    assert (found["accuracy"], found["judged_pixels"]) == (6 / 8, 8)
    assert found["confusion"] == {
        "sulphate": {"sulphate": 3, "other MgOH": 1}, "carbonate": {"carbonate": 3, "unknown": 1},
    }  # fmt: skip


def test_a_file_that_begins_later_is_judged_from_there(tmp_path: Path, truth: Path) -> None:
    said = label_file(tmp_path / "said.hdr", SAID[1:], ANSWERS)
    assert evaluate(said, truth, first_line=1)["confusion"] == {
        "alunite": {"alunite": 2}, "calcite": {"calcite": 1, "unknown": 1},
    }  # fmt: skip


def test_a_run_is_judged_by_the_cameras_numbers_and_a_loop_begins_anew(tmp_path: Path, truth: Path) -> None:
    info, log = stream_info(samples=4, classes=ANSWERS), Log.open(LogSettings(parquet=False), tmp_path / "run")
    log.consume([info, *(label_line(seq, info, SAID[seq % 3]) for seq in range(6))])
    log.commit()
    log.close()
    found = evaluate(tmp_path / "run", truth)
    assert (found["accuracy"], found["judged_pixels"]) == (6 / 8, 16)


def test_a_map_of_errors_shows_what_is_wrong_as_what_it_was_taken_for(tmp_path: Path, truth: Path) -> None:
    said = label_file(tmp_path / "said.hdr", SAID, ANSWERS)
    (path,) = evaluate(said, truth, errors=tmp_path / "maps" / "errors.png")["maps"]
    with Image.open(path) as image:
        shown = np.asarray(image.convert("RGB"))[picture.HEAD : picture.HEAD + 4, picture.LEFT : picture.LEFT + 3]
    right, belt, unknown = (list(one) for one in (RIGHT.colour, (24, 24, 28), (136, 136, 136)))
    lines = shown.transpose(1, 0, 2).tolist()
    assert [line[:3] for line in lines] == [[right, right, right], [right, unknown, right], [belt, belt, belt]]
    assert lines[0][3] not in (right, belt)


@pytest.mark.parametrize(
    ("lines", "classes", "says"),
    [([[0] * 5] * 3, ANSWERS, "4 samples a line, the labels 5"), ([[0] * 4] * 3, ANSWERS[2:], "no class that")],
)
def test_labels_of_another_scene_are_refused(
    tmp_path: Path, truth: Path, lines: list[list[int]], classes: tuple[ClassInfo, ...], says: str
) -> None:
    with pytest.raises(RecordingError, match=says):
        evaluate(label_file(tmp_path / "said.hdr", lines, classes), truth)


def test_a_folder_without_a_run_is_refused(tmp_path: Path, truth: Path) -> None:
    with pytest.raises(RecordingError, match="does not exist"):
        evaluate(tmp_path, truth)


def test_a_group_that_alone_is_sure_is_right_of_its_minerals(tmp_path: Path, truth: Path) -> None:
    group = LayerInfo("group", legend=(ClassInfo("carbonate", (0, 0, 255)), ClassInfo("sulphate", (1, 1, 1))))
    info = stream_info(samples=4, classes=ANSWERS, layers=(group,))
    told = [[0, 0, 1, UNKNOWN], [0, 0, 1, 1], [0, 0, UNKNOWN, UNKNOWN]]
    said = [[1, 1, UNKNOWN, 2], [1, UNKNOWN, 0, 0], SAID[2]]
    log = Log.open(LogSettings(parquet=False), tmp_path / "run")
    log.consume([info, *(label_line(seq, info, said[seq], layers=[told[seq]]) for seq in range(3))])
    log.commit()
    log.close()
    found = evaluate(tmp_path / "run", truth)
    assert (found["accuracy"], found["group_accuracy"]) == (5 / 8, 7 / 8)
    assert found["by_group"] == {"sulphate": 3 / 4, "carbonate": 1.0}
    assert found["confusion"]["calcite"] == {"calcite": 3, "carbonate (group)": 1}
