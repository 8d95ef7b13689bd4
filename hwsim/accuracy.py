"""Accuracy of the labels of a run beside the truth of its scene: by pixel, by stone, by stretch of the belt, and apart
on specimens that no model was trained with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from oreline.answers import Answer, answer_of
from oreline.messages import BACKGROUND, ClassInfo, LayerInfo
from oreline.recordings.recording import open_recording
from oreline.recordings.truth import ENDING, Confusion, read_truth

BATCH_LINES = 512
STONES = "_stones.hdr"


def accuracy(table: Path, truth: Path) -> dict[str, Any]:
    """Labels of a log's Parquet file against the truth of the scene that was labelled, over and over where it was
    played in a loop: the camera numbers frames from the scene's first line. Fields are those of `Confusion.facts` and
    `Stones.facts`; "new_accuracy" and "new_pixels" are of specimens that the models which ship were not trained with,
    "in_training" the minerals of the others."""
    file = pq.ParquetFile(table)
    part = json.loads(file.schema_arrow.metadata[b"oreline"])["segments"][-1]
    told = [
        LayerInfo("group", legend=_infos(one["legend"])) for one in part.get("layers", ()) if one["name"] == "group"
    ]
    answer = answer_of("labels", _infos(part["classes"]), told)
    confusion = Confusion(read_truth(truth), answer.classes)
    said = json.loads(truth.with_suffix(".json").read_text(encoding="utf-8"))
    ids = open_recording(truth.with_name(truth.name.removesuffix(ENDING) + STONES)).cube[:, 0]
    stones, known = Stones(said, part["classes"]), np.zeros(256, np.bool_)
    known[: len(said["in_training"])] = said["in_training"]
    new = np.zeros(2, np.int64)
    for lines, labels in _batches(file, answer, "layer.group" if told else None):
        wanted = confusion.add(lines, labels)
        judged, right = wanted != BACKGROUND, wanted == labels
        at = lines % len(ids)
        fresh = judged & ~known[confusion.truth.labels[at]]
        new += int((right & fresh).sum()), int(fresh.sum())
        stones.add(ids[at], labels, judged, right)
    names_known = [name for name, was in zip(said["minerals"], said["in_training"], strict=True) if was]
    apart = {"new_accuracy": _share(*new.tolist()), "new_pixels": int(new[1]), "in_training": names_known}
    return confusion.facts() | apart | stones.facts()


class Stones:
    """Counts by stone: its labels, and its pixels that are judged and right."""

    def __init__(self, said: dict[str, Any], names: list[str]) -> None:
        """`said`: of the scene, as NAME_truth.json has it. `names`: of the classes."""
        stones = said["stones"]
        self._ids = np.array([stone["id"] for stone in stones], np.int64)
        self._stretches: list[str] = said.get("stretches", [])
        self._stretch = [stone.get("stretch", "") for stone in stones]
        main = [max(stone["species"], key=stone["species"].__getitem__) for stone in stones]
        self._expected = np.array([names.index(name) if name in names else BACKGROUND for name in main], np.int64)
        self._labels = np.zeros((len(stones), 256), np.int64)
        self._pixels = np.zeros((2, len(stones)), np.int64)

    def add(
        self, ids: NDArray[Any], labels: NDArray[np.uint8], judged: NDArray[np.bool_], right: NDArray[np.bool_]
    ) -> None:
        """Some lines: the stone of each pixel, its label, and whether that is judged and right."""
        on = ids > 0
        stone = np.searchsorted(self._ids, ids[on])
        n = len(self._ids)
        self._labels += np.bincount(stone * 256 + labels[on], minlength=n * 256).reshape(n, 256)
        for row, which in zip(self._pixels, (right & judged, judged), strict=True):
            row += np.bincount(stone, which[on], n).astype(np.int64)

    def facts(self) -> dict[str, Any]:
        """ "stone_accuracy": share of the "judged_stones", those that are mostly of a class and were seen, whose most
        frequent label is that class; "by_stretch": that, accuracy and judged pixels of each stretch of the belt."""
        return self._of(np.ones(len(self._ids), np.bool_)) | {
            "by_stretch": {
                name: self._pixels_of(mask) | self._of(mask) for name, mask in map(self._within, self._stretches)
            }
        }

    def _within(self, name: str) -> tuple[str, NDArray[np.bool_]]:
        return name, np.array([one == name for one in self._stretch], np.bool_)

    def _pixels_of(self, mask: NDArray[np.bool_]) -> dict[str, Any]:
        right, judged = (int(row[mask].sum()) for row in self._pixels)
        return {"accuracy": _share(right, judged), "judged_pixels": judged}

    def _of(self, mask: NDArray[np.bool_]) -> dict[str, Any]:
        judged = mask & (self._expected != BACKGROUND) & self._labels.any(axis=1)
        right = judged & (self._labels.argmax(axis=1) == self._expected)
        return {"stone_accuracy": _share(int(right.sum()), int(judged.sum())), "judged_stones": int(judged.sum())}


def _batches(file: Any, answer: Answer, layer: str | None) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Numbers of the camera's frames, and codes of the answer, uint8 (lines, samples). `layer`: the column of the
    group; None where none is told."""
    columns = ["block_id", "labels", *([layer] if layer else [])]
    for batch in file.iter_batches(BATCH_LINES, columns=columns):
        numbers, *images = (batch.column(name) for name in columns)
        labels, *group = (image.flatten().to_numpy().reshape(batch.num_rows, -1) for image in images)
        yield numbers.to_numpy(), answer.codes(labels, group[0][:, None] if group else None)


def _infos(names: list[str]) -> tuple[ClassInfo, ...]:
    return tuple(ClassInfo(name, (0, 0, 0)) for name in names)


def _share(n: int, of: int) -> float | None:
    return n / of if of else None
