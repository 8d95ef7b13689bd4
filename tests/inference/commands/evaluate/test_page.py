"""The page of an evaluation, as its reader sees it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from inference.classification.card import Card
from inference.commands.evaluate.page import page
from inference.commands.evaluate.plots import plots
from inference.evaluation.examination import Examination, thresholds_of
from inference.evaluation.measures import Measured
from inference.models import SHIPPED

VOID = {"meta", "img"}
FIGURES = ("species", "group", "bands")


def measured(name: str, trainings: int, methods: tuple[str, ...] = ("network",)) -> Measured:
    sampled = 0.5 + 0.01 * np.arange(trainings * 101, dtype=float).reshape(trainings, 101) / 101
    figures = {(method, figure): sampled for method in methods for figure in FIGURES}
    return Measured(name, "quartz & feldspar of a quarry", 408, 172, figures)


def examined(model: str, *sets: Measured) -> Examination:
    card = Card.read(SHIPPED / model)
    return Examination(card, thresholds_of(card), list(sets))


class Nesting(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        assert tag != "tr" or "tr" not in self.open, "a row within a row"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_says_of_each_set_what_rock_it_is() -> None:
    text = page(examined("swir288", measured("clean", 3), measured("hard", 3)), None, [], [])
    reader = Nesting()
    reader.feed(text)
    assert reader.open == []
    assert "<strong>clean</strong>, 408 spectra of 172 specimens: quartz &amp; feldspar of a quarry</td>" in text


@pytest.mark.parametrize(("trainings", "spread"), [(3, r"0\.\d{3}"), (1, "")])
def test_what_one_network_answered_has_no_spread(trainings: int, spread: str) -> None:
    text = page(examined("swir288", measured("clean", trainings)), None, [], [])
    rows = re.findall(r"<td>network</td>.*?<td class=n>([^<]*)</td></tr>", text)
    assert len(rows) == len(FIGURES)
    assert all(re.fullmatch(spread, row) for row in rows)


def drawn(model: str, *methods: str) -> dict[str, tuple[str, str]]:
    sets = [measured(name, 1, ("network", *methods)) for name in ("clean", "film 0.1 mm", "SNR 100", "mean 0.1")]
    return {title: (caption, svg) for title, caption, svg in plots(examined(model, *sets), None)}


def test_a_legend_has_no_method_that_was_not_asked() -> None:
    _, svg = drawn("nir224", "SAM", "SVM")["Under a film of water"]
    assert "<!-- SAM -->" in svg
    assert "<!-- nearest, hull -->" not in svg


@pytest.mark.parametrize(("model", "said"), [("swir288", True), ("nir224", False)])
def test_only_a_model_that_answers_by_bands_is_said_to_know_them_in_the_shade(model: str, said: bool) -> None:
    caption, _ = drawn(model)["Noise, shadow, wavelengths"]
    assert ("but for its bands" in caption) == said
