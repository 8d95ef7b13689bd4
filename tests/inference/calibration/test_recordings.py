"""Against what cameras really delivered, and against other people's code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import spectral
from spectral.io import envi

from inference.calibration.bad_pixels import detect, load_map
from inference.calibration.calibrator import Calibrator
from inference.calibration.noise_model import NoiseModel
from inference.calibration.settings import Correction
from inference.flags import Quality
from inference.preprocessing.steps import Continuum, Resample, preprocessed
from inference.references.measurement import Measurement
from inference.references.reference import Reference
from oreline.recordings.envi_writer import EnviWriter
from oreline.recordings.finding import find_recording
from oreline.recordings.recording import open_recording
from tests.inference.calibration.truth import Camera
from tests.inference.reference_builders import built, stream

FIRST_LIT, LAST_LIT = 400, 800
"""Columns of the sensor of EMIT that light falls on."""


@pytest.mark.shared
def test_nothing_is_computed_silently_from_the_saturated_white_of_a_real_core(shared_data: Path) -> None:
    found = find_recording(shared_data / "raw" / "core_vnir")
    assert found.dark
    assert found.white
    dark, white, raw = (np.ascontiguousarray(r.cube, np.uint16) for r in (found.dark, found.white, found.scene))
    full = stream(wavelengths_nm=tuple(np.linspace(560, 735, 8)), samples=dark.shape[2])
    reference = Reference.combine(built(full, dark), built(full, white), captured="then")
    assert reference.white.saturated.sum() == 31_669
    assert np.count_nonzero(detect(reference, NoiseModel.estimate(reference))) <= 3
    calibration = Calibrator(reference, replace(full, samples=raw.shape[2], offset_x=88))
    doubtful = (reference.white.saturated[:, 88 : 88 + raw.shape[2]] > 0).any(axis=0)
    for line in raw:
        _, invalid = calibration.reflectance(line)
        np.testing.assert_array_equal(invalid & Quality.DOUBTFUL != 0, doubtful)


def emit(shared_data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, Path]:
    """Scene and dark of EMIT, uint16 (lines, bands, samples): its counts have a sign, of which nothing depends when it
    is taken off both; its coefficients; and its map of bad pixels."""
    folder = shared_data / "raw" / "emit"
    names = "emit20220305t002601_subset_raw", "emit20220305t002444_subset_raw"
    scene, dark = (
        (np.asarray(open_recording(folder / name).cube, np.int32) + 32_768).astype(np.uint16) for name in names
    )
    coefficients = np.loadtxt(folder / "EMIT_RadiometricCoeffs_20220504.txt")[:, 1]
    return scene, dark, coefficients, folder / "EMIT_BadElements_20220307.hdr"


@pytest.mark.shared
def test_radiance_of_a_spectrometer_in_space_with_its_bad_elements_repaired(shared_data: Path) -> None:
    scene, dark, coefficients, bad_elements = emit(shared_data)
    lines, bands, samples = dark.shape
    shape = bands, samples
    info = stream(
        wavelengths_nm=tuple(np.linspace(2645.0, 380.0, bands)), samples=samples, full_scale=65_535, exposure_us=1.0
    )
    zero = np.zeros(shape, np.uint32)
    mean = Measurement(dark.mean(axis=0), dark.std(axis=0, ddof=1), zero, lines, 1.0, 1.0)
    white = replace(mean, mean=mean.mean + 1000.0)
    reference = Reference(
        mean, white, info.wavelengths_nm, 0, 65_535, info.camera, info.serial, "2022",
        coefficients=np.repeat(coefficients[:, None], samples, axis=1), coefficients_unit="uW/cm2/sr/nm",
    )  # fmt: skip
    plain, repaired = (
        Calibrator(reference, info, Correction(quantity="radiance", bad_pixels=path)) for path in (None, bad_elements)
    )
    counts = scene[0]
    true = (counts - mean.mean) * np.where(coefficients > 0, coefficients, np.nan)[:, None]
    values, _ = plain.reflectance(counts)
    lit = coefficients > 0
    half_a_unit = 2.0**-9
    assert (np.abs(values - true)[lit] <= 1e-6 * np.abs(true)[lit] + half_a_unit * coefficients[lit, None]).all()
    assert np.isnan(values[~lit]).all()

    bad = load_map(bad_elements, bands, 0, samples)
    assert bad.sum() == 1007
    made, invalid = repaired.reflectance(counts)
    np.testing.assert_array_equal(made[~bad], values[~bad])
    assert (invalid[bad.any(axis=0)] & (Quality.REPAIRED | Quality.LOST) != 0).all()
    assert not (invalid[~bad.any(axis=0)] & (Quality.REPAIRED | Quality.LOST)).any()
    window = np.s_[30:300, FIRST_LIT:LAST_LIT]
    before, after = (np.abs(_roughness(one)[window][bad[window]]) for one in (values, made))
    usual = np.nanmedian(np.abs(_roughness(values)[window][~bad[window]]))
    assert np.median(before) > 2 * usual
    assert np.median(after) < 1.2 * usual
    assert np.quantile(after, 0.9) < 0.1 * np.quantile(before, 0.9)


def _roughness(radiance: np.ndarray) -> np.ndarray:
    """How far an element is from the mean of its neighbours across the band."""
    beside = 0.5 * (radiance[:, :-2] + radiance[:, 2:])
    return np.pad(radiance[:, 1:-1] - beside, ((0, 0), (1, 1)), constant_values=np.nan)


def test_a_cube_is_what_spectral_python_and_numpy_make_of_it(tmp_path: Path) -> None:
    """Files in between, read by SPy, then the formula in float64."""
    camera = Camera("swir288")
    info = camera.info()
    cubes = {
        "raw": camera.lines(3, 5),
        "dark": camera.lines(40, 10_000, shutter_open=False),
        "white": camera.lines(40, 20_000, target="white"),
    }
    for name, cube in cubes.items():
        with EnviWriter.create(
            tmp_path / f"{name}.hdr", samples=info.samples, bands=info.bands, dtype=np.uint16,
            wavelengths_nm=info.wavelengths_nm,
        ) as file:  # fmt: skip
            for line in cube:
                file.write(line)
            file.close()
    raw, dark, white = (
        np.asarray(envi.open(str(tmp_path / f"{name}.hdr")).load(dtype=np.float64), np.float64) for name in cubes
    )
    theirs = (raw - dark.mean(axis=0)) / (white.mean(axis=0) - dark.mean(axis=0))
    reference = Reference.combine(built(info, cubes["dark"]), built(info, cubes["white"]), captured="now")
    outliers = reference.dark.rejected + reference.white.rejected
    calibration = Calibrator(reference, info)
    for line, expected in zip(cubes["raw"], theirs, strict=True):
        off = np.abs(calibration.reflectance(line)[0] - expected.T)
        assert np.count_nonzero(off > 1e-6) <= outliers
        assert off.max() < 1e-2


def test_the_continuum_is_that_of_spectral_python() -> None:
    nm = np.linspace(1000.0, 2500.0, 100)
    spectra = np.random.default_rng(5).uniform(0.2, 0.9, (100, 40)).astype(np.float32)
    theirs = spectral.remove_continuum(spectra.T.astype(np.float64), nm).T
    np.testing.assert_allclose(preprocessed((Continuum(),), tuple(nm), spectra), theirs, atol=1e-5)


def test_resampling_is_that_of_spectral_python_where_bands_are_wide() -> None:
    """A sine keeps exp(-(sigma k)^2/2) of its amplitude under a Gaussian; SPy, which cuts it, is near."""
    fine, coarse = np.linspace(900.0, 1700.0, 801), np.linspace(950.0, 1650.0, 60)
    theirs = spectral.BandResampler(list(fine), list(coarse), fwhm1=[0.1] * 801, fwhm2=[20.0] * 60)
    spectrum = 0.5 + 0.2 * np.sin(fine / 40)
    ours = Resample(wavelengths_nm=tuple(coarse), fwhm_nm=20.0)
    made = preprocessed((ours,), tuple(fine), spectrum[:, None].astype(np.float32))[:, 0]
    kept = np.exp(-0.5 * (20.0 / np.sqrt(8 * np.log(2)) / 40) ** 2)
    np.testing.assert_allclose(made, 0.5 + 0.2 * kept * np.sin(coarse / 40), atol=1e-5)
    np.testing.assert_allclose(made, theirs(spectrum), atol=4e-3)
