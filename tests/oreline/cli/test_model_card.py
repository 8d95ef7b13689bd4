"""A card as a person reads it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from inference.classification.card import BandAnswer, Card
from inference.classification.metrics import Estimate, JudgedSet, Rounding, ThresholdCheck
from inference.models import SHIPPED
from oreline.cli.model_card import show


def _printed(card: Card) -> str:
    out = io.StringIO()
    show(card, Console(file=out, width=160))
    return out.getvalue()


@pytest.fixture
def card() -> Card:
    """A shipped card whose metrics are those of a made evaluation."""
    own = Card.read(SHIPPED / "swir288")
    found = {
        "network": {"species": Estimate(mean=0.81, spread=0.01, low=0.74, high=0.87)},
        "LDA, physics": {"species": Estimate(mean=0.78, spread=0.01, low=0.71, high=0.85)},
    }
    sets = (
        JudgedSet(name="clean", rock="laboratory", spectra=408, specimens=172, figures=found),
        JudgedSet(name="core", rock="core", spectra=0, specimens=0, not_offered="the camera ends at 1700 nm"),
        JudgedSet(name="stones", rock="stones", spectra=40, specimens=12, figures={"vote": found["network"]}),
    )
    check = ThresholdCheck(
        name="bands.unknown_below", of="right groups", aim=0.9, chosen=0.9, measured=0.875, specimens=121
    )
    bands = BandAnswer(
        names=("kaolinite", "other kaolin", "no bands"), groups=("kaolin", "kaolin", "no bands"),
        unknown_below=0.41, species_below=0.33,
    )  # fmt: skip
    metrics = own.metrics.model_copy(update={"seeds": 3, "sets": sets, "thresholds": (check,)})
    return own.model_copy(update={"metrics": metrics, "bands": bands, "not_for": ("Diamonds.",), "dark_below": 0.03})


def _line(text: str, word: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(word))


def test_every_figure_stands_with_its_interval_its_rocks_and_its_rival(card: Card) -> None:
    row = _line(_printed(card), "clean")
    assert all(part in row for part in ("408", "172", "0.810", "0.740-0.870", "0.780 LDA, physics"))


def test_what_bfloat16_changes_is_said_where_it_is_known(card: Card) -> None:
    assert "bfloat16" not in _printed(card.model_copy(update={"bfloat16": None}))
    known = card.model_copy(update={"bfloat16": Rounding(logits=0.0388, labels=0.015625)})
    assert "in bfloat16 logits differ by 3.9% of their spread at most, and 2% of the labels" in _printed(known)


def test_what_is_not_offered_says_why_over_the_whole_width(card: Card) -> None:
    assert _line(_printed(card), "core") == "core: the camera ends at 1700 nm"


def test_what_it_is_not_for_comes_before_all_figures(card: Card) -> None:
    text = _printed(card)
    assert text.index("not for: Diamonds.") < text.index("judged on")


def test_threshold_says_what_it_comes_to_on_other_rocks(card: Card) -> None:
    row = _line(_printed(card), "bands.unknown_below")
    assert all(part in row for part in ("0.41", "0.90", "0.88"))
    assert "0.03" in _line(_printed(card), "dark_below")


def test_classes_stand_by_group(card: Card) -> None:
    text = _printed(card)
    assert "muscovite" in _line(text, "white mica")
    assert "kaolinite, other kaolin" in text
    assert "by vote" in text


@pytest.mark.parametrize("name", sorted(path.parent.name for path in SHIPPED.glob("*/card.json")))
def test_every_card_that_ships_can_be_read(name: str) -> None:
    own = Card.read(SHIPPED / name)
    text = _printed(own)
    assert all(one.name in text for one in own.classes)
    assert all(sentence[:60] in " ".join(text.split()) for sentence in own.not_for or ())


def test_card_of_an_older_release_shows_what_it_has() -> None:
    own = Card.read(SHIPPED / "swir288")
    old = own.metrics.model_copy(update={"seeds": None, "sets": None, "score": None, "thresholds": None})
    row = _line(_printed(own.model_copy(update={"metrics": old, "bands": None})), "laboratory spectra")
    assert f"{own.metrics.accuracy.cnn:.3f}" in row
