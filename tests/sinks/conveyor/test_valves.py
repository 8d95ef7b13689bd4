from __future__ import annotations

import pytest

from sinks.conveyor.valves import Span, ValveBank


def valves(bitmap: int) -> list[int]:
    return [valve for valve in range(bitmap.bit_length()) if bitmap >> valve & 1]


@pytest.mark.parametrize(
    ("start", "stop", "margin", "opened"),
    [
        (0, 1, 0, [0]),
        (9, 11, 0, [0, 1]),
        (639, 640, 0, [63]),
        (0, 640, 2, list(range(64))),
        (320, 330, 1, [31, 32, 33]),
    ],
)
def test_samples_map_to_the_valves_that_cover_them(start: int, stop: int, margin: int, opened: list[int]) -> None:
    assert valves(ValveBank(64, 640, margin).bitmap([(start, stop)], [])) == opened


def test_valves_narrower_than_a_sample_open_all_over_it() -> None:
    assert valves(ValveBank(128, 32, 0).bitmap([(1, 2)], [])) == [4, 5, 6, 7]


def test_valves_that_stand_astride_a_sample_open_for_it() -> None:
    assert valves(ValveBank(3, 10, 0).bitmap([(3, 4)], [])) == [0, 1]


@pytest.mark.parametrize(
    ("wanted", "unwanted", "opened"),
    [
        ([(0, 12)], [(12, 20)], [0]),
        ([(0, 16)], [(16, 20)], [0, 1]),
        ([(0, 5)], [(5, 10)], []),
        ([(0, 3)], [(7, 9)], [0]),
        ([(0, 2), (6, 9)], [(2, 6)], [0]),
        ([], [(0, 10)], []),
    ],
)
def test_a_valve_goes_with_the_most_of_what_is_under_it(
    wanted: list[Span], unwanted: list[Span], opened: list[int]
) -> None:
    assert valves(ValveBank(64, 640, 0).bitmap(wanted, unwanted)) == opened


def test_a_margin_stays_within_the_bank() -> None:
    assert valves(ValveBank(64, 640, 2).bitmap([(0, 1), (639, 640)], [])) == [0, 1, 2, 61, 62, 63]
