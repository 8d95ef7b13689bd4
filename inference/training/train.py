"""`oreline train`: from laboratory spectra to a model's folder. Same data, same seed: the same bytes."""

from __future__ import annotations

import hashlib
import io
import platform
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import sklearn
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from rich.progress import Progress, TaskID
from torch import nn

from inference.backends.torchscript import encode
from inference.backends.torchscript import load as load_network
from inference.classification.card import FILE, GOLDEN, MODEL, Card, CardClass, Training
from inference.classification.signature import SIGNATURE, sign
from inference.preprocessing.steps import SNV, Steps
from inference.training.augment import Recipe, Sampler
from inference.training.data import Spectra, load
from inference.training.families import FAMILIES, Family, widths_of
from inference.training.fit import fit
from inference.training.validate import FOLDS, Folds, confused, metrics, recall, unknown_below, validate
from oreline.cameras import CameraPreset, camera_preset
from oreline.errors import ConfigError
from oreline.files import try_to_write
from oreline.palette import colour_of, numbered
from oreline.process import tune_allocator

STEPS = 1500
GOLDEN_SAMPLES = 64
BACKGROUND_REFLECTANCE = 0.06
"""Above a rubber belt, 0.04 to 0.05. Galena is darker still, and pyrite in a shadow: they are lost in the belt."""


def main(
    preset: str,
    data: Path,
    out: Path,
    seed: int = 1,
    steps: int = STEPS,
    preprocessing: Steps = SNV,
    family: str = "cnn",
) -> Card:
    """Train, validate by specimen, and write `model.pt`, `golden.npz`, `card.json` and `card.sig` into `out`.

    Shows progress; takes minutes on one core. `family`: a name in FAMILIES. Raises ConfigError for an unknown preset or
    family, or unfit data.
    """
    tune_allocator()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    camera, form = camera_preset(preset), FAMILIES.find(family)
    widths = widths_of(form, preset)
    try_to_write(*(out / name for name in (MODEL, GOLDEN, FILE, SIGNATURE)))
    spectra = load(data, camera, preprocessing)
    with Progress() as progress:
        bar = progress.add_task(f"training {preset}", total=steps * (FOLDS + 1))
        train = partial(_train, form, widths, spectra, steps, progress, bar)
        folds = validate(spectra, train, seed)
        everything = np.flatnonzero(~spectra.reserved)
        sampler = Sampler(spectra, everything, seed)
        network = train(sampler, seed)
    training = Training(
        data=data.name,
        data_sha256=spectra.sha256,
        seed=seed,
        steps=steps,
        widths=widths,
        recipe=asdict(Recipe()),
        versions=_versions(),
    )
    size = form.kmac(spectra.layout, len(spectra.classes), widths)
    card = write(camera, spectra, folds, network, size, sampler, training, out)
    _say(card, out)
    return card


def steps_of(text: str) -> Steps:
    """Preprocessing as a command line gives it: "snv", or a list in JSON. Raises ConfigError."""
    try:
        return SNV if text == "snv" else TypeAdapter(Steps).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"--preprocessing {text}: {where}: {first['msg']}") from None


def _train(
    family: type[Family],
    widths: tuple[int, ...],
    spectra: Spectra,
    steps: int,
    progress: Progress,
    bar: TaskID,
    sampler: Sampler,
    seed: int,
) -> nn.Module:
    layout, classes = spectra.layout, len(spectra.classes)
    return fit(family, sampler, layout, classes, widths, steps, seed, lambda _step: progress.advance(bar))


def write(
    camera: CameraPreset,
    spectra: Spectra,
    folds: Folds,
    network: nn.Module,
    size: float,
    sampler: Sampler,
    training: Training,
    out: Path,
) -> Card:
    """Write a model's folder and sign it; the golden vector is answered by the bytes that were written. `size`:
    thousands of multiply-accumulates a spectrum."""
    content = encode(network)
    golden = _golden(content, sampler.draw(GOLDEN_SAMPLES)[0])
    threshold = unknown_below(spectra, folds)
    card = Card(
        name=camera.name,
        classes=_classes(spectra, folds),
        wavelengths_nm=tuple(round(float(nm), 4) for nm in camera.wavelengths_nm),
        fwhm_nm=camera.fwhm_nm,
        background_reflectance=BACKGROUND_REFLECTANCE,
        unknown_below=threshold,
        preprocessing="snv" if spectra.steps == SNV else spectra.steps,
        kmac=size,
        metrics=metrics(spectra, folds, threshold),
        confused=confused(spectra, folds),
        training=training,
        model_sha256=hashlib.sha256(content).hexdigest(),
        golden_sha256=hashlib.sha256(golden).hexdigest(),
    ).sealed()
    out.mkdir(parents=True, exist_ok=True)
    (out / MODEL).write_bytes(content)
    (out / GOLDEN).write_bytes(golden)
    card.write(out)
    sign(out)
    return card


def _say(card: Card, out: Path) -> None:
    measured, accuracy = card.metrics, card.metrics.accuracy
    print(f"{out}: {card.kmac:.1f} kMAC a spectrum, {len(card.classes)} classes, model {card.model_sha256[:16]}")
    print(f"on {measured.specimens} held-out specimens: " + ", ".join(f"{k} {v:.3f}" for k, v in accuracy))
    print(f"unknown below {card.unknown_below:.3f}: {measured.unknown_rejected:.0%} of minerals never seen are refused")
    for pair in card.confused:
        print(f"not separable here: {pair.a} as {pair.b} {pair.a_as_b:.0%}, the other way {pair.b_as_a:.0%}")


def _golden(model: bytes, snv: NDArray[np.float32]) -> bytes:
    golden = io.BytesIO()
    np.savez(golden, snv=snv, logits=load_network(model, snv.shape)(snv))
    return golden.getvalue()


def _classes(spectra: Spectra, folds: Folds) -> tuple[CardClass, ...]:
    shares = recall(spectra, folds)
    return tuple(
        CardClass(
            name=name,
            colour=colour_of(name, numbered(number)),
            recall=shares[number],
            spectra=int((spectra.target == number).sum()),
            specimens=len(set(spectra.specimen[spectra.target == number].tolist())),
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
