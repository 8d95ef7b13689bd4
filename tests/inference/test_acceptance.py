"""A reference that is not to be believed is told from one that is."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.acceptance import doubts
from inference.reference import Reference
from tests.inference.references import INFO, a_reference, built, stream

WIDE = stream(samples=200)
SHAPE = WIDE.bands, WIDE.samples
_RNG = np.random.default_rng(3)
DARK = 200.0 + _RNG.normal(0.0, 5.0, SHAPE)
LIGHT = 2500.0 * np.hanning(WIDE.bands + 4)[2:-2, None] * np.linspace(1.0, 0.7, WIDE.samples)


def taken(dark: NDArray[np.float64], light: NDArray[np.float64], seed: int = 1, **settings: float) -> Reference:
    """A reference captured from these mean counts, with noise."""
    info = replace(WIDE, **settings)  # type: ignore[arg-type]
    rng = np.random.default_rng(seed)
    lines = [np.clip(rng.normal(mean, 4.0, (40, *SHAPE)), 0, 4095).astype(np.uint16) for mean in (dark, dark + light)]
    return Reference.combine(built(info, lines[0]), built(info, lines[1]), captured="today")


@pytest.fixture(scope="module")
def good() -> Reference:
    return taken(DARK, LIGHT)


def test_a_good_first_reference_and_the_same_again_are_not_doubted(good: Reference) -> None:
    assert doubts(good, None) == []
    assert doubts(taken(DARK, LIGHT, seed=2), good) == []


def test_a_warmer_sensor_and_an_older_lamp_are_not_doubted(good: Reference) -> None:
    warmer = DARK + np.linspace(5.0, 60.0, WIDE.bands)[:, None]
    assert doubts(taken(warmer, 0.85 * LIGHT), good) == []


def test_twice_the_exposure_is_not_doubted(good: Reference) -> None:
    assert doubts(taken(DARK, 1.5 * LIGHT, exposure_us=1.5 * WIDE.exposure_us), good) == []


@pytest.mark.parametrize(("share", "words"), [(0.03, "light leaks in"), (0.9, "the shutter did not close")])
def test_light_in_the_dark_is_told(good: Reference, share: float, words: str) -> None:
    (doubt,) = [d for d in doubts(taken(DARK + share * LIGHT, LIGHT), good) if "the dark" in d]
    assert words in doubt


def test_a_first_dark_that_saw_the_panel_is_told() -> None:
    lit = taken(DARK + LIGHT, 0.1 * LIGHT)
    assert any("the shutter did not close" in doubt for doubt in doubts(lit, None))


def test_a_dirty_panel_is_told_with_its_samples_with_and_without_an_earlier_one(good: Reference) -> None:
    stained = LIGHT.copy()
    stained[:, 50:70] *= 0.7
    for old in (good, None):
        (doubt,) = doubts(taken(DARK, stained), old)
        assert "samples 50..69" in doubt
        assert re.search("7[0-3]% of the light", doubt)


def test_a_lamp_that_is_out_is_told(good: Reference) -> None:
    (doubt,) = doubts(taken(DARK, 0.4 * LIGHT), good)
    assert "40% of the light" in doubt


def test_a_reference_of_another_camera_is_not_compared(good: Reference) -> None:
    assert doubts(a_reference(INFO), good) == []
    assert doubts(taken(DARK, 0.4 * LIGHT, serial="S2"), good) == []  # type: ignore[arg-type]
