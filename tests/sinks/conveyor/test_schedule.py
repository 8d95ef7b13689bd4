from __future__ import annotations

import numpy as np
import pytest

from oreline.errors import ConfigError
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo, Flag
from oreline.testing import CLASSES, LAYERS, label_line, stream_info
from sinks.conveyor.recipe import Recipe
from sinks.conveyor.rules import Rules
from sinks.conveyor.schedule import Row, Schedule
from sinks.conveyor.segment import Stone
from sinks.conveyor.settings import ConveyorSettings
from sinks.conveyor.valves import ValveBank

ORE, WASTE, BELT = 0, 1, BACKGROUND
LATER = 10**12


def stone(pixels: int, ore: int, box: int | None = None) -> Stone:
    """A stone in a box of so many samples, or of as many as it has."""
    return Stone(ore, pixels, False, starts=1, tops=box or pixels)


class Belt:
    """Segmenter and schedule of 8 samples and 8 valves, one line every 10 ns, 10 counts a line."""

    def __init__(self, max_lines: int = 100, min_extent: float = 0.0, min_pixels: int = 2) -> None:
        self.recipe = Recipe(ore=("ore",), min_fraction=0.5, min_pixels=min_pixels, min_extent=min_extent)
        classes = ClassInfo("ore", (0, 0, 0)), ClassInfo("waste", (0, 0, 0))
        self.info = stream_info(samples=8, classes=classes)
        self.rules = Rules(self.recipe, self.info, 100)
        self.schedule = Schedule(ValveBank(8, 8, 0), 1000, max_lines)
        self.seq = 0

    def line(self, *labels: int, send_by: int = LATER, doubtful: bool = False) -> None:
        flags = Flag.ENCODER if doubtful else Flag(0)
        cuts = self.rules.push(label_line(self.seq, self.info, list(labels), flags=flags))
        self.schedule.push(self.seq, self.seq * 10, send_by, send_by + 5, cuts)
        self.seq += 1

    def rows(self, now: int = 0) -> list[tuple[int, int]]:
        return [(row.seq, row.bitmap) for row in self.schedule.release(now)]


def test_the_recipe_wants_size_and_fraction() -> None:
    recipe = Recipe(ore=("calcite",), min_fraction=0.5, min_pixels=10)
    assert recipe.wants(stone(10, 5))
    assert not recipe.wants(stone(10, 4))
    assert not recipe.wants(stone(9, 9))


def test_unknown_and_other_samples_count_against_ejection_and_belt_counts_for_nothing() -> None:
    kinds = Recipe(ore=("calcite", "gypsum")).kinds(CLASSES)
    assert [int(kinds[label]) for label in (0, 1, 2, UNKNOWN, BACKGROUND, INVALID)] == [2, 1, 2, 1, 0, 0]


def test_what_fills_little_of_its_box_or_is_too_large_is_several_stones() -> None:
    recipe = Recipe(ore=("calcite",), min_extent=0.5, max_pixels=100)
    assert not recipe.is_clump(stone(100, 0, box=200))
    assert recipe.is_clump(stone(100, 0, box=201))
    assert recipe.is_clump(stone(101, 0))


def test_an_ore_that_is_no_class_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'kaolinite'"):
        Recipe(ore=("kaolinit",)).kinds(CLASSES)


def test_a_group_of_the_model_may_be_ore_and_counts_where_it_alone_is_sure() -> None:
    classes = (*CLASSES, ClassInfo("dolomite", (1, 1, 1)))
    assert Recipe(ore=("carbonate",)).kinds(classes)[:4].tolist() == [2, 1, 1, 2]
    recipe = Recipe(ore=("kaolin",))
    answer, kinds = recipe.answer(CLASSES, LAYERS), recipe.kinds(CLASSES, LAYERS)
    labels, layers = np.array([0, 1, UNKNOWN, UNKNOWN, UNKNOWN], np.uint8), np.zeros((8, 5), np.uint8)
    layers[0] = 0, 1, 0, 1, UNKNOWN
    assert kinds[answer.codes(labels, layers)].tolist() == [1, 2, 1, 2, 1]


def test_stones_may_be_sorted_by_whose_bands_they_show() -> None:
    labels, layers = np.zeros(3, np.uint8), np.zeros((8, 3), np.uint8)
    layers[2], layers[3] = (0, UNKNOWN, 1), (0, 0, 1)
    for ore, expected in {"kaolinite": [2, 1, 1], "kaolin": [2, 2, 1]}.items():
        recipe = Recipe(ore=(ore,), by="bands")
        codes = recipe.answer(CLASSES, LAYERS).codes(labels, layers)
        assert recipe.kinds(CLASSES, LAYERS)[codes].tolist() == expected


def test_a_class_goes_before_a_group_of_its_name() -> None:
    classes = (ClassInfo("chlorite", (0, 0, 0)), ClassInfo("clinochlore", (0, 0, 0)))
    assert Recipe(ore=("chlorite",)).kinds(classes)[:2].tolist() == [2, 1]
    assert Recipe(ore=("chlorite",)).kinds(classes[1:])[0] == 2


def test_an_ore_that_is_neither_class_nor_group_is_refused_with_all_that_there_is() -> None:
    with pytest.raises(ConfigError, match=r"calcite, kaolinite, gypsum; and no group: carbonate, kaolin, sulphate"):
        Recipe(ore=("iron",)).kinds(CLASSES)
    with pytest.raises(ConfigError, match=r"kaolinite, no bands; and no group: kaolin, no bands.*mean 'kaolin'"):
        Recipe(ore=("kaolim",), by="bands").kinds(CLASSES, LAYERS)
    with pytest.raises(ConfigError, match=r"inference\.layers"):
        Recipe(ore=("kaolin",), by="bands").kinds(CLASSES)


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


def test_of_stones_that_touch_the_ore_is_ejected_and_its_neighbours_are_not() -> None:
    belt = Belt(min_extent=0.55)
    belt.line(ORE, ORE, BELT, BELT, BELT, BELT, BELT, BELT)
    belt.line(ORE, ORE, WASTE, WASTE, BELT, BELT, BELT, BELT)
    belt.line(BELT, BELT, WASTE, WASTE, WASTE, BELT, ORE, BELT)
    belt.line(BELT, BELT, BELT, BELT, WASTE, ORE, ORE, BELT)
    belt.line(*[BELT] * 8)
    assert belt.rows() == [(0, 0b11), (1, 0b11), (2, 0b1000000), (3, 0b1100000), (4, 0)]


def test_of_stones_that_touch_a_speck_of_ore_is_not_ejected() -> None:
    belt = Belt(min_extent=0.55, min_pixels=3)
    belt.line(WASTE, WASTE, BELT, BELT, BELT, BELT, ORE, ORE)
    belt.line(BELT, BELT, WASTE, BELT, BELT, WASTE, BELT, ORE)
    belt.line(BELT, BELT, BELT, ORE, WASTE, BELT, BELT, BELT)
    belt.line(*[BELT] * 8)
    assert belt.rows() == [(0, 0b11000000), (1, 0b10000000), (2, 0), (3, 0)]


def test_a_stone_of_mixed_rock_is_ejected_whole() -> None:
    belt = Belt(min_extent=0.55)
    for line in ((ORE, ORE, WASTE), (ORE, WASTE, WASTE), (ORE, ORE, ORE)):
        belt.line(*line, *[BELT] * 5)
    belt.line(*[BELT] * 8)
    assert belt.rows() == [(0, 0b111), (1, 0b111), (2, 0b111), (3, 0)]


def test_a_stone_whose_position_is_doubtful_is_not_ejected_and_another_beside_it_is() -> None:
    belt = Belt()
    belt.line(ORE, ORE, BELT, BELT, BELT, BELT, BELT, BELT)
    belt.line(ORE, ORE, BELT, BELT, BELT, BELT, BELT, BELT, doubtful=True)
    belt.line(BELT, BELT, BELT, BELT, BELT, ORE, ORE, BELT)
    belt.line(*[BELT] * 8)
    assert belt.rows() == [(0, 0), (1, 0), (2, 0b1100000), (3, 0)]


def test_a_stone_that_was_to_be_ejected_lets_go_of_what_it_turns_out_to_touch() -> None:
    belt = Belt(min_extent=0.55)
    belt.line(ORE, ORE, ORE, BELT, BELT, BELT, BELT, BELT, send_by=50)
    assert belt.rows(now=50) == [(0, 0b111)]
    belt.line(BELT, BELT, BELT, WASTE, WASTE, BELT, BELT, BELT)
    belt.line(BELT, BELT, BELT, BELT, BELT, WASTE, WASTE, WASTE)
    belt.line(*[BELT] * 8)
    assert belt.rows(now=50) == [(1, 0), (2, 0), (3, 0)]


def test_rows_lead_by_the_way_of_the_lag() -> None:
    belt = Belt()
    belt.line(*[BELT] * 8, send_by=50)
    assert belt.schedule.release(0, lead=30)[0].encoder == 970


def test_a_budget_longer_than_the_way_to_the_valves_is_refused() -> None:
    settings = ConveyorSettings(recipe=Recipe(ore=("calcite",)), distance_counts=100, deadline_ms=150)
    with pytest.raises(ConfigError, match="the belt takes 100 ms"):
        settings.check(1.0, 1000.0)


def test_a_stream_without_an_encoder_is_refused() -> None:
    settings = ConveyorSettings(recipe=Recipe(ore=("calcite",)), distance_counts=100_000)
    with pytest.raises(ConfigError, match="encoder"):
        settings.check(0.0, 1000.0)


def test_the_lag_of_the_valves_is_part_of_the_budget() -> None:
    settings = ConveyorSettings(
        recipe=Recipe(ore=("calcite",)), distance_counts=160, deadline_ms=150, valve_lag_ms=11, send_ms=10
    )
    with pytest.raises(ConfigError, match="valve_lag_ms 11"):
        settings.check(1.0, 1000.0)
