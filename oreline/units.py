"""Units of time, rate, gain and temperature, as cameras' nodes and recordings' headers spell them."""

from __future__ import annotations

from collections.abc import Callable

TIMES = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}
"""Microseconds in a unit."""
RATES = {"Hz": 1.0, "kHz": 1e3, "mHz": 1e-3}
"""Hertz in a unit."""
GAINS: dict[str, Callable[[float], float]] = {
    "dB": lambda decibels: 10.0 ** (decibels / 20.0),
    "factor": lambda factor: factor,
}
"""The factor of a gain. Twenty decibels are ten, as GenICam's SFNC and EMVA 1288 have it."""
DEGREES: dict[str, Callable[[float], float]] = {"C": lambda c: c, "K": lambda k: k - 273.15}
"""Degrees Celsius."""
WORDS = {
    **{unit.lower(): unit for unit in (*TIMES, "Hz", *GAINS, *DEGREES)},
    **dict.fromkeys(("nsec", "nsecs", "nanosec", "nanosecond", "nanoseconds"), "ns"),
    **dict.fromkeys(("\u00b5s", "\u03bcs", "usec", "usecs", "microsec", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("msec", "msecs", "millisec", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("hertz", "fps", "1/s", "frames/s"), "Hz"),
    **dict.fromkeys(("khz", "kilohertz"), "kHz"),
    **dict.fromkeys(("decibel", "decibels"), "dB"),
    **dict.fromkeys(("x", "times", "linear"), "factor"),
    **dict.fromkeys(("\u00b0c", "degc", "deg c", "celsius", "degrees celsius"), "C"),
    "kelvin": "K",
}
"""Units by all their spellings, in lower case."""


def spelt(text: str) -> str:
    """The unit as the tables above spell it, or what is none, as it stands. mHz and MHz differ in nothing but their
    case."""
    text = text.strip()
    return text if text in RATES else WORDS.get(text.lower(), text)
