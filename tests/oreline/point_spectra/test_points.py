"""Units, order and gaps: said, concluded where only one is possible, refused where two are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oreline.errors import SpectraRefused
from oreline.point_spectra.points import Raw, Said, points_of
from oreline.recordings.wavelengths import MICROMETRES, NANOMETRES, unit_of
from tests.oreline.point_spectra.writers import spectrum

NM = np.arange(350.0, 2501.0)
REFLECTANCE = spectrum(NM)
WAVENUMBERS = unit_of("1/cm")


def of(nm=NM, values=REFLECTANCE, said=None, **raw):
    return points_of(Path("a.txt"), "text", Raw(("a",), nm, np.atleast_2d(values), **raw), said or Said())


def same(one, other):
    return np.array_equal(one.wavelengths_nm, other.wavelengths_nm) and np.array_equal(
        one.reflectance, other.reflectance
    )


@pytest.mark.parametrize("unsaid", [False, True])
def test_falling_micrometres_and_percent_are_rising_nanometres_and_fractions_bit_for_bit(unsaid):
    other = of(
        NM[::-1] / 1000, REFLECTANCE[::-1] * 100, unit=None if unsaid else MICROMETRES, percent=None if unsaid else True
    )
    assert same(other, of())
    assert (other.unit, other.scale) == (
        ("micrometres, by the numbers", "percent, by the numbers") if unsaid
        else ("micrometres, as the file says", "percent, as the file says")
    )  # fmt: skip


def test_wavenumbers_are_read_where_they_are_said_and_asked_for_where_they_are_not():
    wavenumbers = 1e7 / NM
    assert np.allclose(of(wavenumbers, unit=WAVENUMBERS).wavelengths_nm, NM)
    with pytest.raises(SpectraRefused, match="--unit 1/cm"):
        of(wavenumbers, unit=None)
    assert same(of(wavenumbers, unit=None, said=Said(unit=WAVENUMBERS)), of(wavenumbers, unit=WAVENUMBERS))


def test_what_may_be_a_fraction_or_percent_is_asked_for():
    with pytest.raises(SpectraRefused, match="--fraction or --percent"):
        of(values=REFLECTANCE * 3, percent=None)
    assert of(values=REFLECTANCE * 3, percent=None, said=Said(percent=True)).scale == "percent, as you say"
    assert of(values=REFLECTANCE * 3, percent=None, said=Said(percent=False)).reflectance.max() > 1


def test_what_says_percent_and_looks_like_fractions_is_asked_for():
    with pytest.raises(SpectraRefused, match="--percent or --fraction"):
        of(percent=True)
    assert same(of(percent=True, said=Said(percent=False)), of())


@pytest.mark.parametrize(("nm", "unit"), [(NM / 1000, NANOMETRES), (NM, MICROMETRES)])
def test_a_unit_by_which_wavelengths_are_no_light_is_asked_for(nm, unit):
    with pytest.raises(SpectraRefused, match="--unit nm"):
        of(nm, unit=unit)


def test_names_hold_nothing_that_a_terminal_would_obey():
    raw = Raw(("a\x1b[2Jb",), NM, REFLECTANCE)
    assert points_of(Path("a"), "text", raw, Said()).names == ("a [2Jb",)


@pytest.mark.parametrize("scale", [1e4, 300.0])
def test_numbers_that_no_surface_reflects_are_refused(scale):
    with pytest.raises(SpectraRefused, match="counts, radiance"):
        of(values=REFLECTANCE * scale, percent=None)


@pytest.mark.parametrize("other", [0.2 * np.sin(NM / 20), REFLECTANCE - REFLECTANCE.mean()])
def test_derivatives_and_normalised_spectra_are_refused(other):
    with pytest.raises(SpectraRefused, match="no reflectance"):
        of(values=other)


@pytest.mark.parametrize("marker", [-1.23e34, -9999.0, -999.0, np.nan, np.inf, -np.inf, -3.4028235e38])
@pytest.mark.parametrize("percent", [True, False])
def test_a_marker_of_no_value_never_becomes_a_number(marker, percent):
    values = np.where(NM < 400, marker, REFLECTANCE * (100 if percent else 1))
    points = of(values=values, percent=percent)
    assert np.isnan(points.reflectance[0, NM < 400]).all()
    assert np.isfinite(points.reflectance[0, NM >= 400]).all()
    assert "50 of 2151 values are deleted or missing" in points.notes


def test_each_overlap_of_two_detectors_is_joined_in_its_middle():
    first, second = np.arange(350.0, 1011, 1), np.arange(990.0, 2501, 1)
    values = np.concatenate([np.full(first.size, 0.5), np.full(second.size, 0.6)])
    points = of(np.concatenate([first, second]), values, overlaps=True)
    assert (np.diff(points.wavelengths_nm) > 0).all()
    assert np.array_equal(points.reflectance[0] == np.float32(0.5), points.wavelengths_nm < 1000)
    assert "detectors overlap from 990 to 1010 nm: they are joined at 1000 nm" in points.notes
    with pytest.raises(SpectraRefused, match="990 nm follows 1010 nm"):
        of(np.concatenate([first, second]), values)


@pytest.mark.parametrize(
    ("nm", "said"),
    [
        (np.where(NM == 400, 399, NM), "must rise or fall"),
        (np.where(NM == 400, np.nan, NM), "above 0"),
        (NM - 1000, "above 0"),
        (NM[:-1], "2151 values a spectrum for 2150 wavelengths"),
    ],
)
def test_wavelengths_that_are_none_are_refused(nm, said):
    with pytest.raises(SpectraRefused, match=said):
        of(nm)


def test_single_values_that_are_wild_are_missing():
    points = of(values=np.where(NM == 350, 4e30, REFLECTANCE))
    assert np.isnan(points.reflectance[0, 0])
    assert np.isfinite(points.reflectance[0, 1:]).all()


@pytest.mark.parametrize("marker", [0.0, -1.0, -0.01])
def test_equal_numbers_in_a_row_that_are_not_above_0_are_deleted(marker):
    points = of(values=np.where(NM < 400, marker, REFLECTANCE))
    assert np.isnan(points.reflectance[0, NM < 400]).all()
    assert np.isfinite(points.reflectance[0, NM >= 400]).all()
    assert f"runs of {marker:g} are taken as deleted values" in points.notes


def test_a_file_of_deleted_values_alone_is_refused():
    with pytest.raises(SpectraRefused, match="each of its values is deleted"):
        of(values=np.full(NM.size, -1.23e34))


def test_the_unit_that_a_user_names_counts_before_that_of_the_file():
    assert same(of(NM / 1000, unit=NANOMETRES, said=Said(unit=MICROMETRES)), of())
