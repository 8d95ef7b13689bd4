"""Expressions of shares: what they say, in words too; and what is refused, with its place and what was meant."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oreline.errors import ConfigError
from sinks.recipes.expression import Comparison, Condition, Sum, comparisons, parse
from sinks.recipes.tokens import MOST_CHARACTERS, MOST_DEPTH, MOST_TOKENS
from sinks.recipes.words import in_words

SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def parsed(text: str) -> Condition | ConfigError:
    try:
        return parse(text)
    except ConfigError as refused:
        return refused


def value(one: Sum, shares: Mapping[str, float]) -> float:
    return one.number + sum(weight * shares[name] for name, weight in one.terms.items())


def holds(condition: Condition, shares: Mapping[str, float]) -> bool:
    if isinstance(condition, Comparison):
        return SIGNS[condition.sign](value(condition.left, shares), value(condition.right, shares))
    return (all if condition.all else any)(holds(part, shares) for part in condition.parts)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "muscovite + 0.5 * illite > 0.4 and quartz < 0.2",
            "muscovite plus half of illite is more than 40 %, and quartz is less than 20 %",
        ),
        ("'white mica' >= .3", "white mica is at least 30 %"),
        ('not (a < 0.1 or "b c" > 0.2)', "a is at least 10 %, and b c is at most 20 %"),
        ("0.1 < a <= 0.5", "a is more than 10 %, and a is at most 50 %"),
        ("a > 0.1 or b > 0.2 and c > 0.3", "a is more than 10 %, or (b is more than 20 %, and c is more than 30 %)"),
        ("2 * (a - b) / 8 > c + 0.1", "0.25 times a minus 0.25 times b is more than c plus 10 %"),
        ("0.4 >= a", "a is at most 40 %"),
        ("a\n  > 0.2", "a is more than 20 %"),
        ("Ärzkörn > 0.2", "Ärzkörn is more than 20 %"),
    ],
)
def test_an_expression_is_shown_back_in_words(text: str, words: str) -> None:
    assert in_words(parse(text)) == words


@pytest.mark.parametrize(
    ("text", "at", "why"),
    [
        ("white mica > 0.4", 1, "in quotes: 'white mica'"),
        ("a AND b", 3, "write 'and' in small letters"),
        ("a = 0.3", 3, "compare with <, <=, > or >="),
        ("a > 0.1 && b > 0.1", 9, "say 'and'"),
        ("a > 40%", 7, "0.4 for 40 %"),
        ("a > 0,4", 6, "with a point: 0.4"),
        ("a > 0.1and b > 0.1", 5, "end at a space"),
        ("f(a) > 0.1", 2, "something is missing before '('"),
        ("a * b > 0.1", 1, "multiplied with or divided by a number"),
        ("a / 0 > 0.1", 1, "a number that is not 0"),
        ("a ** 2 > 0.1", 1, "no more"),
        ("(a > 0.1", 9, "1 more ')' needed"),
        ("a > 0.1)", 8, "closes nothing"),
        ("a > ", 4, "something is missing"),
        ("", 1, "something is missing"),
        ("muscovite", 1, "this is no comparison"),
        ("a > 0.1 and b", 13, "this is no comparison"),
        ("True > a", 1, "stands in quotes"),
        ("a > 99999", 5, "at most 1000"),
        ("'a > 0.1", 1, "not closed"),
        ("a > 0.1 > b > c or d", 20, "this is no comparison"),
        ("__import__('os')", 11, "something is missing before '('"),
        ("a.b > 0.1", 2, "is not understood"),
    ],
)
def test_a_mistake_is_refused_at_its_place_with_what_is_allowed_there(text: str, at: int, why: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(why)) as refused:
        parse(text)
    assert f"at character {at} of the expression" in str(refused.value)


def test_what_is_too_long_or_too_deep_is_refused() -> None:
    for text in ("a" * (MOST_CHARACTERS + 1), "(" * (MOST_DEPTH + 1), "-" * (MOST_TOKENS + 1), "not " * 124):
        with pytest.raises(ConfigError, match=r"shorter|too long"):
            parse(text)


WORDS = [
    "a",
    "b",
    "'c d'",
    "and",
    "or",
    "not",
    "(",
    ")",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "0.5",
    "2",
    ".",
    "=",
]


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)))
@example("a if b else c")
@example("(yield) > 1")
@example("{a} > 1")
@example("a > 1 \\")
@example("\x00")
@example("a > 0.5\u2028b")
@example("'\ud800' > 1")
def test_whatever_is_written_is_understood_or_refused_with_one_message(text: str) -> None:
    condition = parsed(text)
    if isinstance(condition, ConfigError):
        assert "\n" not in str(condition)
    else:
        assert comparisons(condition)
        assert in_words(condition)


SHARES = st.fixed_dictionaries({name: st.integers(0, 8).map(lambda n: n / 8) for name in "abc"})
NUMBERS = st.integers(0, 8).map(lambda n: f"{n / 8}")
SUMS = st.recursive(
    st.one_of(st.sampled_from("abc"), NUMBERS),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-"), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(NUMBERS, inner).map(lambda parts: f"{parts[0]} * {parts[1]}"),
        inner.map(lambda one: f"-{one}" if not one.startswith("-") else one),
        inner.map(lambda one: f"({one}) / 2"),
    ),
    max_leaves=4,
)
CONDITIONS = st.recursive(
    st.lists(SUMS, min_size=2, max_size=3).flatmap(
        lambda sums: st.lists(st.sampled_from(list(SIGNS)), min_size=len(sums) - 1, max_size=len(sums) - 1).map(
            lambda signs: " ".join(f"{one} {sign}" for one, sign in zip(sums, [*signs, ""], strict=True)).strip()
        )
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda one: f"not ({one})"),
    ),
    max_leaves=4,
)


@settings(max_examples=100, deadline=None)
@given(CONDITIONS, SHARES)
def test_it_means_what_python_takes_it_for(text: str, shares: dict[str, float]) -> None:
    """Numbers are eighths, so that nothing is rounded."""
    condition = parsed(text)
    if isinstance(condition, ConfigError):
        assert re.search("too long|shorter|multiplied", str(condition))
    else:
        assert holds(condition, shares) == eval(text, {"__builtins__": {}}, shares)
