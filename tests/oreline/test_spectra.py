"""What a camera with Gaussian bands sees of a finer spectrum."""

from __future__ import annotations

import numpy as np
import pytest

from oreline.cameras import CAMERAS, camera_preset
from oreline.errors import ConfigError
from oreline.spectra import resampler

SOURCE = np.arange(400.0, 2501.0, 2.0)


def directly(spectrum: np.ndarray, centre: float, fwhm: float) -> float:
    response = np.exp(-4.0 * np.log(2.0) * ((SOURCE - centre) / fwhm) ** 2)
    return float((response * spectrum).sum() / response.sum())


@pytest.mark.parametrize("name", CAMERAS)
def test_a_band_is_the_mean_of_the_spectrum_weighted_by_a_gaussian(name: str) -> None:
    camera = CAMERAS[name]
    spectrum = np.random.default_rng(1).random(len(SOURCE))
    seen = resampler(SOURCE, camera.wavelengths_nm, camera.fwhm_nm)(spectrum)
    expected = [directly(spectrum, centre, camera.fwhm_nm) for centre in camera.wavelengths_nm]
    np.testing.assert_allclose(seen, expected, atol=5e-4)


def test_a_constant_stays_a_constant_up_to_the_ends_of_the_source() -> None:
    seen = resampler(SOURCE, [400.0, 1000.0, 2500.0], 12.0)(np.full((3, len(SOURCE)), 0.5, np.float32))
    assert seen.dtype == np.float32
    np.testing.assert_allclose(seen, 0.5, rtol=1e-6)


def test_an_uneven_source_gives_the_same_bands_as_an_even_one() -> None:
    uneven = np.sort(np.random.default_rng(2).uniform(900.0, 1800.0, 6000))
    centres = np.linspace(1000.0, 1700.0, 50)
    seen = resampler(uneven, centres, 10.0)(np.sin(uneven / 60.0))
    even = np.arange(900.0, 1800.0, 0.5)
    np.testing.assert_allclose(seen, resampler(even, centres, 10.0)(np.sin(even / 60.0)), atol=3e-3)


def test_missing_values_are_left_out_and_make_nan_only_where_little_is_left() -> None:
    spectrum = np.full(len(SOURCE), 0.3)
    spectrum[(SOURCE > 995) & (SOURCE < 1001)] = np.nan
    spectrum[SOURCE > 2000] = np.nan
    seen = resampler(SOURCE, [1000.0, 1500.0, 2000.0, 2100.0], 12.0)(spectrum)
    np.testing.assert_allclose(seen[:3], 0.3)
    assert np.isnan(seen[3])


def test_bands_beyond_the_source_are_nan() -> None:
    assert np.isnan(resampler(SOURCE, [350.0, 2600.0], 8.0)(np.ones(len(SOURCE)))).all()


@pytest.mark.parametrize(
    ("centres", "fwhm"), [([1000.0, 1000.0], 8.0), ([1000.0, np.nan], 8.0), ([1000.0, 1010.0], 0.0), ([1000.0], 8.0)]
)
def test_bands_that_make_no_sense_are_refused(centres: list[float], fwhm: float) -> None:
    with pytest.raises(ConfigError):
        resampler(SOURCE, centres, fwhm)


def test_spectra_of_another_length_are_refused() -> None:
    with pytest.raises(ConfigError, match="made for 1051"):
        resampler(SOURCE, [1000.0, 1010.0], 8.0)(np.ones(7))


def test_presets_span_what_their_makers_say() -> None:
    nir, swir = CAMERAS["nir224"], CAMERAS["swir288"]
    assert (nir.bands, nir.samples, nir.wavelengths_nm[0], nir.wavelengths_nm[-1]) == (224, 640, 900.0, 1700.0)
    assert (swir.bands, swir.samples, swir.wavelengths_nm[0], swir.wavelengths_nm[-1]) == (288, 384, 1000.0, 2500.0)
    assert nir.full_scale == 4095


def test_an_unknown_preset_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'nir224'"):
        camera_preset("nir225")
