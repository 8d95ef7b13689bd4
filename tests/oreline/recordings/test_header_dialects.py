"""Headers as other programs write them: read as SPy reads them, or better, and never another number without a word."""

from __future__ import annotations

import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spectral
import spectral.io.envi as spy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oreline.errors import RecordingError
from oreline.recordings.recording import Recording, open_recording

CUBE = np.arange(3 * 4 * 5, dtype="<u2").reshape(3, 4, 5)
NM = (1000.0, 1100.0, 1200.0, 1300.0)
NAMES = "{1000 nm, b2: 1.1 um, Band 3 (1200.0 Nanometers), 1300nm}"
BASE = {
    "samples": "5",
    "lines": "3",
    "bands": "4",
    "header offset": "0",
    "data type": "12",
    "interleave": "bil",
    "byte order": "0",
    "wavelength units": "Nanometers",
    "wavelength": "{1000, 1100, 1200, 1300}",
}


def header(folder: Path, extra: str = "", *, encoding: str = "utf-8", **fields: str | None) -> Path:
    """A header with its data; a field of None is left out, `_` in a name is a blank."""
    fields = {key.replace("_", " "): value for key, value in fields.items()}
    said = {"description": None} | BASE | fields
    text = "ENVI\n" + "".join(f"{key} = {value}\n" for key, value in said.items() if value is not None) + extra
    path = folder / "a.hdr"
    path.write_bytes(text.encode(encoding))
    (folder / "a.raw").write_bytes(CUBE.tobytes())
    return path


def by_spy(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return spy.open(str(path))


def agree(ours: Recording, theirs: Any) -> None:
    assert (ours.lines, ours.samples, ours.bands) == theirs.shape
    assert ours.offset == theirs.offset
    assert ours.interleave == {spectral.BIL: "bil", spectral.BIP: "bip", spectral.BSQ: "bsq"}[theirs.interleave]
    assert ours.dtype == np.dtype(theirs.dtype)
    np.testing.assert_array_equal(ours.cube, np.moveaxis(np.asarray(theirs.load(dtype=ours.dtype)), 2, 1))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"wavelength": "{\n 1000,\n 1100,\n 1200,\n 1300\n}"},
        {"wavelength": "{\n1000\n,1100\n,1200\n,1300\n}"},
        {"wavelength": "{1000, 1100,\n; second half\n1200, 1300}"},
        {"wavelength": "{1.0e3, 1.1E3, 1200., 1300.000}"},
        {"description": "{ made by {tool}\n second line }"},
        {"description": "{ from {a}\nsamples = 9 }"},
        {"description": "{\n  a = b; c }\n; a comment = of nothing"},
        {"description": "{}"},
        {"description": "a { b", "sensor type": "{x}"},
        {"x_start": "1", "y_start": "1"},
        {"x_start": "-3"},
        {"fwhm": "{10, 10, 10}"},
        {"fwhm": "{}"},
        {"bbl": "{1, 0, 1, 1}"},
        {"file_compression": "0"},
        {"wavelength_units": None},
        {"wavelength": "{0, 0, 0, 0}"},
        {"major_frame_offsets": "{0, 0}"},
        {"interleave": "BIL"},
        {"map_info": "{UTM, 1.000, 1.000, 500000, 4000000, 1, 1, 11, North, WGS-84, units=Meters}"},
    ],
    ids=str,
)
def test_what_spy_opens_is_the_same_here(tmp_path, fields):
    path = header(tmp_path, **fields)
    ours, theirs = open_recording(path), by_spy(path)
    agree(ours, theirs)
    assert ours.wavelengths_nm == tuple(theirs.bands.centers)


@pytest.mark.parametrize(
    "wavelength",
    [
        "{1000, 1100, 1200, 1300,}",
        "\n{1000, 1100, 1200, 1300}",
        "\n\n  {\n1000\n1100\n1200\n1300\n}",
        "{1000 1100 1200 1300}",
        "{1000\t1100\t1200\t1300}",
        "{1000; 1100; 1200; 1300}",
        "{1000,0; 1100,0; 1200,0; 1300,0}",
        "{1000, 1100, 1200, 1300} ; nm",
        "{1000, 1100, ; the first half, in 2 parts\n 1200, 1300 ; the second\n}",
        "{1.0D+03, 1.1D+03, 1.2D+03, 1.3D+03}",
        "1000, 1100, 1200, 1300",
    ],
    ids=repr,
)
def test_lists_that_spy_loses_are_read(tmp_path, wavelength):
    assert open_recording(header(tmp_path, wavelength=wavelength)).wavelengths_nm == NM


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"wavelength": "{1000,5, 1100,5, 1200,5, 1300,5}"}, "8 values for 4 bands"),
        ({"wavelength": "{1000,5 1100,5 1200,5 1300,5}"}, "8 values for 4 bands"),
        ({"wavelength": "{1000, 1100, n/a, 1300}"}, "list of numbers"),
        ({"wavelength": "{1_000, 1_100, 1_200, 1_300}"}, "list of numbers"),
        ({"wavelength": "{\u0661, \u0662, \u0663, \u0664}"}, "list of numbers"),
        ({"wavelength_units": "Furlongs"}, "'Furlongs' is no unit of wavelength: write Nanometers"),
        ({"major_frame_offsets": "{100, 0}"}, "not zero"),
        ({"minor_frame_offsets": "{0, 4}"}, "not zero"),
        ({"file_type": "TIFF"}, "no ENVI recording"),
        ({"file_type": "ENVI Spectral Library"}, "no ENVI recording"),
        ({"data_type": "6"}, "complex"),
        ({"samples": "5 px"}, "whole number"),
    ],
    ids=str,
)
def test_what_could_be_misread_is_refused_with_the_reason(tmp_path, fields, says):
    with pytest.raises(RecordingError, match=says):
        open_recording(header(tmp_path, **fields))


@pytest.mark.parametrize(
    ("units", "factor"),
    [
        *((word, 1.0) for word in ("Nanometers", "nanometre", "NM", "nm.", "{nm}", "[nm]", "Nanom\u00e8tres")),
        ("millimicrons", 1.0),
        *((word, 1e-3) for word in ("Micrometers", "microns", "um", "\u00b5m", "\u03bcm", "\u03bc", "MICROMETRES")),
        ("M\u0130CROMETERS", 1e-3),
        ("m\u0131crometers", 1e-3),
        *((word, 10.0) for word in ("Angstroms", "\u00c5ngstr\u00f6m", "\u212b", "\u00c5", "A")),
        *((word, 1e-6) for word in ("Millimeters", "mm")),
        *((word, 1e-7) for word in ("Centimeters", "cm")),
        *((word, 1e-9) for word in ("Meters", "m")),
        *((word, 1.0) for word in ("", "Unknown", "none", "N/A")),
    ],
)  # fmt: skip
def test_each_unit_of_length_becomes_nanometres(tmp_path, units, factor):
    said = "{" + ", ".join(f"{nm * factor:.9g}" for nm in NM) + "}"
    widths = "{" + ", ".join(f"{10 * factor:.9g}" for _ in NM) + "}"
    recording = open_recording(header(tmp_path, wavelength_units=units, wavelength=said, fwhm=widths))
    np.testing.assert_allclose(recording.wavelengths_nm, NM, rtol=1e-8)
    np.testing.assert_allclose(recording.fwhm_nm, [10.0] * 4, rtol=1e-8)


@pytest.mark.parametrize("units", ["Wavenumber", "cm-1", "1/cm", "cm^-1", "cm\u207b\u00b9", "wavenumbers (cm-1)"])
def test_wavenumbers_become_nanometres_and_their_widths_too(tmp_path, units):
    path = header(tmp_path, wavelength_units=units, wavelength="{4000, 5000, 8000, 10000}", fwhm="{8, 8, 8, 8}")
    recording = open_recording(path)
    assert recording.wavelengths_nm == (2500.0, 2000.0, 1250.0, 1000.0)
    np.testing.assert_allclose(recording.fwhm_nm, [1e7 * 8 / v**2 for v in (4e3, 5e3, 8e3, 1e4)], atol=1e-6)


@pytest.mark.parametrize(("units", "unit_hz"), [("GHz", 1e9), ("MHz", 1e6), ("THz", 1e12)])
def test_frequencies_become_nanometres(tmp_path, units, unit_hz):
    hertz = [299_792_458 / (nm * 1e-9) for nm in NM]
    said = "{" + ", ".join(f"{value / unit_hz:.12g}" for value in hertz) + "}"
    np.testing.assert_allclose(
        open_recording(header(tmp_path, wavelength_units=units, wavelength=said)).wavelengths_nm, NM
    )


@pytest.mark.parametrize(
    ("fields", "wavelengths", "note"),
    [
        ({"wavelength_units": None, "wavelength": "{1.0, 1.1, 1.2, 1.3}"}, NM, "micrometres, by the numbers"),
        ({"wavelength_units": ""}, NM, "nanometres, by the numbers"),
        ({"wavelength_units": None, "wavelength": "{1, 2, 3, 4}"}, (), "only counts the bands"),
        ({"wavelength_units": "Index", "wavelength": "{0, 1, 2, 3}"}, (), "only counts the bands"),
        ({"fwhm": "{10, 10, 10}"}, NM, "'fwhm' has 3 values for 4 bands"),
        ({"fwhm": "{wide}"}, NM, "widths of bands are not known"),
        ({"bbl": "{1, 0}"}, NM, "'bbl' has 2 values for 4 bands"),
        ({"data_ignore_value": "nothing"}, NM, "every value counts"),
        ({"x_start": "-3"}, NM, "no place on a sensor"),
        (
            {"wavelength": None, "band_names": "{1000 nm, b2: 1.1 um, Band 3 (1200.0 Nanometers), 1300nm}"},
            NM,
            "band names",
        ),
    ],
    ids=str,
)
def test_what_is_assumed_or_left_out_is_said(tmp_path, fields, wavelengths, note):
    recording = open_recording(header(tmp_path, **fields))
    assert recording.wavelengths_nm == wavelengths
    assert any(note in said for said in recording.notes)


def test_a_plain_header_has_nothing_to_say(tmp_path):
    assert open_recording(header(tmp_path)).notes == ()


@pytest.mark.parametrize(
    ("bbl", "bad"),
    [("{1, 0, 1, 0}", (1, 3)), ("{1.0, 1.0, 0.0, 1.0}", (2,)), ("{1 1 1 0}", (3,)), ("{1,1,1,1}", ()), (None, ())],
)
def test_bands_that_the_list_calls_bad_are_known(tmp_path, bbl, bad):
    assert open_recording(header(tmp_path, bbl=bbl)).bad_bands == bad


@pytest.mark.parametrize(
    ("said", "value"),
    [("0", 0.0), ("-9999", -9999.0), ("{65535}", 65535.0), ("-1.5e+38", -1.5e38), ("none", None), (None, None)],
)
def test_the_value_for_no_data_is_known(tmp_path, said, value):
    assert open_recording(header(tmp_path, data_ignore_value=said)).ignored == value


@pytest.mark.parametrize(
    ("x_start", "y_start", "first"),
    [("1", "1", 0), ("89", "1", 88), ("88", "0", 88), ("88", None, 88), ("0", "1", 0), ("-3", None, 0)],
)
def test_the_first_sample_is_counted_from_0(tmp_path, x_start, y_start, first):
    assert open_recording(header(tmp_path, x_start=x_start, y_start=y_start)).x_start == first


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_break_is_read(tmp_path, encoding, line_break):
    path = header(tmp_path, operator="J\u00f6rg \u6f22", wavelength_units="\u00b5m", wavelength="{1.0, 1.1, 1.2, 1.3}")
    text = path.read_bytes().decode("utf-8").replace("\n", line_break)
    path.write_bytes(text.encode(encoding))
    recording = open_recording(path)
    assert (recording.wavelengths_nm, recording.metadata["operator"]) == (NM, "J\u00f6rg \u6f22")


def test_windows_1252_is_read(tmp_path):
    path = header(
        tmp_path,
        encoding="cp1252",
        operator="J\u00f6rg \u201eX\u201c",
        wavelength_units="\u00b5m",
        wavelength="{1 1.1 1.2 1.3}",
    )
    recording = open_recording(path)
    assert (recording.wavelengths_nm, recording.metadata["operator"]) == (NM, "J\u00f6rg \u201eX\u201c")


NUMBERS = st.lists(st.just(Decimal(0)) | st.decimals(30, 30_000, places=3), min_size=4, max_size=4).filter(any)
TEXT = st.text(st.sampled_from("abc {}=;,1.\n"), max_size=30)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=NUMBERS,
    separator=st.sampled_from([",", ", ", " ,", ",\n", "\n,", " ", "\t", "\n", ";", " ; ", ",\n; a remark\n"]),
    opening=st.sampled_from(["{", "{ ", "\n{", "{\n", "{\n; a remark of 2 words\n"]),
    closing=st.sampled_from(["}", ",}", "\n}", "} ; nm", "\n} "]),
    remark=TEXT.filter(lambda text: text.count("{") == text.count("}") and "{" not in text.partition("}")[2]),
)
def test_a_list_is_read_however_it_is_written(tmp_path, numbers, separator, opening, closing, remark):
    values = [float(number) for number in numbers]
    said = opening + separator.join(map(str, numbers)) + closing
    remark = "{x " + remark.replace("\n;", "\n").replace("}", "").replace("{", "") + "}"
    recording = open_recording(header(tmp_path, description=remark, wavelength=said))
    assert recording.wavelengths_nm == tuple(values)
    np.testing.assert_array_equal(recording.cube, CUBE)


def test_a_text_whose_brace_is_closed_in_a_remark_ends_there(tmp_path):
    recording = open_recording(header(tmp_path, description="{x \n;}", wavelength="{1000, 1100, 1200, 1300}"))
    assert recording.wavelengths_nm == NM


@pytest.mark.parametrize(
    ("units", "values"),
    [
        ("Micrometers", "{1000, 1100, 1200, 1300}"),
        ("Nanometers", "{1.0, 1.1, 1.2, 1.3}"),
        ("\ufffdm", "{1.0, 1.1, 1.2, 1.3}"),
        ("Nanometers", "{1,000; 1,100; 1,200; 1,300}"),
    ],
)
def test_a_unit_that_the_numbers_disprove_is_refused(tmp_path, units, values):
    with pytest.raises(RecordingError, match="which no camera sees: correct it, or 'wavelength units'"):
        open_recording(header(tmp_path, wavelength_units=units, wavelength=values))


def test_decimal_commas_between_commas_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(RecordingError, match="8 values for 4 bands: write decimals with a point"):
        open_recording(header(tmp_path, wavelength="{1000,5, 1100,5, 1200,5, 1300,5}"))


def test_a_remark_may_stand_behind_a_tab(tmp_path):
    agree(open_recording(header(tmp_path, samples="5\t; pixels")), by_spy(header(tmp_path)))
