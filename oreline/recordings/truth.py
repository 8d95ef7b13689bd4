"""Truth of a scene, and what labels come to beside it: accuracy, confusion, and where they err.

Judged are the pixels whose true class is one of those that could be answered: a mineral that no model was trained on
can only be taken for another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.answers import group_of
from oreline.errors import RecordingError
from oreline.messages import BACKGROUND, ClassInfo
from oreline.palette import GROUPS
from oreline.recordings.envi_writer import SPECIAL_CLASSES
from oreline.recordings.label_map import read_labels

ENDING = "_truth.hdr"


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """`labels`: uint8 (lines, samples). `names`: the class that an index should be answered by, '' for none."""

    labels: NDArray[np.uint8]
    names: tuple[str, ...]


def truth_beside(scene: Path) -> Path | None:
    """The truth map of a rendered scene's recording; None where there is none."""
    path = scene.resolve().parents[1] / f"{scene.stem}{ENDING}"
    return path if path.is_file() else None


def find_truth(path: Path) -> Path:
    """A truth map: `path` itself, or the one in that folder, or in its scene. Raises RecordingError where there is not
    one alone."""
    if not path.is_dir():
        return path
    found = sorted(path.glob(f"*{ENDING}")) or sorted(path.glob(f"scene/*{ENDING}"))
    if len(found) != 1:
        held = (
            f"has several truths, {', '.join(one.name for one in found)}" if found else "has no truth of a scene in it"
        )
        raise RecordingError(f"{path} {held}: give --truth, the label map that is the truth or the folder of its scene")
    return found[0]


def read_truth(path: Path) -> Truth:
    """Read a label map as truth. Beside that of a rendered scene, NAME_truth.json says by which class of a model each
    mineral is to be answered. Raises RecordingError where it is no label map."""
    found, beside = read_labels(path), path.with_suffix(".json")
    names = tuple(info.name for info in found.classes)
    if beside.is_file():
        said = json.loads(beside.read_text(encoding="utf-8"))
        species = dict(zip(said["minerals"], said["species"], strict=True))
        names = tuple(species.get(name, name) for name in names)
    return Truth(found.labels, names)


@dataclass(slots=True, eq=False)
class Confusion:
    """Counts of pixels by true class and answer. `counts`: int64 (256, 256), both by the index in `classes`."""

    truth: Truth
    classes: tuple[ClassInfo, ...]
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((256, 256), np.int64))

    def add(self, lines: NDArray[np.integer[Any]], labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Count labels uint8 (n, samples) of the truth's lines with these numbers (n,); past its end it begins anew, as
        a scene in a loop does. Returns what they should be, BACKGROUND where nothing is judged. Raises RecordingError
        where lines are of another width."""
        true = self.truth.labels[lines % len(self.truth.labels)]
        if true.shape != labels.shape:
            raise RecordingError(f"the truth has {true.shape[1]} samples a line, the labels {labels.shape[1]}")
        wanted = self._expected[true]
        judged = wanted != BACKGROUND
        pairs = wanted[judged].astype(np.int64) * 256 + labels[judged]
        self.counts += np.bincount(pairs, minlength=256 * 256).reshape(256, 256)
        return np.asarray(wanted)

    def facts(self) -> dict[str, Any]:
        """`accuracy`: share of the `judged_pixels` with their own label, None of none; `by_species`: the same of each
        true class; `group_accuracy`, `by_group`: the same of groups, where a label of another mineral of the group is
        right, and the group without a mineral too; `confusion`: pixels by true class and answer."""
        known = dict(enumerate(info.name for info in self.classes)) | {i: x.name for i, x in SPECIAL_CLASSES.items()}
        of, right = self.counts.sum(axis=1), self.counts.diagonal()
        shown = [label for label in range(len(self.classes)) if of[label]]
        groups = np.array([group_of(known.get(label, "")) for label in range(256)])
        alike = {label: self.counts[label, groups == groups[label]].sum() for label in shown}
        judged = {group: sum(of[x] for x in shown if groups[x] == group) for group in dict.fromkeys(groups[shown])}
        hits = {group: sum(alike[x] for x in shown if groups[x] == group) for group in judged}
        return {
            "accuracy": float(right[shown].sum() / of.sum()) if of.sum() else None,
            "judged_pixels": int(of.sum()),
            "by_species": {known[label]: float(right[label] / of[label]) for label in shown},
            "group_accuracy": float(sum(hits.values()) / of.sum()) if of.sum() else None,
            "by_group": {str(group): float(hits[group] / judged[group]) for group in judged},
            "confusion": {
                known[label]: {known[said]: int(self.counts[label, said]) for said in known if self.counts[label, said]}
                for label in shown
            },
        }

    @property
    def _expected(self) -> NDArray[np.uint8]:
        """The label that each index of the truth should get, its group where all labels are groups; BACKGROUND where
        there is none to expect."""
        expected, names = np.full(256, BACKGROUND, np.uint8), [info.name for info in self.classes]
        are_groups = all(name in GROUPS or group_of(name) == name for name in names)
        for index, name in enumerate(self.truth.names):
            if (answer := group_of(name) if are_groups else name) in names:
                expected[index] = names.index(answer)
        return expected
