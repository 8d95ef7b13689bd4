"""Spectra made comparable before a network sees them."""

from __future__ import annotations

import numpy as np

from inference.preprocessing import snv


def spectra(samples: int = 5) -> np.ndarray:
    return np.random.default_rng(3).random((40, samples), dtype=np.float32)


def test_each_sample_has_mean_zero_and_spread_one() -> None:
    made = snv(spectra())
    assert made.dtype == np.float32
    np.testing.assert_allclose(made.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(made.std(axis=0), 1.0, atol=1e-5)


def test_brightness_and_dark_offset_do_not_matter() -> None:
    np.testing.assert_allclose(snv(spectra() * 0.3 + 0.1), snv(spectra()), atol=1e-5)


def test_a_flat_spectrum_stays_finite() -> None:
    assert (snv(np.full((40, 2), 0.5, np.float32)) == 0.0).all()


def test_a_missing_band_spoils_its_sample_only() -> None:
    damaged = spectra()
    damaged[7, 2] = np.nan
    made = snv(damaged)
    assert np.isnan(made[:, 2]).all()
    assert np.isfinite(np.delete(made, 2, axis=1)).all()
