"""The truth about a rendered scene: label map, stone map, and a list of stones."""

from __future__ import annotations

import colorsys
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.belt import BeltScene
from hwsim.spectra import load
from oreline.envi_writer import EnviWriter
from oreline.jit import kernel
from oreline.messages import ClassInfo

SIZES = np.dtype(
    [
        *(("pixels", "i8"), ("first_line", "i8"), ("last_line", "i8"), ("first_sample", "i8"), ("last_sample", "i8")),
        *(("lines", "i8"), ("samples", "i8")),
    ]
)
"""`lines`, `samples`: sums over the pixels, for the centre."""


class TruthWriter:
    """Takes the truth of a scene in order of its lines, and writes it."""

    def __init__(self, scene: BeltScene, folder: Path, stones: int) -> None:
        names, samples = scene.all_minerals, scene.preset.samples
        classes = tuple(ClassInfo(name, colour(index)) for index, name in enumerate(names))
        self.scene, self.path = scene, folder / f"{scene.name}_truth.json"
        self._labels = EnviWriter.create(
            folder / f"{scene.name}_truth.hdr", samples=samples, bands=1, dtype=np.uint8, classes=classes
        )
        self._ids = EnviWriter.create(folder / f"{scene.name}_stones.hdr", samples=samples, bands=1, dtype=np.int32)
        self._sizes = np.zeros(stones + 1, SIZES)
        self._made_of = np.zeros((stones + 1, 256), np.int64)

    def add(self, first_line: int, labels: NDArray[np.uint8], ids: NDArray[np.int32]) -> None:
        """The next lines, (lines, samples) each."""
        for line_labels, line_ids in zip(labels, ids, strict=True):
            self._labels.write(line_labels[None])
            self._ids.write(line_ids[None])
        _measure(labels, ids, first_line, self._sizes, self._made_of)

    def close(self) -> None:
        """Close the maps and write the list of stones."""
        self._labels.close()
        self._ids.close()
        scene, library = self.scene, load()
        species = [library.species[library.index(name)] for name in scene.all_minerals]
        said = {
            "minerals": scene.all_minerals,
            "species": species,
            "counts_per_line": scene.counts_per_line,
            "encoder_start": scene.encoder_start,
            "seed": scene.seed,
            "stones": [self._stone(i, species) for i in range(1, len(self._sizes)) if self._sizes["pixels"][i]],
        }
        self.path.write_text(json.dumps(said, indent=1))

    def _stone(self, index: int, species: list[str]) -> dict[str, Any]:
        size, pixels = self._sizes[index], int(self._sizes["pixels"][index])
        fractions: dict[str, float] = {}
        for mineral in np.flatnonzero(self._made_of[index]):
            name = species[mineral] or self.scene.all_minerals[mineral]
            fractions[name] = fractions.get(name, 0.0) + int(self._made_of[index, mineral]) / pixels
        box = {name: int(size[name]) for name in ("first_line", "last_line", "first_sample", "last_sample")}
        centre = {"centre_line": int(size["lines"]) / pixels, "centre_sample": int(size["samples"]) / pixels}
        return {"id": index, "species": fractions, **box, **centre, "pixels": pixels}


def colour(index: int) -> tuple[int, int, int]:
    """A colour that is far from those of the indices around it: hues by the golden ratio."""
    parts = colorsys.hsv_to_rgb(index * 0.6180339887 % 1.0, (0.85, 0.55)[index % 2], (0.95, 0.75)[index // 2 % 2])
    red, green, blue = (round(255 * part) for part in parts)
    return red, green, blue


@kernel
def _measure(
    labels: NDArray[np.uint8],
    ids: NDArray[np.int32],
    first_line: int,
    sizes: NDArray[np.void],
    made_of: NDArray[np.int64],
) -> None:
    for i in range(labels.shape[0]):
        line = first_line + i
        for x in range(labels.shape[1]):
            stone = ids[i, x]
            if stone == 0:
                continue
            size = sizes[stone]
            is_new = size.pixels == 0
            size.first_line = line if is_new else size.first_line
            size.last_line = line
            size.first_sample = x if is_new else min(size.first_sample, x)
            size.last_sample = x if is_new else max(size.last_sample, x)
            size.pixels += 1
            size.lines += line
            size.samples += x
            made_of[stone, labels[i, x]] += 1
