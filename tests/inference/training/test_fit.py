"""What a network learns from, and how."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from inference.training.data import Spectra, load
from inference.training.families import FAMILIES
from inference.training.fit import Average, Schedule, asked, fit, loss
from inference.training.inputs import INPUTS
from inference.training.pixels import Sampler
from inference.training.recipe import Recipe
from inference.training.targets import Targets
from oreline.cameras import CAMERAS


@pytest.fixture(scope="module")
def spectra(mineral_file: Path) -> Spectra:
    return load(mineral_file, CAMERAS["swir288"], INPUTS["swir288"])


def fitted(spectra: Spectra, targets: Targets, schedule: Schedule, seed: int = 1) -> nn.Module:
    sampler = Sampler(spectra, np.flatnonzero(~spectra.reserved), seed)
    return fit(FAMILIES.find("cnn"), (16, 16, 16), spectra, targets, sampler, schedule, seed)


def test_both_answers_are_learned(spectra: Spectra) -> None:
    targets = Targets.of(spectra, bands=True)
    network = fitted(spectra, targets, Schedule(steps=50, batch=64))
    logits = asked(network, spectra.prepared(np.ascontiguousarray(spectra.clean.T)))
    known = spectra.known
    assert (logits[known, : targets.answered].argmax(axis=1) == targets.first[known]).mean() > 0.8
    banded = np.flatnonzero(np.isin(spectra.mineral, ["calcite", "kaolinite", "muscovite", "chlorite"]))
    assert (logits[banded, targets.answered :].argmax(axis=1) == targets.second[banded]).mean() > 0.7


def test_weights_may_be_the_mean_of_the_last_steps(spectra: Spectra) -> None:
    targets = Targets.of(spectra, bands=True)
    features = spectra.prepared(np.ascontiguousarray(spectra.clean.T))
    last, mean = (
        asked(fitted(spectra, targets, Schedule(steps=6, batch=32, averaged=share)), features) for share in (0.0, 0.5)
    )
    assert np.isfinite(mean).all()
    assert np.abs(last - mean).max() > 1e-4


def test_the_mean_of_weights_is_their_mean() -> None:
    layer, taken = nn.Linear(2, 1, bias=False), []
    average = Average(layer)
    for step in range(3):
        layer.weight.data.fill_(float(step**2))
        taken.append(float(step**2))
        average.take()
    average.give()
    assert layer.weight.flatten().tolist() == pytest.approx([np.mean(taken)] * 2)


def test_rock_teaches_the_first_answer_nothing_but_what_is_no_rock(spectra: Spectra) -> None:
    targets = Targets.of(spectra, bands=True)
    pixels = Sampler(spectra, np.flatnonzero(~spectra.reserved), 1, Recipe(rock=1.0, not_rock=0.3)).draw(60)
    logits = torch.zeros(60, targets.outputs, requires_grad=True)
    torch.autograd.backward(loss(logits, pixels, targets, 1.5))
    assert logits.grad is not None
    moved = logits.grad[:, : targets.answered].abs().sum(dim=1).numpy() > 0
    assert (moved == (pixels.major >= len(spectra.target))).all()
    assert (logits.grad[:, targets.answered :].abs().sum(dim=1).numpy() > 0).all()
