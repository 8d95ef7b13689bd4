"""Conditions on the stones of a stream: names are its classes and groups, and a comparison must be able to hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oreline.errors import ConfigError
from sinks.recipes.condition import Fitted
from sinks.recipes.expression import Comparison, Condition, parse
from tests.sinks.recipes.test_expression import CONDITIONS, holds

CODES = {"muscovite": [0], "illite": [1], "quartz": [2], "mica": [0, 1], "a": [0], "b": [1], "c": [2]}
NAMES = ["muscovite", "illite", "quartz", "mica"]


def fitted(text: str) -> Fitted:
    return Fitted.of(parse(text), 3, lambda name: CODES.get(name, []), NAMES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("muscovite > 0.4", [True, False, False, False]),
        ("muscovite >= 0.4", [True, True, False, False]),
        ("mica > 0.6", [True, True, False, False]),
        ("unknown > 0.1", [False, True, False, True]),
        ("muscovite + 0.5 * illite > 0.4 and quartz < 0.2", [True, True, False, False]),
        ("muscovite > illite or quartz > 0.5", [True, True, True, False]),
    ],
)
def test_shares_are_of_all_samples_of_a_stone(text: str, expected: list[bool]) -> None:
    counts = np.array([[50, 40, 10, 0], [40, 30, 0, 30], [0, 10, 90, 0], [0, 0, 0, 7]], np.float64)
    assert fitted(text).holds(counts).tolist() == expected


def test_a_share_that_is_exactly_the_limit_is_not_more_than_it() -> None:
    counts = np.array([[1, 2, 7, 0]], np.float64)
    assert fitted("muscovite + illite >= 0.3").holds(counts)[0]
    assert not fitted("muscovite + illite > 0.3").holds(counts)[0]


def test_a_name_that_the_model_has_not_is_refused_with_the_near_one() -> None:
    with pytest.raises(ConfigError, match=r"'muskovite' is no class or group of the model: muscovite, illite.*Did you"):
        fitted("muskovite > 0.3")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("quartz > 40", "quartz is more than 4000 %' never holds, whatever a stone is. Shares are 0 to 1: 40 % is 0.4"),
        ("quartz < 20", "always holds"),
        ("quartz >= 0", "always holds"),
        ("quartz > 1", "never holds"),
        ("quartz > quartz", "never holds"),
        ("0.2 > 0.1", "always holds"),
        ("mica < muscovite", "never holds"),
    ],
)
def test_a_comparison_that_decides_nothing_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        fitted(text)


@settings(max_examples=80, deadline=None)
@given(CONDITIONS, st.lists(st.tuples(*[st.integers(0, 8)] * 4).filter(any), min_size=1, max_size=4))
def test_many_stones_at_once_are_what_each_is_alone(text: str, stones: list[tuple[int, ...]]) -> None:
    try:
        condition = fitted(text)
    except ConfigError:
        return
    found = condition.holds(np.array(stones, np.float64))
    for stone, result in zip(stones, found, strict=True):
        shares = dict(zip("abc", (n / sum(stone) for n in stone), strict=False))
        if not on_the_edge(condition.condition, shares):
            assert holds(condition.condition, shares) == result


def on_the_edge(condition: Condition, shares: dict[str, float]) -> bool:
    """Whether a comparison's sides are equal but for what is rounded."""
    if isinstance(condition, Comparison):
        gap = condition.left.plus(condition.right, -1.0)
        return abs(gap.number + sum(w * shares[name] for name, w in gap.terms.items())) < 1e-6
    return any(on_the_edge(part, shares) for part in condition.parts)
