"""What evaluation counts as told is what a line tells."""

from __future__ import annotations

import numpy as np
import pytest

from inference.classification.classifier import Classifier
from inference.classification.kernels import BANDS, BANDS_GROUP, GROUP
from inference.evaluation.answers import NO_BANDS, NOT_ROCK, Answers, Heads
from inference.evaluation.decisions import Thresholds, band_species_told, bands_told, group_told, species_told
from oreline.messages import UNKNOWN
from tests.inference import two_answers

CARD = two_answers.card()


@pytest.mark.parametrize("spread", [2.0, 3.0, 5.0])
def test_evaluation_decides_as_a_line_does(spread: float) -> None:
    logits = np.random.default_rng(3).normal(0, spread, (CARD.outputs, 900)).astype(np.float32)
    model, bands = Classifier(CARD, lambda _features: logits), CARD.bands
    line = model.decide(
        np.zeros((model.features, 900), np.float32), np.full(900, 0.5, np.float32), np.zeros(900, np.uint8)
    )
    answers = Answers(Heads.of(CARD), np.ascontiguousarray(logits.T))
    assert bands is not None
    assert CARD.group_below is not None
    told = Thresholds(CARD.unknown_below, CARD.group_below, bands.unknown_below, bands.species_below)
    species = line.labels != UNKNOWN
    apart = [bands.names.index(name) for name in (NO_BANDS, NOT_ROCK)]
    named = (line.planes[BANDS] != UNKNOWN) & ~np.isin(line.planes[BANDS], apart)
    groups = [group.name for group in model.scheme.band_groups]
    grouped = (line.planes[BANDS_GROUP] != UNKNOWN) & ~np.isin(
        line.planes[BANDS_GROUP], [groups.index(name) for name in (NO_BANDS, NOT_ROCK)]
    )
    for by_the_line, by_evaluation in (
        (species, species_told(answers, told)),
        ((line.planes[GROUP] != UNKNOWN) & ~species, group_told(answers, told)),
        (grouped, bands_told(answers, told)),
        (named, band_species_told(answers, told)),
    ):
        assert 0 < by_the_line.sum() < 900
        assert (by_the_line != by_evaluation).sum() <= 2  # at a threshold
