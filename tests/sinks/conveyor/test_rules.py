"""Recipes that change while stones are on the belt: each stone is what its own recipe would have made of it alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from oreline.errors import ConfigError
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo, Flag, LayerInfo
from oreline.testing import label_line, stream_info
from sinks.conveyor.recipe import Product, Recipe
from sinks.conveyor.rules import MOST_RULES, Rules
from sinks.conveyor.schedule import Schedule
from sinks.conveyor.valves import ValveBank
from tests.sinks.conveyor.test_segment import flood

LINES, SAMPLES = 14, 10
BANDS = LayerInfo("bands", legend=(ClassInfo("kaolinite", (9, 9, 9)), ClassInfo("no bands", (1, 1, 1))))
INFO = stream_info(samples=SAMPLES, layers=(BANDS, LayerInfo("probability", 4, scale=1 / 255)))
TWO_PRODUCTS = (
    Product(name="unsure", when="unknown > 0.3 and kaolinite > 0.1"),
    Product(name="good", when="kaolinite > 0.2", valves=1),
)
RECIPES = (
    Recipe(ore=("calcite",), min_pixels=1),
    Recipe(ore=("kaolinite",), min_pixels=3, min_fraction=0.3),
    Recipe(ore=("kaolinite",), by="bands", min_pixels=2, min_extent=0.0),
    Recipe(ore=("calcite", "gypsum"), decide="mean", min_pixels=2, max_pixels=12),
    Recipe(ore=("calcite",), when="calcite + 0.5 * gypsum > 0.4 and unknown < 0.3", min_pixels=1),
    Recipe(ore=("kaolinite",), by="bands", min_pixels=2, products=TWO_PRODUCTS, min_extent=0.0),
)
Outcome = tuple[Any, ...]


class Belt:
    """Labels uint8 (lines, samples), layers uint8 (lines, planes, samples), and lines of doubtful position."""

    def __init__(self, seed: int, rock: float) -> None:
        draw = np.random.default_rng(seed)
        self.labels = draw.choice(np.array([0, 1, 2, UNKNOWN], np.uint8), (LINES, SAMPLES))
        self.labels[draw.random(self.labels.shape) > rock] = draw.choice([BACKGROUND, INVALID])
        self.layers = draw.integers(0, 2, (LINES, 5, SAMPLES), np.uint8)
        self.layers[:, 1:] = draw.integers(0, 64, (LINES, 4, SAMPLES))
        self.doubtful = draw.random(LINES) < 0.05

    @property
    def rock(self) -> NDArray[np.bool_]:
        return (self.labels != BACKGROUND) & (self.labels != INVALID)

    def sorted_by(self, changes: dict[int, Recipe], max_lines: int) -> tuple[list[Outcome], NDArray[np.bool_]]:
        """What becomes of each sample of rock in order: its piece, its stone, what was decided; and which samples are
        blown at, bool (lines, samples), by a valve a sample. `changes`: recipes by the first line of theirs."""
        rules = Rules(changes[0], INFO, 10**6)
        schedule = Schedule(ValveBank(SAMPLES, SAMPLES, 0), 0, max_lines)
        lines, rows = [], []
        for number in range(LINES):
            if number and number in changes:
                rules.use(changes[number])
            flags = Flag.ENCODER if self.doubtful[number] else Flag.NONE
            cuts = rules.push(label_line(number, INFO, self.labels[number], flags=flags, layers=self.layers[number]))
            schedule.push(number, number, 10**9, 10**9, cuts)
            lines.append(cuts)
            rows += schedule.release(0)
        schedule.close(rules.cut())
        rows += schedule.release(0)
        blown = np.array([[row.bitmap >> sample & 1 for sample in range(SAMPLES)] for row in rows], np.bool_)
        seen = [
            ((number, sample), run.kind, piece.pixels, piece.ore, stone.pixels, stone.ore, stone.decision, stone.cut,
             stone.starts, stone.tops, stone.probable, stone.product, cut.rule.recipe.fires(run), cut.rule.recipe)
            for number, cuts in enumerate(lines) for cut in cuts for run in cut.own
            for piece, stone in [(run.piece.root(), run.stone.root())] for sample in range(run.start, run.stop)
        ]  # fmt: skip
        return sorted(seen, key=lambda outcome: outcome[0]), blown


def recipe_at(changes: dict[int, Recipe], line: int) -> Recipe:
    return changes[max(first for first in changes if first <= line)]


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([0.25, 0.4, 0.6]),
    st.dictionaries(st.integers(1, LINES - 1), st.sampled_from(RECIPES), max_size=MOST_RULES - 1),
    st.sampled_from(RECIPES),
    st.sampled_from([3, LINES]),
)
def test_every_stone_is_what_the_recipe_at_its_first_line_alone_would_have_made_of_it(
    seed: int, rock: float, changes: dict[int, Recipe], first: Recipe, max_lines: int
) -> None:
    belt = Belt(seed, rock)
    changes = {0: first} | changes
    found, blown = belt.sorted_by(changes, max_lines)
    alone = {id(recipe): belt.sorted_by({0: recipe}, max_lines) for recipe in changes.values()}
    assert [place for place, *_ in found] == [tuple(place) for place in np.argwhere(belt.rock)]
    at = {place: outcome for place, *outcome in found}
    for stone in flood(belt.rock):
        places = [tuple(place) for place in np.argwhere(stone)]
        recipe = recipe_at(changes, places[0][0])
        outcomes, would_blow = alone[id(recipe)]
        if max_lines < LINES and not all_of_one(belt, changes, stone):
            continue
        assert [at[place] for place in places] == [rest for place, *rest in outcomes if stone[place]]
        assert blown[stone].tolist() == would_blow[stone].tolist()


def all_of_one(belt: Belt, changes: dict[int, Recipe], stone: NDArray[np.bool_]) -> bool:
    """Whether a stone was, at each of its lines, of what had begun under one recipe. Of one that was not, rows may
    have left before its parts were known to be one."""
    recipe = recipe_at(changes, int(np.argwhere(stone)[0][0]))
    begun = (int(np.argwhere(part)[0][0]) for line in range(LINES) for part in flood(stone[: line + 1]))
    return all(recipe_at(changes, line) is recipe for line in begun)


STONE, EMPTY = [0] * 4 + [BACKGROUND] * 6, [BACKGROUND] * SAMPLES
WIDE = stream_info(samples=SAMPLES)


def lines_of(rules: Rules, *pictures: list[int], first: int = 0) -> None:
    for number, labels in enumerate(pictures, first):
        rules.push(label_line(number, WIDE, labels))


def test_a_rule_ends_with_the_last_of_its_stones_and_a_stone_that_will_not_end_is_to_be_cut() -> None:
    rules = Rules(RECIPES[0], WIDE, patience=3)
    lines_of(rules, EMPTY, STONE)
    rules.use(RECIPES[1])
    lines_of(rules, STONE, STONE, STONE, first=2)
    assert [cut.rule.recipe for cut in rules.push(label_line(5, WIDE, STONE))] == list(RECIPES[:2])
    assert rules.is_overdue
    (cut, _) = rules.cut()
    assert [stone.pixels for stone in cut.ended] == [20]
    assert not rules.is_overdue
    assert [cut.rule.recipe for cut in rules.push(label_line(6, WIDE, STONE))] == [RECIPES[1]]


def test_recipes_that_come_thick_and_fast_wait_for_stones_to_end() -> None:
    rules = Rules(RECIPES[0], WIDE, patience=100)
    for number in range(MOST_RULES - 1):
        assert not rules.is_full
        column = [BACKGROUND] * SAMPLES
        column[: 2 * number + 1 : 2] = [0] * (number + 1)
        lines_of(rules, column, first=number)
        rules.use(RECIPES[1])
    assert rules.is_full
    lines_of(rules, EMPTY, first=MOST_RULES)
    assert not rules.is_full


def test_a_recipe_that_does_not_fit_the_stream_is_refused_and_the_one_in_force_stays() -> None:
    rules = Rules(RECIPES[0], WIDE, patience=100)
    for bad in (Recipe(ore=("quartz",)), RECIPES[2], RECIPES[3]):
        with pytest.raises(ConfigError):
            rules.use(bad)
    assert rules.recipe is RECIPES[0]
    assert len(rules.push(label_line(0, WIDE, STONE))) == 1
