"""Accuracy of whose absorption bands a sample shows, beside what the pixels of a scene really hold.

The mineral with the strongest bands need not be the one of which there is most: right is a group that the pixel holds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from oreline.answers import group_of
from oreline.palette import GROUPS
from oreline.recordings.recording import open_recording
from oreline.recordings.truth import ENDING

BATCH_LINES = 256
LEAST_SHARE = 0.1
"""A group that is less of a pixel is not held by it."""
LAYER = "bands_group"
NOT_ROCK = "not rock"


def bands_accuracy(table: Path, truth: Path) -> dict[str, Any]:
    """The second answer of a log's Parquet file against the truth of the scene, as `accuracy` has the first.
    "rock_pixels": those of rock; "bands_named": share of them with a mineral's group; "bands_right": share of those
    whose group they hold. Nothing of a model that tells no second answer."""
    file = pq.ParquetFile(table)
    part = json.loads(file.schema_arrow.metadata[b"oreline"])["segments"][-1]
    legend = next((one["legend"] for one in part.get("layers", ()) if one["name"] == LAYER), None)
    if legend is None:
        return {}
    held = _Held(truth)
    counts = np.zeros(3, np.int64)
    for batch in file.iter_batches(BATCH_LINES, columns=["block_id", f"layer.{LAYER}"]):
        codes = batch.column(1).flatten().to_numpy().reshape(batch.num_rows, -1)
        counts += held.count(batch.column(0).to_numpy(), codes, legend)
    rock, named, right = counts.tolist()
    return {
        "rock_pixels": rock,
        "bands_named": named / rock if rock else None,
        "bands_right": right / named if named else None,
    }


class _Held:
    """Groups that the pixels of a scene hold."""

    def __init__(self, truth: Path) -> None:
        said = json.loads(truth.with_suffix(".json").read_text(encoding="utf-8"))
        pairs = zip(said["species"], said["minerals"], strict=True)
        self._groups = [group_of(species or mineral) for species, mineral in pairs]
        self._shares = open_recording(truth.with_name(truth.name.replace(ENDING, "_minerals.hdr"))).cube

    def count(self, lines: NDArray[np.int64], codes: NDArray[np.uint8], legend: list[str]) -> NDArray[np.int64]:
        """Pixels of rock, those with a mineral's group, and those that hold it, of codes uint8 (lines, samples)."""
        shares = self._shares[lines % len(self._shares)]
        rock = shares.sum(axis=1) > 0
        named, right = np.zeros_like(rock), np.zeros_like(rock)
        for code, group in enumerate(legend):
            if group in GROUPS and group != NOT_ROCK:
                here = rock & (codes == code)
                of_group = [index for index, name in enumerate(self._groups) if name == group]
                named |= here
                right |= here & (shares[:, of_group].sum(axis=1) >= LEAST_SHARE)
        return np.array([rock.sum(), named.sum(), right.sum()], np.int64)
