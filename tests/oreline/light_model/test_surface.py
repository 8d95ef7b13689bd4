"""Water, dust and stains on a rock."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.spectra import load
from oreline.light_model.surface import absorbed, dusty, under_film, wet
from oreline.light_model.water import absorption_per_mm


def pure(name: str) -> np.ndarray:
    library = load()
    return library.reflectance[library.index(name)].astype(np.float64)


def at(nm: float) -> int:
    return int(np.abs(load().wavelengths_nm - nm).argmin())


def test_a_film_of_water_darkens_and_its_bands_deepen_with_its_thickness() -> None:
    nm = load().wavelengths_nm
    dry = pure("calcite")
    films = [wet(dry, nm, film) for film in (0.0, 0.05, 0.2)]
    assert (films[0] < dry).all()
    assert wet(np.ones(1), nm[:1], 0.0)[0] == pytest.approx(0.98)
    for centre, shoulder in ((1450, 1300), (1940, 1750)):
        depths = [1 - film[at(centre)] / film[at(shoulder)] for film in films]
        assert depths[0] < depths[1] - 0.05 < depths[2] - 0.1


def test_a_film_of_a_tenth_of_a_millimetre_leaves_a_tenth_at_1940_nm_and_darkens_all_the_rest() -> None:
    nm, film = load().wavelengths_nm, wet(pure("calcite"), load().wavelengths_nm, 0.1)
    left = film / pure("calcite")
    assert left[at(1940)] < 0.1
    assert 0.8 < left[at(1250)] < 0.95
    assert nm[left.argmin()] == pytest.approx(1940, abs=10)


def test_training_wets_many_pixels_by_the_formula_of_the_simulator() -> None:
    nm, dry = load().wavelengths_nm, pure("calcite")
    films = np.array([[0.01], [0.25]], np.float32)
    many = under_film(np.stack([dry, dry]).astype(np.float32), absorption_per_mm(nm).astype(np.float32), films)
    assert many.dtype == np.float32
    np.testing.assert_allclose(many, [wet(dry, nm, 0.01), wet(dry, nm, 0.25)], atol=2e-6)


def test_dust_hides_its_share() -> None:
    np.testing.assert_allclose(dusty(np.array([0.2]), np.array([0.6]), 0.25), [0.3])


def test_a_stain_darkens_where_it_absorbs_and_leaves_the_bands_elsewhere_as_deep() -> None:
    """An iron oxide absorbs below 1300 nm; what is 0 there and flat beyond cannot touch the clay band at 2200 nm."""
    nm, clean = load().wavelengths_nm, pure("kaolinite")
    depth = 0.8 * np.clip((1300 - nm) / 400, 0, 1)
    stained = absorbed(clean, depth, np.array(1.2))
    assert stained[at(950)] < 0.6 * clean[at(950)]
    np.testing.assert_allclose(stained[at(1400) :], clean[at(1400) :])
    np.testing.assert_allclose(absorbed(stained, depth, np.array(-1.2)), clean)
