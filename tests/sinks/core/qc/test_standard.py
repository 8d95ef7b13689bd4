"""Wavelength check on a standard: what a camera that is off by so much is told."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from oreline.errors import ConfigError, RecordingError
from oreline.recordings.envi_writer import EnviWriter
from sinks.core.qc.limits import QcLimits
from sinks.core.qc.standard import check_wavelengths, find_standard, place, read_standard, shipped

SWIR = np.linspace(930.0, 2500.0, 288)
LIMITS = QcLimits()


def seen(name: str, off_nm: float = 0.0, nm: NDArray[np.float64] = SWIR, columns: int = 6) -> NDArray[np.float64]:
    """Reflectance (bands, columns) of a standard by a camera whose wavelengths are `off_nm` too high: bells on a slope,
    with the noise of a thousand lines' mean."""
    true = nm - off_nm
    absorbance = sum(0.4 * np.exp(-0.5 * ((true - one.nm) / 9.0) ** 2) for one in find_standard(name).features)
    clean = (0.95 - 5e-5 * (true - 1000)) * np.exp(-absorbance)
    noise = np.random.default_rng(5).normal(0, 2e-4, (len(nm), columns))
    return np.asarray(clean[:, None] + noise)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_camera_that_is_right_passes_on_every_standard(name: str) -> None:
    found = check_wavelengths(SWIR, seen(name), shipped()[name], LIMITS)
    assert found.passes
    assert len(found.features) == len(shipped()[name].features)
    assert found.worst_nm < 0.25


@pytest.mark.parametrize("off_nm", [-3.0, -1.4, 1.4, 2.0, 5.0])
def test_a_camera_that_is_off_is_told_by_how_much_and_fails(off_nm: float) -> None:
    found = check_wavelengths(SWIR, seen("rare-earths", off_nm), shipped()["rare-earths"], LIMITS)
    assert not found.passes
    assert [one.off_nm for one in found.features] == pytest.approx([off_nm] * 3, abs=0.25)


def test_a_nominal_standard_cannot_blame_a_camera_for_what_is_not_known_of_its_film() -> None:
    found = check_wavelengths(SWIR, seen("mylar", 3.5), shipped()["mylar"], LIMITS)
    assert found.passes
    assert not found.standard.certified
    assert not check_wavelengths(SWIR, seen("mylar", 5.5), shipped()["mylar"], LIMITS).passes


def test_a_feature_that_is_not_there_fails() -> None:
    """Somebody laid the white panel there, not the standard."""
    found = check_wavelengths(SWIR, np.full((288, 4), 0.9), shipped()["rare-earths"], LIMITS)
    assert not found.passes
    assert found.worst_nm == math.inf


def test_a_camera_that_ends_before_a_feature_is_judged_by_the_others() -> None:
    nir = np.linspace(900.0, 1700.0, 224)
    assert [one.nm for one in check_wavelengths(nir, seen("polystyrene", nm=nir), shipped()["polystyrene"], LIMITS).features] == [1143.6]  # fmt: skip  # noqa: E501
    with pytest.raises(ConfigError, match="take another"):
        check_wavelengths(np.linspace(400.0, 1000.0, 200), np.ones((200, 2)), shipped()["rare-earths"], LIMITS)


def test_columns_that_differ_are_told_as_spread() -> None:
    smiling = np.hstack([seen("rare-earths", off, columns=1) for off in np.linspace(-1.0, 1.0, 21)])
    found = check_wavelengths(SWIR, smiling, shipped()["rare-earths"], LIMITS)
    assert found.spread_nm == pytest.approx(0.95, abs=0.2)
    assert found.passes


@pytest.mark.parametrize("spacing", [3.0, 5.5, 8.0])
def test_a_bell_is_placed_wherever_it_lies_between_bands(spacing: float) -> None:
    for true in 1680 + np.linspace(0, spacing, 7):
        nm = np.arange(1600.0, 1760.0, spacing)
        at, depth = place(nm, 0.8 * np.exp(-0.3 * np.exp(-0.5 * ((nm - true) / 8) ** 2)), (1640, 1720))
        assert at == pytest.approx(true, abs=0.1)
        assert depth == pytest.approx(1 - math.exp(-0.3), abs=0.01)


def test_values_that_are_no_reflectance_place_nothing() -> None:
    nm = np.arange(1600.0, 1760.0, 5.0)
    for value in (math.nan, 0.0, -0.1):
        spectrum = np.where(np.arange(len(nm)) == 12, value, 0.8)
        assert math.isnan(place(nm, spectrum, (1620, 1740))[0])


def test_a_recorded_standard_is_read_and_counts_are_refused(tmp_path: Path) -> None:
    with EnviWriter.create(tmp_path / "a.hdr", samples=6, bands=288, dtype="f4", wavelengths_nm=tuple(SWIR)) as file:
        for _ in range(3):
            file.write(seen("talc").astype(np.float32))
    nm, reflectance = read_standard(tmp_path / "a.hdr")
    assert check_wavelengths(nm, reflectance, shipped()["talc"], LIMITS).passes
    with EnviWriter.create(tmp_path / "b.hdr", samples=6, bands=288, dtype="u2", wavelengths_nm=tuple(SWIR)) as file:
        file.write(np.ones((288, 6), np.uint16))
    with pytest.raises(RecordingError, match="holds counts"):
        read_standard(tmp_path / "b.hdr")


def test_a_certificate_goes_before_what_is_shipped(tmp_path: Path) -> None:
    path = tmp_path / "panel.toml"
    path.write_text(
        'title = "our panel"\nsource = "certificate 1234"\nfeatures = [{ nm = 1682.5, window_nm = [1645, 1715] }]\n'
    )
    assert find_standard(str(path)).features[0].nm == 1682.5
    with pytest.raises(ConfigError, match="rare-earths"):
        find_standard("rare-earth")
    path.write_text("title = 3")
    with pytest.raises(ConfigError, match=r"panel\.toml"):
        find_standard(str(path))
