"""Answers to a few spectra, in words and probabilities: those that a line gives."""

from __future__ import annotations

import numpy as np
import pytest

from inference.classification.classifier import Classifier
from inference.classification.kernels import BANDS, REASON
from inference.preprocessing.steps import preprocessed
from oreline.messages import UNKNOWN
from tests.inference import two_answers


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    return Classifier.load(two_answers.write(tmp_path_factory.mktemp("model")))


def test_clean_minerals_are_answered_twice(classifier: Classifier) -> None:
    kaolinite, dickite, grass, metal = classifier.answers(
        two_answers.spectra(("kaolinite", "dickite", "dry_grass", ""))
    )
    assert (kaolinite.label, kaolinite.group, kaolinite.unknown_reason) == ("kaolinite", "kaolin", "")
    assert kaolinite.best[0] == ("kaolinite", kaolinite.confidence)
    assert len(kaolinite.best) == 3
    assert kaolinite.group_confidence >= kaolinite.confidence > 0.6
    assert kaolinite.bands is not None
    assert (kaolinite.bands.label, kaolinite.bands.group) == ("kaolinite", "kaolin")
    assert dickite.bands is not None
    assert (dickite.bands.label, dickite.bands.group) == ("unknown", "kaolin")
    assert (grass.label, grass.group, grass.unknown_reason) == ("unknown", "unknown", "not rock")
    assert metal.bands is not None
    assert (metal.bands.label, metal.bands.second, metal.bands.share) == ("no bands", "", 0.0)


def test_a_mixture_names_the_second_and_its_share(classifier: Classifier) -> None:
    kaolinite, muscovite = two_answers.spectra(("kaolinite", "muscovite")).T
    (mixed,) = classifier.answers((0.5 * kaolinite + 0.5 * muscovite)[:, None])
    assert mixed.bands is not None
    assert {mixed.bands.group, mixed.bands.second} == {"kaolin", "white mica"}
    assert 0.1 < mixed.bands.share <= 0.5


def test_dark_spectra_are_no_belt_and_what_is_not_finite_is_invalid(classifier: Classifier) -> None:
    seen = two_answers.spectra(("calcite", "calcite", "talc"))
    seen[:, 0] *= np.float32(0.05)
    seen[9, 1] = np.nan
    seen[:, 2] *= np.float32(0.1)
    assert [one.label for one in classifier.answers(seen)[:2]] == ["calcite", "invalid"]


def test_a_line_says_the_same(classifier: Classifier) -> None:
    seen = two_answers.spectra(("kaolinite", "dickite", "calcite", "gypsum", "dry_grass", "talc", "alunite"))
    features = preprocessed(classifier.card.steps, classifier.card.wavelengths_nm, seen)
    made = classifier.decide(features, seen.mean(axis=0), np.zeros(seen.shape[1], np.uint8), seen)
    for s, answer in enumerate(classifier.answers(seen)):
        label, reason, band = made.labels[s], made.planes[REASON, s], made.planes[BANDS, s]
        assert answer.label == ("unknown" if label == UNKNOWN else classifier.classes[label].name)
        assert bool(answer.unknown_reason) == (reason != UNKNOWN)
        assert answer.bands is not None
        assert answer.bands.label == ("unknown" if band == UNKNOWN else classifier.scheme.names[band].name)
        assert abs(255 * answer.confidence - made.confidence[s]) <= 1
