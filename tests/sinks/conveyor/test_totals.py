"""What the conveyor says that it has seen."""

from __future__ import annotations

import numpy as np
import pytest

from oreline.messages import BACKGROUND, UNKNOWN, ClassInfo
from oreline.testing import LAYERS, label_line, stream_info
from sinks.conveyor.recipe import Recipe
from sinks.conveyor.segment import Segmenter
from sinks.conveyor.totals import Totals

RECIPE = Recipe(ore=("ore",), min_pixels=2)
KINDS = RECIPE.kinds((ClassInfo("ore", (0, 0, 0)), ClassInfo("waste", (0, 0, 0))))
KEYS = {".": BACKGROUND, "o": 0, "w": 1}


def counted(text: str, cut: bool = False) -> tuple[int, int, int, int]:
    """Stones, and those ejected, doubtful and cut; a line that ends with ! is of doubtful position."""
    count, segmenter = Totals(), Segmenter(KINDS)
    for line in text.split():
        labels = np.array([KEYS[key] for key in line.rstrip("!")], np.uint8)
        _, ended, parted = segmenter.push(labels, line.endswith("!"))
        for stone in ended + (segmenter.cut() if cut else []):
            stone.decision = RECIPE.wants(stone)
            count.ended(RECIPE, stone)
        for stone in parted:
            count.parted(RECIPE, stone)
    return count.stones, count.ejected, count.doubtful, count.cut


@pytest.mark.parametrize(
    ("text", "stones"),
    [
        ("oo.ww oo.ww .....", (2, 1, 0, 0)),
        ("oo.w. oo... .....", (1, 1, 0, 0)),
        ("oow.. oww.. .....", (1, 1, 0, 0)),
        ("oo... ..ww. ....o ....o .....", (3, 2, 0, 0)),
        ("oo... ..ww. ....o .....", (2, 1, 0, 0)),
        ("oo... ..ww.! ....o ....o .....", (3, 2, 1, 0)),
        ("oo..o oo..o! .....", (2, 0, 2, 0)),
    ],
)
def test_a_stone_counts_once_and_of_those_that_touch_each_piece_that_is_large_enough(
    text: str, stones: tuple[int, int, int, int]
) -> None:
    assert counted(text) == stones


def test_pieces_of_stones_that_touch_are_counted_as_they_end_and_not_again() -> None:
    text = "oo.... ..ww.. ....oo ..ww.. oo...."
    assert counted(text)[0] == 4
    assert counted(f"{text} ......") == (5, 3, 0, 0)


def test_a_stone_whose_end_was_not_seen_is_cut() -> None:
    assert counted("oo.ww", cut=True) == (2, 1, 0, 2)


def test_unknown_samples_are_counted_by_why_they_are() -> None:
    info, count = stream_info(layers=LAYERS), Totals()
    count.begin(info.classes, info.layers)
    layers = np.full((8, 32), UNKNOWN, np.uint8)
    layers[4, :5] = 0, 1, 1, 1, UNKNOWN
    count.line(label_line(0, info, [UNKNOWN] * 32, layers=layers))
    count.line(label_line(1, info))
    assert count.report()["unknown"] == {"not rock": 1, "unsure": 3}
