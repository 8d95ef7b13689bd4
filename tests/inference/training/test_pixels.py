"""Pixels to learn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.training.data import OTHER, Spectra
from inference.training.pixels import Sampler
from inference.training.recipe import USUAL, Recipe


def rows(minerals: Spectra) -> np.ndarray:
    return np.flatnonzero(~minerals.reserved)


def test_the_same_seed_draws_the_same_pixels_and_another_seed_others(minerals: Spectra) -> None:
    one, again, other = (Sampler(minerals, rows(minerals), seed).draw(50) for seed in (1, 1, 2))
    assert one.reflectance.tobytes() == again.reflectance.tobytes()
    assert one.major.tolist() == again.major.tolist()
    assert one.reflectance.tobytes() != other.reflectance.tobytes()


def test_half_the_pixels_are_rock_some_are_none_and_classes_come_alike_often(minerals: Spectra) -> None:
    pixels = Sampler(minerals, rows(minerals), 1).draw(4000)
    assert pixels.reflectance.shape == (288, 4000)
    assert np.isfinite(pixels.reflectance).all()
    of_library = pixels.major < len(minerals.target)
    assert pixels.rock.mean() == pytest.approx(USUAL.rock, abs=0.03)
    assert 1 - of_library.mean() == pytest.approx(USUAL.not_rock, abs=0.015)
    target = minerals.target[pixels.major[of_library]]
    shares = [(target == one).mean() for one in (OTHER, *range(len(minerals.classes)))]
    expected = [USUAL.other, *[(1 - USUAL.other) / len(minerals.classes)] * len(minerals.classes)]
    np.testing.assert_allclose(shares, expected, atol=0.03)


def test_no_pixel_is_of_a_specimen_that_is_judged_by(minerals: Spectra) -> None:
    held_out = np.flatnonzero(minerals.mineral == "kaolinite")
    learned = np.setdiff1d(rows(minerals), held_out)
    pixels = Sampler(minerals, learned, 1).draw(2000)
    assert not np.isin(np.concatenate([pixels.major, pixels.minor]), held_out).any()
    blank = minerals.seen.copy()
    blank[:, held_out] = np.nan
    assert np.isfinite(Sampler(replace(minerals, seen=blank), learned, 1).draw(500).reflectance).all()


def test_a_recipe_without_rock_draws_specimens_only(minerals: Spectra) -> None:
    pixels = Sampler(minerals, rows(minerals), 1, Recipe(rock=0.0, not_rock=0.0)).draw(300)
    assert not pixels.rock.any()
    assert (pixels.major < len(minerals.target)).all()


def test_a_library_without_any_of_what_rock_is_made_of_makes_rock_of_its_own(minerals: Spectra) -> None:
    two = np.flatnonzero(np.isin(minerals.mineral, ["calcite", "chlorite"]))
    assert np.isfinite(Sampler(minerals, two, 1).draw(300).reflectance).all()


def test_a_card_tells_every_range_by_its_name() -> None:
    flat = USUAL.flat()
    assert flat["film_mm"] == (0.01, 0.25)
    assert flat["laboratory.minor"] == (0.0, 0.45)
    assert flat["in_rock.mineral"] == (0.08, 1.0)
