"""What the packed tables of a calibration do not hold is calibrated all the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.calibration.calibrator import Calibrator
from inference.calibration.chain import linear
from inference.calibration.settings import Correction, DarkColumns
from inference.flags import Quality
from inference.references.reference import Reference
from tests.inference.calibration.test_calibrator import formula, reference_of, scene, standardised
from tests.inference.reference_builders import INFO

FAR = {
    "much more dark current": (1500.0, 2000.0),
    "a fiftieth of the light": (300.0, 40.0),
    "eight times the light": (10.0, 4000.0),
}
"""Dark and signal of elements in a band where they are 300 and 500 counts."""
PLACE = 5, 17


def with_one(dark: float, signal: float) -> Reference:
    darks, signals = np.full((12, 40), 300.0), np.full((12, 40), 500.0)
    darks[PLACE], signals[PLACE] = dark, signal
    return reference_of(darks, darks + signals)


@pytest.mark.parametrize(("dark", "signal"), FAR.values(), ids=FAR)
def test_an_element_far_from_its_band_is_calibrated_as_exactly(dark: float, signal: float) -> None:
    reference, counts = with_one(dark, signal), scene()
    calibration, true = Calibrator(reference, INFO), formula(counts, reference)
    np.testing.assert_allclose(calibration.reflectance(counts)[0], true, rtol=6e-7, atol=1.3e-4 / 500)
    np.testing.assert_allclose(calibration.snv(counts)[0], standardised(true), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("dark", "signal"), FAR.values(), ids=FAR)
@pytest.mark.parametrize(("count", "flag"), [(4095, Quality.SATURATED), (0, Quality.NEGATIVE)])
def test_an_element_far_from_its_band_is_flagged_like_others(
    dark: float, signal: float, count: int, flag: Quality
) -> None:
    counts = np.full((12, 40), 1600, np.uint16)
    counts[PLACE] = count
    _, invalid = Calibrator(with_one(dark, signal), INFO).reflectance(counts)
    assert invalid[PLACE[1]] == flag
    assert np.flatnonzero(invalid).tolist() == [PLACE[1]]


def test_shaded_samples_far_from_their_band_tell_the_drift_as_others_do() -> None:
    darks = np.full((12, 40), 300.0)
    darks[:, 32:36] = 1500.0
    reference = reference_of(darks, darks + 500.0)
    counts = (darks + 100.0).astype(np.uint16)
    counts[:, 32:] -= 90
    restored, _ = Calibrator(reference, INFO, Correction(shade=DarkColumns(first=32, samples=8))).reflectance(counts)
    np.testing.assert_allclose(restored[:, :32], 90 / 500, atol=1e-6)


@pytest.mark.parametrize("spread", [100.0, 400.0, 2000.0])
def test_a_band_whose_darks_lie_far_apart_is_exact_to_a_millionth_of_that(spread: float) -> None:
    rng = np.random.default_rng(3)
    darks = rng.uniform(100.0, 100.0 + spread, (12, 40))
    reference, counts = reference_of(darks, darks + 1500.0), scene()
    restored, _ = Calibrator(reference, INFO).reflectance(counts)
    np.testing.assert_allclose(restored, formula(counts, reference), rtol=6e-7, atol=max(spread, 128) * 2e-6 / 1500)


def test_a_band_without_any_reference_does_not_disturb_the_others() -> None:
    darks, whites = np.full((12, 40), 300.0), np.full((12, 40), 2300.0)
    whites[4] = np.nan
    restored, invalid = Calibrator(reference_of(darks, whites), INFO).reflectance(scene())
    assert np.isnan(restored[4]).all()
    assert np.isfinite(np.delete(restored, 4, axis=0)).all()
    assert (invalid == Quality.REFERENCE).all()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1), st.integers(0, 60), st.integers(0, 30), st.booleans())
def test_any_mixture_of_far_bad_and_invalid_elements_is_what_the_formulas_make_of_it(
    tmp_path: Path, seed: int, far: int, bad: int, bent: bool
) -> None:
    rng = np.random.default_rng(seed)
    darks, signals = rng.normal(300.0, 5.0, 480), rng.uniform(900.0, 1500.0, 480)
    darks[rng.choice(480, far)] = rng.uniform(0.0, 2000.0, far)
    signals[rng.choice(480, far)] *= np.exp(rng.uniform(-5.0, 0.5, far))
    (tmp_path / "bad.txt").write_text("".join(f"{place // 40} {place % 40}\n" for place in rng.choice(480, bad)))
    reference = reference_of(darks.reshape(12, 40), (darks + signals).reshape(12, 40))
    correction = Correction(bad_pixels=tmp_path / "bad.txt", nonlinearity=(0.02, -0.01) if bent else ())
    calibration, counts = Calibrator(reference, INFO, correction), rng.integers(0, 4095, (12, 40), np.uint16)
    prepared = calibration.tables
    signal = prepared.repairs(counts - prepared.dark)
    true = linear(signal, prepared.curve) * prepared.gain
    restored, invalid = calibration.reflectance(counts)
    counted = max(1.3e-4, np.ptp(prepared.dark, axis=1).max() * 2.0**-19)
    sensible = np.isfinite(true) & (np.abs(signal) < INFO.full_scale)  # beyond, the polynomial may be anything
    assert (np.abs(restored - true) <= 1e-6 * np.abs(true) + counted * prepared.gain)[sensible].all()
    np.testing.assert_array_equal(np.isnan(restored), np.isnan(true))
    np.testing.assert_array_equal(invalid & Quality.NEGATIVE != 0, (restored < 0).any(axis=0))
