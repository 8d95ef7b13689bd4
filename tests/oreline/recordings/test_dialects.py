"""Each word of each maker is heard: one test for each cell of the table in docs/reference/recordings.md."""

from __future__ import annotations

import pytest

from oreline.errors import RecordingError
from oreline.recordings.conditions import Conditions
from oreline.recordings.dates import moment
from oreline.recordings.dialects import DIALECTS, Dialect, Words, dialect_of

SIGNS = {
    "Specim IQ": {"sensor type": "SPECIM IQ, 190-1100456"},
    "Specim LUMO": {"sensor type": "FX17 , Lumo - Recorder v2018-512"},
    "HySpex (Norsk Elektro Optikk)": {"description": "{ HySpex }"},
    "Headwall": {"description": "{[HEADWALL Hyperspec III]}"},
    "Resonon": {"imager type": "Pika L"},
    "SPy, GDAL and others": {},
}
"""By which a header is told to be of a maker."""
SAID = {
    "exposure": ("8.5", lambda s: s.exposures_us, {"ms": (8500.0,), "us": (8.5,), "": (8500.0,)}),
    "second exposure": ("2", lambda s: s.exposures_us[-1:], {"ms": (2000.0,)}),
    "gain": ("20", lambda s: (s.gain, s.gain_text), {"db": (10.0, "20"), "": (None, "20")}),
    "line rate": ("50.5", lambda s: s.line_rate_hz, {"hz": 50.5}),
    "line period": ("20", lambda s: s.line_rate_hz, {"ms": 50.0, "us": 50_000.0}),
    "binning": ("{2, 4}", lambda s: s.binning, {"": (2.0, 4.0)}),
    "second binning": ("3", lambda s: s.binning, {"": (3.0,)}),
    "window": ("{101, 484}", lambda s: s.x_start, {"": 100}),
    "bit depth": ("14", lambda s: s.full_scale, {"": 16_383}),
    "full scale": ("4000", lambda s: s.full_scale, {"": 4000}),
    "serial number": ("SN_12", lambda s: s.serial, {"": "SN_12"}),
    "camera": ("Cam 9", lambda s: s.camera, {"": "Cam 9"}),
    "date": ("2021-03-02", lambda s: s.captured[:10], {"": "2021-03-02"}),
    "first dark line": ("90", lambda s: s.dark_from, {"": 90}),
}
"""By what is said: a value, where it ends up, and as what, by the table's unit."""
CELLS = [(d, words, key) for d in DIALECTS for words in d.words for key in words.keys if words.says in SAID]


@pytest.mark.parametrize(("dialect", "words", "key"), CELLS, ids=lambda part: getattr(part, "maker", str(part)[:24]))
def test_a_word_of_a_maker_is_heard(dialect: Dialect, words: Words, key: str) -> None:
    value, where, expected = SAID[words.says]
    sign = SIGNS[dialect.maker] if key not in SIGNS[dialect.maker] else {}
    assert where(Conditions.read({**sign, key: value})) == expected[words.unit]


def test_a_time_of_day_goes_with_its_date() -> None:
    for dialect in DIALECTS:
        for words in (words for words in dialect.words if words.says == "time"):
            for key in words.keys:
                fields = {**SIGNS[dialect.maker], "acquisition date": "2021-03-02", key: "UTC TIME: 09:10:11"}
                assert Conditions.read(fields).captured == "2021-03-02T09:10:11+00:00", (dialect.maker, key)


@pytest.mark.parametrize(
    ("maker", "fields"),
    [
        *SIGNS.items(),
        ("HySpex (Norsk Elektro Optikk)", {"id": "SWIR_384_SN3189"}),
        ("HySpex (Norsk Elektro Optikk)", {"frameperiod": "20000"}),
        ("Specim LUMO", {"fps_qpf": "29.84"}),
        ("Specim LUMO", {"autodarkstartline": "5892"}),
        ("Resonon", {"imager serial number": "100-17"}),
    ],
)
def test_a_header_is_told_to_be_of_its_maker(maker: str, fields: dict[str, str]) -> None:
    assert dialect_of(fields).maker == maker
    assert Conditions.read(fields).maker == ("" if maker.startswith("SPy") else maker)


def test_a_hyperspectral_image_is_not_of_a_maker_for_that() -> None:
    assert Conditions.read({"description": "hyperspectral image, lumodel 3"}).maker == ""


@pytest.mark.parametrize(
    ("fields", "us", "assumed"),
    [
        ({"exposure": "8500 us"}, 8500.0, False),
        ({"exposure": "8.5 ms"}, 8500.0, False),
        ({"Integration Time": "0.0085 s"}, 8500.0, False),
        ({"exposure_us": "8500"}, 8500.0, False),
        ({"integration time (ms)": "8.5"}, 8500.0, False),
        ({"exposure time [µs]": "8500"}, 8500.0, False),
        ({"shutter": "8500", "shutter units": "microseconds"}, 8500.0, False),
        ({"exposure_time": "{ 8.5 }"}, 8500.0, True),
        ({"exposure": "8500", "frame rate": "100"}, 8500.0, True),
        ({"exposure": "8.5", "fps": "100"}, 8500.0, True),
        ({"exposure": "9.999", "fps": "100.2"}, 9999.0, True),
        ({"tint": "8.5", "exposure": "77"}, 8500.0, False),
        ({"tint": "8500 (us)"}, 8500.0, False),
        ({"tint": "0.0085 [Seconds]"}, 8500.0, False),
        ({"tint": "8.5 milliseconds."}, 8500.0, False),
        ({"tint": "8500 microsecond"}, 8500.0, False),
        ({"tint": "8,5"}, 8500.0, False),
        ({"tint": "0,425 ms"}, 425.0, False),
        ({"Exposure Time in us": "8500"}, 8500.0, False),
        ({"ExposureTime(us)": "8500"}, 8500.0, False),
        ({"ExposureTimeAbs": "8500"}, 8500.0, False),
        ({"exposure": "8500", "exposure units": "(us)"}, 8500.0, False),
        ({"tint": "0"}, None, False),
        ({"exposure": "auto"}, None, False),
        ({"exposure": "-"}, None, False),
        ({}, None, False),
    ],
)
def test_an_exposure_is_in_the_unit_that_is_said_or_in_the_one_that_a_line_has_room_for(
    fields: dict[str, str], us: float | None, assumed: bool
) -> None:
    said = Conditions.read({key.lower(): value for key, value in fields.items()})
    assert said.exposures_us == pytest.approx(() if us is None else (us,))
    assert bool(said.assumed) == assumed


def test_a_unit_that_is_none_of_time_is_refused() -> None:
    with pytest.raises(RecordingError, match="8 nm: nm is no unit of an exposure, write ms or us"):
        Conditions.read({"exposure": "8 nm"})


def test_two_detectors_may_share_a_list() -> None:
    assert Conditions.read({"tint": "{28.0, 8.0}"}).exposures_us == (28_000.0, 8000.0)


@pytest.mark.parametrize("text", ["1,200.5", "1,200", "12,4,8", "1/100 s", "8.5 ms at 50 fps"])
def test_an_exposure_that_could_be_another_is_refused(text: str) -> None:
    with pytest.raises(RecordingError, match="decimals with a point"):
        Conditions.read({"tint": text})


def test_what_seems_to_be_a_setting_is_kept_though_nobody_knows_its_word() -> None:
    fields = {"preamp_gain": "2", "binning mode": "sum", "tint": "auto", "gain": "4", "data gain values": "{2}"}
    assert Conditions.read(fields).others == {"preamp gain": "2", "binning mode": "sum", "tint": "auto"}


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("6.0206 dB", 2.0),
        ("6,0206 dB", 2.0),
        ("6.0206 (dB)", 2.0),
        ("2x", 2.0),
        ("2 times", 2.0),
        ("2", None),
        ("high", None),
        ("0 dB", 1.0),
    ],
)
def test_a_gain_is_a_factor_where_its_unit_is_said(text: str, factor: float | None) -> None:
    said = Conditions.read({"gain": text})
    assert said.gain == (factor if factor is None else pytest.approx(factor, rel=1e-5))
    assert said.gain_text == text


@pytest.mark.parametrize(
    ("fields", "start"),
    [
        ({"x start": "7"}, 0),
        ({"x start": "7", "himg": "{101, 200}"}, 100),
        ({"x start": "0", "himg": "{101, 200}"}, 100),
        ({"x start": "0", "himg": "{1, 384}"}, 0),
        ({"x start": "0"}, 0),
        ({}, None),
    ],
)
def test_the_place_on_the_sensor_is_from_0_and_windows_of_lumo_from_1(
    fields: dict[str, str], start: int | None
) -> None:
    assert Conditions.read(fields).x_start == start


@pytest.mark.parametrize(
    ("text", "clock", "expected"),
    [
        ("2021-03-02T09:10:11Z", "", "2021-03-02T09:10:11+00:00"),
        ("2021-03-02T09:10:11.250+0200", "", "2021-03-02T07:10:11+00:00"),
        ("2022-03-05T00:26:01+0000", "", "2022-03-05T00:26:01+00:00"),
        ("DATE(yyyy-mm-dd): 2021-03-02", "UTC TIME: 09:10:11", "2021-03-02T09:10:11+00:00"),
        ("DATE(dd-mm-yyyy): 02-03-2021", "", "2021-03-02T00:00:00+00:00"),
        ("2021/3/2 9:10:11", "", "2021-03-02T09:10:11+00:00"),
        ("2021:03:02 09:10:11", "", "2021-03-02T09:10:11+00:00"),
        ("20210302", "", "2021-03-02T00:00:00+00:00"),
        ("02.03.2021", "", "2021-03-02T00:00:00+00:00"),
        ("25/03/2021", "", "2021-03-25T00:00:00+00:00"),
        ("03/25/2021", "", "2021-03-25T00:00:00+00:00"),
        ("02/03/2021", "", ""),
        ("02.03.21", "", ""),
        ("2 Mar 2021", "", "2021-03-02T00:00:00+00:00"),
        ("02-MAR-2021 09:10", "", "2021-03-02T09:10:00+00:00"),
        ("2021-Mar-02", "09:10:11", "2021-03-02T09:10:11+00:00"),
        ("Tue Mar  2 09:10:11 2021", "", "2021-03-02T09:10:11+00:00"),
        ("Mardi 2 d\u00e9cembre 2021", "", "2021-12-02T00:00:00+00:00"),
        ("Dienstag, 2. M\u00e4rz 2021 09:10:11", "", "2021-03-02T09:10:11+00:00"),
        ("March 2nd, 2021 2:03:05 PM", "", "2021-03-02T14:03:05+00:00"),
        ("3/25/2021 12:03 a.m.", "", "2021-03-25T00:03:00+00:00"),
        ("13/03/2021 14:03:05.123456", "", "2021-03-13T14:03:05+00:00"),
        ("20210302_140305", "", "2021-03-02T14:03:05+00:00"),
        ("2021-03-02_14-03-05", "", "2021-03-02T14:03:05+00:00"),
        ("1614693785.25", "", "2021-03-02T14:03:05+00:00"),
        ("1614693785000", "", "2021-03-02T14:03:05+00:00"),
        ("2021-13-40", "", ""),
        ("tomorrow", "09:10", ""),
        ("2021-03-02 99:99", "", ""),
        ("", "", ""),
    ],
)
def test_a_date_is_read_as_it_can_only_be_meant_or_not_at_all(text: str, clock: str, expected: str) -> None:
    assert moment(text, clock) == expected


def test_a_date_that_cannot_be_told_is_said() -> None:
    (said,) = Conditions.read({"acquisition date": "02/03/2021"}).assumed
    assert said == "the date 02/03/2021 may be several days, or is none: the age is that of the file"
