from __future__ import annotations

import numpy as np
import pytest

from oreline.errors import ConfigError
from oreline.messages import BACKGROUND, ClassInfo
from oreline.testing import CLASSES, stream_info
from sinks.conveyor.recipe import Decider, Recipe
from sinks.conveyor.schedule import Row, Schedule, ValveBank
from sinks.conveyor.segment import Segmenter, Stone
from sinks.conveyor.settings import ConveyorSettings

ORE, WASTE, BELT = 0, 1, BACKGROUND
LATER = 10**12


def stone(*counts: int) -> Stone:
    return Stone(0, 0, 0, 0, np.array(counts, np.int64))


class Belt:
    """Segmenter and schedule of 8 samples and 8 valves, one line every 10 ns, 10 counts a line."""

    def __init__(self, max_lines: int = 100) -> None:
        recipe = Recipe(ore=("ore",), min_fraction=0.5, min_pixels=2)
        decider = Decider.of(recipe, (ClassInfo("ore", (0, 0, 0)), ClassInfo("waste", (0, 0, 0))))
        self.segmenter = Segmenter(2)
        self.schedule = Schedule(ValveBank(8, 8, 0), decider.decide, 1000, max_lines)
        self.seq = 0

    def line(self, *labels: int, send_by: int = LATER) -> None:
        runs, closed = self.segmenter.push(self.seq, np.array(labels, np.uint8))
        self.schedule.push(self.seq, self.seq * 10, send_by, send_by + 5, runs)
        self.schedule.close(closed)
        self.seq += 1

    def rows(self, now: int = 0) -> list[tuple[int, int]]:
        return [(row.seq, row.bitmap) for row in self.schedule.release(now)]


def test_the_recipe_wants_size_and_fraction() -> None:
    decider = Decider.of(Recipe(ore=("calcite", "gypsum"), min_fraction=0.5, min_pixels=10), CLASSES)
    assert decider.decide(stone(3, 5, 2, 0))
    assert not decider.decide(stone(3, 5, 1, 1))
    assert not decider.decide(stone(5, 0, 4, 0))


def test_unknown_samples_count_against_ejection() -> None:
    decider = Decider.of(Recipe(ore=("calcite",), min_fraction=0.5, min_pixels=1), CLASSES)
    assert not decider.decide(stone(4, 0, 0, 5))


def test_an_ore_that_is_no_class_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'kaolinite'"):
        Decider.of(Recipe(ore=("kaolinit",)), CLASSES)


def test_rows_wait_for_the_stone_to_close_and_then_leave_together() -> None:
    belt = Belt()
    belt.line(BELT, ORE, ORE, BELT, BELT, BELT, BELT, BELT)
    belt.line(BELT, ORE, BELT, BELT, BELT, BELT, BELT, BELT)
    assert belt.rows() == []
    belt.line(*[BELT] * 8)
    assert belt.rows() == [(0, 0b0110), (1, 0b0010), (2, 0)]


def test_rows_leave_in_order_behind_an_open_stone() -> None:
    belt = Belt()
    belt.line(WASTE, BELT, BELT, ORE, ORE, BELT, BELT, BELT)
    belt.line(WASTE, BELT, BELT, BELT, BELT, BELT, BELT, BELT)
    belt.line(WASTE, BELT, BELT, BELT, BELT, BELT, BELT, BELT)
    assert belt.rows() == []
    belt.line(*[BELT] * 8)
    assert belt.rows() == [(0, 0b11000), (1, 0), (2, 0), (3, 0)]


def test_a_row_fires_where_its_line_meets_the_valves() -> None:
    belt = Belt()
    belt.line(*[BELT] * 8, send_by=50)
    assert belt.schedule.release(0) == [Row(0, 1000, 0, 55)]


def test_a_line_that_must_leave_decides_the_stone_and_the_decision_sticks() -> None:
    belt = Belt()
    belt.line(ORE, ORE, BELT, BELT, BELT, BELT, BELT, BELT, send_by=50)
    assert belt.rows(now=49) == []
    assert belt.rows(now=50) == [(0, 0b0011)]
    belt.line(WASTE, WASTE, WASTE, WASTE, BELT, BELT, BELT, BELT)
    belt.line(*[BELT] * 8)
    assert belt.rows(now=50) == [(1, 0b1111), (2, 0)]


def test_too_many_waiting_lines_decide_the_stone() -> None:
    belt = Belt(max_lines=3)
    for _ in range(3):
        belt.line(ORE, ORE, BELT, BELT, BELT, BELT, BELT, BELT)
    assert belt.rows() == []
    belt.line(ORE, ORE, BELT, BELT, BELT, BELT, BELT, BELT)
    assert [seq for seq, _ in belt.rows()] == [0, 1, 2, 3]


def test_the_decision_of_the_larger_holds_where_two_stones_unite() -> None:
    belt = Belt()
    belt.line(WASTE, WASTE, WASTE, WASTE, BELT, BELT, ORE, ORE, send_by=50)
    assert belt.rows(now=50) == [(0, 0b11000000)]
    belt.line(WASTE, WASTE, WASTE, WASTE, WASTE, WASTE, WASTE, WASTE)
    assert belt.rows(now=50) == [(1, 0)]


@pytest.mark.parametrize(
    ("start", "stop", "margin", "valves"),
    [
        (0, 1, 0, [0]),
        (9, 11, 0, [0, 1]),
        (639, 640, 0, [63]),
        (0, 640, 2, list(range(64))),
        (320, 330, 1, [31, 32, 33]),
    ],
)
def test_samples_map_to_the_valves_that_cover_them(start: int, stop: int, margin: int, valves: list[int]) -> None:
    assert ValveBank(64, 640, margin).bitmap(start, stop) == sum(1 << valve for valve in valves)


def test_a_budget_longer_than_the_way_to_the_valves_is_refused() -> None:
    settings = ConveyorSettings(recipe=Recipe(ore=("calcite",)), distance_counts=100, deadline_ms=150)
    with pytest.raises(ConfigError, match="the belt takes 100 ms"):
        settings.check(stream_info())


def test_a_stream_without_an_encoder_is_refused() -> None:
    settings = ConveyorSettings(recipe=Recipe(ore=("calcite",)), distance_counts=100_000)
    with pytest.raises(ConfigError, match="encoder"):
        settings.check(stream_info(counts_per_line=0.0))
