"""Truth of core in boxes, as its judge needs it: painted anew from the scene, or read from what was rendered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hwsim.spectra import load
from hwsim.worlds.core import CoreWorld
from oreline.errors import RecordingError
from oreline.recordings.label_map import read_labels
from oreline.recordings.recording import open_recording
from oreline.recordings.truth import ENDING


@dataclass(frozen=True, slots=True, eq=False)
class CoreTruth:
    """`depth_m` float32 (lines, samples): down the hole, NaN where there is no core. `labels` uint8 (lines, samples):
    the mineral of which there is most, or BACKGROUND. `minerals`, `species`: their names, and the classes of the models
    that ship by which they are to be answered, '' for none. `facts`: as `hwsim.worlds.core_facts` has them."""

    depth_m: NDArray[np.float32]
    labels: NDArray[np.uint8]
    minerals: tuple[str, ...]
    species: tuple[str, ...]
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, world: CoreWorld) -> Self:
        """All lines of a recording, painted."""
        truth, minerals, library = world.paint(0, world.lines)[1], world.scene.all_minerals, load()
        assert truth.depth_m is not None
        species = tuple(library.species[library.index(name)] for name in minerals)
        return cls(truth.depth_m, truth.labels(truth.fractions()), minerals, species, world.facts())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read beside the truth map of a rendered scene. Raises RecordingError where that is not of core in boxes."""
        beside = path.with_suffix(".json")
        facts = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
        if "boxes" not in facts:
            raise RecordingError(f"{path} is no truth of core in boxes: render a scene of core again")
        depth = open_recording(path.with_name(path.name.removesuffix(ENDING) + "_depth.hdr")).cube[:, 0]
        return cls(depth, read_labels(path).labels, tuple(facts["minerals"]), tuple(facts["species"]), facts)

    def row_of(self, row: Mapping[str, Any]) -> NDArray[np.float32]:
        """True depths of a row among the facts, (lines, samples)."""
        return self.depth_m[self.cells_of(row)]

    def cells_of(self, row: Mapping[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Lines (lines, 1) and samples (lines, samples) of a row among the facts."""
        lines, samples = (np.arange(row[f"first_{of}"], row[f"last_{of}"] + 1) for of in ("line", "sample"))
        drift = np.rint(self.facts["drift"] * (lines - lines.mean())).astype(np.int64)
        return lines[:, None], samples + drift[:, None]
