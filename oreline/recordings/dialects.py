"""Dialects: in which words the makers of cameras say in a header how a recording was taken. One table, `DIALECTS`.

Keys are in lower case, with blanks for underscores, the preferred one first. What a maker does not say in words of its
own is looked for in anybody's, the last dialect.

Sources: headers of Specim LUMO (one in github.com/hifexplo/hylite, MIT), and public readers of files of Specim IQ,
HySpex, Headwall and Resonon; for the standard fields, "ENVI Header Files" of NV5 Geospatial.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Keys that say one thing, and the unit of a number that has none; "" where that is to be found out."""

    says: str
    unit: str
    listed: str

    @property
    def keys(self) -> list[str]:
        return self.listed.split(", ")


@dataclass(frozen=True, slots=True)
class Dialect:
    """A maker's words. `signs`: patterns of "key = value", one of which its headers have; none: any header has them.
    `references`: the names of the files of dark and white, of the recording NAME or of all in their folder."""

    maker: str
    signs: tuple[str, ...]
    words: tuple[Words, ...]
    references: tuple[str, ...] = ()


_SPECIM = (
    Words("exposure", "ms", "tint, tint1"),
    Words("second exposure", "ms", "tint2"),
    Words("line rate", "hz", "fps, fps1"),
    Words("binning", "", "binning, binning1"),
    Words("second binning", "", "binning2"),
    Words("window", "", "himg"),
    Words("serial number", "", "sensorid, sensorid1"),
    Words("camera", "", "sensor type"),
    Words("date", "", "acquisition date"),
    Words("time", "", "start time"),
    Words("first dark line", "", "autodarkstartline"),
)
_SPECIM_FILES = "DARKREF_NAME", "WHITEREF_NAME", "WHITEDARKREF_NAME"

DIALECTS = (
    Dialect("Specim IQ", (r"sensor type = .*specim iq",), _SPECIM, _SPECIM_FILES),
    Dialect(
        "Specim LUMO",
        (r"sensor type = .*lumo", r"(fps_qpf|autodarkstartline|fodis\d?|sensorid\d?) ="),
        _SPECIM,
        _SPECIM_FILES,
    ),
    Dialect(
        "HySpex (Norsk Elektro Optikk)",
        (r".* = .*(hyspex|norsk elektro|(vnir|swir)_\d+\w*_sn)", r"frameperiod ="),
        (
            Words("exposure", "us", "integration time"),
            Words("line period", "us", "frameperiod"),
            Words("binning", "", "binning, spatial binning"),
            Words("second binning", "", "spectral binning"),
            Words("serial number", "", "serial number, id"),
            Words("camera", "", "sensor type, id"),
            Words("date", "", "acquisition date"),
            Words("time", "", "acquisition start time, acquisition time, start time"),
        ),
        ("NAME_dark", "NAME_white"),
    ),
    Dialect(
        "Headwall",
        (r".* = .*(headwall|hyperspec\b)",),
        (
            Words("exposure", "ms", "exposure, exposure time, integration time, tint"),
            Words("line period", "ms", "frame period"),
            Words("line rate", "hz", "fps, frame rate"),
            Words("gain", "", "gain"),
            Words("binning", "", "spatial binning, binning"),
            Words("second binning", "", "spectral binning"),
            Words("serial number", "", "serial number"),
            Words("camera", "", "sensor type"),
            Words("date", "", "acquisition date, timestamp, acquisition time"),
        ),
        ("darkReference", "whiteReference"),
    ),
    Dialect(
        "Resonon",
        (r"(imager type|imager serial number|flip radiometric calibration) =", r".* = .*\b(resonon|pika)\b"),
        (
            Words("exposure", "ms", "shutter"),
            Words("gain", "db", "gain"),
            Words("line rate", "hz", "framerate"),
            Words("binning", "", "sample binning"),
            Words("second binning", "", "spectral binning"),
            Words("bit depth", "", "bit depth"),
            Words("full scale", "", "ceiling"),
            Words("serial number", "", "imager serial number"),
            Words("camera", "", "imager type"),
            Words("date", "", "timestamp, acquisition date"),
        ),
    ),
    Dialect(
        "SPy, GDAL and others",
        (),
        (
            *_SPECIM,
            Words("exposure", "", "exposure, exposure time, integration time, camera exposure"),
            Words("exposure", "", "shutter, shutter time, shutter speed, int time, t int"),
            Words("exposure", "us", "exposuretimeabs"),
            Words("gain", "", "gain, camera gain, sensor gain, analog gain, detector gain"),
            Words("line rate", "hz", "frame rate, line rate"),
            Words("line period", "ms", "frame period, line period"),
            Words("binning", "", "spatial binning, sample binning, binning x, horizontal binning, binning horizontal"),
            Words("second binning", "", "spectral binning, binning y, vertical binning, binning vertical"),
            Words("bit depth", "", "bit depth, bits per pixel, bits per sample"),
            Words("full scale", "", "full scale, ceiling, saturation value, saturation level"),
            Words("serial number", "", "serial number, camera serial number, serial"),
            Words("camera", "", "camera, sensor"),
            Words("date", "", "acquisition time, acquisition start time, emit acquisition start time"),
            Words("date", "", "timestamp, capture time, date"),
        ),
        ("dark_NAME", "white_NAME", "NAME_dark", "NAME_white", "dark", "white"),
    ),
)


def dialect_of(fields: Mapping[str, str]) -> Dialect:
    """The dialect of a header, keys in lower case: the first of which it has a sign. The last has none to show."""
    lines = [f"{key} = {value}".lower() for key, value in fields.items()]
    return next(d for d in DIALECTS if not d.signs or any(re.match(sign, line) for sign in d.signs for line in lines))
