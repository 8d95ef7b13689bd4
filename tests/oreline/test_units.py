"""Units have the same words wherever somebody writes them."""

from __future__ import annotations

import pytest

from acquisition import dialects
from acquisition.dialects import Reading
from oreline import units
from oreline.recordings.conditions import Conditions


def spellings(table: dict[str, float]) -> list[str]:
    """Those that a header can write after a number: it has one word for its unit."""
    return [word for word, unit in units.WORDS.items() if unit in table and "/" not in word]


@pytest.mark.parametrize("word", spellings(units.TIMES))
def test_a_camera_and_a_header_say_an_exposure_in_the_same_words(word: str) -> None:
    us = dialects.exposure_us({"ExposureTime": Reading(20.0, word)}.get, None, None)
    assert Conditions.read({"exposure": f"20 {word}"}).exposures_us == (pytest.approx(us),)
    assert Conditions.read({f"exposure ({word})": "20"}).exposures_us == (pytest.approx(us),)


@pytest.mark.parametrize("word", spellings(units.RATES))
def test_a_camera_and_a_header_say_a_rate_in_the_same_words(word: str) -> None:
    hz = dialects.line_rate_hz({"AcquisitionFrameRate": Reading(20.0, word)}.get)
    assert Conditions.read({"frame rate": f"20 {word}"}).line_rate_hz == pytest.approx(hz)


@pytest.mark.parametrize("word", [word for word, unit in units.WORDS.items() if unit in units.GAINS])
def test_a_camera_and_a_header_say_a_gain_in_the_same_words(word: str) -> None:
    factor = dialects.gain({"Gain": Reading(20.0, word)}.get, None, None, 1.0)
    assert Conditions.read({"gain": f"20 {word}"}).gain == pytest.approx(factor)


@pytest.mark.parametrize(
    ("text", "unit"), [(" mHz ", "mHz"), ("MHz", "MHz"), ("FPS", "Hz"), ("parsec", "parsec"), ("", "")]
)
def test_a_unit_that_is_none_stays_as_it_stands(text: str, unit: str) -> None:
    assert units.spelt(text) == unit
