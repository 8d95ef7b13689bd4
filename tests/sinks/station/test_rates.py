"""What is seen of the lines that came lately."""

from __future__ import annotations

import math

import pytest

from oreline.answers import answer_of
from oreline.messages import BACKGROUND, UNKNOWN
from oreline.testing import CLASSES, label_line
from sinks.station.lines import LineBlock, block_of
from sinks.station.rates import SHARES_NS, Rates

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
