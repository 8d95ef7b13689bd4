"""Colours of minerals: the eye tells any two from each other, and each from what is no mineral."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from hwsim.spectra import load
from inference.classification.card import FILE, Card
from oreline.palette import MINERALS, colour_of
from oreline.recordings.envi_writer import SPECIAL_CLASSES
from tests.conftest import ROOT

TO_CONES = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
TO_LAB = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
APART = 0.06
"""In Oklab, where two colours that can just be told from each other are 0.02 apart."""


def oklab(colour: tuple[int, int, int]) -> NDArray[np.float64]:
    parts = np.asarray(colour) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return np.asarray(TO_LAB) @ np.cbrt(np.asarray(TO_CONES) @ linear)


def apart(colours: dict[str, tuple[int, int, int]]) -> dict[str, float]:
    """Of each two."""
    seen = {name: oklab(colour) for name, colour in colours.items()}
    return {f"{a} and {b}": float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(seen, 2)}


def test_no_two_minerals_look_alike_nor_like_what_is_none() -> None:
    others = {info.name: info.colour for info in SPECIAL_CLASSES.values()} | {"missing": (230, 20, 20)}
    colours = {name: colour_of(name, (0, 0, 0)) for name in MINERALS} | others
    assert {pair: far for pair, far in apart(colours).items() if far < APART} == {}


@pytest.mark.parametrize("model", ["nir224", "swir288"])
def test_a_models_minerals_are_told_apart_and_are_as_in_a_scenes_preview(model: str) -> None:
    card = Card.model_validate_json((ROOT / "inference" / "models" / model / FILE).read_text())
    shown = {info.name: info.colour for info in card.labels}
    assert min(apart(shown).values()) > APART
    assert shown == {name: colour_of(name, (0, 0, 0)) for name in shown}
    assert set(load().names) <= set(MINERALS)
