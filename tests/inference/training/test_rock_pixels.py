"""Pixels of rock, and of specimens in a laboratory, as whoever looks at them would see them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.training.chance import Chance
from inference.training.data import NO_SHIFT, Spectra
from inference.training.end_members import EndMembers
from inference.training.laboratory_pixels import laboratory_pixels
from inference.training.recipe import USUAL, Laboratory, Recipe, Rock
from inference.training.rock_pixels import RockPixels
from inference.training.seen import Seen

STILL = Rock(
    mixed=0.0, undiluted=1.0, grain=0.0, stained=0.0, hydrous=0.0, film=0.0, slope=0.0, bend=0.0, bumps=0.0,
    gain=(1.0, 1.0), snr=(1e9, 1e9), offset=0.0,
)  # fmt: skip
"""Nothing happens to a rock; each test lets one thing."""
PURE = Laboratory(
    mixed=0.0, grain=(1.0, 1.0), film=0.0, gain=(1.0, 1.0), slope=0.0, bend=0.0, electrons=(1e15, 1e15), offset=0.0
)
N = 200


def seen_of(minerals: Spectra) -> Seen:
    """Seen by a camera whose wavelengths are right."""
    still = replace(minerals, seen=minerals.seen[[NO_SHIFT]], not_rock=minerals.not_rock[[NO_SHIFT]])
    return Seen(still, np.flatnonzero(~minerals.reserved), USUAL.other)


def rock(minerals: Spectra, mineral: str, **ranges: object) -> np.ndarray:
    """N pixels of a mineral, (N, bands)."""
    recipe = Recipe(in_rock=replace(STILL, **ranges))  # type: ignore[arg-type]
    members = EndMembers.of(minerals, np.flatnonzero(~minerals.reserved))
    row = int(np.flatnonzero(minerals.mineral == mineral)[0])
    return RockPixels(seen_of(minerals), members, recipe)(Chance(1), np.full(N, row)).reflectance


def specimen(minerals: Spectra, mineral: str, **ranges: object) -> np.ndarray:
    recipe = Recipe(laboratory=replace(PURE, **ranges))  # type: ignore[arg-type]
    row = int(np.flatnonzero(minerals.mineral == mineral)[0])
    return laboratory_pixels(seen_of(minerals), Chance(1), recipe, np.full(N, row)).reflectance


def clean(minerals: Spectra, mineral: str) -> np.ndarray:
    return minerals.clean[int(np.flatnonzero(minerals.mineral == mineral)[0])]


def depth(
    pixels: np.ndarray, nm: tuple[float, ...], first: float = 2120, last: float = 2260
) -> tuple[np.ndarray, np.ndarray]:
    """Depth below the straight line between two wavelengths, and where, (n,)."""
    at = np.array(nm)
    inside = (at >= first) & (at <= last)
    window = np.atleast_2d(pixels)[:, inside]
    quotient = window / np.linspace(window[:, 0], window[:, -1], inside.sum(), axis=1)
    return 1 - quotient.min(axis=1), at[inside][quotient.argmin(axis=1)]


def test_where_nothing_happens_a_rock_is_its_mineral(minerals: Spectra) -> None:
    for pixels in (rock(minerals, "kaolinite"), specimen(minerals, "kaolinite")):
        np.testing.assert_allclose(pixels, np.tile(clean(minerals, "kaolinite"), (N, 1)), atol=1e-4)


def test_dilution_lowers_a_band_and_leaves_it_where_it_is(minerals: Spectra) -> None:
    pure, place = depth(clean(minerals, "kaolinite"), minerals.nm)
    weak, places = depth(rock(minerals, "kaolinite", undiluted=0.0, grey_slope=0.0), minerals.nm)
    assert (weak < pure + 1e-3).all()
    assert (np.quantile(weak, 0.1) < 0.2 * pure).all()
    assert np.abs(places - place).max() <= 2 * 5.3, "nm: two bands"


def test_a_stain_of_iron_darkens_below_1300_nm_and_leaves_the_clay_band_as_deep(minerals: Spectra) -> None:
    pixels, nm = rock(minerals, "kaolinite", stained=1.0, stain=(1.0, 1.0)), np.array(minerals.nm)
    was = clean(minerals, "kaolinite")
    assert (pixels[:, nm < 1050] < 0.6 * was[nm < 1050]).all()
    assert np.abs(depth(pixels, minerals.nm)[0] - depth(was, minerals.nm)[0]).max() < 0.01


def test_damp_deepens_1900_nm_and_leaves_the_clay_band_as_deep(minerals: Spectra) -> None:
    pixels, was = rock(minerals, "kaolinite", hydrous=1.0), clean(minerals, "kaolinite")
    assert (depth(pixels, minerals.nm, 1830, 2080)[0] > depth(was, minerals.nm, 1830, 2080)[0] - 1e-3).all()
    assert np.median(depth(pixels, minerals.nm, 1830, 2080)[0]) > depth(was, minerals.nm, 1830, 2080)[0] + 0.02
    assert np.abs(depth(pixels, minerals.nm)[0] - depth(was, minerals.nm)[0]).max() < 0.01


def test_a_smooth_continuum_makes_no_band_of_its_own(minerals: Spectra) -> None:
    grey = rock(minerals, "quartz", slope=0.25, bend=0.125, bumps=0.04)
    assert np.ptp(grey.mean(axis=1)) > 0.05
    assert np.quantile(depth(grey, minerals.nm)[0], 0.95) < 0.01


@pytest.mark.parametrize("pixels", [rock, specimen])
def test_a_film_darkens_and_deepens_the_bands_of_water(minerals: Spectra, pixels: object) -> None:
    wet, dry = pixels(minerals, "calcite", film=1.0), clean(minerals, "calcite")  # type: ignore[operator]
    assert (wet < dry + 1e-3).all()
    for first, last in ((1350, 1620), (1850, 2090)):
        assert (depth(wet, minerals.nm, first, last)[0] > depth(dry, minerals.nm, first, last)[0]).all()


def test_a_mineral_without_bands_is_shown_without_the_clay_it_holds_and_alone(minerals: Spectra) -> None:
    assert depth(clean(minerals, "quartz"), minerals.nm)[0] > 0.05
    pixels = rock(minerals, "quartz", mixed=1.0, undiluted=0.0, stained=1.0)
    assert depth(pixels, minerals.nm)[0].max() < 0.003
    assert np.ptp(pixels, axis=0).max() < 1e-3, "neither mixed, nor diluted, nor stained"


def test_mixed_pixels_lie_between_their_minerals(minerals: Spectra) -> None:
    pixels = rock(minerals, "calcite", mixed=1.0)
    everything = minerals.clean[~minerals.reserved]
    assert (pixels <= everything.max(axis=0) + 1e-3).all()
    assert (pixels >= everything.min(axis=0) - 1e-3).all()
    assert np.abs(pixels - clean(minerals, "calcite")).max() > 0.1


def test_noise_is_what_the_recipe_says(minerals: Spectra) -> None:
    pixels = rock(minerals, "kaolinite", snr=(100.0, 100.0))
    ratio = pixels.mean() / (pixels - clean(minerals, "kaolinite")).std()
    assert ratio == pytest.approx(100, rel=0.05)
