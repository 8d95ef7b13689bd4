from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from oreline.messages import BACKGROUND, INVALID, UNKNOWN
from sinks.conveyor.segment import Segmenter, Stone

KEYS = {".": BACKGROUND, "!": INVALID, "?": UNKNOWN, "a": 0, "b": 1}


def picture(text: str) -> NDArray[np.uint8]:
    return np.array([[KEYS[key] for key in line] for line in text.split()], np.uint8)


def stones_of(text: str) -> list[Stone]:
    segmenter = Segmenter(classes=2)
    closed: list[Stone] = []
    for seq, labels in enumerate(picture(text)):
        closed += segmenter.push(seq, labels)[1]
    return closed + segmenter.cut()


def summary(stone: Stone) -> tuple[int, int, int, int, list[int]]:
    return stone.first_seq, stone.last_seq, stone.first_sample, stone.last_sample, stone.counts.tolist()


def test_a_stone_is_closed_by_the_line_that_does_not_continue_it() -> None:
    segmenter = Segmenter(classes=2)
    assert segmenter.push(0, picture("..ab..")[0])[1] == []
    assert segmenter.push(1, picture("..?...")[0])[1] == []
    (stone,) = segmenter.push(2, picture("......")[0])[1]
    assert summary(stone) == (0, 1, 2, 3, [1, 1, 1])
    assert not stone.cut


def test_corners_join_and_a_sample_between_does_not() -> None:
    assert len(stones_of("aa.. ..aa")) == 1
    assert len(stones_of("aa... ...aa")) == 2


def test_two_arms_that_meet_are_one_stone() -> None:
    (stone,) = stones_of("a...b a...b aabbb")
    assert summary(stone) == (0, 2, 0, 4, [4, 5, 0])


def test_a_stone_that_branches_stays_one() -> None:
    (stone,) = stones_of("aaaaa a...a a...a")
    assert summary(stone) == (0, 2, 0, 4, [9, 0, 0])


def test_invalid_samples_join_nothing() -> None:
    assert len(stones_of("aa!aa aa!aa")) == 2


def test_a_spiral_is_one_stone() -> None:
    (stone,) = stones_of("aaaaaaa a.....a a.aaa.a a.a...a a.aaaaa a...... aaaaaaa")
    assert stone.pixels == 31


def test_a_cut_ends_all_open_stones_and_says_so() -> None:
    segmenter = Segmenter(classes=2)
    segmenter.push(0, picture("aa.bb")[0])
    assert [stone.cut for stone in segmenter.cut()] == [True, True]
    assert segmenter.cut() == []
    segmenter.push(7, picture("aa.bb")[0])
    assert [stone.first_seq for stone in segmenter.cut()] == [7, 7]


def test_a_label_that_is_no_class_counts_as_unknown() -> None:
    segmenter = Segmenter(classes=2)
    segmenter.push(0, np.array([9, 200, 1], np.uint8))
    assert segmenter.cut()[0].counts.tolist() == [0, 1, 2]


@pytest.mark.parametrize("seed", range(5))
def test_random_pictures_have_the_components_that_a_flood_fill_finds(seed: int) -> None:
    generator = np.random.default_rng(seed)
    cube = generator.choice(
        np.array([0, 1, UNKNOWN, INVALID, BACKGROUND], np.uint8), (60, 50), p=[0.2, 0.1, 0.1, 0.1, 0.5]
    )
    segmenter = Segmenter(classes=2)
    found = [stone for seq, labels in enumerate(cube) for stone in segmenter.push(seq, labels)[1]] + segmenter.cut()
    assert sorted((s.pixels, *s.counts.tolist(), s.first_seq, s.first_sample) for s in found) == sorted(flood(cube))


def flood(cube: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    solid = (cube != INVALID) & (cube != BACKGROUND)
    found = []
    for start in zip(*np.nonzero(solid), strict=True):
        if not solid[start]:
            continue
        stack, members = [start], []
        solid[start] = False
        while stack:
            line, sample = stack.pop()
            members.append((line, sample))
            for i in range(max(0, line - 1), min(cube.shape[0], line + 2)):
                for j in range(max(0, sample - 1), min(cube.shape[1], sample + 2)):
                    if solid[i, j]:
                        solid[i, j] = False
                        stack.append((i, j))
        labels = [int(cube[member]) for member in members]
        counts = [labels.count(0), labels.count(1), labels.count(UNKNOWN)]
        found.append((len(members), *counts, int(min(m[0] for m in members)), int(min(m[1] for m in members))))
    return found
