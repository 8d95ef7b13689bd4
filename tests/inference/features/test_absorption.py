"""Features of any spectra: where The Spectral Geologist finds them, and never a number where there is none."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hwsim.spectra import load
from inference.features.absorption import absorptions
from inference.features.line import LineFeatures
from inference.features.windows import placed
from oreline.features import LEAST_DEPTH

THEIRS = {"1400": "1400{}3pfit", "2200": "2200{}", "2250": "2250{}", "2320": "2320{}3pfit", "2390": "2390{}3pfit"}
Measure = Callable[[NDArray[np.float64], NDArray[np.float32]], NDArray[np.float32]]
EVERY_NM = np.arange(1300.0, 2501.0)


def band(nm: NDArray[np.float64], centre: float, depth: float, width: float = 12.0) -> NDArray[np.float64]:
    """Reflectance (bands, 1) of a slope with one absorption."""
    return ((0.3 + nm * 1e-4) * (1 - depth * np.exp(-(((nm - centre) / width) ** 2))))[:, None]


def at_line_rate(nm: NDArray[np.float64], spectra: NDArray[np.float32]) -> NDArray[np.float32]:
    samples = spectra.shape[1]
    return LineFeatures(nm.tolist(), samples)(np.ascontiguousarray(spectra), np.zeros(samples, np.uint8))


def of_any(nm: NDArray[np.float64], spectra: NDArray[np.float32]) -> NDArray[np.float32]:
    return absorptions(placed(nm), spectra)


@pytest.mark.shared
@pytest.mark.parametrize("measure", [of_any, at_line_rate])
def test_reference_rocks_have_the_features_that_tsg_gives_them(shared_data: Path, measure: Measure) -> None:
    folder = shared_data / "field" / "tsg_testrocks_HL4"
    spectra = np.fromfile(folder / "HL4_testrocks_tsg.bip", "<f4").reshape(2, 222, 526)[0].T
    with (folder / "expected_scalars.csv").open() as file:
        rows = list(csv.DictReader(file))
    wavelengths = np.linspace(400, 2500, 526)
    compared = 0
    for feature, (nm, depth) in zip(placed(wavelengths), measure(wavelengths, spectra), strict=True):
        if (column := THEIRS.get(feature.info.name)) is None:
            continue
        their_nm, their_depth = (np.array([float(row[column.format(what)] or "nan") for row in rows]) for what in "WD")
        there = their_depth > LEAST_DEPTH
        assert np.abs(depth - their_depth)[there].max() < 1e-6
        known = there & np.isfinite(their_nm)
        assert np.all(np.abs(nm - their_nm)[known] < 5e-4)
        assert np.isnan([nm, depth])[:, their_depth <= LEAST_DEPTH].all()
        compared += int(known.sum())
    assert compared > 200


@pytest.mark.parametrize("centre", [2165.0, 2198.3, 2207.7])
@pytest.mark.parametrize("step", [1.0, 4.0, 5.2])
def test_a_band_is_found_where_it_is_also_between_uneven_bands(centre: float, step: float) -> None:
    even = np.arange(2000.0, 2400.0, step)
    for nm in (even, even + step / 5 * np.sin(even)):
        (feature,) = (one for one in placed(nm) if one.info.name == "2200")
        at, depth = absorptions([feature], band(nm, centre, 0.2))[0, :, 0]
        assert at == pytest.approx(centre, abs=0.6)
        assert depth == pytest.approx(0.2, abs=0.01)


def test_descending_wavelengths_have_the_same_features() -> None:
    spectra = band(EVERY_NM, 2200, 0.2) * band(EVERY_NM, 1910, 0.3) * band(EVERY_NM, 1412, 0.1)
    rising, falling = placed(EVERY_NM), placed(EVERY_NM[::-1])
    np.testing.assert_array_equal(absorptions(rising, spectra), absorptions(falling, spectra[::-1]))


@pytest.mark.parametrize("what", [np.nan, np.inf, 0.0, -0.01])
def test_what_is_no_reflectance_has_no_feature_and_spoils_no_other(what: float) -> None:
    spectra = np.repeat(band(EVERY_NM, 2200, 0.2), 3, axis=1)
    spectra[EVERY_NM == 2190, 1] = what
    features = [one for one in placed(EVERY_NM) if one.info.name == "2200"]
    assert np.isnan(absorptions(features, spectra)[0]).tolist() == [[False, True, False]] * 2


def test_a_shallow_band_has_no_wavelength_and_no_depth() -> None:
    features = [one for one in placed(EVERY_NM) if one.info.name == "2200"]
    assert np.isnan(absorptions(features, band(EVERY_NM, 2200, 0.009))).all()
    assert np.isfinite(absorptions(features, band(EVERY_NM, 2200, 0.012))).all()


def of_mineral(mineral: str, feature: str) -> float:
    """Centre of a feature of a mineral of the library, in nm; NaN where it has none."""
    library = load()
    nm, spectrum = np.asarray(library.wavelengths_nm), library.reflectance[list(library.names).index(mineral)]
    (window,) = (one for one in placed(nm) if one.info.name == feature)
    return float(absorptions([window], np.asarray(spectrum, np.float64)[:, None])[0, 0, 0])


def test_carbonate_goes_from_magnesium_to_calcium_and_alunite_from_potassium_to_sodium() -> None:
    assert of_mineral("dolomite", "2340") == pytest.approx(2322, abs=4)
    assert of_mineral("calcite", "2340") == pytest.approx(2338, abs=4)
    assert of_mineral("alunite", "1480") == pytest.approx(1478, abs=2)
    assert of_mineral("natroalunite", "1480") == pytest.approx(1496, abs=2)
    assert np.isnan(of_mineral("kaolinite", "1480"))
