"""Spectra made comparable before a network sees them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.signal import savgol_filter

from inference.preprocessing.steps import (
    Bands,
    Chain,
    Continuum,
    Msc,
    Resample,
    SavitzkyGolay,
    Snv,
    Steps,
    preprocessed,
    snv,
)
from oreline.errors import ModelMismatch
from oreline.spectra import resampler

NM = tuple(np.linspace(900.0, 1700.0, 40))
ALL: Steps = (
    Resample(wavelengths_nm=tuple(np.linspace(950, 1650, 30)), fwhm_nm=30.0), SavitzkyGolay(window=7, derivative=0),
    Continuum(), Bands(first_nm=1000, last_nm=1600), Snv(),
)  # fmt: skip


def spectra(samples: int = 5) -> np.ndarray:
    return np.random.default_rng(3).random((40, samples), dtype=np.float32) + np.float32(0.1)


def test_each_sample_has_mean_zero_and_spread_one() -> None:
    made = snv(spectra())
    assert made.dtype == np.float32
    np.testing.assert_allclose(made.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(made.std(axis=0), 1.0, atol=1e-5)


def test_brightness_and_dark_offset_do_not_matter() -> None:
    np.testing.assert_allclose(snv(spectra() * 0.3 + 0.1), snv(spectra()), atol=1e-5)


def test_a_flat_spectrum_stays_finite() -> None:
    assert (snv(np.full((40, 2), 0.5, np.float32)) == 0.0).all()


@pytest.mark.parametrize(
    "step", [Snv(), Msc(reference=tuple(np.linspace(0.2, 0.8, 40))), SavitzkyGolay(window=40 - 1), Continuum()]
)
def test_a_missing_band_spoils_its_sample_only(step: Snv | Msc | SavitzkyGolay | Continuum) -> None:
    damaged = spectra()
    damaged[20, 2] = np.nan
    made = preprocessed((step,), NM, damaged)
    assert np.isnan(made[:, 2]).all()
    assert np.isfinite(np.delete(made, 2, axis=1)).all()


def test_scatter_correction_takes_back_offset_and_slope_of_the_training_mean() -> None:
    mean = spectra(1)[:, 0]
    step = Msc(reference=tuple(mean.tolist()))
    offset, slope = np.array([0.0, 0.2, -0.1], np.float32), np.array([1.0, 0.3, 2.0], np.float32)
    made = preprocessed((step,), NM, offset + slope * mean[:, None])
    np.testing.assert_allclose(made, np.repeat(mean[:, None], 3, axis=1), atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(0, 4), st.integers(0, 3))
def test_a_derivative_is_that_of_scipy(half: int, order: int, derivative: int) -> None:
    window = 2 * half + 1
    if not derivative <= order < window:
        return
    made = preprocessed((SavitzkyGolay(window=window, order=order, derivative=derivative),), NM, spectra())
    theirs = savgol_filter(spectra().astype(np.float64), window, order, derivative, axis=0)
    np.testing.assert_allclose(made, theirs, atol=2e-5)


@pytest.mark.parametrize("reversed_", [False, True])
def test_a_continuum_lies_on_its_spectrum_and_touches_it(reversed_: bool) -> None:
    nm = NM[::-1] if reversed_ else NM
    made = preprocessed((Continuum(),), nm, spectra())
    assert made.max() <= 1 + 1e-6
    np.testing.assert_allclose(made[[0, -1]], 1.0, atol=1e-6)
    np.testing.assert_allclose(preprocessed((Continuum(),), nm, made), made, atol=1e-6)


def test_a_spectrum_without_light_has_no_continuum() -> None:
    dark = spectra()
    dark[:, 1] = -0.01
    made = preprocessed((Continuum(),), NM, dark)
    assert np.isnan(made[:, 1]).all()
    assert np.isfinite(made[:, 0]).all()


def test_bands_are_chosen_by_wavelength() -> None:
    chain = Chain((Bands(first_nm=1000, last_nm=1100),), NM, 5)
    chosen = [one for one in NM if 1000 <= one <= 1100]
    assert list(chain.wavelengths_nm) == chosen
    np.testing.assert_array_equal(chain(spectra()), spectra()[NM.index(chosen[0]) : NM.index(chosen[-1]) + 1])


@pytest.mark.parametrize("turn", [1, -1])
def test_resampling_is_the_one_that_spectra_are_trained_by(turn: int) -> None:
    fine = np.linspace(850, 1750, 301)[::turn]
    step = Resample(wavelengths_nm=NM, fwhm_nm=12.0)
    values = np.interp(fine, NM, spectra(1)[:, 0]).astype(np.float32)[:, None]
    expected = resampler(np.sort(fine), NM, 12.0)(values[::turn].T).T
    np.testing.assert_allclose(preprocessed((step,), tuple(fine), values), expected, atol=1e-5)


def test_a_grid_that_the_camera_does_not_cover_is_refused() -> None:
    with pytest.raises(ModelMismatch, match=r"at 1720\.0 nm.*not covered"):
        Chain((Resample(wavelengths_nm=(1000.0, 1720.0), fwhm_nm=20.0),), NM, 3)
    with pytest.raises(ModelMismatch, match="not covered"):
        Chain((Resample(wavelengths_nm=(1000.0, 1010.0), fwhm_nm=3.0),), NM, 3)


def test_a_chain_is_its_steps_one_after_the_other() -> None:
    nm, values = NM, spectra()
    for step in ALL:
        values, nm = preprocessed((step,), nm, values), tuple(Chain((step,), nm, 5).wavelengths_nm)
    np.testing.assert_array_equal(preprocessed(ALL, NM, spectra()), values)


def test_spectra_of_another_number_of_bands_are_refused() -> None:
    with pytest.raises(ModelMismatch, match="41"):
        Chain((Snv(),), NM, 5)(np.zeros((41, 5), np.float32))
    with pytest.raises(ModelMismatch, match="scatter correction has 3 bands where 40 come"):
        Chain((Msc(reference=(0.1, 0.2, 0.3)),), NM, 5)


@pytest.mark.parametrize(
    "wrong",
    [{"window": 4}, {"window": 5, "order": 5}, {"window": 5, "order": 1, "derivative": 2}, {"window": 5, "widht": 1}],
)
def test_impossible_steps_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        SavitzkyGolay(**wrong)
