"""What the jets do to stones, and what a plant manager reads of it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwsim.plant import Route, ValveFault
from hwsim.plant.ejector import Ejector
from hwsim.plant.judge import Aim, Result, judge
from hwsim.plant.stones import FLATNESS, TrueStone, load_truth
from oreline.errors import RecordingError
from tests.hwsim.bench import AIM, ALWAYS_SORT, EXACT, PIXEL_MM, Laid, bar, feed_of, routes, shots, shots_at

ORE = Laid(100, 40, 12, 12)
BARREN = Laid(100, 80, 12, 12, "chalcedony")
STRICT = EXACT.model_copy(update={"graze": 0.999})
"""Deflected or not at exactly what a stone needs."""


def outcome(result: Result) -> tuple[int, int, int, int]:
    return result.ejected, result.missed, result.wrong, result.passed


def test_a_stone_weighs_what_its_outline_and_mineral_say() -> None:
    result = judge(shots(), ALWAYS_SORT, feed_of([ORE]), bar(), AIM)
    area = (12 * PIXEL_MM * 1e-3) ** 2
    thickness = FLATNESS * math.sqrt(4 * area / math.pi)
    assert result.feed.mass_kg == pytest.approx(2710 * 2 / 3 * area * thickness)
    assert result.feed.grade == pytest.approx(1.0)


def test_the_ore_is_ejected_and_the_rest_passes() -> None:
    result = judge(shots_at(ORE), ALWAYS_SORT, feed_of([ORE, BARREN]), bar(), AIM)
    assert outcome(result) == (1, 0, 0, 1)
    assert (result.recovery, result.concentrate.grade, result.tails.grade) == (1.0, 1.0, 0.0)
    assert (result.shots, result.air_shots) == (3, 0)


def test_the_wrong_stone_is_misplaced_waste_and_the_right_one_misplaced_ore() -> None:
    result = judge(shots_at(BARREN), ALWAYS_SORT, feed_of([ORE, BARREN]), bar(), AIM)
    assert outcome(result) == (0, 1, 1, 0)
    assert result.misplaced_ore_kg == result.tails.mass_kg
    assert result.misplaced_waste_kg == result.concentrate.mass_kg
    assert result.recovery == 0.0


def test_jets_that_meet_no_stone_are_air_shots() -> None:
    rows = shots((range(100, 112), range(10, 13)), (range(200, 205), range(2)))
    result = judge(rows, ALWAYS_SORT, feed_of([ORE]), bar(), AIM)
    assert (result.shots, result.air_shots) == (5, 2)


@pytest.mark.parametrize("move", [(-12, 0), (12, 0), (0, -12), (0, 12)])
def test_a_jet_beside_a_stone_misses_it(move: tuple[int, int]) -> None:
    aside = Laid(ORE.line + move[0], ORE.sample + move[1], 12, 12)
    assert outcome(judge(shots_at(aside), ALWAYS_SORT, feed_of([ORE]), bar(STRICT), AIM)) == (0, 1, 0, 0)


def test_a_stone_is_hit_when_the_jet_covers_the_share_that_its_weight_needs() -> None:
    mass_per_area = judge(shots(), ALWAYS_SORT, feed_of([ORE]), bar(), AIM).feed.mass_kg / (12 * PIXEL_MM * 1e-3) ** 2
    half = shots((range(100, 106), range(10, 13)))
    for share_needed, hit in ((0.45, 1), (0.55, 0)):
        ejector = STRICT.model_copy(update={"lift_kg_m2": mass_per_area / share_needed})
        assert judge(half, ALWAYS_SORT, feed_of([ORE]), bar(ejector), AIM).ejected == hit


def test_a_heavy_stone_stays_where_a_light_one_goes() -> None:
    laid = [ORE, replace_mineral(BARREN, "siderite")]
    ejector = STRICT.model_copy(update={"lift_kg_m2": 60.0})
    result = judge(shots_at(*laid), ALWAYS_SORT, feed_of(laid), bar(ejector), Aim(frozenset({"siderite"}), 0.5, 4))
    assert outcome(result) == (0, 1, 1, 0)


def replace_mineral(one: Laid, mineral: str) -> Laid:
    return one._replace(mineral=mineral)


def neighbours(touching: int) -> list[Laid]:
    """Ore stones, each with a barren neighbour of 12 samples of which `touching` lie under the ore's jets."""
    ore = [Laid(20 + 30 * i, 40, 12, 14 - touching) for i in range(60)]
    return [*ore, *(Laid(one.line, 56 - touching, 12, 12, "chalcedony") for one in ore)]


def co_deflected(touching: int, seed: int = 1) -> int:
    laid = neighbours(touching)
    rows = shots(*((range(one.line, one.line + 12), range(10, 14)) for one in laid[:60]))
    ejector = EXACT.model_copy(update={"seed": seed, "lift_kg_m2": 100.0})
    result = judge(rows, ALWAYS_SORT, feed_of(laid, lines=2000), bar(ejector), AIM)
    assert result.ejected == 60
    return result.wrong


def test_a_neighbour_that_the_jet_touches_goes_along_the_more_often_the_more_it_touches() -> None:
    found = [co_deflected(touching) for touching in (0, 2, 4, 8)]
    assert found[0] == 0
    assert found[-1] == 60
    assert found == sorted(found)
    assert 0 < found[2] < 60


def test_what_is_left_to_chance_is_the_same_for_the_same_seed() -> None:
    assert co_deflected(4) == co_deflected(4)
    assert len({co_deflected(4, seed) for seed in range(5)}) > 1


def test_stones_that_roll_arrive_early_or_late() -> None:
    laid = [Laid(20 + 30 * i, 40, 4, 12) for i in range(60)]
    rolling = STRICT.model_copy(update={"speed_spread": 0.1, "lift_kg_m2": 50.0, "ramp_ms": 0.0})
    sound = judge(shots_at(*laid), ALWAYS_SORT, feed_of(laid, lines=2000), bar(STRICT), AIM)
    rolled = judge(shots_at(*laid), ALWAYS_SORT, feed_of(laid, lines=2000), bar(rolling), AIM)
    assert sound.ejected == 60
    assert 0 < rolled.ejected < 60


def test_a_wider_jet_reaches_the_stone_beside_it() -> None:
    beside = shots((range(100, 112), range(13, 14)))
    narrow, wide = (STRICT.model_copy(update={"jet_mm": width}) for width in (12.0, 60.0))
    assert judge(beside, ALWAYS_SORT, feed_of([ORE]), bar(narrow), AIM).ejected == 0
    assert judge(beside, ALWAYS_SORT, feed_of([ORE]), bar(wide), AIM).ejected == 1


@pytest.mark.parametrize(
    ("kind", "expected"), [("stuck_closed", (0, 1, 0, 1)), ("stuck_open", (1, 0, 1, 0)), ("slow", (0, 1, 0, 1))]
)
def test_a_broken_valve_misplaces_ore_or_waste(kind: str, expected: tuple[int, int, int, int]) -> None:
    ore, barren = Laid(100, 40, 12, 4), Laid(200, 40, 12, 4, "chalcedony")
    fault = ValveFault.model_validate({"valve": 10, "kind": kind, "lag_ms": 12.0})
    result = judge(shots_at(ore), ALWAYS_SORT, feed_of([ore, barren]), bar(STRICT, [fault]), AIM)
    assert outcome(result) == expected
    misplaced = result.misplaced_ore_kg, result.misplaced_waste_kg
    assert [bool(kg) for kg in misplaced] == [bool(expected[1]), bool(expected[2])]


@pytest.mark.parametrize(("route", "expected"), [(Route.REJECT, (0, 1, 0, 1)), (Route.ACCEPT, (1, 0, 1, 0))])
def test_while_the_plc_does_not_sort_all_goes_one_way(route: Route, expected: tuple[int, int, int, int]) -> None:
    at_nozzles = 2000 + 1060
    changes = routes((0, Route.SORT), (at_nozzles - 200, route), (at_nozzles + 300, Route.SORT))
    later = Laid(200, 40, 12, 12)
    result = judge(shots_at(ORE), changes, feed_of([ORE, BARREN]), bar(), AIM)
    assert outcome(result) == expected
    assert result.shots == 0
    assert judge(shots_at(later), changes, feed_of([later]), bar(), AIM).ejected == 1


def test_only_stones_that_were_seen_whole_are_judged() -> None:
    feed = feed_of([ORE, Laid(200, 40, 12, 12)])
    assert judge(shots(), ALWAYS_SORT, feed.whole(range(100, 211)), bar(), AIM).feed.stones == 1
    empty = judge(shots(), ALWAYS_SORT, feed.whole(range(0)), bar(), AIM)
    assert (empty.feed.stones, empty.recovery, empty.mass_pull, empty.feed.grade) == (0, None, None, None)


def test_a_stone_too_small_for_the_recipe_is_not_wanted() -> None:
    assert judge(shots(), ALWAYS_SORT, feed_of([ORE]), bar(), replace(AIM, min_pixels=145)).passed == 1


def test_ore_in_a_mixed_stone_counts_by_its_own_weight() -> None:
    feed = feed_of([ORE])
    mixed = replace(feed.stones[0], species={"calcite": 0.5, "siderite": 0.5})
    result = judge(shots(), ALWAYS_SORT, replace(feed, stones=[mixed]), bar(), AIM)
    assert result.feed.grade == pytest.approx(2710 / (2710 + 3890))


Spot = st.tuples(st.integers(0, 19), st.integers(0, 7), st.integers(2, 12), st.integers(2, 12), st.booleans())


@settings(deadline=None)
@given(st.lists(Spot, max_size=30, unique_by=lambda spot: spot[:2]), st.sets(st.integers(0, 29)))
def test_the_mass_balance_closes(spots: list[tuple[int, int, int, int, bool]], shot: set[int]) -> None:
    laid = [
        Laid(16 * line, 16 * sample, lines, samples, "calcite" if ore else "topaz")
        for line, sample, lines, samples, ore in spots
    ]
    rows = shots_at(*(one for i, one in enumerate(laid) if i in shot))
    result = judge(rows, ALWAYS_SORT, feed_of(laid), bar(Ejector()), AIM)
    parts = result.concentrate, result.tails
    assert sum(part.stones for part in parts) == result.feed.stones == len(laid)
    assert sum(part.mass_kg for part in parts) == pytest.approx(result.feed.mass_kg)
    assert sum(part.ore_kg for part in parts) == pytest.approx(result.feed.ore_kg)
    assert sum(outcome(result)) == len(laid)


def test_the_truth_is_read_and_what_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scene_truth.json"
    ore = TrueStone(1, {"calcite": 0.8, "quartz": 0.2}, 10, 19, 100, 119, 14.5, 110.0, 180)
    stone = {name: getattr(ore, name) for name in TrueStone.__dataclass_fields__} | {"more": 1}
    path.write_text(json.dumps({"minerals": [], "stones": [stone], "counts_per_line": 10, "encoder_start": 500}))
    assert load_truth(path).stones == (ore,)
    path.write_text(json.dumps({"stones": [{"id": 1}]}))
    with pytest.raises(RecordingError, match="is not the truth"):
        load_truth(path)
    with pytest.raises(RecordingError, match="cannot read"):
        load_truth(tmp_path / "none.json")
