"""Whatever a recording was stored as, the camera plays the same counts."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from hwsim.camera.recording_source import prepare
from hwsim.camera.sim_camera import Source
from oreline.errors import RecordingError, ReferenceRefused
from oreline.recordings import recording
from oreline.recordings.envi_fields import DATA_TYPES
from oreline.recordings.finding import RecordingSet, find_recording
from oreline.recordings.recording import open_recording

CUBE = np.random.default_rng(1).integers(0, 4096, (7, 3, 4), dtype=np.uint16)
TO_FILE = {"bil": (0, 1, 2), "bip": (0, 2, 1), "bsq": (1, 0, 2)}


def envi(folder, cube=CUBE, interleave="bil", dtype="<u2", offset=0, name="rock", **fields):
    lines, bands, samples = cube.shape
    code = {name: code for code, name in DATA_TYPES.items()}[dtype[1:]]
    said = {
        "samples": samples,
        "lines": lines,
        "bands": bands,
        "interleave": interleave,
        "header offset": offset,
        "data type": code,
        "byte order": int(dtype[0] == ">"),
    } | fields
    header = folder / f"{name}.hdr"
    header.write_text("ENVI\n" + "".join(f"{key} = {value}\n" for key, value in said.items()))
    data = cube.transpose(TO_FILE[interleave]).astype(dtype)
    header.with_suffix(".raw").write_bytes(b"\0" * offset + data.tobytes())
    return header


def played(source: Source) -> np.ndarray:
    source.check()
    counts = np.fromfile(source.path, "<u2", source.lines * source.bands * source.samples, offset=source.offset)
    return counts.reshape(source.lines, source.bands, source.samples)


@pytest.mark.parametrize("interleave", ["bil", "bip", "bsq"])
@pytest.mark.parametrize("dtype", ["<u2", ">u2", "<i2", ">i4", "<f4", ">f8", "<u8"])
def test_every_layout_plays_the_same_counts(tmp_path, monkeypatch, interleave, dtype):
    monkeypatch.setattr(recording, "PIECE_BYTES", 200)
    source = prepare(find_recording(envi(tmp_path, CUBE, interleave, dtype, 6)), tmp_path / "out")["scene"]
    np.testing.assert_array_equal(played(source), CUBE)


def test_a_raw_bil_recording_is_played_where_it_lies(tmp_path):
    source = prepare(find_recording(envi(tmp_path, offset=10, **{"x start": 5})), tmp_path / "out")["scene"]
    assert source == Source(tmp_path / "rock.raw", 10, 7, 3, 4, 5)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("interleave", ["bil", "bip"])
def test_stamps_go_with_the_recording_they_stand_beside(tmp_path, interleave):
    header = envi(tmp_path, interleave=interleave)
    np.zeros((7, 2), "<i8").tofile(tmp_path / "rock.stamps")
    source = prepare(find_recording(header), tmp_path / "out")["scene"]
    assert source.stamps == tmp_path / "rock.stamps"
    np.testing.assert_array_equal(played(source), CUBE)


def test_an_odd_offset_is_no_obstacle(tmp_path):
    source = prepare(find_recording(envi(tmp_path, offset=3)), tmp_path / "out")["scene"]
    np.testing.assert_array_equal(played(source), CUBE)


def test_a_truncated_recording_plays_its_whole_lines(tmp_path):
    header = envi(tmp_path, interleave="bip")
    data = header.with_suffix(".raw")
    data.write_bytes(data.read_bytes()[: CUBE[:4].nbytes + 5])
    np.testing.assert_array_equal(played(prepare(find_recording(header), tmp_path / "out")["scene"]), CUBE[:4])


def test_references_are_played_too(tmp_path):
    scene = envi(tmp_path, interleave="bsq")
    envi(tmp_path, CUBE[:2] // 8, name="DARKREF_rock", interleave="bip")
    tifffile.imwrite(
        tmp_path / "WHITEREF_rock.tif", CUBE.transpose(0, 2, 1) + 1, photometric="minisblack", planarconfig="contig"
    )
    sources = prepare(find_recording(scene), tmp_path / "out")
    assert list(sources) == ["scene", "dark", "white"]
    np.testing.assert_array_equal(played(sources["dark"]), CUBE[:2] // 8)
    np.testing.assert_array_equal(played(sources["white"]), CUBE + 1)


def test_a_recording_is_converted_once_and_again_when_it_changed(tmp_path):
    header = envi(tmp_path, interleave="bsq")
    first = prepare(find_recording(header), tmp_path / "out")["scene"].path
    made = first.stat().st_mtime_ns
    assert prepare(find_recording(header), tmp_path / "out")["scene"].path == first
    assert first.stat().st_mtime_ns == made

    envi(tmp_path, CUBE[:5], interleave="bsq")
    again = prepare(find_recording(header), tmp_path / "out")["scene"]
    np.testing.assert_array_equal(played(again), CUBE[:5])


@pytest.mark.parametrize(
    ("value", "dtype", "says"),
    [
        (-1, "<i2", "from -1 to"),
        (65_536, "<i4", "to 65536"),
        (0.5, "<f4", "fractions or NaN"),
        (np.nan, "<f4", "fractions or NaN"),
        (np.inf, "<f8", "fractions or NaN"),
    ],
)
def test_values_that_no_camera_counts_are_refused_and_leave_nothing_to_play(tmp_path, value, dtype, says):
    cube = CUBE.astype(dtype)
    cube[6, 2, 3] = value
    with pytest.raises(RecordingError, match=says):
        prepare(find_recording(envi(tmp_path, cube, dtype=dtype)), tmp_path / "out")
    assert list((tmp_path / "out").glob("*.raw")) == []


def test_a_camera_shows_no_references_that_were_exposed_otherwise_as_if_they_were_alike(tmp_path):
    scene = envi(tmp_path, tint="4.0")
    envi(tmp_path, name="DARKREF_rock", tint="4.0")
    envi(tmp_path, name="WHITEREF_rock", tint="2.0")
    with pytest.raises(ReferenceRefused, match=r"WHITEREF_rock\.raw has exposure 2000 us, rock\.raw 4000"):
        prepare(find_recording(scene), tmp_path / "out")
    assert list(prepare(find_recording(scene, references=False), tmp_path / "out")) == ["scene"]


def test_dark_lines_at_the_end_of_a_recording_are_played_behind_the_shutter(tmp_path):
    sources = prepare(find_recording(envi(tmp_path, autodarkstartline="5")), tmp_path / "out")
    np.testing.assert_array_equal(played(sources["scene"]), CUBE[:5])
    np.testing.assert_array_equal(played(sources["dark"]), CUBE[5:])


def test_the_shared_core_is_played_from_its_tiffs(tmp_path, shared_data):
    found = find_recording(shared_data / "raw" / "core_vnir")
    sources = prepare(found, tmp_path)
    assert sources["scene"].x_start == 88
    np.testing.assert_array_equal(played(sources["scene"]), found.scene.cube)
    assert np.count_nonzero(played(sources["white"]) == 4095) == 31_669


def test_shared_frames_with_negative_values_are_refused(tmp_path, shared_data):
    frames = open_recording(shared_data / "raw" / "emit" / "emit20220305t002444_subset_raw")
    with pytest.raises(RecordingError, match="counts from 0 to 65535"):
        prepare(RecordingSet(frames), tmp_path)
