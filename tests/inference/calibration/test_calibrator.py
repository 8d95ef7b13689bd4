from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference.calibration.calibrator import Calibrator
from inference.calibration.settings import Correction
from inference.flags import Quality
from inference.preprocessing.blocks import Blocks, LogBlock, LogDerivative, Scalars
from inference.preprocessing.steps import Continuum, SavitzkyGolay, Snv, Steps, preprocessed
from inference.references.measurement import Measurement
from inference.references.reference import Reference
from oreline.errors import ReferenceRefused
from oreline.messages import StreamInfo
from oreline.recordings.finding import find_recording
from tests.inference.reference_builders import INFO, a_reference, built, stream

RNG = np.random.default_rng(7)


def formula(counts: np.ndarray, reference: Reference) -> np.ndarray:
    return (counts - reference.dark.mean) / (reference.white.mean - reference.dark.mean)


def standardised(r: np.ndarray) -> np.ndarray:
    return (r - r.mean(axis=0)) / r.std(axis=0)


def reference_of(dark: np.ndarray, white: np.ndarray, info: StreamInfo = INFO) -> Reference:
    """A reference with these means, nothing saturated."""
    shape = info.bands, info.samples

    def measured(mean: np.ndarray) -> Measurement:
        return Measurement(
            np.array(np.broadcast_to(mean, shape)), np.ones(shape), np.zeros(shape, np.uint32), 50, 1000, 1
        )

    return Reference(
        measured(np.asarray(dark, float)), measured(np.asarray(white, float)), info.wavelengths_nm, info.offset_x,
        info.full_scale, info.camera, info.serial, "today",
    )  # fmt: skip


def with_saturated_white(reference: Reference, band: int, sample: int) -> Reference:
    reference.white.saturated[band, sample] = 3
    return reference


def scene(info: StreamInfo = INFO) -> np.ndarray:
    """Counts above every dark."""
    return RNG.integers(450, info.full_scale, (info.bands, info.samples)).astype(np.uint16)


def test_a_truth_seen_through_lamp_and_sensor_is_restored() -> None:
    truth = RNG.uniform(0.05, 0.95, (INFO.bands, INFO.samples))
    dark, light = RNG.uniform(250, 400, truth.shape), RNG.uniform(1500, 3000, truth.shape)
    counts = np.rint(dark + light * truth).astype(np.uint16)
    restored, invalid = Calibrator(reference_of(dark, dark + light), INFO).reflectance(counts)
    np.testing.assert_allclose(restored, truth, atol=0.51 / 1500)
    assert not invalid.any()


def test_reflectance_is_the_formula_in_float64() -> None:
    reference, counts = a_reference(), scene()
    restored, _ = Calibrator(reference, INFO).reflectance(counts)
    np.testing.assert_allclose(restored, formula(counts, reference), rtol=0, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    counts=arrays(np.uint16, (12, 40), elements=st.integers(0, 4094)),
    dark=st.floats(0, 1000),
    signal=st.floats(21, 3000),
)
def test_reflectance_is_exact_to_an_8000th_of_a_count(counts: np.ndarray, dark: float, signal: float) -> None:
    reference = reference_of(np.array(dark), np.array(dark + signal))
    restored, invalid = Calibrator(reference, INFO).reflectance(counts)
    true = formula(counts, reference)
    np.testing.assert_allclose(restored, true, rtol=6e-7, atol=1.3e-4 / signal)
    np.testing.assert_array_equal(invalid == Quality.NEGATIVE, (restored < 0).any(axis=0))


def test_reflectance_below_zero_is_kept_and_flagged() -> None:
    reference = reference_of(np.array(300.5), np.array(2300.5))
    restored, invalid = Calibrator(reference, INFO).reflectance(np.full((12, 40), 100, np.uint16))
    np.testing.assert_allclose(restored, -0.10025, atol=1e-6)
    assert (invalid == Quality.NEGATIVE).all()


def test_exposure_and_gain_of_white_and_scene_enter_as_their_ratio() -> None:
    reference, counts = a_reference(), scene()
    plain = Calibrator(reference, INFO).reflectance(counts)[0].copy()
    any_dark = Correction(dark_exposure_limit=10.0)
    brighter, _ = Calibrator(reference, replace(INFO, exposure_us=500.0, gain=4.0), any_dark).reflectance(counts)
    np.testing.assert_allclose(brighter, plain * 0.5, rtol=1e-6)


def test_a_stream_without_an_exposure_is_refused() -> None:
    with pytest.raises(ReferenceRefused, match="exposure 0"):
        Calibrator(a_reference(), stream(exposure_us=0.0))


@pytest.mark.parametrize("full_scale", [255, 1023, 4095, 16_383, 65_535])
def test_every_bit_depth_is_calibrated(full_scale: int) -> None:
    info = stream(full_scale=full_scale)
    reference = reference_of(np.array(0.0713 * full_scale), np.array(0.8 * full_scale), info)
    counts = RNG.integers(0, full_scale, (12, 40)).astype(np.uint16)
    calibration = Calibrator(reference, info)
    np.testing.assert_allclose(calibration.reflectance(counts)[0], formula(counts, reference), atol=1e-6)
    np.testing.assert_allclose(calibration.snv(counts)[0], standardised(formula(counts, reference)), atol=1e-3)


@pytest.mark.parametrize("count", [4095, 4096, 65_535])
def test_a_count_at_full_scale_or_above_flags_its_sample(count: int) -> None:
    counts = scene()
    counts[5, 17] = count
    calibration = Calibrator(a_reference(), INFO)
    flags = np.zeros(INFO.samples, np.uint8)
    flags[17] = Quality.SATURATED
    np.testing.assert_array_equal(calibration.reflectance(counts)[1], flags)
    spectrum, mean, invalid = calibration.snv(counts)
    np.testing.assert_array_equal(invalid, flags)
    assert (spectrum[:, 17] == 0).all()
    assert np.isfinite(mean).all()


@pytest.mark.parametrize("signal", [-500.0, 0.0, 20.0, np.nan, np.inf])
def test_a_white_hardly_above_dark_gives_nan_and_a_flag_never_a_number(signal: float) -> None:
    dark = np.full((12, 40), 300.0)
    white = np.full((12, 40), 2300.0)
    white[3, 11] = 300.0 + signal
    calibration = Calibrator(reference_of(dark, white), INFO)
    restored, invalid = calibration.reflectance(scene())
    assert np.argwhere(~np.isfinite(restored)).tolist() == [[3, 11]]
    assert np.isnan(restored[3, 11])
    assert np.flatnonzero(invalid).tolist() == [11]
    assert invalid[11] == Quality.REFERENCE
    spectrum, mean, invalid = calibration.snv(scene())
    assert (spectrum[:, 11] == 0).all()
    assert np.isfinite(spectrum).all()
    assert np.flatnonzero(np.isnan(mean)).tolist() == [11]
    assert invalid[11] == Quality.REFERENCE


def test_a_saturated_white_is_flagged_and_the_value_kept() -> None:
    counts = scene()
    plain = Calibrator(a_reference(), INFO)
    doubtful = Calibrator(with_saturated_white(a_reference(), 2, 9), INFO)
    np.testing.assert_array_equal(doubtful.reflectance(counts)[0], plain.reflectance(counts)[0])
    spectrum, _, invalid = doubtful.snv(counts)
    np.testing.assert_array_equal(spectrum, plain.snv(counts)[0])
    assert np.flatnonzero(invalid).tolist() == [9]
    assert invalid[9] == Quality.DOUBTFUL


def test_flags_add_up() -> None:
    dark, white = np.full((12, 40), 300.0), np.full((12, 40), 2300.0)
    white[0, 4] = 300
    counts = scene()
    counts[1, 4] = 4095
    calibration = Calibrator(with_saturated_white(reference_of(dark, white), 2, 4), INFO)
    assert calibration.snv(counts)[2][4] == Quality.SATURATED | Quality.REFERENCE | Quality.DOUBTFUL


def test_the_standard_normal_variate_is_that_of_the_reflectance() -> None:
    reference, counts = a_reference(), scene()
    spectrum, mean, invalid = Calibrator(reference, INFO).snv(counts)
    true = formula(counts, reference)
    np.testing.assert_allclose(spectrum, standardised(true), atol=1e-4)
    np.testing.assert_allclose(mean, true.mean(axis=0), atol=2e-5)
    assert not invalid.any()


def test_the_spread_of_a_bright_flat_spectrum_is_not_lost_in_rounding() -> None:
    info = stream(full_scale=65_535, wavelengths_nm=tuple(np.linspace(1000, 2500, 288)))
    dark, white = np.full((288, 40), 3000.0), np.full((288, 40), 43_000.0)
    counts = (39_000 + 10 * np.sin(np.arange(288))[:, None] + RNG.integers(0, 3, (288, 40))).astype(np.uint16)
    reference = reference_of(dark, white, info)
    spectrum, _, _ = Calibrator(reference, info).snv(counts)
    np.testing.assert_allclose(spectrum, standardised(formula(counts, reference)), atol=3e-3)


@settings(max_examples=60, deadline=None)
@given(arrays(np.uint16, (12, 40)))
def test_no_counts_at_all_can_make_the_standard_normal_variate_infinite(counts: np.ndarray) -> None:
    calibration = Calibrator(a_reference(), INFO)
    spectrum, mean, invalid = calibration.snv(counts)
    assert np.isfinite(spectrum).all()
    assert np.isfinite(mean).all()
    np.testing.assert_array_equal(invalid & Quality.SATURATED, (counts >= 4095).any(axis=0))


def test_a_featureless_spectrum_is_near_zero_not_noise_blown_up() -> None:
    spectrum, mean, _ = Calibrator(reference_of(np.array(300), np.array(2300)), INFO).snv(
        np.full((12, 40), 1300, np.uint16)
    )
    np.testing.assert_allclose(spectrum, 0, atol=0.1)
    np.testing.assert_allclose(mean, 0.5, atol=1e-6)


def test_one_line_always_gives_the_same_bytes() -> None:
    calibration, counts, other = Calibrator(a_reference(), INFO), scene(), scene()
    first = [array.tobytes() for array in calibration.snv(counts)]
    calibration.snv(other)
    calibration.reflectance(other)
    assert [array.tobytes() for array in calibration.snv(counts)] == first


def test_a_region_of_the_sensor_gives_the_columns_of_the_whole() -> None:
    reference, counts = a_reference(), scene()
    whole = Calibrator(reference, INFO).snv(counts)[0].copy()
    region = Calibrator(reference, stream(offset_x=13, samples=19))
    part, _, _ = region.snv(np.ascontiguousarray(counts[:, 13:32]))
    np.testing.assert_allclose(part, whole[:, 13:32], rtol=1e-5, atol=1e-6)
    assert region.id == reference.id


@pytest.mark.parametrize("wrong", [np.zeros((12, 41), np.uint16), np.zeros((12, 40)), np.zeros((40, 12), np.uint16).T])
def test_a_line_of_another_shape_or_type_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ReferenceRefused, match="uint16"):
        Calibrator(a_reference(), INFO).snv(wrong)


@pytest.mark.shared
def test_a_real_recording_is_restored_at_its_place_on_the_sensor(shared_data: Path) -> None:
    found = find_recording(shared_data / "raw" / "core_vnir")
    assert found.dark
    assert found.white
    dark, white, raw = (np.ascontiguousarray(r.cube, np.uint16) for r in (found.dark, found.white, found.scene))
    wavelengths = tuple(np.linspace(560, 735, dark.shape[1]))
    full = stream(wavelengths_nm=wavelengths, samples=dark.shape[2])
    reference = Reference.combine(built(full, dark), built(full, white), captured="then")
    calibration = Calibrator(reference, replace(full, samples=raw.shape[2], offset_x=88))
    columns = slice(88, 88 + raw.shape[2])
    dark_mean, white_mean = (cube.mean(axis=0, dtype=np.float64)[:, columns] for cube in (dark, white))
    true = (raw - dark_mean) / (white_mean - dark_mean)
    worst = max(np.abs(calibration.reflectance(line)[0] - t).max() for line, t in zip(raw, true, strict=True))
    assert worst <= 1e-6
    doubtful = (white == 4095).any(axis=(0, 1))[columns]
    np.testing.assert_array_equal(calibration.snv(raw[0])[2] == Quality.DOUBTFUL, doubtful)
    with pytest.raises(ReferenceRefused, match=r"200\.\.1398.*0\.\.1311"):
        Calibrator(reference, replace(full, samples=raw.shape[2], offset_x=200))


BLOCKS: Steps = (
    Blocks(blocks=(LogDerivative(), LogBlock()), scalars=Scalars(log_mean=0.01, log_contrast=0.003, log_spreads=0.001)),
)


@pytest.mark.parametrize("steps", [(SavitzkyGolay(window=5), Snv()), BLOCKS], ids=["one block", "blocks"])
def test_features_are_what_a_cards_steps_make_of_the_reflectance(steps: Steps) -> None:
    calibration, counts = Calibrator(a_reference(), INFO, steps=steps), scene()
    features, mean, invalid = (array.copy() for array in calibration.features(counts))
    reflectance = calibration.reflectance(counts)[0]
    np.testing.assert_allclose(features, preprocessed(steps, INFO.wavelengths_nm, reflectance), atol=1e-6)
    np.testing.assert_allclose(mean, reflectance.mean(axis=0), atol=1e-6)
    assert not invalid.any()


def test_blocks_and_scalars_leave_mean_and_flags_as_they_are() -> None:
    counts = scene()
    counts[3, 5], counts[:, 7] = INFO.full_scale, 0
    features, mean, invalid = (array.copy() for array in Calibrator(a_reference(), INFO, steps=BLOCKS).features(counts))
    _, plain_mean, plain_invalid = Calibrator(a_reference(), INFO).features(counts)
    np.testing.assert_array_equal(invalid, plain_invalid)
    np.testing.assert_allclose(mean, plain_mean, atol=1e-7)
    assert invalid[5] & Quality.SATURATED
    assert invalid[7] & Quality.NEGATIVE
    assert (features[:, 5] == 0).all()
    assert np.isfinite(features).all()


def test_a_sample_for_which_a_step_has_no_answer_has_no_mean_and_zero_features() -> None:
    counts = scene()
    counts[:, 7] = 0
    features, mean, _ = Calibrator(a_reference(), INFO, steps=(Continuum(),)).features(counts)
    assert np.flatnonzero(np.isnan(mean)).tolist() == [7]
    assert (features[:, 7] == 0).all()
    assert np.isfinite(features).all()


@pytest.mark.parametrize(
    "steps", [(Snv(),), (SavitzkyGolay(window=5), Snv()), BLOCKS], ids=["one pass", "more steps", "blocks"]
)
@pytest.mark.parametrize("correction", [Correction(), Correction(smile_bands=(0.2,))], ids=["straight", "bent"])
def test_lines_with_buffers_of_their_own_stand_side_by_side(correction: Correction, steps: Steps) -> None:
    calibrator = Calibrator(a_reference(), INFO, correction, steps=steps)
    lines = [scene() for _ in range(3)]
    alone = [[result.copy() for result in calibrator.features(line)] for line in lines]
    buffers = [calibrator.buffers() for _ in lines]
    together = [calibrator.features(line, own) for line, own in zip(lines, buffers, strict=True)]
    np.testing.assert_equal(together, alone)
    reflected = [calibrator.reflectance(line)[0].copy() for line in lines]
    np.testing.assert_equal(
        [calibrator.reflectance(line, own)[0] for line, own in zip(lines, buffers, strict=True)], reflected
    )
