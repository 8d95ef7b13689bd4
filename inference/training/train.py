"""`oreline train`: from laboratory spectra to a model's folder. Same data, same seed: the same bytes."""

from __future__ import annotations

import hashlib
import io
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import sklearn
import torch
from pydantic import TypeAdapter, ValidationError
from rich.progress import Progress
from torch import nn

from inference.backends.torchscript import encode
from inference.backends.torchscript import load as load_network
from inference.classification.card import FILE, GOLDEN, MODEL, BandAnswer, Card, CardClass, Training
from inference.classification.signature import SIGNATURE, sign
from inference.evaluation.decisions import Thresholds
from inference.evaluation.library import Library
from inference.evaluation.rock import Rock
from inference.evaluation.threads import one_threaded
from inference.evaluation.trials import FOLDS, lessons
from inference.evaluation.verdict import Verdict, judge
from inference.preprocessing.steps import SNV, Steps
from inference.training.data import Spectra, load
from inference.training.families import FAMILIES, widths_of
from inference.training.fit import STEPS, Schedule
from inference.training.inputs import INPUTS
from inference.training.not_for import not_for
from inference.training.recipe import recipe_of
from inference.training.rounding import rounding
from inference.training.school import School
from inference.training.targets import Targets
from inference.training.trainee import Trainee
from oreline.cameras import CameraPreset, camera_preset
from oreline.errors import ConfigError
from oreline.files import try_to_write
from oreline.palette import colour_of, numbered
from oreline.process import one_thread, tune_allocator

SPLITS = 3
GOLDEN_SAMPLES = 64
BACKGROUND_REFLECTANCE = 0.06
"""Above a rubber belt, 0.04 to 0.05. Galena is darker still, and pyrite in a shadow: they are lost in the belt."""


@one_threaded
def main(
    preset: str,
    data: Path,
    out: Path,
    seed: int = 1,
    steps: int = STEPS,
    preprocessing: Steps | None = None,
    family: str = "cnn",
    splits: int = SPLITS,
    jobs: int = 1,
    rocks: Sequence[Path] = (),
) -> Card:
    """Train, validate by specimen, and write `model.pt`, `golden.npz`, `card.json` and `card.sig` into `out`.

    Shows progress; takes about 20 minutes on one core, which `jobs` share. `preprocessing`: None for the camera's own.
    `family`: a name in FAMILIES. `splits`: how many times the specimens are split into five folds. `rocks`: logs of
    real rock to judge by, never to learn from. Raises ConfigError for an unknown preset or family, or unfit data.
    """
    one_thread()
    tune_allocator()
    camera = camera_preset(preset)
    widths = widths_of(FAMILIES.find(family), preset)
    try_to_write(*(out / name for name in (MODEL, GOLDEN, FILE, SIGNATURE)))
    spectra = load(data, camera, INPUTS.get(preset, SNV) if preprocessing is None else preprocessing)
    _check_folds(spectra, data)
    recipe = recipe_of(preset)
    targets = Targets.of(spectra, bands=recipe.rock > 0)
    trainee = Trainee(spectra, targets, recipe, Schedule(steps), family, widths)
    library, judged = Library.load(data, camera), [Rock.load(path, camera) for path in rocks]
    seeds = range(seed, seed + splits)
    with School(trainee, jobs) as school, Progress() as progress:
        bar = progress.add_task(f"training {preset}", total=splits * FOLDS + 1)
        for lesson in lessons(library, seeds):
            school.announce(lesson.train, lesson.seed)
        school.announce(spectra.known, seed)
        verdict = judge(library, school, judged, seeds, lambda: progress.advance(bar))
        network = school.taught(spectra.known, seed)
        progress.advance(bar)
    card = write(camera, trainee, verdict, network, training_of(trainee, data, seed), out)
    _say(card, out)
    return card


def steps_of(text: str | None) -> Steps | None:
    """Preprocessing as a command line gives it: "snv", or a list in JSON; None stays. Raises ConfigError."""
    if text is None:
        return None
    try:
        return SNV if text == "snv" else TypeAdapter(Steps).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"--preprocessing {text}: {where}: {first['msg']}") from None


def _check_folds(spectra: Spectra, data: Path) -> None:
    """Raises ConfigError where no class can be in every fold."""
    if np.bincount(spectra.target[spectra.known]).max() < FOLDS:
        raise ConfigError(
            f"{data} has no class of {FOLDS} spectra, and a model is judged in as many folds: measure more rocks"
        )


def training_of(trainee: Trainee, data: Path, seed: int) -> Training:
    """What makes the same bytes again."""
    schedule = {f"schedule.{name}": value for name, value in asdict(trainee.schedule).items()}
    return Training(
        data=data.name,
        data_sha256=trainee.spectra.sha256,
        seed=seed,
        steps=trainee.schedule.steps,
        widths=trainee.widths,
        recipe=trainee.recipe.flat() | schedule,
        versions=_versions(),
        specimens=tuple(np.unique(trainee.spectra.specimen[~trainee.spectra.reserved]).tolist()),
    )


def write(
    camera: CameraPreset, trainee: Trainee, verdict: Verdict, network: nn.Module, training: Training, out: Path
) -> Card:
    """Write a model's folder and sign it; the golden vector is answered by the bytes that were written."""
    content = encode(network)
    golden = _golden(content, trainee, training.seed)
    card = _card(camera, trainee, verdict, training, content, golden).sealed()
    out.mkdir(parents=True, exist_ok=True)
    (out / MODEL).write_bytes(content)
    (out / GOLDEN).write_bytes(golden)
    card.write(out)
    sign(out)
    return card


def _card(
    camera: CameraPreset, trainee: Trainee, verdict: Verdict, training: Training, content: bytes, golden: bytes
) -> Card:
    spectra, targets, found = trainee.spectra, trainee.targets, verdict.thresholds
    return Card(
        version=2,
        name=camera.name,
        classes=_classes(trainee, verdict),
        wavelengths_nm=tuple(round(float(nm), 4) for nm in camera.wavelengths_nm),
        fwhm_nm=camera.fwhm_nm,
        background_reflectance=BACKGROUND_REFLECTANCE,
        unknown_below=found.unknown_below,
        strangers=targets.strangers,
        group_below=found.group_below,
        bands=_bands(targets, found),
        noisy_above=found.noisy_above,
        dark_below=found.dark_below,
        not_for=not_for(camera, trainee.recipe, bool(targets.names), trainee.missing),
        preprocessing="snv" if spectra.steps == SNV else spectra.steps,
        bfloat16=rounding(content, golden, targets.answered),
        kmac=FAMILIES.find(trainee.family).kmac(spectra.layout, targets.outputs, trainee.widths),
        metrics=verdict.metrics,
        confused=verdict.confused,
        training=training,
        model_sha256=hashlib.sha256(content).hexdigest(),
        golden_sha256=hashlib.sha256(golden).hexdigest(),
    )


def _bands(targets: Targets, found: Thresholds) -> BandAnswer | None:
    if not targets.names:
        return None
    return BandAnswer(
        names=targets.names,
        groups=targets.groups,
        unknown_below=found.bands_unknown_below,
        species_below=found.bands_species_below,
    )


def _say(card: Card, out: Path) -> None:
    measured, accuracy = card.metrics, card.metrics.accuracy
    print(f"{out}: {card.kmac:.1f} kMAC a spectrum, {len(card.classes)} classes, model {card.model_sha256[:16]}")
    print(f"on {measured.specimens} held-out specimens: " + ", ".join(f"{k} {v:.3f}" for k, v in accuracy))
    print(f"unknown below {card.unknown_below:.3f}: {measured.unknown_rejected:.0%} of minerals never seen are refused")
    for pair in card.confused:
        print(f"not separable here: {pair.a} as {pair.b} {pair.a_as_b:.0%}, the other way {pair.b_as_a:.0%}")
    for sentence in card.not_for or ():
        print(f"not for: {sentence}")


def _golden(model: bytes, trainee: Trainee, seed: int) -> bytes:
    pixels = trainee.sampler(trainee.spectra.known, seed).draw(GOLDEN_SAMPLES)
    features, golden = trainee.spectra.prepared(pixels.reflectance), io.BytesIO()
    np.savez(golden, snv=features, logits=load_network(model, features.shape)(features))
    return golden.getvalue()


def _classes(trainee: Trainee, verdict: Verdict) -> tuple[CardClass, ...]:
    spectra = trainee.spectra
    of_class = [spectra.target == number for number in range(len(spectra.classes))]
    return tuple(
        CardClass(
            name=name,
            colour=colour_of(name, numbered(number)),
            recall=verdict.recall[number],
            spectra=int(of_class[number].sum()),
            specimens=len(np.unique(spectra.specimen[of_class[number]])),
        )
        for number, name in enumerate(spectra.classes)
    )


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "scikit-learn": sklearn.__version__,
    }
