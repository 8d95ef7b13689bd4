"""Conditions: how a recording was taken, read from its header in the words of whoever made it.

A number may be followed by its unit, its key may end with it (`exposure_us`, `integration time (ms)`), or a key `...
units` beside it may say it; else it has the unit of the table of dialects. Where that has none, an exposure is in
milliseconds, unless it would be longer than a line then: in microseconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from oreline.errors import RecordingError
from oreline.recordings.dates import moment
from oreline.recordings.dialects import DIALECTS, Words, dialect_of

TO_US = {
    **dict.fromkeys(("s", "sec", "seconds"), 1e6),
    **dict.fromkeys(("ms", "msec", "milliseconds"), 1e3),
    **dict.fromkeys(("us", "\u00b5s", "\u03bcs", "usec", "microseconds"), 1.0),
    "ns": 1e-3,
}
TO_HZ = {"hz": 1.0, "fps": 1.0, "khz": 1e3}
KEY_UNITS = ("us", "\u00b5s", "ms", "s", "db", "hz")
"""With which a key may end."""
LONGEST_US = 1e6
"""No line is exposed for longer where nothing says how long a line is."""
SLACK = 1.05
"""An exposure may be so many times the period of a line, both being rounded."""
NOTHING = {"", "-", "n/a", "nan", "none", "unknown"}


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a camera was set, and when, as far as a header says it.

    `exposures_us`: microseconds, one a detector; empty where unknown. `gain`: a factor, None where the header has none
    or, as `gain_text`, no unit. `binning`: all numbers of it, None where it has none. `x_start`: first sample on the
    sensor by its window; 0 where only `x start` is there to say it, None where nothing is. `full_scale`: the count of a
    saturated pixel. `captured`: ISO 8601, "" where unknown. `dark_from`: the first of the automatic dark lines at the
    end. `assumed`: what was taken for granted, in words.
    """

    maker: str = ""
    exposures_us: tuple[float, ...] = ()
    gain: float | None = None
    gain_text: str = ""
    line_rate_hz: float | None = None
    binning: tuple[float, ...] | None = None
    x_start: int | None = None
    full_scale: int | None = None
    serial: str = ""
    camera: str = ""
    captured: str = ""
    dark_from: int | None = None
    assumed: tuple[str, ...] = ()

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> Conditions:
        """What the fields of a header say, keys in lower case. Raises RecordingError for a unit that is none."""
        header = _Header(fields)
        rate, gain = _line_rate(header), header.get("gain")
        exposures = tuple(_microseconds(header, rate))
        return cls(
            maker=header.maker,
            exposures_us=exposures,
            gain=_factor(gain),
            gain_text=gain.text if gain else "",
            line_rate_hz=rate,
            binning=_binning(header),
            x_start=_x_start(header),
            full_scale=_full_scale(header),
            serial=header.text("serial number"),
            camera=header.text("camera"),
            captured=moment(header.text("date"), header.text("time")),
            dark_from=_dark_from(header),
            assumed=tuple(header.assumed),
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a header says, with the unit of its number in lower case, "" where nothing tells it."""

    key: str
    text: str
    unit: str

    @property
    def numbers(self) -> tuple[float, ...]:
        return tuple(map(float, re.findall(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", self.text)))

    @property
    def number(self) -> float | None:
        """The first number, where it is above zero."""
        return next((number for number in self.numbers[:1] if 0 < number < math.inf), None)


class _Header:
    """A header's fields, looked up in its maker's words first, then in anybody's."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = {" ".join(key.replace("_", " ").split()): value for key, value in fields.items()}
        own, anybody = dialect_of(fields), DIALECTS[-1]
        self.maker = own.maker if own.signs else ""
        self._words = (*own.words, *anybody.words)
        self.assumed: list[str] = []

    def get(self, says: str) -> _Entry | None:
        entries = (self._entry(words) for words in self._words if words.says == says)
        return next(filter(None, entries), None)

    def text(self, says: str) -> str:
        entry = self.get(says)
        return entry.text[:64] if entry else ""

    def _entry(self, words: Words) -> _Entry | None:
        for key in words.keys:
            for spelling, unit in _spellings(key):
                text = self._fields.get(spelling, "").strip("{} \"'")
                if text.lower() not in NOTHING:
                    return _Entry(spelling, text, (_unit_in(text) or unit or self._units(key) or words.unit).lower())
        return None

    def _units(self, key: str) -> str:
        return next(
            (self._fields[name].strip("{} ") for name in (f"{key} units", f"{key} unit") if name in self._fields), ""
        )

    def own(self, key: str) -> str:
        """The text of a key of the standard."""
        return self._fields.get(key, "").strip("{} ")


def _spellings(key: str) -> Iterator[tuple[str, str]]:
    yield key, ""
    for unit in KEY_UNITS:
        yield from ((f"{key} {unit}", unit), (f"{key} ({unit})", unit), (f"{key} [{unit}]", unit))


def _unit_in(text: str) -> str:
    found = re.search(r"[\d.]\s*([a-z\u00b5\u03bc]+)$", text, re.IGNORECASE)
    return found[1] if found else ""


def _line_rate(header: _Header) -> float | None:
    rate, period = header.get("line rate"), header.get("line period")
    if rate and rate.number:
        return rate.number * TO_HZ.get(rate.unit, 1.0)
    return 1e6 / (period.number * TO_US[period.unit]) if period and period.number and period.unit in TO_US else None


def _microseconds(header: _Header, rate: float | None) -> Iterator[float]:
    """The exposure of each detector."""
    for entry in filter(None, map(header.get, ("exposure", "second exposure"))):
        if entry.number is None:
            continue
        unit = entry.unit
        if not unit:
            longest = SLACK * 1e6 / rate if rate else LONGEST_US
            unit = "ms" if entry.number * TO_US["ms"] <= longest else "us"
            header.assumed.append(f"{entry.key} = {entry.text} has no unit, and is taken for {unit}")
        if unit not in TO_US:
            raise RecordingError(f"{entry.key} = {entry.text}: {unit} is no unit of an exposure, write ms or us")
        yield entry.number * TO_US[unit]


def _factor(gain: _Entry | None) -> float | None:
    """Twenty decibels are a factor of ten, as GenICam's SFNC and EMVA 1288 have it."""
    if gain is None or not gain.numbers:
        return None
    if gain.unit == "db":
        return float(10.0 ** (gain.numbers[0] / 20.0))
    return gain.number if gain.unit in ("x", "times", "factor") else None


def _binning(header: _Header) -> tuple[float, ...] | None:
    entries = map(header.get, ("binning", "second binning"))
    return tuple(number for entry in entries if entry for number in entry.numbers) or None


def _x_start(header: _Header) -> int | None:
    """By the window of the sensor that LUMO writes, which is from 1."""
    window = header.get("window")
    if window and len(window.numbers) == 2 and window.numbers[0] >= 1:
        return int(window.numbers[0]) - 1
    return 0 if header.own("x start") else None


def _full_scale(header: _Header) -> int | None:
    full, bits = header.get("full scale"), header.get("bit depth")
    if full and full.number and full.number >= 1:
        return int(full.number)
    return (1 << int(bits.number)) - 1 if bits and bits.number and 1 <= bits.number <= 32 else None


def _dark_from(header: _Header) -> int | None:
    entry = header.get("first dark line")
    return int(entry.numbers[0]) if entry and entry.numbers and entry.numbers[0] >= 0 else None
