"""Spectra that are judged by."""

from __future__ import annotations

import numpy as np
import pytest

from inference.evaluation.library import Library
from inference.evaluation.sets import STRANGERS, WET_STRANGERS, laboratory, noisy, shaded, strangers
from inference.evaluation.stones import PIXELS, stones
from inference.evaluation.weak_bands import depth_of, stained, weakened
from tests.inference.evaluation.conftest import library


def test_every_set_is_of_the_rows_that_are_asked_for_and_of_no_other(small: Library) -> None:
    rows = small.known[::3]
    for name, judged in laboratory(small, rows, 1):
        assert set(judged.rows.tolist()) <= set(rows.tolist()), name
        assert judged.seen.shape == (small.preset.bands, len(judged.rows)), name
        assert np.isfinite(judged.seen).all(), name


def test_second_mineral_comes_from_the_specimens_that_are_judged(small: Library) -> None:
    alone = small.known[:1]
    sets = dict(laboratory(small, alone, 1))
    clean, hard = sets["clean"].seen[:, 0], sets["hard"].seen[:, 0]
    assert np.corrcoef(clean, hard)[0, 1] > 0.98, "with nothing else to mix in it stays what it is"


def test_same_seed_same_sets_another_seed_others(small: Library) -> None:
    rows = small.known[::2]
    first, again, other = (dict(laboratory(small, rows, seed))["hard"].seen for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_noise_and_darkness_are_as_strong_as_they_are_called() -> None:
    level = np.full((5000, 2), 0.4, np.float32)
    assert noisy(level, 50, 1).std(axis=0) == pytest.approx(0.4 / 50, rel=0.05)
    assert shaded(level, 0.03, 1).mean(axis=0) == pytest.approx(0.03, rel=0.01)


def test_bands_are_as_deep_as_they_are_called(small: Library) -> None:
    nm = np.asarray(small.preset.wavelengths_nm, np.float32)
    clean = small.seen(small.spectra[small.species == "kaolinite"])
    for depth in (0.2, 0.1, 0.03):
        weak, deep_enough = weakened(clean, nm, depth)
        assert deep_enough.all()
        assert depth_of(weak, nm) == pytest.approx(depth, abs=2e-3)


def test_spectrum_that_never_was_as_deep_is_not_made_deeper(small: Library) -> None:
    nm = np.asarray(small.preset.wavelengths_nm, np.float32)
    flat = small.seen(small.spectra[small.species == "quartz"])
    weak, deep_enough = weakened(flat, nm, 0.1)
    assert not deep_enough.any()
    assert weak == pytest.approx(flat, rel=1e-4)


def test_stain_has_no_band_of_its_own_where_rock_is_logged(small: Library) -> None:
    nm = np.asarray(small.preset.wavelengths_nm, np.float32)
    iron = small.seen(small.spectra[small.species == "kaolinite"])  # deep bands at 1414 and 2206 nm
    left = stained(iron, nm)
    assert depth_of(left, nm).max() < 1e-3
    assert (stained(iron[:, :0], nm) == 1).all(), "without goethite in the library nothing is stained"


def test_camera_that_does_not_see_the_window_is_not_judged_by_depth() -> None:
    seen = library("nir224")
    assert not any(name.startswith("depth") for name, _ in laboratory(seen, seen.known, 1))


def test_strangers_are_those_that_are_kept_apart(small: Library) -> None:
    sets = dict(strangers(small))
    assert set(sets) == {STRANGERS, WET_STRANGERS}
    assert set(small.specimen[sets[STRANGERS].rows]) == {f"talc {number}" for number in range(8)}
    assert (sets[WET_STRANGERS].seen < sets[STRANGERS].seen).all(), "water darkens"


def test_stone_has_its_pixels_side_by_side(small: Library) -> None:
    rows = small.known[:3]
    pixels = stones(small, rows, 1)
    assert pixels.shape == (small.preset.bands, 3 * PIXELS)
