"""The correction chain: each step takes back what was done to the truth, and all of them in the stated order."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference.calibration.bad_pixels import PixelFault, RepairPlan, load_map
from inference.calibration.calibrator import Calibrator
from inference.calibration.geometry import Diagonals
from inference.calibration.settings import Correction, DarkColumns
from inference.flags import UNUSABLE, Quality
from inference.illumination import WhiteStrip
from inference.preprocessing.steps import Continuum, SavitzkyGolay, Snv
from inference.references.measurement import Measurement, MeasurementBuilder
from inference.references.reference import Reference
from oreline.errors import ConfigError, ReferenceRefused
from oreline.messages import StreamInfo
from oreline.recordings.envi_writer import EnviWriter
from tests.inference.plain import chain
from tests.inference.reference_builders import stream

BANDS, SAMPLES = 16, 48
FINE = stream(full_scale=65_535, samples=SAMPLES, wavelengths_nm=tuple(np.linspace(900.0, 1700.0, BANDS)))
"""Sixteen bits, so that rounding hides nothing."""
RNG = np.random.default_rng(11)
DARK = RNG.uniform(900, 1100, (BANDS, SAMPLES))
LIGHT = 40_000 * np.linspace(0.5, 1.0, BANDS)[:, None] * np.linspace(0.8, 1.0, SAMPLES)


def measured(mean: np.ndarray, std: float = 5.0, **changes: object) -> Measurement:
    values = {"lines": 100, "exposure_us": 1000.0, "gain": 1.0} | changes
    return Measurement(mean, np.full(mean.shape, std), np.zeros(mean.shape, np.uint32), **values)  # type: ignore[arg-type]


def reference(
    dark: np.ndarray = DARK, white: np.ndarray | None = None, info: StreamInfo = FINE, **more: object
) -> Reference:
    white = dark + LIGHT if white is None else white
    return Reference(
        measured(dark), measured(white), info.wavelengths_nm, 0, info.full_scale, info.camera, info.serial, "today",
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def smooth() -> np.ndarray:
    """A truth that is a cubic along the bands and across, which every step can restore."""
    b, x = np.linspace(-1, 1, BANDS)[:, None], np.linspace(-1, 1, SAMPLES)
    return 0.5 + 0.1 * b - 0.2 * b**3 + 0.1 * x + 0.05 * x**2


def counts(light: np.ndarray, dark: np.ndarray = DARK) -> np.ndarray:
    return np.rint(dark + light).astype(np.uint16)


def restored(line: np.ndarray, correction: Correction, of: Reference | None = None, **info: object) -> np.ndarray:
    calibration = Calibrator(of or reference(), replace(FINE, **info), correction)  # type: ignore[arg-type]
    return calibration.reflectance(line)[0].copy()


bends = st.tuples(*(st.floats(-0.2, 0.2),) * 3)


@settings(max_examples=25, deadline=None)
@given(bends)
def test_a_bent_response_is_made_linear(coefficients: tuple[float, float, float]) -> None:
    """What the sensor makes of light is the inverse of the polynomial, found by bisection."""

    def bent(light: np.ndarray) -> np.ndarray:
        low, high = np.zeros_like(light), np.full_like(light, 65_535.0)
        for _ in range(60):
            middle = (low + high) / 2
            share = middle / 65_535
            less = middle * (1 + sum(c * share ** (n + 1) for n, c in enumerate(coefficients))) < light
            low, high = np.where(less, middle, low), np.where(less, high, middle)
        return low

    light = 0.6 * LIGHT
    line, white = counts(bent(smooth() * light)), DARK + bent(light)
    made = restored(line, Correction(nonlinearity=coefficients), reference(white=white))
    np.testing.assert_allclose(made, smooth(), atol=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.sets(st.tuples(st.integers(0, BANDS - 1), st.integers(0, SAMPLES - 1)), max_size=40))
def test_bad_elements_are_replaced_by_what_is_linear_between_good_ones(places: set[tuple[int, int]]) -> None:
    truth = np.broadcast_to(np.linspace(0.2, 0.8, BANDS)[:, None], LIGHT.shape)
    bad = np.zeros(LIGHT.shape, np.bool_)
    bad[tuple(np.array(sorted(places), int).reshape(-1, 2).T)] = True
    repairs = RepairPlan.of(bad, LIGHT, largest_gap=3)
    made = repairs(np.where(bad, 60_000.0, truth * LIGHT)) / np.where(bad, repairs(LIGHT), LIGHT)
    inside = bad & (np.cumsum(~bad, axis=0) > 0) & (np.cumsum(~bad[::-1], axis=0)[::-1] > 0)
    np.testing.assert_array_equal(np.isnan(made), repairs.lost)
    np.testing.assert_allclose(made[inside & ~repairs.lost], truth[inside & ~repairs.lost], atol=1e-12)
    np.testing.assert_array_equal(made[~bad], (truth * LIGHT / LIGHT)[~bad])


def test_a_repaired_element_is_flagged_and_its_own_saturation_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("# band, sample\n5, 7\n6 7\n")
    correction = Correction(bad_pixels=tmp_path / "bad.txt")
    line = counts(smooth() * LIGHT)
    line[5, 7] = 65_535
    calibration = Calibrator(reference(), FINE, correction)
    made, invalid = calibration.reflectance(line)
    np.testing.assert_allclose(made, smooth(), atol=0.02)
    assert np.flatnonzero(invalid).tolist() == [7]
    assert invalid[7] == Quality.REPAIRED
    assert np.isfinite(calibration.snv(line)[0]).all()


def test_a_cluster_of_bad_elements_is_lost_not_invented(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("\n".join(f"{band} 7" for band in range(4, 10)))
    calibration = Calibrator(reference(), FINE, Correction(bad_pixels=tmp_path / "bad.txt"))
    made, invalid = calibration.reflectance(counts(smooth() * LIGHT))
    assert np.argwhere(np.isnan(made)).tolist() == [[band, 7] for band in range(4, 10)]
    assert invalid[7] == Quality.LOST
    spectrum, mean, _ = calibration.snv(counts(smooth() * LIGHT))
    assert (spectrum[:, 7] == 0).all()
    assert np.isnan(mean[7])


def test_maps_of_bad_elements_are_images_or_lists(tmp_path: Path) -> None:
    image = np.zeros((BANDS, SAMPLES), np.int16)
    image[3, 4], image[9, 20] = -2, -1
    with EnviWriter.create(tmp_path / "map.hdr", samples=SAMPLES, bands=BANDS, dtype=np.int16) as file:
        file.write(image)
        file.close()
    (tmp_path / "list.txt").write_text("3 4\n9 20\n")
    for path in (tmp_path / "map.hdr", tmp_path / "list.txt"):
        assert np.argwhere(load_map(path, BANDS, 2, 30)).tolist() == [[3, 2], [9, 18]]
    with pytest.raises(ConfigError, match="give the map of this camera"):
        load_map(tmp_path / "map.hdr", BANDS + 1, 0, SAMPLES)
    with pytest.raises(ConfigError, match="whole sensor"):
        load_map(tmp_path / "map.hdr", BANDS, 40, SAMPLES)
    (tmp_path / "list.txt").write_text("3 4 5\n")
    with pytest.raises(ConfigError, match="each row must be a band"):
        load_map(tmp_path / "list.txt", BANDS, 0, SAMPLES)


def test_a_dead_a_hot_and_a_noisy_element_show_in_dark_and_white() -> None:
    one = reference()
    dark, white = one.dark.mean.copy(), one.white.mean.copy()
    noise = np.full(dark.shape, 5.0)
    dark[2, 3] += 9000
    white[4, 5] = dark[4, 5] + 10
    noise[6, 7] = 60
    damaged = replace(one, dark=replace(one.dark, mean=dark, std=noise), white=replace(one.white, mean=white), id="")
    bad = Calibrator(damaged, FINE, Correction(find_bad_pixels=True)).tables.bad
    assert {tuple(place): PixelFault(int(bad[tuple(place)])) for place in np.argwhere(bad)} == {
        (2, 3): PixelFault.HOT, (4, 5): PixelFault.DEAD, (6, 7): PixelFault.NOISY,
    }  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(bends, bends)
def test_smile_and_keystone_are_taken_back(smile: tuple[float, ...], keystone: tuple[float, ...]) -> None:
    """The sensor sees a cubic at shifted places, which four nodes restore exactly; so what is left is rounding."""
    b, x = np.mgrid[0:BANDS, 0:SAMPLES].astype(float)
    across, along = np.linspace(-1, 1, SAMPLES), np.linspace(-1, 1, BANDS)
    down = np.polynomial.polynomial.polyval(across, smile)
    right = np.polynomial.polynomial.polyval(along, keystone)

    def light(band: np.ndarray, sample: np.ndarray) -> np.ndarray:
        u, v = band / BANDS, sample / SAMPLES
        return 20_000 * (1 + 0.3 * u - 0.4 * u**3 + 0.2 * v - 0.1 * v**3)

    seen = light(b + down, x + right[:, None])
    made = restored(counts(seen), Correction(smile_bands=smile, keystone_pixels=keystone))
    whole = np.ones(b.shape)
    white = Diagonals.of(down * whole, 0)(Diagonals.of(right[:, None] * whole, 1)(LIGHT))
    np.testing.assert_allclose(made, light(b, x) / white, rtol=0, atol=2e-3)


def test_what_the_sensor_did_not_see_is_lost() -> None:
    calibration = Calibrator(reference(), FINE, Correction(keystone_pixels=(0.8,)))
    made, invalid = calibration.reflectance(counts(smooth() * LIGHT))
    assert np.isnan(made[:, 0]).all()
    assert np.isfinite(made[:, 1:]).all()
    assert np.flatnonzero(invalid).tolist() == [0]
    assert invalid[0] == Quality.LOST


def test_a_saturated_count_spoils_all_that_is_made_of_it() -> None:
    line = counts(smooth() * LIGHT)
    line[4, 20] = 65_535
    _, invalid = Calibrator(reference(), FINE, Correction(keystone_pixels=(0.2,))).reflectance(line)
    assert np.flatnonzero(invalid & Quality.SATURATED).tolist() == [19, 20, 21, 22]


def test_a_geometry_may_come_from_a_file(tmp_path: Path) -> None:
    shifts = np.zeros((2, BANDS, SAMPLES), np.float32)
    shifts[0] += np.linspace(-0.1, 0.1, SAMPLES)
    with EnviWriter.create(tmp_path / "g.hdr", samples=SAMPLES, bands=BANDS, dtype=np.float32) as file:
        for line in shifts:
            file.write(line)
        file.close()
    line = counts(smooth() * LIGHT)
    by_file = restored(line, Correction(geometry=tmp_path / "g.hdr"))
    np.testing.assert_allclose(by_file, restored(line, Correction(smile_bands=(0.0, 0.1))), atol=1e-6)


def test_the_steps_are_done_in_the_stated_order(tmp_path: Path) -> None:
    """All steps at once, against their plain form; any two of them exchanged would show."""
    (tmp_path / "bad.txt").write_text("5 7\n8 30\n9 30\n")
    correction = Correction(
        bad_pixels=tmp_path / "bad.txt", nonlinearity=(0.2, -0.1), smile_bands=(0.0, 0.1, 0.3),
        keystone_pixels=(0.1, 0.3), dark_exposure_limit=0.5,
    )  # fmt: skip
    panel = np.linspace(0.99, 0.95, BANDS)
    own = measured(DARK * 1.3, exposure_us=1300.0)
    of = reference(panel=panel, darks=(own,))
    line = RNG.integers(3000, 60_000, LIGHT.shape).astype(np.uint16)
    made = restored(line, correction, of, exposure_us=1300.0, gain=1.0)
    place = np.linspace(-1, 1, SAMPLES)
    expected = chain(
        line.astype(float), DARK * 1.3, DARK + LIGHT, DARK, bad=[(5, 7), (8, 30), (9, 30)], nonlinearity=(0.2, -0.1),
        full_scale=65_535, smile=lambda x: 0.1 * place[x] + 0.3 * place[x] ** 2,
        keystone=lambda b: 0.1 + 0.3 * np.linspace(-1, 1, BANDS)[b], factor=1000.0 / 1300.0,
    ) * panel[:, None]  # fmt: skip
    inner = np.s_[2:-2, 2:-2]
    np.testing.assert_allclose(made[inner], expected[inner], rtol=0, atol=2e-4)


def test_radiance_is_counts_a_microsecond_times_the_coefficient() -> None:
    k = RNG.uniform(1e-4, 2e-4, LIGHT.shape)
    of = reference(coefficients=k, coefficients_unit="W/m2/sr/um", darks=(measured(DARK, exposure_us=500.0),))
    line = counts(smooth() * LIGHT)
    made = restored(line, Correction(quantity="radiance"), of, exposure_us=500.0)
    np.testing.assert_allclose(made, (line - DARK) * k / 500.0, rtol=1e-6)
    of.white.saturated[3, 4] = 1
    calibration = Calibrator(of, replace(FINE, exposure_us=500.0), Correction(quantity="radiance"))
    assert not calibration.reflectance(line)[1].any()
    with pytest.raises(ReferenceRefused, match="no radiometric coefficients"):
        restored(line, Correction(quantity="radiance"))


def test_one_dark_serves_another_exposure_only_where_the_black_level_is_known() -> None:
    line = counts(smooth() * LIGHT, DARK * 0.5 + 500)
    made = restored(line, Correction(black_level=1000.0), exposure_us=500.0)
    np.testing.assert_allclose(made, 2 * (line - (1000 + 0.5 * (DARK - 1000))) / LIGHT, atol=1e-6)
    with pytest.raises(ReferenceRefused, match=r"taken at 1000 us.*capture a dark at that") as refusal:
        restored(line, Correction(), exposure_us=500.0)
    assert refusal.value.code == "dark_exposure"


def test_shaded_samples_follow_the_dark() -> None:
    truth = smooth()
    truth[:, :8] = 0.0
    drift = np.linspace(40.0, 90.0, BANDS)[:, None]
    line = counts(truth * LIGHT, DARK + drift)
    plain, followed = (restored(line, Correction(shade=shade)) for shade in (None, DarkColumns(first=0, samples=8)))
    assert np.abs(plain - truth).max() > 1e-3
    np.testing.assert_allclose(followed, truth, atol=5e-5)


def test_a_strip_corrects_the_lamp_only_if_it_is_asked_to() -> None:
    truth = smooth()
    truth[:, :6] = 0.99
    lamp = np.linspace(0.85, 0.8, BANDS)[:, None]
    line = counts(truth * LIGHT * lamp)
    for correct in (False, True):
        calibration = Calibrator(reference(), FINE, Correction(), WhiteStrip(first=0, samples=6, correct=correct))
        made, _ = calibration.reflectance(line)
        np.testing.assert_allclose(made, truth if correct else truth * lamp, atol=1e-4)
        assert calibration.lamp == pytest.approx(0.825 if correct else 1.0, abs=1e-3)
    line[3, 2] = 65_535
    np.testing.assert_allclose(calibration.reflectance(line)[0][:, 10:], (truth * lamp)[:, 10:], atol=1e-4)
    assert calibration.lamp == 1.0


def test_a_white_under_its_own_noise_is_no_white() -> None:
    one = reference()
    noisy = replace(one, white=replace(one.white, std=np.where(np.indices(LIGHT.shape)[1] == 4, 5e4, 5.0)), id="")
    made, invalid = Calibrator(noisy, FINE).reflectance(counts(smooth() * LIGHT))
    assert np.isnan(made[:, 4]).all()
    assert np.flatnonzero(invalid & Quality.REFERENCE).tolist() == [4]


extreme = st.sampled_from([0.0, 1.0, 1000.0, 65_534.0, 65_535.0, np.nan, np.inf, -np.inf, -50.0])


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.uint16, (4, 9), elements=st.sampled_from([0, 1, 1000, 65_534, 65_535])),
    arrays(np.float64, (4, 9), elements=extreme),
    arrays(np.float64, (4, 9), elements=extreme),
    st.sampled_from([
        Correction(), Correction(nonlinearity=(0.1,)), Correction(smile_bands=(0.2,), keystone_pixels=(0.0, 0.3)),
        Correction(find_bad_pixels=True),
    ]),
)  # fmt: skip
def test_nothing_makes_a_silent_number(line: np.ndarray, dark: np.ndarray, white: np.ndarray, how: Correction) -> None:
    """A value is either finite and of a valid white and an unsaturated count, or its sample says otherwise."""
    info = stream(full_scale=65_535, samples=9, wavelengths_nm=(900.0, 1000.0, 1100.0, 1200.0))
    calibration = Calibrator(reference(dark, white, info), info, how)
    values, invalid = (array.copy() for array in calibration.reflectance(line))
    spoiled = invalid & (Quality.REFERENCE | Quality.LOST) != 0
    np.testing.assert_array_equal(np.isfinite(values).all(axis=0), ~spoiled)
    assert (np.isfinite(values) | np.isnan(values)).all()
    good = calibration.tables.bad == 0
    saturated = ((line == 65_535) & good & np.isfinite(calibration.tables.gain)).any(axis=0)
    assert (invalid[saturated] & (Quality.SATURATED | Quality.REFERENCE | Quality.LOST) != 0).all()
    np.testing.assert_array_equal((values < 0).any(axis=0), invalid & Quality.NEGATIVE != 0)
    np.testing.assert_array_equal(np.isnan(calibration.uncertainty(values)), np.isnan(values))
    spectrum, _, invalid = calibration.snv(line)
    assert np.isfinite(spectrum).all()
    assert (spectrum[:, invalid & UNUSABLE != 0] == 0).all()


@pytest.mark.parametrize("steps", [(Snv(),), (SavitzkyGolay(window=5), Snv()), (Continuum(),)])
def test_nothing_is_allocated_for_a_line(steps: tuple[object, ...]) -> None:
    correction = Correction(
        nonlinearity=(0.1,), smile_bands=(0.1,), keystone_pixels=(0.1,), shade=DarkColumns(first=0, samples=4),
        find_bad_pixels=True,
    )  # fmt: skip
    strip = WhiteStrip(first=8, samples=4, correct=True)
    shape = 64, 480
    info = replace(FINE, samples=shape[1], wavelengths_nm=tuple(np.linspace(900.0, 1700.0, shape[0])))
    of = reference(np.full(shape, 1000.0), np.full(shape, 50_000.0), info)
    calibration = Calibrator(of, info, correction, strip, steps)  # type: ignore[arg-type]
    lines = [RNG.integers(500, 50_000, shape).astype(np.uint16), np.full(shape, 65_535, np.uint16)]
    for line in lines:
        calibration.features(line)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(50):
        for line in lines:
            calibration.features(line)
            calibration.uncertainty(calibration.reflectance(line)[0])
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 4096
    assert peak - before < 8192 < 4 * shape[0] * shape[1]


def test_an_unknown_key_of_the_correction_is_refused() -> None:
    with pytest.raises(ValueError, match="smile_band"):
        Correction(smile_band=(0.1,))  # type: ignore[call-arg]


def test_a_panel_that_was_moved_has_no_bad_elements() -> None:
    one = reference()
    grain = np.where(np.arange(SAMPLES) % 3 == 0, 400.0, 5.0)
    moved = replace(one, white=replace(one.white, std=np.broadcast_to(grain, LIGHT.shape).copy()), id="")
    assert not Calibrator(moved, FINE, Correction(find_bad_pixels=True)).tables.bad.any()


def test_a_bad_band_is_made_of_its_neighbours_and_a_wide_gap_is_lost() -> None:
    truth, line = smooth(), counts(smooth() * LIGHT)
    spoilt = line.copy()
    spoilt[[3, 8]] = 60_000
    calibrator = Calibrator(reference(), FINE, Correction(bad_bands=(3, 8)))
    made, flags = calibrator.reflectance(spoilt)
    listed = [(band, x) for band in (3, 8) for x in range(SAMPLES)]
    np.testing.assert_allclose(made, chain(line, DARK, DARK + LIGHT, DARK, bad=listed), rtol=1e-5)
    assert np.abs(made - truth).max() < 0.01
    assert (flags == Quality.REPAIRED).all()
    made, flags = Calibrator(reference(), FINE, Correction(bad_bands=(3, 4, 5), largest_gap=2)).reflectance(spoilt)
    assert np.isnan(made[3:6]).all()
    assert np.isfinite(np.delete(made, (3, 4, 5), axis=0)).all()
    assert (flags & Quality.LOST).all()


def test_a_bad_band_that_the_stream_has_not_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"bad_bands names band 16, the stream has 0\.\.15"):
        Calibrator(reference(), FINE, Correction(bad_bands=(16,)))


@pytest.mark.parametrize("steps", [(Snv(),), (Snv(), Snv())])
@pytest.mark.parametrize("correction", [{}, {"keystone_pixels": (0.3,)}, {"smile_bands": (0.4,)}])
@pytest.mark.parametrize("no_data", [0, 65_535])
def test_samples_without_data_are_nan_and_flagged_and_the_others_as_ever(steps, correction, no_data) -> None:
    line = counts(smooth() * LIGHT)
    holey = line.copy()
    holey[5, 7], holey[:, 20] = no_data, no_data
    whole = Calibrator(reference(), FINE, Correction(**correction), steps=steps)
    calibrator = Calibrator(reference(), FINE, Correction(no_data=no_data, **correction), steps=steps)
    truth = whole.reflectance(line)[0].copy()
    made, flags = calibrator.reflectance(holey)
    gone = (flags & Quality.NO_DATA) != 0
    assert gone[[7, 20]].all()
    assert gone.sum() <= (2 if "keystone_pixels" not in correction else 10)
    assert np.isnan(made[:, gone]).all()
    np.testing.assert_array_equal(made[:, ~gone], truth[:, ~gone])
    assert np.isnan(calibrator.uncertainty(made)[:, gone]).all()
    expected = whole.features(line)[0].copy()
    features, mean, flags = calibrator.features(holey)
    assert (features[:, gone] == 0).all()
    np.testing.assert_array_equal(features[:, ~gone], expected[:, ~gone])
    assert (np.isnan(mean) == gone).all()
    assert (flags[gone] & UNUSABLE).all()
    np.testing.assert_array_equal(calibrator.reflectance(line)[0], truth)


def test_a_line_without_data_in_places_moves_neither_dark_nor_lamp() -> None:
    strip = WhiteStrip(first=0, samples=6, correct=True)
    calibrator = Calibrator(reference(), FINE, Correction(no_data=0, shade=DarkColumns(first=40, samples=8)), strip)
    line = counts(smooth() * LIGHT)
    line[:, :6], line[:, 40:] = counts(LIGHT)[:, :6], counts(0 * LIGHT)[:, 40:]
    before = calibrator.reflectance(line)[0].copy()
    empty = np.zeros_like(line)
    assert np.isnan(calibrator.reflectance(empty)[0]).all()
    np.testing.assert_array_equal(calibrator.reflectance(line)[0], before)


@pytest.mark.parametrize(("empty_lines", "known"), [(1, True), (30, False)])
def test_a_reference_leaves_out_what_holds_no_data(empty_lines: int, known: bool) -> None:
    builder = MeasurementBuilder(FINE, no_data=0)
    line = counts(LIGHT)
    for number in range(50):
        taken = line.copy()
        taken[:, 9] = 0 if number < empty_lines else taken[:, 9]
        builder.add(taken)
    mean = builder.measured().mean
    np.testing.assert_array_equal(np.isnan(mean[:, 9]), np.full(BANDS, not known))
    np.testing.assert_allclose(np.delete(mean, 9, 1), np.delete(line, 9, 1))
    if known:
        np.testing.assert_allclose(mean[:, 9], line[:, 9])
    else:
        _, flags = Calibrator(reference(white=mean), FINE).reflectance(line)
        assert flags[9] & Quality.REFERENCE
