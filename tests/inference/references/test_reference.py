from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import spectral
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference.references.files import load, save
from inference.references.measurement import MeasurementBuilder
from inference.references.reference import Reference
from oreline.errors import ReferenceRefused
from oreline.recordings.recording import open_recording
from tests.inference.reference_builders import INFO, a_reference, built, some_lines, stream

SMALL = stream(wavelengths_nm=(1000.0, 1100.0), samples=3, full_scale=65_535)


@settings(max_examples=50, deadline=None)
@given(arrays(np.uint16, st.tuples(st.integers(2, 6), st.just(2), st.just(3))))
def test_the_mean_and_spread_of_any_lines_are_those_of_float64(lines: np.ndarray) -> None:
    measured = built(SMALL, lines).measured()
    np.testing.assert_allclose(measured.mean, lines.mean(axis=0, dtype=np.float64), rtol=1e-15)
    np.testing.assert_allclose(measured.std, lines.std(axis=0, ddof=1, dtype=np.float64), rtol=1e-9, atol=1e-7)
    np.testing.assert_array_equal(measured.saturated, (lines == 65_535).sum(axis=0))


def test_a_thousand_full_scale_lines_do_not_overflow() -> None:
    builder = MeasurementBuilder(SMALL)
    line = np.full((2, 3), 65_535, np.uint16)
    for _ in range(1000):
        builder.add(line)
    measured = builder.measured()
    assert (measured.mean == 65_535).all()
    assert (measured.std == 0).all()
    assert (measured.saturated == 1000).all()


def test_a_line_of_another_shape_is_refused() -> None:
    with pytest.raises(ReferenceRefused, match="capture again"):
        MeasurementBuilder(INFO).add(np.zeros((12, 41), np.uint16))


def test_a_capture_of_one_line_is_refused() -> None:
    with pytest.raises(ReferenceRefused, match="capture 100"):
        built(INFO, some_lines(INFO, 300, n=1)).measured()


def test_dark_and_white_of_two_settings_do_not_combine() -> None:
    other = stream(offset_x=8)
    with pytest.raises(ReferenceRefused, match="offset_x"):
        Reference.combine(built(INFO, some_lines(INFO, 300)), built(other, some_lines(other, 2500)), captured="")


def test_dark_and_white_taken_for_each_other_are_refused() -> None:
    with pytest.raises(ReferenceRefused, match="shutter"):
        a_reference(dark=2500.0, white=300.0)


def test_a_capture_without_an_exposure_is_refused() -> None:
    with pytest.raises(ReferenceRefused, match="exposure 0"):
        a_reference(stream(exposure_us=0.0))


def test_a_reference_is_read_back_as_it_was_saved(tmp_path: Path) -> None:
    saved = a_reference()
    save(saved, tmp_path / "reference")
    loaded = load(tmp_path / "reference")
    for kind in ("dark", "white"):
        for array in ("mean", "std", "saturated"):
            np.testing.assert_array_equal(
                getattr(getattr(loaded, kind), array), getattr(getattr(saved, kind), array), strict=True
            )
    assert loaded.id == saved.id
    assert len(saved.id) == 16
    assert loaded.wavelengths_nm == saved.wavelengths_nm
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reference"]


def test_a_reference_saved_over_another_takes_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    save(a_reference(), folder)
    second = a_reference(white=2000.0)
    save(second, folder)
    assert load(folder).id == second.id
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reference"]


def test_other_tools_open_the_files_of_a_reference(tmp_path: Path) -> None:
    saved = a_reference()
    save(saved, tmp_path)
    image = spectral.open_image(str(tmp_path / "white.hdr"))
    np.testing.assert_array_equal(image.read_subregion((0, 1), (0, 40))[0].T, saved.white.mean)
    assert image.bands.centers == pytest.approx(INFO.wavelengths_nm)


@pytest.mark.parametrize("name", ["dark.hdr", "dark.img", "white.hdr", "white.img", "reference.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    save(a_reference(), tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ReferenceRefused, match=name):
        load(tmp_path)


@pytest.mark.parametrize("name", ["dark.hdr", "dark.img", "white.hdr", "white.img", "reference.json"])
@pytest.mark.parametrize(("kept", "put"), [(slice(-7), b""), (slice(0), b""), (slice(40), b"\xff")])
def test_a_damaged_file_is_named(tmp_path: Path, name: str, kept: slice, put: bytes) -> None:
    save(a_reference(), tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[kept] + put)
    with pytest.raises(ReferenceRefused, match=f"{name} is damaged"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ('"x_start":0', '"x_start":8'),
        ('"exposure_us":1000.0', '"exposure_us":2000.0'),
        ('"captured":"today"', '"captured":"tomorrow"'),
        ('"samples":40', '"samples":41'),
        ('"serial"', '"cereal"'),
    ],
)
def test_a_manifest_that_was_edited_is_refused(tmp_path: Path, said: str, instead: str) -> None:
    save(a_reference(), tmp_path)
    path = tmp_path / "reference.json"
    text = path.read_text().replace('": ', '":')
    assert said in text
    path.write_text(text.replace(said, instead, 1))
    with pytest.raises(ReferenceRefused, match="is damaged"):
        load(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 1e300])
def test_a_reference_of_what_no_capture_measures_is_refused_though_its_hashes_are_right(
    tmp_path: Path, value: float
) -> None:
    reference = a_reference()
    saturated = np.full_like(reference.white.mean, value)
    save(replace(reference, white=replace(reference.white, saturated=saturated), id=""), tmp_path / "ref")
    with pytest.raises(ReferenceRefused, match=r"white\.img is damaged \(it holds what no capture measures"):
        load(tmp_path / "ref")


@pytest.mark.parametrize("name", ["temperature_c", "flicker", "motion"])
def test_a_condition_without_bounds_is_refused_though_the_id_is_right(tmp_path: Path, name: str) -> None:
    reference = a_reference()
    save(reference, tmp_path)
    path, endless = tmp_path / "reference.json", {name: -np.inf}
    said = json.loads(path.read_text())
    said["measurements"]["white"] |= endless
    said["id"] = replace(reference, white=replace(reference.white, **endless), id="").id  # type: ignore[arg-type]
    path.write_text(json.dumps(said))
    with pytest.raises(ReferenceRefused, match="is damaged"):
        load(tmp_path)


def test_a_manifest_of_the_version_before_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    save(a_reference(), tmp_path)
    path = tmp_path / "reference.json"
    path.write_text(path.read_text().replace('"version": 2', '"version": 1'))
    with pytest.raises(ReferenceRefused, match="is of another version of Oreline"):
        load(tmp_path)


def test_a_region_is_cut_at_its_place_on_the_sensor() -> None:
    whole = a_reference(stream(offset_x=100))
    region = whole.region(stream(offset_x=108, samples=20))
    np.testing.assert_array_equal(region.white.mean, whole.white.mean[:, 8:28])
    np.testing.assert_array_equal(region.dark.std, whole.dark.std[:, 8:28])
    assert (region.x_start, region.samples, region.id) == (108, 20, whole.id)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"offset_x": 99}, r"99\.\.138.*100\.\.139"),
        ({"offset_x": 101}, r"101\.\.140.*100\.\.139"),
        ({"offset_x": 100, "wavelengths_nm": (1000.0, 1100.0)}, "12 bands, the stream 2"),
        ({"offset_x": 100, "wavelengths_nm": tuple(w + 5 for w in INFO.wavelengths_nm)}, "1005 nm"),
        ({"offset_x": 100, "wavelengths_nm": (*INFO.wavelengths_nm[:-1], float("nan"))}, "nan nm"),
        ({"offset_x": 100, "full_scale": 1023}, "full scale 4095, the stream 1023"),
        ({"offset_x": 100, "serial": "S2"}, "camera 'S1', the stream of 'S2'"),
    ],
)
def test_a_stream_that_a_reference_does_not_cover_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ReferenceRefused, match=says):
        a_reference(stream(offset_x=100)).region(stream(**changes))


@pytest.mark.shared
def test_saturated_white_samples_of_a_real_recording_are_all_counted(shared_data: Path) -> None:
    white = open_recording(shared_data / "raw" / "core_vnir" / "WHITEREF_CORE_XYZ.tif")
    info = stream(wavelengths_nm=tuple(np.linspace(560, 735, white.bands)), samples=white.samples)
    measured = built(info, np.ascontiguousarray(white.cube, np.uint16)).measured()
    assert measured.saturated.sum() == 31_669
    assert measured.lines == 37
