"""The valves beside one that does not answer open for its stones, and for nothing that they would fly with."""

from __future__ import annotations

import pytest

from sinks.conveyor.stand_ins import loss
from sinks.conveyor.valves import Span, ValveBank


def opened(dead: int, wanted: list[Span], unwanted: list[Span] | None = None, margin: int = 0) -> list[int]:
    """Valves that open, of 8 over 32 samples."""
    bank = ValveBank(8, 32, margin)
    bank.dead = dead
    bitmap = bank.bitmap(wanted, unwanted or [])
    return [valve for valve in range(10) if bitmap >> valve & 1]


@pytest.mark.parametrize(
    ("dead", "wanted", "valves"),
    [
        ([], (12, 16), [3]),
        ([3], (12, 16), [2, 3, 4]),
        ([2], (12, 16), [3]),
        ([3], (10, 18), [2, 3, 4]),
        ([0], (0, 4), [0, 1]),
        ([7], (28, 32), [6, 7]),
        ([3, 4], (12, 16), [2, 3]),
        ([2, 3, 4], (12, 16), [3]),
        ([3, 5], (12, 24), [2, 3, 4, 5, 6]),
    ],
)
def test_those_beside_a_dead_valve_open_where_it_should(dead: list[int], wanted: Span, valves: list[int]) -> None:
    assert opened(sum(1 << valve for valve in dead), [wanted]) == valves


def test_none_opens_where_rock_would_fly_that_is_not_wanted() -> None:
    assert opened(1 << 3, [(12, 16)], [(8, 12)]) == [3, 4]
    assert opened(1 << 3, [(12, 16)], [(9, 10), (17, 18)]) == [3]
    assert opened(1 << 3, [], [(8, 20)]) == []


def test_a_margin_is_around_the_stone_and_not_around_who_stands_in() -> None:
    assert opened(1 << 3, [(12, 16)], margin=1) == [2, 3, 4]


def test_what_becomes_of_its_stones_is_said_by_name() -> None:
    every, told = 0xFF, "did not do as told"
    beside = "beside open for the stones there, and may miss some"
    assert loss(1 << 3, every) == f"valve 3 {told}; valves 2, 4 {beside}"
    assert loss(1 << 7, every) == f"valve 7 {told}; valve 6 {beside.replace('open', 'opens')}"
    assert loss(7 << 2, every) == (
        f"valves 2, 3, 4 {told}; valves 1, 5 {beside}; nothing opens for the stones under valve 3: they are lost"
    )
    assert loss(3, 0) == f"valves 0, 1 {told}; nothing opens for the stones under valves 0, 1: they are lost"
