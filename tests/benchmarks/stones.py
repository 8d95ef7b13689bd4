"""Compares what may decide a stone, on simulated belts: `python -m tests.benchmarks.stones [MODEL]`.

Belts are rendered, calibrated and labelled as by a line, cut into stones by the sorter's own `Segmenter`, and decided
by its `Recipe`, by votes and by the mean probability. Then every true stone of which half is under open valves is
ejected: no valve is late or misses. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.plant.judge import Aim
from hwsim.plant.report import ore_of
from hwsim.plant.stones import TrueStone, load_truth, masses
from hwsim.render.scene import render
from hwsim.scenes.base import Surfaces
from hwsim.scenes.belt import BeltScene
from inference import models
from inference.calibration.calibrator import Calibrator
from inference.classification.card import Card
from inference.classification.classifier import Classifier
from inference.classification.layers import Scheme
from inference.references.from_recordings import reference_of, stream_of
from oreline.messages import StreamInfo
from oreline.recordings.recording import open_recording
from sinks.conveyor.cores import Cores
from sinks.conveyor.recipe import Recipe
from sinks.conveyor.segment import Run, Segmenter, Stone

LINES = 1500
KNOWN = {"minerals": BeltScene().minerals, "ore": ("calcite", "dolomite")}
NEW = {
    "minerals": ("alunite", "natroalunite", "epidote", "muscovite_tanzania", "illite_marblehead"),
    "ore": ("white mica",),
}
BELTS: dict[str, dict[str, Any]] = {
    "dry": {},
    "wet, .1 mm": {"surface": Surfaces(wet_share=1.0, water_mm=0.1)},
    "dusty, .2": {"surface": Surfaces(dust=0.2)},
    "patches": {"mixed_share": 0.8},
    "grains of two": {"intimate_share": 0.8},
    "all of it": {
        "mixed_share": 0.4, "intimate_share": 0.4,
        "surface": Surfaces(wet_share=0.5, water_mm=0.1, dust=0.2, grain_spread=0.3, shadow=0.2, glint=0.05),
    },
}  # fmt: skip
WAYS = ("votes", "mean")


@dataclass(frozen=True)
class Seen:
    """A belt as the sorter gets it, labels uint8 (lines, samples) and layers uint8 (lines, planes, samples); and the
    truth."""

    info: StreamInfo
    labels: NDArray[np.uint8]
    layers: NDArray[np.uint8]
    ids: NDArray[np.int32]
    stones: tuple[TrueStone, ...]
    pixel_mm: float


def seen(scene: BeltScene, classifier: Classifier) -> Seen:
    """Render and label a belt."""
    with TemporaryDirectory() as folder:
        found = render(scene, Path(folder))
        assert found.dark
        assert found.white
        nm = tuple(scene.preset.wavelengths_nm)
        described = [
            (one, stream_of(one, serial="", full_scale=scene.full_scale, wavelengths_nm=nm, exposure_us=1.0, gain=1.0))
            for one in (found.dark, found.white, found.scene)
        ]
        calibrator = Calibrator(reference_of(described[:1], described[1]), described[2][1], steps=classifier.card.steps)
        labeller, labels, layers = classifier.labeller(calibrator), [], []
        for counts in found.scene.cube:
            answer = labeller.label([np.ascontiguousarray(counts)], 0)
            assert answer.layers is not None
            labels.append(answer.labels)
            layers.append(answer.layers)
        ids = np.array(open_recording(Path(folder) / f"{scene.name}_stones.hdr").cube[:, 0])
        truth = load_truth(Path(folder) / f"{scene.name}_truth.json")
    info = replace(described[2][1], classes=classifier.classes, layers=classifier.layers)
    return Seen(info, np.array(labels), np.array(layers), ids, truth.stones, scene.pixel_mm)


def stones_of(belt: Seen, recipe: Recipe) -> Iterator[tuple[int, Run]]:
    """Each run with its line, all stones whole."""
    kinds, answer = (of(belt.info.classes, belt.info.layers) for of in (recipe.kinds, recipe.answer))
    segmenter, cores, runs = Segmenter(kinds), Cores.of(belt.info, kinds), list[tuple[int, Run]]()
    for number, labels in enumerate(belt.labels):
        made, _, _ = segmenter.push(answer.codes(labels, belt.layers[number]))
        cores.push(made, belt.layers[number])
        runs += [(number, run) for run in made]
    yield from runs


def outcome(belt: Seen, recipe: Recipe, runs: list[tuple[int, Run]]) -> dict[str, float]:
    """What a decision of every stone by the recipe comes to."""
    open_ = np.zeros(belt.ids.shape, np.bool_)
    for _, run in runs:
        stone: Stone = run.stone.root()
        stone.decision = recipe.wants(stone)
    for number, run in runs:
        open_[number, run.start : run.stop] = recipe.fires(run)
    size = np.bincount(belt.ids.ravel())
    hit = np.bincount(belt.ids[open_], minlength=len(size)) >= 0.5 * np.maximum(size, 1)
    aim = Aim(ore_of(recipe.ore, belt.stones), recipe.min_fraction, recipe.min_pixels)
    counted = [stone for stone in belt.stones if stone.pixels >= recipe.min_pixels]
    ejected, wanted = (np.array(values) for values in zip(*((hit[s.id], aim.wants(s)) for s in counted), strict=True))
    area = np.array([stone.pixels for stone in counted]) * (belt.pixel_mm * 1e-3) ** 2
    mass = masses(area, np.array([stone.density for stone in counted]))
    ore = mass * np.array([stone.share(aim.ore) for stone in counted])
    return {
        "stones": len(counted), "wanted": int(wanted.sum()), "missed": int((wanted & ~ejected).sum()),
        "wrong": int((~wanted & ejected).sum()), "mass": float(mass[ejected].sum()), "ore": float(ore[ejected].sum()),
        "feed": float(ore.sum()),
    }  # fmt: skip


def compared(classifier: Classifier, rocks: dict[str, Any], change: dict[str, Any], seeds: int) -> dict[str, Any]:
    """Sums over the seeds, by way."""
    totals = {way: dict[str, float]() for way in WAYS}
    for seed in range(1, seeds + 1):
        scene = BeltScene(lines=LINES, seed=seed, minerals=rocks["minerals"], **change)
        belt = seen(scene, classifier)
        for way in WAYS:
            recipe = Recipe(ore=rocks["ore"], decide=way)
            got = outcome(belt, recipe, list(stones_of(belt, recipe)))
            totals[way] = {name: totals[way].get(name, 0) + value for name, value in got.items()}
    return totals


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.benchmarks.stones", description=__doc__)
    parser.add_argument("model", nargs="?", default="swir288")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    folder = models.folder(given.model)
    classifier = Classifier.load(folder, layers=[one.name for one in Scheme.of(Card.read(folder)).layers])
    print("| specimens | belt | stones | ore | missed: votes, mean | wrong: votes, mean | grade | recovery |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, rocks in (("in training", KNOWN), ("new", NEW)):
        for belt, change in BELTS.items():
            ways = compared(classifier, rocks, change, given.seeds)
            one = ways["votes"]
            pairs = [", ".join(f"{ways[way][what]:.0f}" for way in WAYS) for what in ("missed", "wrong")]
            grades = ", ".join(f"{ways[way]['ore'] / max(ways[way]['mass'], 1e-9):.1%}" for way in WAYS)
            recovered = ", ".join(f"{ways[way]['ore'] / ways[way]['feed']:.1%}" for way in WAYS)
            print(f"| {name} | {belt} | {one['stones']:.0f} | {one['wanted']:.0f} | {pairs[0]} | {pairs[1]} | {grades} "
                  f"| {recovered} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
