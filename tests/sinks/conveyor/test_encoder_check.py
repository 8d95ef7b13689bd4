"""The PLC must count the belt as the camera does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.conveyor.encoder_check import FRESH_NS, LOOKS, EncoderCheck

MS = 1_000_000
SPEED = 5000.0


def after(line: int, *latches: int, age_ms: int = 30) -> EncoderCheck:
    """After a line at this count, and readings of the PLC so much later."""
    check = EncoderCheck(450)
    check.line(10**12, line)
    for latch in latches:
        check.see(latch, 10**12 + age_ms * MS, SPEED)
    return check


@pytest.mark.parametrize(
    ("latch", "off"), [(1150, False), (1599, False), (701, False), (1601, True), (699, True), (0, True)]
)
def test_counts_are_compared_where_the_belt_is_at_the_reading(latch: int, off: bool) -> None:
    assert after(1000, latch).off is off


@given(line=st.integers(-(2**33), 2**40), apart=st.integers(-400, 400))
def test_the_plc_counts_modulo_2_to_the_32(line: int, apart: int) -> None:
    assert not after(line, (line + 150 + apart) % 2**32).off


def test_one_odd_reading_changes_nothing_and_three_in_a_row_do() -> None:
    assert not after(1000, 1150, *[90_000] * (LOOKS - 1)).off
    assert not after(1000, 1150, *[90_000, 1150] * LOOKS).off
    assert after(1000, 1150, *[90_000] * LOOKS).off
    assert after(1000, *[90_000] * 5, *[1150] * (LOOKS - 1)).off
    assert not after(1000, *[90_000] * 5, *[1150] * LOOKS).off


def test_it_is_said_once_when_it_goes_off() -> None:
    check = EncoderCheck(450)
    check.line(10**12, 1000)
    assert [check.see(90_000, 10**12, SPEED) for _ in range(5)] == [True, False, False, False, False]


def test_without_a_line_or_long_after_one_nothing_is_known() -> None:
    assert not EncoderCheck(450).see(90_000, 10**12, SPEED)
    assert not after(1000, 90_000, age_ms=FRESH_NS // MS + 1).off
