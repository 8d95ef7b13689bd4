"""Powders: what mixing and grinding does to reflectance."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.spectra import load
from oreline.light_model.grains import albedo, blend, coarser, grain, intimate, mixture, reflectance


def pure(*names: str) -> np.ndarray:
    library = load()
    return library.reflectance[[library.index(name) for name in names]].astype(np.float64)


def test_an_albedo_gives_back_its_reflectance() -> None:
    seen = np.linspace(0.0, 1.0, 101)
    np.testing.assert_allclose(reflectance(albedo(seen)), seen, atol=1e-12)
    assert (np.diff(albedo(seen)) > 0).all()
    assert albedo(np.array([0.0, 1.0])).tolist() == [0.0, 1.0]


def test_the_reflectance_of_an_albedo_is_that_of_hapke() -> None:
    """The worked value for w = 0.9: g = sqrt(0.1), R = 0.9 / ((1 + 1.41421 g)(1 + 2 g))."""
    assert reflectance(np.array(0.9)) == pytest.approx(0.9 / ((1 + 1.414214 * 0.316228) * (1 + 2 * 0.316228)), rel=1e-6)


def test_the_darker_mineral_shows_more_in_an_intimate_mixture_than_in_an_areal_one() -> None:
    talc, epidote = both = pure("talc", "epidote")
    mixed = intimate(np.array([[0.5, 0.5], [1.0, 0.0]]), both)
    assert (mixed[0] <= (talc + epidote) / 2 + 1e-9).all()
    assert (mixed[0] >= np.minimum(talc, epidote) - 1e-9).all()
    assert ((talc + epidote) / 2 - mixed[0]).max() > 0.01
    np.testing.assert_allclose(mixed[1], talc, atol=1e-12)


def test_training_blends_two_minerals_as_the_simulator_mixes_them() -> None:
    both = pure("talc", "epidote")
    shares = np.array([0.0, 0.3, 0.9], np.float32)[:, None]
    trained = blend(*both.astype(np.float32)[:, None], shares)
    assert trained.dtype == np.float32
    simulated = intimate(np.hstack([1 - shares, shares]).astype(np.float64), both)
    np.testing.assert_allclose(trained, simulated, atol=2e-6)


@pytest.mark.parametrize("dilute", [mixture, blend])
def test_a_diluted_band_is_weaker_and_stays_where_it_is(dilute: object) -> None:
    library, kaolinite = load(), pure("kaolinite")[0].astype(np.float32)
    inside = (library.wavelengths_nm >= 2120) & (library.wavelengths_nm <= 2260)
    grey, found = np.full_like(kaolinite, 0.5), []
    for share in (1.0, 0.4, 0.1):
        rock = dilute(grey, kaolinite, np.float32(share))[inside]  # type: ignore[operator]
        quotient = rock / np.linspace(rock[0], rock[-1], rock.size)
        found.append((1 - quotient.min(), int(quotient.argmin())))
    depths, places = zip(*found, strict=True)
    assert depths[0] > 1.5 * depths[1] > 3 * depths[2] > 0
    assert np.ptp(places) <= 1


def test_coarser_grains_have_deeper_bands() -> None:
    library = load()
    shoulder, band = (int(np.abs(library.wavelengths_nm - nm).argmin()) for nm in (2280, 2313))
    for grown in (coarser, grain):
        seen = [grown(pure("talc")[0], size) for size in (0.5, 1.0, 2.0)]
        depths = [1 - one[band] / one[shoulder] for one in seen]
        assert depths[0] < depths[1] - 0.02 < depths[2] - 0.04
