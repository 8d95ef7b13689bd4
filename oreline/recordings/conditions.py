"""Conditions: how a recording was taken, read from its header in the words of whoever made it.

A number may be followed by its unit, its key may end with it (`exposure_us`, `integration time (ms)`), or a key `...
units` beside it may say it; else it has the unit of the table of dialects. Where that has none, an exposure is in
milliseconds, unless it would be longer than a line then: in microseconds. Blanks, dashes and underscores in keys do not
count.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from oreline.errors import RecordingError
from oreline.recordings.dates import moment
from oreline.recordings.dialects import DIALECTS, Words, dialect_of
from oreline.units import GAINS, RATES, TIMES, WORDS, spelt

TO_US = {word: TIMES[unit] for word, unit in WORDS.items() if unit in TIMES}
TO_HZ = {word: RATES[unit] for word, unit in WORDS.items() if unit in RATES}
LONGEST_US = 1e6
"""No line is exposed for longer where nothing says how long a line is."""
SLACK = 1.05
"""An exposure may be so many times the period of a line, both being rounded."""
SAME_EXPOSURE = 0.01
"""Relative difference up to which two exposures, or gains, are one."""
NOTHING = {"", "-", "n/a", "nan", "none", "unknown"}
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*[(\[]?\s*([^\W\d_]*)\s*[)\]]?\.?")
_KEY_UNIT = re.compile(
    rf"(.+?)(?: in)?(?: ?[(\[] ?({'|'.join([*TO_US, 'db', 'hz'])}) ?[)\]]| ({'|'.join([*TO_US, 'db', 'hz'])}))"
)
_SETTING = re.compile(
    r"\btint|exposure|integration|shutter|gain|binning|accumulat|co ?add|window|\broi\b|offset ?x|x ?offset"
)
_NO_SETTING = re.compile(r"date|stamp|start|stop|\bend|temperature|auto|file|path|calibration|units?$|data gain")


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a camera was set, and when, as far as a header says it.

    `exposures_us`: microseconds, one a detector; empty where unknown. `gain`: a factor, None where the header has none
    or, as `gain_text`, no unit. `binning`: all numbers of it, None where it has none. `x_start`: first sample on the
    sensor by its window; 0 where only `x start` is there to say it, None where nothing is. `full_scale`: the count of a
    saturated pixel. `captured`: ISO 8601, "" where unknown. `dark_from`: the first of the automatic dark lines at the
    end. `assumed`: what was taken for granted, in words. `guessed_unit`: of the exposure, "" where it is said.
    `others`: what else seems to be a setting, key and text, in words that are not known here.
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
    guessed_unit: str = ""
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def exposure_us(self) -> float | None:
        """Of the first detector, None where the header does not say it."""
        return next(iter(self.exposures_us), None)

    @property
    def unknown_gain(self) -> str:
        """A gain of which nobody can say what it is as a factor; "" where there is none."""
        return self.gain_text if self.gain is None and self.gain_text not in ("1", "1.0", "0", "0.0") else ""

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
            captured=_captured(header),
            dark_from=_dark_from(header),
            assumed=tuple(header.assumed),
            guessed_unit=header.guessed_unit,
            others=header.others(),
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a header says, with the unit of its number in lower case, "" where nothing tells it."""

    key: str
    text: str
    unit: str

    @property
    def numbers(self) -> tuple[float, ...]:
        return tuple(map(float, re.findall(_NUMBER, self.text)))

    @property
    def number(self) -> float | None:
        """The first number, where it is above zero."""
        return next((number for number in self.numbers[:1] if 0 < number < math.inf), None)

    def quantities(self) -> list[tuple[float, str]]:
        """Each number with its unit, where the text is nothing else. Raises RecordingError."""
        parts = re.split(r"\s*[,;]\s*|\s+(?=[-+.\d])", _with_points(self.text))
        found = [_QUANTITY.fullmatch(part) for part in parts if part]
        if not found or not all(found):
            raise RecordingError(f"{self.key} = {self.text}: write a number, decimals with a point, and its unit")
        return [(float(one[1]), one[2].lower() or self.unit) for one in found if one]


def _with_points(text: str) -> str:
    """Decimals with a point where there is one comma, which can only be that of a decimal."""
    if not re.search(r"\d,\d", text) or all("." in part for part in text.split(",")):
        return text
    found = re.fullmatch(r"([-+]?)(\d+),(\d+)(\D*)", text)
    if found is None or (len(found[3]) == 3 and int(found[2])):
        raise RecordingError(f"{text} may have a decimal comma: write decimals with a point")
    return f"{found[1]}{found[2]}.{found[3]}{found[4]}"


class _Header:
    """A header's fields, looked up in its maker's words first, then in anybody's."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        keys = {key: _name_and_unit(key) for key in fields}
        entries = [_Entry(key, fields[key].strip("{} \"'"), unit) for key, (_, unit) in keys.items()]
        self._entries = {keys[one.key][0]: one for one in sorted(entries, key=lambda one: one.unit, reverse=True)}
        own, anybody = dialect_of(fields), DIALECTS[-1]
        self.maker = own.maker if own.signs else ""
        self._words = (*own.words, *anybody.words)
        self.assumed: list[str] = []
        self.guessed_unit = ""

    def get(self, says: str) -> _Entry | None:
        entries = (self._entry(words) for words in self._words if words.says == says)
        return next(filter(None, entries), None)

    def text(self, says: str) -> str:
        entry = self.get(says)
        return entry.text[:64] if entry else ""

    def _entry(self, words: Words) -> _Entry | None:
        for key in words.keys:
            found = self._entries.get(_squashed(key))
            if found is not None and found.text.lower() not in NOTHING:
                unit = _unit_in(found.text) or found.unit or self._units(key) or words.unit
                return _Entry(" ".join(found.key.replace("_", " ").split()), found.text, unit.lower())
        return None

    def _units(self, key: str) -> str:
        names = (_squashed(f"{key} {word}") for word in ("units", "unit"))
        return next((self._entries[name].text.strip("()[]. ") for name in names if name in self._entries), "")

    def own(self, key: str) -> str:
        """The text of a key of the standard."""
        return self._entries[_squashed(key)].text if _squashed(key) in self._entries else ""

    def others(self) -> dict[str, str]:
        """What seems to be a setting, but is in nobody's words, or in no numbers."""
        plain = {name: (one, " ".join(one.key.replace("_", " ").split())) for name, one in self._entries.items()}
        return {
            key: one.text
            for name, (one, key) in plain.items()
            if _SETTING.search(key) and not _NO_SETTING.search(key)
            if name not in _KNOWN or not re.search(r"\d", one.text)
        }


def _squashed(key: str) -> str:
    return re.sub(r"[\s_-]", "", key)


def _name_and_unit(key: str) -> tuple[str, str]:
    """A key without blanks, and the unit with which it ends."""
    found = _KEY_UNIT.fullmatch(" ".join(key.replace("_", " ").split()))
    return (_squashed(found[1]), found[2] or found[3]) if found else (_squashed(key), "")


_KNOWN = {_squashed(key) for dialect in DIALECTS for words in dialect.words for key in words.keys}


def _unit_in(text: str) -> str:
    found = re.search(r"[\d.]\s*[(\[]?\s*([a-z\u00b5\u03bc]+)\s*[)\]]?\.?$", text, re.IGNORECASE)
    return found[1] if found else ""


def _line_rate(header: _Header) -> float | None:
    rate, period = header.get("line rate"), header.get("line period")
    if rate and rate.number:
        return rate.number * TO_HZ.get(rate.unit, 1.0)
    return 1e6 / (period.number * TO_US[period.unit]) if period and period.number and period.unit in TO_US else None


def _microseconds(header: _Header, rate: float | None) -> Iterator[float]:
    """The exposure of each detector."""
    for entry in filter(None, map(header.get, ("exposure", "second exposure"))):
        if not re.search(r"\d", entry.text):
            continue
        for number, said in entry.quantities():
            unit = said or _guessed(header, entry, number, rate)
            if unit not in TO_US:
                raise RecordingError(f"{entry.key} = {entry.text}: {unit} is no unit of an exposure, write ms or us")
            if 0 < number < math.inf:
                yield number * TO_US[unit]


def _guessed(header: _Header, entry: _Entry, number: float, rate: float | None) -> str:
    longest = SLACK * 1e6 / rate if rate else LONGEST_US
    unit = header.guessed_unit or ("ms" if number * TO_US["ms"] <= longest else "us")
    if number > 0:
        header.guessed_unit = unit
        header.assumed.append(f"{entry.key} = {entry.text} has no unit, and is taken for {unit}")
    return unit


def _factor(gain: _Entry | None) -> float | None:
    if gain is None or not gain.numbers:
        return None
    try:
        (number, unit), *_ = gain.quantities()
    except RecordingError:
        return None
    factor = GAINS[spelt(unit)](number) if spelt(unit) in GAINS else 0.0
    return factor if factor > 0 else None


def _captured(header: _Header) -> str:
    day, clock = header.text("date"), header.text("time")
    captured = moment(day, clock)
    if day and not captured:
        header.assumed.append(f"the date {day} may be several days, or is none: the age is that of the file")
    return captured


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
