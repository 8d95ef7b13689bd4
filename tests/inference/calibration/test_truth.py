"""Against the truth of the simulator: as exact as shot noise allows, no bias, and as sure as it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwsim.scenes.optics import Optics
from hwsim.sensor.detector import BLINKING, GOOD
from inference.calibration.calibrator import Calibrator
from inference.calibration.noise_model import NoiseModel
from inference.calibration.settings import NOTHING, Correction
from inference.commands.report.coverage import Coverage, bootstrap
from tests.inference.calibration.truth import Camera

FLAWED = Optics(smile_bands=(0, 0, 0.1), keystone_pixels=(0, 0.1), hot=0.0005, dead=0.0005, blinking=0.0002)
CORRECTED = Correction(find_bad_pixels=True, smile_bands=(0, 0, 0.1), keystone_pixels=(0, 0.1))
PRESETS = ("nir224", "swir288", "swir640")
LINES = 12


def errors(camera: Camera, correction: Correction, exposure: float) -> tuple[np.ndarray, np.ndarray, Calibrator]:
    """Error of each element of some lines, what it is said to be, and what said so. The sample is exposed `exposure`
    times as long as the white, and its own dark was taken."""
    info = camera.info(exposure_us=camera.sensor.exposure_us * exposure)
    dark = camera.measured(info, 30_000, shutter_open=False)
    calibration = Calibrator(replace(camera.reference(), darks=(dark,), id=""), info, correction)
    made, sure = [], []
    for line in camera.lines(LINES, 100, exposure_us=info.exposure_us):
        made.append(calibration.reflectance(line)[0] - camera.truth)
        sure.append(calibration.uncertainty(calibration.reflectance(line)[0]).copy())
    return np.array(made), np.array(sure), calibration


@pytest.mark.parametrize("exposure", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(("optics", "correction"), [(Optics(), NOTHING), (FLAWED, CORRECTED)], ids=["good", "flawed"])
def test_reflectance_is_as_exact_as_shot_noise_allows_and_says_how_exact(
    preset: str, optics: Optics, correction: Correction, exposure: float
) -> None:
    camera = Camera(preset, optics)
    error, sure, calibration = errors(camera, correction, exposure)
    seen = (camera.sensor.flaws.kinds == GOOD) & (calibration.tables.bad == 0)
    limit = np.sqrt(np.mean(camera.noise_std(exposure)[seen] ** 2))
    assert np.sqrt(np.mean(error[:, seen] ** 2)) <= 1.05 * limit
    assert abs(error[:, seen].mean()) < 1e-5
    assert np.abs(np.where(seen, error.mean(axis=0), 0.0).sum(axis=1) / seen.sum(axis=1)).max() < 1e-3
    coverage = Coverage()
    coverage.add(error[:, seen], sure[:, seen])
    for stated, true in coverage.curve():
        assert abs(true - stated) < 0.01


def test_a_reference_tells_itself_whether_its_uncertainty_is_right() -> None:
    coverage = bootstrap(Camera("swir288").reference())
    assert coverage.elements > 400_000
    for stated, true in coverage.curve():
        assert abs(true - stated) < 0.01


def test_too_small_an_uncertainty_shows() -> None:
    coverage = Coverage()
    coverage.add(np.random.default_rng(1).standard_normal(100_000), np.full(100_000, 0.5))
    assert all(true < stated for stated, true in coverage.curve()[:-1])


def test_what_shot_noise_allows_is_what_the_noise_model_finds() -> None:
    camera = Camera("swir288")
    noise, sensor = NoiseModel.estimate(camera.reference()), camera.sensor
    dark_noise = sensor.read**2 + sensor.shot * np.median(sensor.current, axis=1) + 1 / 12
    assert noise.per_count == pytest.approx(sensor.shot, rel=0.02)
    np.testing.assert_allclose(noise.read_variance, dark_noise, rtol=0.1)
    assert noise.flicker < 1e-3


def test_a_flickering_lamp_is_not_taken_for_the_cameras_noise() -> None:
    camera = Camera("swir288")
    info, sensor = camera.info(), camera.sensor
    lamp = 1 + 0.005 * np.sin(np.arange(100)).astype(np.float32)
    white = camera.builder(info, 20_000, target="white", lamp=lamp).measured()
    noise = NoiseModel.estimate(replace(camera.reference(), white=white))
    assert noise.per_count == pytest.approx(sensor.shot, rel=0.05)
    assert noise.flicker == pytest.approx(0.005 / np.sqrt(2), rel=0.05)


def test_bad_elements_are_found_repaired_and_nothing_else_is() -> None:
    camera = Camera("nir224", FLAWED)
    error, _, calibration = errors(camera, CORRECTED, 1.0)
    kinds, found = camera.sensor.flaws.kinds, calibration.tables.bad != 0
    missed = (kinds != GOOD) & ~found
    assert not (found & (kinds == GOOD)).any()
    assert set(kinds[missed]) <= {BLINKING}
    assert missed.sum() <= 0.3 * (kinds == BLINKING).sum()
    assert np.sqrt(np.mean(error[:, found] ** 2)) < 1.5 * np.sqrt(np.mean(camera.noise_std()[found] ** 2))


def test_a_dark_at_another_temperature_is_interpolated() -> None:
    camera = Camera("swir288", dark_counts=300.0)
    warm, between = camera.info(temperature_c=28.0), camera.info(temperature_c=26.5)
    reference = camera.reference()
    both = replace(reference, darks=(camera.measured(warm, 40_000, shutter_open=False),), id="")
    line = camera.lines(1, 7, temperature_c=26.5)[0]
    wrong, right = (Calibrator(one, between).reflectance(line)[0] - camera.truth for one in (reference, both))
    assert wrong.mean() > 5e-3
    assert abs(right.mean()) < 1e-3


@pytest.mark.parametrize(("dark_at", "sample_at"), [((1.0, 0.25), 0.5), ((1.0, 0.5), 0.25), ((1.0, 0.25), 2.0)])
def test_a_dark_at_another_exposure_comes_of_two(dark_at: tuple[float, float], sample_at: float) -> None:
    camera = Camera("swir288", dark_counts=600.0)
    own = camera.sensor.exposure_us
    second = camera.measured(camera.info(exposure_us=own * dark_at[1]), 40_000, shutter_open=False)
    reference = replace(camera.reference(), darks=(second,), id="")
    info = camera.info(exposure_us=own * sample_at)
    counts = camera.lines(30, 7, exposure_us=info.exposure_us, shutter_open=False)
    restored = np.mean([Calibrator(reference, info).tables.dark - line for line in counts], axis=0)
    assert abs(restored.mean()) < 0.2
    assert restored.std() < 2.0
