"""Optics change with time as set, and a detector's pattern has the statistics of a real one."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from hwsim.scenes.base import SceneBase
from hwsim.scenes.optics import TEMPERATURE_C, TYPICAL, Optics
from hwsim.sensor.detector import nonuniformity
from oreline.cameras import camera_preset


def smoothed(values, width, axis):
    """Running median, mirrored at the borders."""
    pad = [(0, 0), (0, 0)]
    pad[axis] = (width // 2, width // 2)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, pad, mode="reflect"), width, axis=axis)
    return np.median(windows, axis=-1)


def spread(values):
    """Standard deviation by the median, which outliers do not move."""
    return 1.4826 * np.median(np.abs(values - np.median(values)))


def statistics(sensitivity):
    """Of a map (bands, samples): what `hwsim.sensor.detector` says of the real one, in its order."""
    relative = np.log(sensitivity)
    relative -= np.median(relative, axis=1, keepdims=True)
    column = np.median(relative, axis=0)
    stripes = column - smoothed(column[None], 31, 1)[0]
    wave = smoothed(smoothed(relative - column, 31, 1), 15, 0)
    grain = relative - column - wave
    return {
        "stripes": spread(stripes),
        "neighbours": np.corrcoef(stripes[1:], stripes[:-1])[0, 1],
        "grain": spread(grain),
        "outliers": (np.abs(grain) > 5 * spread(grain)).mean(),
        "wave": spread(wave),
    }


def assert_like_fenix(found):
    assert found["stripes"] == pytest.approx(0.0060, rel=0.25)
    assert found["neighbours"] == pytest.approx(0.48, abs=0.15)
    assert found["grain"] == pytest.approx(0.0056, rel=0.15)
    assert found["outliers"] == pytest.approx(0.0038, rel=0.4)
    assert found["wave"] == pytest.approx(0.0020, rel=0.4)


def test_the_pattern_of_sensitivity_is_like_that_of_a_real_camera():
    assert_like_fenix(statistics(1.0 + nonuniformity(np.random.default_rng(4), 276, 384)))


@pytest.mark.shared
def test_the_real_camera_has_the_statistics_that_are_claimed_for_it(shared_data):
    gain = np.fromfile(shared_data / "raw/fenix/Radiometric_2x2_1x1.dat", "<f4").reshape(624, 384)
    assert_like_fenix(statistics(1.0 / gain[348:].astype(np.float64)))


def test_lamps_warm_up_and_flicker_and_the_sensor_warms():
    optics = Optics(warm_up=0.1, warm_up_s=60, flicker=0.01, flicker_hz=100, drift_k=4, drift_s=600)
    t = np.array([0.0, 0.0025, 60.0, 60.0075, 6000.0])
    now = optics.conditions(t, gain=2.0)
    warm = 1 - 0.1 * np.exp(-t / 60)
    np.testing.assert_allclose(now.lamp, warm * [1, 1.01, 1, 0.99, 1], rtol=1e-5)
    np.testing.assert_allclose(now.temperature_c, TEMPERATURE_C + 4 * (1 - np.exp(-t / 600)), rtol=1e-6)
    assert now.gain == 2.0


def test_a_perfect_camera_does_not_change_with_time():
    now = Optics().conditions(np.linspace(0, 1000, 50))
    np.testing.assert_array_equal(now.lamp, 1.0)
    np.testing.assert_array_equal(now.temperature_c, TEMPERATURE_C)


def test_a_scene_takes_typical_optics_by_name_or_each_number():
    assert SceneBase.model_validate({"optics": "typical"}).optics == TYPICAL
    assert SceneBase.model_validate({"optics": {"dead": 0.01}}).optics.dead == 0.01
    assert SceneBase().optics == Optics()
    with pytest.raises(ValidationError, match="Extra inputs"):
        SceneBase.model_validate({"optics": {"smil": 1}})
    with pytest.raises(ValidationError, match="only one set with a name"):
        SceneBase.model_validate({"optics": "typcal"})


@pytest.mark.parametrize(
    ("name", "bands", "samples", "rate", "span"),
    [
        ("nir224", 224, 640, 670, (900, 1700)),
        ("swir288", 288, 384, 450, (1000, 2500)),
        ("swir640", 360, 640, 500, (960, 2500)),
    ],
)
def test_the_presets_are_the_cameras_of_the_field(name, bands, samples, rate, span):
    camera = camera_preset(name)
    assert (camera.bands, camera.samples, camera.line_rate_hz) == (bands, samples, rate)
    assert (camera.wavelengths_nm[0], camera.wavelengths_nm[-1]) == span
    assert camera.spacing_nm == pytest.approx(np.diff(camera.wavelengths_nm).mean())
    assert camera.fwhm_nm > camera.spacing_nm
