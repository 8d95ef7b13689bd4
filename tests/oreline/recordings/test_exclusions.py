"""What a header excludes: bad bands, and values that stand for no data."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from oreline.errors import RecordingError
from oreline.recordings.exclusions import bad_bands, longest_run, missing, no_data_count, notes_of
from oreline.recordings.full_scale import full_scale_of
from oreline.recordings.recording import Recording, open_recording
from oreline.recordings.wavelengths import known
from tests.oreline.recordings.test_recording import write

CUBE = np.arange(1, 61, dtype=np.int16).reshape(5, 3, 4)


def recording(folder: Path, cube: np.ndarray, value: str) -> Recording:
    return open_recording(write(folder / "a.hdr", cube, **{"data ignore value": value}))


@pytest.mark.parametrize(
    ("value", "dtype", "count"),
    [
        ("0", "i2", 0),
        ("65535", "u2", 65535),
        ("-9999", "i2", 0),
        ("nan", "f4", 0),
        ("-3.4e38", "f4", 0),
        ("none", "u2", None),
        ("-9999", "u1", None),
        ("nan", "u2", None),
        ("0.5", "i2", None),
    ],
)
def test_the_count_for_no_data_is_its_own_or_a_free_one(tmp_path, value, dtype, count):
    assert no_data_count(recording(tmp_path, CUBE.astype(dtype), value)) == count


def test_a_count_that_is_taken_is_not_free(tmp_path):
    cube = CUBE.astype(np.int32)
    cube[0, 0, :3] = 0, 2, -9999
    assert no_data_count(recording(tmp_path, cube, "-9999")) == 1
    full = np.resize(np.arange(-1, 65_536, dtype=np.int32), (1, 2, 32_769))
    with pytest.raises(RecordingError, match="no count is free"):
        no_data_count(recording(tmp_path, full, "-1"))


def test_a_value_is_found_as_its_type_has_rounded_it():
    values = np.array([-3.4e38, 1.0, math.nan], np.float32)
    assert missing(values, -3.4e38).tolist() == [True, False, False]
    assert missing(values, math.nan).tolist() == [False, False, True]
    assert not missing(np.array([1, 2], np.uint16), -9999.0).any()
    assert not missing(np.array([1, 2], np.uint16), math.nan).any()


def test_bands_that_any_recording_calls_bad_are_bad(tmp_path):
    (tmp_path / "b").mkdir()
    one = open_recording(write(tmp_path / "a.hdr", CUBE, bbl="{1, 0, 1}"))
    two = open_recording(write(tmp_path / "b" / "a.hdr", CUBE, bbl="{1, 0, 0}"))
    assert bad_bands([one, two]) == (1, 2)


@pytest.mark.parametrize(("bands", "longest"), [((), 0), ((4,), 1), ((1, 2, 3, 7, 8), 3), ((1, 3, 4, 6), 2)])
def test_the_longest_run_of_bad_bands_is_counted(bands, longest):
    assert longest_run(bands) == longest


@pytest.mark.parametrize(("value", "dtype"), [("-9999", "u2"), ("0.5", "i2"), ("nan", "u2"), ("70000", "u2")])
def test_a_value_that_the_type_cannot_hold_excludes_nothing(tmp_path, value, dtype):
    found = recording(tmp_path, CUBE.astype(dtype), value)
    assert no_data_count(found) is None
    assert notes_of((), found) == []


def test_what_is_excluded_is_said(tmp_path):
    found = recording(tmp_path, CUBE, "-9999")
    bands, samples = notes_of((3, 7), found)
    assert bands.startswith("2 bands are bad by 'bbl', from band 3 on")
    assert samples.startswith("samples that hold -9999 in any band have no data")


def test_full_scale_does_not_count_what_is_no_data(tmp_path):
    cube = CUBE.astype(np.uint16)
    cube[2, 1, 1] = 65_535
    assert full_scale_of(recording(tmp_path, cube, "65535"), ()).count == 255
    assert full_scale_of(recording(tmp_path, cube, "none"), ()).count == 65_535


@pytest.mark.parametrize(
    ("nm", "seen"), [((0.0, 0.0), ()), ((900.0, 0.0), ()), ((900.0, 910.0), (900.0, 910.0)), ((), ())]
)
def test_wavelengths_of_nought_are_not_known(nm, seen):
    assert known(nm) == seen


def test_no_band_is_left_out_where_all_are_called_bad(tmp_path):
    one = open_recording(write(tmp_path / "a.hdr", CUBE, bbl="{0, 0, 0}"))
    assert (one.bad_bands, one.notes) == ((), ("'bbl' calls every band bad: no band is taken as bad",))
