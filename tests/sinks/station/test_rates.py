"""What is seen of the lines that came lately."""

from __future__ import annotations

import math

import pytest

from oreline.answers import answer_of
from oreline.messages import BACKGROUND, UNKNOWN
from oreline.testing import CLASSES, label_line
from sinks.station.lines import LineBlock, block_of
from sinks.station.rates import SHARES_NS, Rates, StoneRate

S = 1_000_000_000
ANSWER = answer_of("labels", CLASSES, ())


def block(first: int, taken_ns: int, labels: list[int], n: int = 10) -> LineBlock:
    lines = [label_line(first + i, labels=labels) for i in range(n)]
    return block_of(lines, ANSWER, taken_ns)


def test_lines_and_belt_are_those_of_the_last_second() -> None:
    rates = Rates()
    for i in range(40):
        rates.see(block(10 * i, i * S // 20, [0, 1]))
    assert rates.lines_per_s(39 * S // 20) == pytest.approx(200, abs=10)
    assert rates.counts_per_s(39 * S // 20) == pytest.approx(2000)
    assert rates.lines_per_s(10 * S) == 0
    assert math.isnan(rates.counts_per_s(10 * S))


def test_shares_are_of_the_rock_of_the_last_minute() -> None:
    rates = Rates()
    rates.see(block(0, 0, [1, 1, 1, 1]))
    rates.see(block(10, SHARES_NS + 1, [0, 0, UNKNOWN, BACKGROUND]))
    assert rates.shares(SHARES_NS + 2, ANSWER) == pytest.approx({"calcite": 2 / 3, "unknown": 1 / 3})


def test_a_belt_without_rock_has_no_shares() -> None:
    rates = Rates()
    rates.see(block(0, 0, [BACKGROUND, BACKGROUND]))
    assert rates.shares(1, ANSWER) == {}


def test_stones_a_minute_are_right_as_soon_as_they_are_told() -> None:
    rate = StoneRate()
    assert math.isnan(rate.per_minute)
    for second in range(100):
        rate.see({"seen": 500 + 12 * second, "ejected": 100 + 3 * second}, second * S)
        if second:
            assert (rate.per_minute, rate.ejected) == pytest.approx((720, 0.25))


def test_stones_of_a_minute_ago_do_not_count() -> None:
    rate = StoneRate()
    for second, seen in ((0, 0), (30, 1000), (60, 1000), (95, 1000)):
        rate.see({"seen": seen, "ejected": seen}, second * S)
    assert rate.per_minute == 0
    assert math.isnan(rate.ejected)


def test_a_sorter_that_is_started_anew_counts_from_there() -> None:
    rate = StoneRate()
    for second, seen in ((0, 900), (10, 1000)):
        rate.see({"seen": seen, "ejected": 0}, second * S)
    rate.see({}, 11 * S)
    rate.see({"seen": 5, "ejected": 0}, 12 * S)
    assert math.isnan(rate.per_minute)
    rate.see({"seen": 15, "ejected": 0}, 22 * S)
    assert rate.per_minute == pytest.approx(60)
