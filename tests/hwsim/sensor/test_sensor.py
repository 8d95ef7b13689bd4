"""The simulated sensor counts light as physics and its settings say."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hwsim.random_field import key_of
from hwsim.scenes.base import SceneBase
from hwsim.scenes.optics import TYPICAL, Conditions, Optics
from hwsim.sensor.detector import BLINKING, DEAD, GOOD, HOT
from hwsim.sensor.sensor import Pixels, Sensor
from hwsim.spectra import load
from oreline.cameras import CAMERAS

QUIET = SceneBase(camera="nir224", noise=0, bits=16)
GREY = np.full((224, 2), (0.5, 1.0), np.float32)
"""Spectrum 0 is half as bright as the panel, 1."""


def sensor_of(**settings):
    return Sensor.of(QUIET.model_copy(update=settings))


def exposed(sensor, pixels=None, lines=1, spectra=GREY, first_line=0, key=1, **conditions):
    """Counts as float64 (lines, bands, samples)."""
    bands, samples = sensor.white.shape
    counts = np.empty((lines, bands, samples), np.uint16)
    pixels = pixels or Pixels.flat(lines, samples, 0)
    sensor.expose(spectra, pixels, key_of(key), first_line, counts, Conditions(**conditions))
    return counts.astype(np.float64)


@pytest.mark.parametrize("gain", [1.0, 4.0])
def test_noise_follows_the_photon_transfer_curve(gain):
    sensor = sensor_of(noise=1, full_well_e=2e5, read_noise_e=150, dark_counts=400, white_level=0.9 / gain)
    levels = np.linspace(0.05, 0.95, 8)
    spectra = np.tile(np.append(levels, 1.0).astype(np.float32), (224, 1))
    signal, variance = [], []
    for level in range(len(levels)):
        light = exposed(sensor, Pixels.flat(100, 640, level), 100, spectra, key=level, gain=gain)
        light = light[:, 80:100, 220:420]
        signal.append(((light - sensor.offset[80:100, 220:420]) / gain).mean())
        variance.append(light.var(axis=0, ddof=1).mean())
    per_count = 2e5 / 65535
    expected = gain**2 * ((150 / per_count) ** 2 + np.array(signal) / per_count) + 1 / 12
    np.testing.assert_allclose(variance, expected, rtol=0.03)
    slope, read = np.polyfit(signal, variance, 1)
    assert slope == pytest.approx(gain**2 / per_count, rel=0.03)
    assert read == pytest.approx((gain * 150 / per_count) ** 2, rel=0.03)


def test_a_pure_grain_is_its_spectrum_after_an_ideal_calibration():
    sensor, camera, library = sensor_of(), CAMERAS["nir224"], load()
    names = ("kaolinite", "calcite", "jarosite")
    minerals = library.at(camera.wavelengths_nm, camera.fwhm_nm)[[library.index(name) for name in names]]
    spectra = np.vstack([minerals, np.ones(224)]).T.astype(np.float32)
    for index in range(len(names)):
        counts = exposed(sensor, Pixels.flat(1, 640, index), spectra=spectra)
        reflectance = ((counts - sensor.dark) / sensor.white).mean(axis=(0, 2))
        np.testing.assert_allclose(reflectance, minerals[index], atol=1e-4)


def line_at(nm):
    """A spectrum with one absorption line at band 100.3 of the nir224, and the panel."""
    camera = CAMERAS["nir224"]
    place = (nm - camera.first_nm) / camera.spacing_nm
    dip = 1.0 - 0.5 * np.exp(-0.5 * ((place - 100.3) / 2.0) ** 2)
    return np.stack([dip, np.ones_like(dip)], 1).astype(np.float32)


@pytest.mark.parametrize("smile", [(0.0, 0.0, 0.4), (0.1, -0.3), (1.5,)])
def test_smile_displaces_a_spectral_line_by_the_set_amount(smile):
    sensor = sensor_of(optics=Optics(smile_bands=smile))
    counts = exposed(sensor, spectra=sensor.spectra(line_at))
    depth = 1.0 - ((counts - sensor.dark) / sensor.white)[0, 85:116]
    centre = (np.arange(85, 116)[:, None] * depth).sum(axis=0) / depth.sum(axis=0)
    shift = np.polynomial.polynomial.polyval(np.linspace(-1, 1, 640), smile)
    np.testing.assert_allclose(centre, 100.3 - shift, atol=0.01)


def test_keystone_displaces_an_object_by_the_set_amount_in_each_band():
    sensor = sensor_of(optics=Optics(keystone_pixels=(0.2, 1.7)))
    pixels = Pixels.flat(1, 640, 0)
    pixels.a[0] = np.exp(-0.5 * ((np.arange(640) - 300.0) / 4.0) ** 2)
    light = ((exposed(sensor, pixels) - sensor.dark) / sensor.white)[0, :, 270:331]
    centre = (light * np.arange(270, 331)).sum(axis=1) / light.sum(axis=1)
    np.testing.assert_allclose(centre, 300.0 - (0.2 + 1.7 * np.linspace(-1, 1, 224)), atol=0.01)


def test_a_smiling_sensor_refuses_spectra_that_know_no_smile():
    with pytest.raises(ValueError, match=r"take them from Sensor\.spectra"):
        exposed(sensor_of(optics=TYPICAL))


PROGRAM = """
import hashlib, sys
from tests.hwsim.sensor.test_sensor import everything
sys.stdout.write(hashlib.sha256(everything()).hexdigest())
"""


def everything():
    """Lines with all that optics and noise do to them."""
    sensor = Sensor.of(SceneBase(camera="nir224", seed=5, optics=TYPICAL))
    counts = np.empty((8, 224, 640), np.uint16)
    conditions = TYPICAL.conditions(np.arange(8) / 670)
    sensor.expose(sensor.spectra(line_at), Pixels.flat(8, 640, 0), key_of(5), 1000, counts, conditions)
    return counts.tobytes()


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    command = [sys.executable, "-c", PROGRAM]
    other = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    assert other.stdout == hashlib.sha256(everything()).hexdigest()


def test_bad_pixels_behave_as_their_map_says():
    sensor = sensor_of(optics=Optics(hot=0.002, dead=0.002, blinking=0.002))
    kinds = sensor.flaws.kinds
    assert [(kinds == kind).sum() for kind in (HOT, DEAD, BLINKING)] == pytest.approx([287] * 3, rel=0.25)
    dark = np.concatenate([exposed(sensor, shutter_open=False, first_line=64 * block) for block in range(40)])
    white = exposed(sensor, target="white")[0]
    steady = (dark == dark[0]).all(axis=0)
    np.testing.assert_array_equal(steady, kinds != BLINKING)
    assert dark[0][kinds == HOT].min() > 0.19 * 65535 > dark[0][kinds == GOOD].max()
    np.testing.assert_array_equal(white[kinds == DEAD], dark[0][kinds == DEAD])
    assert (white - dark[0])[kinds == GOOD].min() > 1000
    levels = dark[:, kinds == BLINKING]
    jump = levels.max(axis=0) - levels.min(axis=0)
    assert np.isin(levels - levels.min(axis=0), (0, 1)).any()
    assert ((levels == levels.min(axis=0)) | (levels == levels.max(axis=0))).all()
    np.testing.assert_allclose(jump, sensor.flaws.level[kinds == BLINKING], atol=1.0)
    assert (levels == levels.max(axis=0)).mean() == pytest.approx(0.5, abs=0.03)


def test_a_longer_exposure_gives_more_light_and_dark_current_until_it_saturates():
    sensor = sensor_of(white_level=0.3)
    reference, doubled = exposed(sensor), exposed(sensor, exposure_us=2 * sensor.exposure_us)
    np.testing.assert_allclose(doubled - sensor.offset, 2 * (reference - sensor.offset), atol=2)
    dark, doubled_dark = (exposed(sensor, shutter_open=False, exposure_us=k * sensor.exposure_us) for k in (1, 2))
    np.testing.assert_allclose(doubled_dark - dark, sensor.current[None], atol=1.5)
    assert exposed(sensor, exposure_us=1000 * sensor.exposure_us).min() == 65535


def test_behind_the_shutter_there_is_only_the_dark():
    sensor = sensor_of()
    np.testing.assert_allclose(exposed(sensor, shutter_open=False)[0], sensor.dark, atol=0.51)
    np.testing.assert_array_equal(
        exposed(sensor, shutter_open=False, target="white", lamp=0.0), exposed(sensor, lamp=0.0)
    )


def test_gain_acts_on_the_charge_and_not_on_the_offset():
    sensor = sensor_of(white_level=0.2)
    once, four_times = exposed(sensor), exposed(sensor, gain=4.0)
    np.testing.assert_allclose(four_times - sensor.offset, 4 * (once - sensor.offset), atol=3)


def test_the_panel_comes_between_the_scene_and_the_camera():
    sensor = sensor_of()
    np.testing.assert_allclose(exposed(sensor, target="white")[0], sensor.dark + sensor.white, atol=0.6)


def test_the_lamp_may_change_from_line_to_line():
    sensor, lamp = sensor_of(), np.array([1.0, 0.5, 0.0], np.float32)
    light = (exposed(sensor, lines=3, lamp=lamp) - sensor.dark) / sensor.white
    np.testing.assert_allclose(light.mean(axis=(1, 2)), 0.5 * lamp, atol=1e-4)


def test_dark_current_doubles_with_every_few_kelvin():
    sensor = sensor_of(optics=Optics(doubling_k=7.0))
    warm = exposed(sensor, lines=3, shutter_open=False, temperature_c=np.array([18.0, 25.0, 39.0], np.float32))
    current = (warm - sensor.offset).mean(axis=(1, 2)) / sensor.current.mean()
    assert current == pytest.approx([0.5, 1.0, 4.0], rel=0.01)


def test_glints_add_the_same_to_every_band():
    sensor, pixels = sensor_of(white_level=0.4), Pixels.flat(1, 640, 0)
    pixels.slope[:], pixels.glint[:] = 0.3, 0.25
    added = (exposed(sensor, pixels) - sensor.dark) / sensor.white - 0.5 * (1 + 0.3 * np.linspace(-1, 1, 224))[:, None]
    np.testing.assert_allclose(added.mean(axis=(0, 2)), 0.25, atol=1e-4)
