"""From probabilities to labels, by a card's thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.answers import OTHER_BANDS, Answers

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a card says: see `inference.classification.card.Card`. Those of the second answer are 1 where a model has
    none."""

    unknown_below: float
    group_below: float
    bands_unknown_below: float = 1.0
    bands_species_below: float = 1.0
    noisy_above: float | None = None
    dark_below: float | None = None


def species_told(answers: Answers, thresholds: Thresholds) -> Flags:
    """Where the first answer names a species: sure enough, and not first of all no rock."""
    return np.asarray((answers.species.max(axis=1) >= thresholds.unknown_below) & ~answers.not_rock_first)


def group_told(answers: Answers, thresholds: Thresholds) -> Flags:
    """Where it names a group only."""
    sure = answers.grouped[1].max(axis=1) >= thresholds.group_below
    return np.asarray(sure & ~species_told(answers, thresholds) & ~answers.not_rock_first)


def bands_told(answers: Answers, thresholds: Thresholds) -> Flags:
    """Where the second answer names a group: neither "no bands", nor "not rock", nor bands that are in no list. A model
    without a second answer tells the group of its first."""
    if not answers.heads.names:
        return species_told(answers, thresholds) | group_told(answers, thresholds)
    names, sums = answers.band_groups
    named = (names[sums.argmax(axis=1)] != OTHER_BANDS) & (sums.max(axis=1) >= thresholds.bands_unknown_below)
    return np.asarray(named & ~answers.no_bands & ~answers.not_rock_second)


def band_species_told(answers: Answers, thresholds: Thresholds) -> Flags:
    """Where it names a species of that group too."""
    if not answers.heads.names:
        return species_told(answers, thresholds)
    share, name = answers.band_species
    own = np.isin(name, answers.heads.classes)
    return bands_told(answers, thresholds) & own & (share >= thresholds.bands_species_below)
