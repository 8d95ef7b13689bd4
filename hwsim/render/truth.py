"""Writes the truth about a rendered scene: maps of minerals, stones and depth, and a list of stones.

The list is JSON. "minerals" are those that labels and bands of fractions stand for, and "species" their names in the
models that ship ('' for none); "in_training" says whether those were trained with their specimen. "stones" are stones
or pieces of core, with the fraction of each species, the lines and samples they cover, their centre and number of
pixels, and what the world says of each (`World.describe`). Beside them stand the seed, the encoder's nominal scale, and
what the world says of all (`World.facts`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.spectra import load
from hwsim.spectra.overlaps import in_training
from hwsim.worlds import Truth, World
from oreline.jit import kernel
from oreline.messages import ClassInfo
from oreline.palette import colour_of, numbered
from oreline.recordings.envi_header import braces
from oreline.recordings.envi_writer import EnviWriter

SIZES = np.dtype(
    [
        *(("pixels", "i8"), ("first_line", "i8"), ("last_line", "i8"), ("first_sample", "i8"), ("last_sample", "i8")),
        *(("lines", "i8"), ("samples", "i8")),
    ]
)
"""`lines`, `samples`: sums over the pixels, for the centre."""


class TruthWriter:
    """Takes the truth of a world in order of its lines, and writes it."""

    def __init__(self, world: World, folder: Path) -> None:
        scene, samples, self._world = world.scene, world.scene.preset.samples, world
        self.path = folder / f"{scene.name}_truth.json"
        library = load()
        species = (library.species[library.index(name)] or name for name in scene.all_minerals)
        classes = tuple(
            ClassInfo(name, colour_of(known, numbered(index)))
            for index, (name, known) in enumerate(zip(scene.all_minerals, species, strict=True))
        )

        def create(kind: str, bands: int, dtype: Any, **more: Any) -> EnviWriter:
            header = folder / f"{scene.name}_{kind}.hdr"
            return EnviWriter.create(header, samples=samples, bands=bands, dtype=dtype, **more)

        self._labels = create("truth", 1, np.uint8, classes=classes)
        self._ids = create("stones", 1, np.int32)
        names = {"band names": braces(scene.all_minerals)}
        self._minerals = create("minerals", len(classes), np.float32, extra=names)
        self._depth = create("depth", 1, np.float32) if scene.world == "core" else None
        self._sizes: dict[int, Any] = {}

    def add(self, truth: Truth) -> None:
        """The next lines."""
        fractions = truth.fractions()
        for line, labels in enumerate(truth.labels(fractions)):
            self._labels.write(labels[None])
            self._ids.write(truth.ids[line][None])
            self._minerals.write(fractions[line])
            if self._depth and truth.depth_m is not None:
                self._depth.write(truth.depth_m[line][None])
        numbers, index = np.unique(truth.ids, return_inverse=True)
        sizes = np.zeros(len(numbers), SIZES)
        made_of = np.zeros((len(numbers), fractions.shape[1]))
        _measure(index.reshape(truth.ids.shape), fractions, truth.first_line, sizes, made_of)
        for number, now in zip(numbers.tolist(), zip(sizes, made_of, strict=True), strict=True):
            if number:
                self._sizes[number] = _joined(self._sizes[number], now) if number in self._sizes else now

    def close(self) -> None:
        """Close the maps and write the list of stones."""
        for file in (self._labels, self._ids, self._minerals, self._depth):
            if file:
                file.close()
        scene, library = self._world.scene, load()
        species = [library.species[library.index(name)] for name in scene.all_minerals]
        said = {
            "minerals": scene.all_minerals,
            "species": species,
            "in_training": [name in in_training() for name in scene.all_minerals],
            "counts_per_line": scene.counts_per_line,
            "encoder_start": scene.encoder_start,
            "seed": scene.seed,
            **self._world.facts(),
            "stones": [self._stone(number, species) for number in sorted(self._sizes)],
        }
        self.path.write_text(json.dumps(said, indent=1), encoding="utf-8")

    def _stone(self, number: int, species: list[str]) -> dict[str, Any]:
        size, sums = self._sizes[number]
        pixels = int(size["pixels"])
        fractions: dict[str, float] = {}
        for mineral in np.flatnonzero(sums):
            name = species[mineral] or self._world.scene.all_minerals[mineral]
            fractions[name] = fractions.get(name, 0.0) + float(sums[mineral]) / pixels
        box = {name: int(size[name]) for name in ("first_line", "last_line", "first_sample", "last_sample")}
        centre = {"centre_line": int(size["lines"]) / pixels, "centre_sample": int(size["samples"]) / pixels}
        told = self._world.describe(number)
        return {"id": number, "species": fractions, **box, **centre, "pixels": pixels, **told}


def _joined(old: tuple[Any, Any], new: tuple[Any, Any]) -> tuple[Any, Any]:
    """A stone's size in some lines, and in those that follow."""
    size = old[0].copy()
    for name in ("pixels", "lines", "samples"):
        size[name] += new[0][name]
    size["last_line"] = new[0]["last_line"]
    size["first_sample"] = min(size["first_sample"], new[0]["first_sample"])
    size["last_sample"] = max(size["last_sample"], new[0]["last_sample"])
    return size, old[1] + new[1]


@kernel
def _measure(
    stones: NDArray[np.intp],
    fractions: NDArray[np.float32],
    first_line: int,
    sizes: NDArray[np.void],
    made_of: NDArray[np.float64],
) -> None:
    for i in range(stones.shape[0]):
        line = first_line + i
        for x in range(stones.shape[1]):
            size = sizes[stones[i, x]]
            is_new = size.pixels == 0
            size.first_line = line if is_new else size.first_line
            size.last_line = line
            size.first_sample = x if is_new else min(size.first_sample, x)
            size.last_sample = x if is_new else max(size.last_sample, x)
            size.pixels += 1
            size.lines += line
            size.samples += x
            made_of[stones[i, x]] += fractions[i, :, x]
