"""Reading: every layout shows the same cube, and nothing that is damaged goes unnoticed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from oreline.errors import RecordingError
from oreline.recordings.envi_fields import DATA_TYPES
from oreline.recordings.finding import find_recording
from oreline.recordings.recording import Recording, open_recording

CUBE = np.arange(5 * 3 * 4, dtype=np.uint16).reshape(5, 3, 4)
TO_FILE = {"bil": (0, 1, 2), "bip": (0, 2, 1), "bsq": (1, 0, 2)}
in_one_folder = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(
    header: Path, cube: np.ndarray, interleave: str = "bil", offset: int = 0, big: int = 0, **fields: object
) -> Path:
    lines, bands, samples = cube.shape
    codes = {np.dtype(name): code for code, name in DATA_TYPES.items()}
    said = {
        "samples": samples,
        "lines": lines,
        "bands": bands,
        "header offset": offset,
        "data type": codes[cube.dtype],
        "interleave": interleave,
        "byte order": big,
    } | fields
    header.write_text("ENVI\n" + "".join(f"{k} = {v}\n" for k, v in said.items() if v is not None), encoding="utf-8")
    data = cube.transpose(TO_FILE.get(interleave, (0, 1, 2))).astype(cube.dtype.newbyteorder(">" if big else "<"))
    header.with_suffix(".raw").write_bytes(b"\xee" * offset + data.tobytes())
    return header


@in_one_folder
@given(
    cube=hnp.arrays(
        st.sampled_from([np.dtype(name) for name in DATA_TYPES.values()]),
        hnp.array_shapes(min_dims=3, max_dims=3, max_side=6),
    ),
    interleave=st.sampled_from(sorted(TO_FILE)),
    offset=st.integers(0, 300),
    big=st.integers(0, 1),
)
def test_every_layout_shows_the_same_cube(tmp_path, cube, interleave, offset, big):
    recording = open_recording(write(tmp_path / "a.hdr", cube, interleave, offset, big))

    assert recording.cube.shape == (recording.lines, recording.bands, recording.samples)
    np.testing.assert_array_equal(recording.cube, cube)
    np.testing.assert_array_equal(recording.line(recording.lines - 1), cube[-1])
    np.testing.assert_array_equal(np.concatenate(list(recording.pieces())), cube)
    assert recording.missing_lines == 0


@in_one_folder
@given(interleave=st.sampled_from(sorted(TO_FILE)), kept=st.integers(0, CUBE.nbytes))
def test_a_truncated_file_plays_its_whole_lines_and_says_how_many_are_missing(tmp_path, interleave, kept):
    header = write(tmp_path / "a.hdr", CUBE, interleave)
    data = header.with_suffix(".raw")
    data.write_bytes(data.read_bytes()[:kept])

    # a line of a BSQ file is whole once its last band is there
    whole = (kept - 2 * CUBE[:, 0].nbytes) // CUBE[0, 0].nbytes if interleave == "bsq" else kept // CUBE[0].nbytes
    if whole <= 0:
        with pytest.raises(RecordingError, match="no whole line"):
            open_recording(header)
        return
    recording = open_recording(header)
    assert (recording.lines, recording.missing_lines) == (whole, 5 - whole)
    np.testing.assert_array_equal(recording.cube, CUBE[:whole])


@in_one_folder
@given(garbage=st.binary(max_size=300))
def test_a_garbage_header_is_refused_and_never_crashes(tmp_path, garbage):
    (tmp_path / "a.raw").write_bytes(b"1234")
    for start in (b"", b"ENVI\n"):
        (tmp_path / "a.hdr").write_bytes(start + garbage)
        with pytest.raises(RecordingError):
            open_recording(tmp_path / "a.hdr")


@in_one_folder
@given(
    key=st.sampled_from(
        ["samples", "lines", "bands", "header offset", "data type", "interleave", "byte order", "x start"]
    ),
    value=st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20),
)
def test_a_field_of_garbage_gives_a_recording_or_a_refusal(tmp_path, key, value):
    header = write(tmp_path / "a.hdr", CUBE, **{key: value})
    with suppress(RecordingError):
        assert open_recording(header).cube.size


@in_one_folder
@given(at=st.integers(0, 700), garbage=st.binary(min_size=1, max_size=8))
def test_a_damaged_tiff_gives_values_or_a_refusal(tmp_path, at, garbage):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, CUBE.transpose(0, 2, 1), photometric="minisblack", planarconfig="contig", compression="lzw")
    raw = bytearray(path.read_bytes())
    raw[at : at + len(garbage)] = garbage
    path.write_bytes(raw)
    with suppress(RecordingError):
        open_recording(path).cube.sum()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"samples": None}, "'samples' is missing"),
        ({"samples": "-4"}, "whole number from 1"),
        ({"lines": "9" * 40}, "whole number"),
        ({"data type": 6}, "data type 6 is complex"),
        ({"interleave": "bsx"}, "bil, bip or bsq"),
        ({"byte order": 2}, "little endian"),
        ({"file compression": 1}, "compressed"),
        ({"wavelength": "{1, 2}"}, "2 values for 3 bands"),
        ({"wavelength": "{1, nan, 3}"}, "finite"),
        ({"wavelength": "{1, two, 3}"}, "list of numbers"),
        ({"description": "{ never"}, "never closed"),
        ({"Samples": 5}, "'samples' twice"),
        ({"header offset": 4096}, "no whole line"),
        ({"lines": 0, "samples": 2**31, "bands": 2**31}, "fits no file"),
        ({"wavelength": "{1e308, 1e308, 1e308}", "wavelength units": "Micrometers"}, "no camera sees"),
        ({"description": "x" * (1 << 20)}, "more than 1048576 bytes"),
    ],
)
def test_a_refusal_names_the_file_and_the_field(tmp_path, fields, says):
    with pytest.raises(RecordingError, match=says) as refusal:
        open_recording(write(tmp_path / "a.hdr", CUBE, **fields))
    assert "a." in str(refusal.value)


@pytest.mark.parametrize(
    ("units", "values", "expected"),
    [
        ("Nanometers", "{900, 1000.5, 1100}", (900.0, 1000.5, 1100.0)),
        ("Micrometers", "{0.9, 1.0005, 1.1}", (900.0, 1000.5, 1100.0)),
        ("Unknown", "{0.9,\n 1.0005,\n 1.1\n}", (900.0, 1000.5, 1100.0)),
        (None, "{900, 1000.5, 1100}", (900.0, 1000.5, 1100.0)),
        ("Index", "{1, 2, 3}", ()),
    ],
)
def test_wavelengths_come_in_nanometres(tmp_path, units, values, expected):
    header = write(tmp_path / "a.hdr", CUBE, **{"wavelength units": units, "wavelength": values})
    assert open_recording(header).wavelengths_nm == expected


@pytest.mark.parametrize("break_of_no_header", ["\x85", "\x0b", "\x1c", "\u2028"])
def test_a_line_of_a_header_ends_where_a_line_of_text_does(tmp_path, break_of_no_header):
    said = f"wet{break_of_no_header}samples = 9"
    assert open_recording(write(tmp_path / "a.hdr", CUBE, note=said)).metadata["note"] == said


def test_a_header_whose_writer_died_takes_its_lines_from_the_file(tmp_path):
    recording = open_recording(write(tmp_path / "a.hdr", CUBE, lines=0))
    assert (recording.lines, recording.missing_lines) == (5, 0)


def test_stamps_beside_a_recording_are_its_times_and_counts(tmp_path):
    header = write(tmp_path / "a.hdr", CUBE, fps="12.5")
    assert (open_recording(header).stamps, open_recording(header).line_rate_hz) == (None, 12.5)
    stamps = np.stack([np.arange(5) * 20_000_000, np.arange(5) * 7], axis=1).astype("<i8")
    stamps.tofile(tmp_path / "a.stamps")
    recording = open_recording(header)
    assert recording.stamps == tmp_path / "a.stamps"
    assert recording.line_rate_hz == 50.0
    np.testing.assert_array_equal(recording.read_stamps(), stamps)


@pytest.mark.parametrize("name", ["a.hdr", "a.tif"])
def test_a_line_without_a_stamp_is_missing(tmp_path, name):
    write(tmp_path / "a.hdr", CUBE)
    tiff(tmp_path / "a.tif", CUBE, "contig")
    (tmp_path / "a.stamps").write_bytes(np.zeros((3, 2), "<i8").tobytes() + b"half")
    recording = open_recording(tmp_path / name)
    assert (recording.lines, recording.missing_lines) == (3, 2)
    np.testing.assert_array_equal(recording.cube, CUBE[:3])
    (tmp_path / "a.stamps").write_bytes(b"half")
    with pytest.raises(RecordingError, match="holds no stamp"):
        open_recording(tmp_path / name)


@pytest.mark.parametrize(
    ("said", "rate"),
    [({}, None), ({"frame rate": "450"}, 450.0), ({"fps": "fast"}, None), ({"fps": "nan"}, None), ({"fps": "0"}, None)],
)
def test_the_rate_is_the_headers_or_unknown(tmp_path, said, rate):
    assert open_recording(write(tmp_path / "a.hdr", CUBE, **said)).line_rate_hz == rate


@pytest.mark.parametrize("name", ["a.hdr", "a.raw"])
def test_a_recording_opens_by_its_header_or_its_data(tmp_path, name):
    write(tmp_path / "a.hdr", CUBE, **{"x start": 7, "full scale": 4095})
    recording = open_recording(tmp_path / name)
    assert (recording.x_start, recording.full_scale, recording.path.name) == (7, 4095, "a.raw")


def test_a_data_file_without_suffix_opens(tmp_path):
    write(tmp_path / "a.hdr", CUBE)
    (tmp_path / "a.raw").rename(tmp_path / "a")
    assert open_recording(tmp_path / "a").lines == open_recording(tmp_path / "a.hdr").lines == 5


def test_a_header_with_two_data_files_asks_which(tmp_path):
    write(tmp_path / "a.hdr", CUBE)
    (tmp_path / "a.img").write_bytes(b"")
    with pytest.raises(RecordingError, match=r"a\.img, a\.raw"):
        open_recording(tmp_path / "a.hdr")


def tiff(path: Path, cube: np.ndarray, planar: str, x_start: int = 0) -> None:
    items = "".join(f'<Item name="DESCRIPTION" sample="{i}" role="description">{900 + i}.5</Item>' for i in range(3))
    tifffile.imwrite(
        path,
        cube.transpose(0, 2, 1) if planar == "contig" else cube.transpose(1, 0, 2),
        planarconfig=planar,
        photometric="minisblack",
        compression="lzw",
        extratags=[
            (33550, 12, 3, (1.0, 1.0, 0.0), True),
            (33922, 12, 6, (0.0, 0.0, 0.0, float(x_start), 50.0, 0.0), True),
            (42112, 2, 0, f"<GDALMetadata>{items}</GDALMetadata>", True),
        ],
    )


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_a_tiff_shows_the_same_cube_with_its_wavelengths_and_place(tmp_path, planar):
    tiff(tmp_path / "a.tif", CUBE, planar, x_start=88)
    recording = open_recording(tmp_path / "a.tif")
    np.testing.assert_array_equal(recording.cube, CUBE)
    assert (recording.lines, recording.bands, recording.samples) == CUBE.shape
    assert (recording.wavelengths_nm, recording.x_start) == ((900.5, 901.5, 902.5), 88)


def test_a_lumo_folder_gives_the_scene_and_its_references(tmp_path):
    capture = tmp_path / "capture"
    capture.mkdir()
    write(tmp_path / "rock_truth.hdr", CUBE)
    for prefix in ("", "DARKREF_", "WHITEREF_"):
        write(capture / f"{prefix}rock.hdr", CUBE + len(prefix))
    for entrance in (tmp_path, capture, capture / "rock.raw", capture / "rock.hdr"):
        found = find_recording(entrance)
        assert [r.line(0)[0, 0] for r in found.present().values()] == [0, 8, 9]
        assert list(found.present()) == ["scene", "dark", "white"]


def test_a_scene_may_come_without_references(tmp_path):
    write(tmp_path / "rock.hdr", CUBE)
    assert list(find_recording(tmp_path).present()) == ["scene"]


def test_a_folder_of_several_scenes_lists_them(tmp_path):
    write(tmp_path / "a.hdr", CUBE)
    tiff(tmp_path / "b.tif", CUBE, "contig")
    with pytest.raises(RecordingError, match=r"2 recordings, name one: a\.hdr, b\.tif"):
        find_recording(tmp_path)


def test_a_folder_without_a_recording_and_a_missing_path_are_refused(tmp_path):
    with pytest.raises(RecordingError, match="holds no recording"):
        find_recording(tmp_path)
    with pytest.raises(RecordingError, match="does not exist"):
        find_recording(tmp_path / "nowhere")
    with pytest.raises(RecordingError, match="not a file"):
        open_recording(tmp_path)


def test_references_of_another_camera_setting_are_refused(tmp_path):
    write(tmp_path / "rock.hdr", CUBE)
    write(tmp_path / "DARKREF_rock.hdr", CUBE[:, :2])
    with pytest.raises(RecordingError, match=r"dark reference DARKREF_rock\.raw has 2 bands"):
        find_recording(tmp_path)


def test_the_shared_core_is_a_window_of_its_references(shared_data):
    found = find_recording(shared_data / "raw" / "core_vnir")
    assert isinstance(found.scene, Recording)
    assert found.dark is not None
    assert found.white is not None
    assert found.scene.cube.shape == (85, 8, 1199)
    assert (found.scene.x_start, found.dark.x_start, found.white.samples) == (88, 0, 1312)
    assert found.scene.wavelengths_nm == found.white.wavelengths_nm
    assert np.count_nonzero(found.white.cube == 4095) == 31_669


def test_the_shared_spectrometer_frames_open_by_a_name_without_suffix(shared_data):
    recording = open_recording(shared_data / "raw" / "emit" / "emit20220305t002444_subset_raw")
    assert recording.cube.shape == (3, 328, 1280)
    assert recording.cube.dtype == np.dtype("<i2")
