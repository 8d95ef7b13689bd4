from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo
from sinks.conveyor.recipe import Recipe
from sinks.conveyor.segment import ORE, Segmenter, Stone

KEYS = {".": BACKGROUND, "!": INVALID, "?": UNKNOWN, "a": 0, "b": 1}
CLASSES = (ClassInfo("a", (0, 0, 0)), ClassInfo("b", (0, 0, 0)))
KINDS = Recipe(ore=("a",)).kinds(CLASSES)


def picture(text: str) -> NDArray[np.uint8]:
    return np.array([[KEYS[key] for key in line] for line in text.split()], np.uint8)


def stones_of(text: str) -> list[Stone]:
    return stones_in(picture(text))


def stones_in(cube: NDArray[np.uint8]) -> list[Stone]:
    segmenter = Segmenter(KINDS)
    return [stone for labels in cube for stone in segmenter.push(labels)[1]] + segmenter.cut()


def summary(stone: Stone) -> tuple[int, int, int, int]:
    return stone.pixels, stone.ore, stone.starts, stone.tops


def test_a_stone_is_closed_by_the_line_that_does_not_continue_it() -> None:
    segmenter = Segmenter(KINDS)
    assert segmenter.push(picture("..ab..")[0])[1] == []
    assert segmenter.push(picture("..?...")[0])[1] == []
    (stone,) = segmenter.push(picture("......")[0])[1]
    assert (stone.pixels, stone.ore) == (3, 1)
    assert not stone.cut


def test_corners_join_and_a_sample_between_does_not() -> None:
    assert len(stones_of("aa.. ..aa")) == 1
    assert len(stones_of("aa... ...aa")) == 2


def test_two_arms_that_meet_are_one_stone() -> None:
    (stone,) = stones_of("a...b a...b aabbb")
    assert summary(stone) == (9, 4, 5, 5)


def test_a_stone_that_branches_stays_one() -> None:
    (stone,) = stones_of("aaaaa a...a a...a")
    assert summary(stone) == (9, 9, 5, 5)


def test_invalid_samples_join_nothing() -> None:
    assert len(stones_of("aa!aa aa!aa")) == 2


def test_a_spiral_is_one_stone() -> None:
    (stone,) = stones_of("aaaaaaa a.....a a.aaa.a a.a...a a.aaaaa a...... aaaaaaa")
    assert stone.pixels == 31


def test_a_cut_ends_all_open_stones_and_says_so() -> None:
    segmenter = Segmenter(KINDS)
    segmenter.push(picture("aa.bb")[0])
    assert [stone.cut for stone in segmenter.cut()] == [True, True]
    assert segmenter.cut() == []
    segmenter.push(picture("aa.bb")[0])
    assert [stone.pixels for stone in segmenter.cut()] == [2, 2]


def test_a_label_that_is_no_class_is_rock_and_not_ore() -> None:
    segmenter = Segmenter(KINDS)
    segmenter.push(np.array([9, 200, 0], np.uint8))
    assert [(stone.pixels, stone.ore) for stone in segmenter.cut()] == [(3, 1)]


def test_runs_tell_ore_from_other_rock_within_a_stone() -> None:
    segmenter = Segmenter(KINDS)
    segmenter.push(picture("aaabb")[0])
    runs, _, parted = segmenter.push(picture("aabbb")[0])
    assert [(run.start, run.stop, run.kind == ORE, run.piece.root().pixels) for run in runs] == [
        (0, 2, True, 5),
        (2, 5, False, 5),
    ]
    assert {run.stone.root().pixels for run in runs} == {10}
    assert parted == []


def test_a_piece_ends_while_its_stone_goes_on() -> None:
    segmenter = Segmenter(KINDS)
    segmenter.push(picture("aaab")[0])
    _, closed, (stone,) = segmenter.push(picture("..bb")[0])
    assert closed == []
    assert [(piece.pixels, piece.ore) for piece in stone.ended] == [(3, 3)]


def test_doubt_about_a_line_is_doubt_about_all_of_its_stones_and_of_no_other_piece() -> None:
    segmenter = Segmenter(KINDS)
    segmenter.push(picture("aab.b")[0])
    segmenter.push(picture("..b..")[0], doubtful=True)
    (stone,) = segmenter.cut()
    assert stone.doubtful
    assert sorted((piece.ore, piece.doubtful) for piece in stone.ended) == [(0, True), (2, False)]


def disc(diameter: int, stretch: int = 1) -> NDArray[np.bool_]:
    line, sample = np.ogrid[-1 : 1 : diameter * 1j, -1 : 1 : diameter * stretch * 1j]
    return np.asarray(np.hypot(line, sample) <= 1.0)


@pytest.mark.parametrize("stretch", [1, 3])
def test_the_extent_of_a_disc_is_that_of_an_ellipse_whatever_the_shape_of_a_pixel(stretch: int) -> None:
    (stone,) = stones_in(np.where(disc(40, stretch), 0, BACKGROUND).astype(np.uint8))
    assert stone.extent == pytest.approx(np.pi / 4, abs=0.04)


def test_two_discs_that_touch_fill_half_as_much_of_their_box() -> None:
    one = disc(41)
    for both in (np.hstack([one[:, :-1], one]), np.vstack([one[:-1], one])):
        (stone,) = stones_in(np.where(both, 0, BACKGROUND).astype(np.uint8))
        assert stone.extent == pytest.approx(np.pi / 8, abs=0.03)


@pytest.mark.parametrize("seed", range(5))
def test_random_pictures_have_the_components_that_a_flood_fill_finds(seed: int) -> None:
    generator = np.random.default_rng(seed)
    cube = generator.choice(
        np.array([0, 1, UNKNOWN, INVALID, BACKGROUND], np.uint8), (60, 50), p=[0.2, 0.1, 0.1, 0.1, 0.5]
    )
    found = [(*summary(stone), sorted((piece.pixels, piece.ore) for piece in stone.ended)) for stone in stones_in(cube)]
    assert sorted(found) == sorted(expected(cube))


def expected(cube: NDArray[np.uint8]) -> list[tuple[int, int, int, int, list[tuple[int, int]]]]:
    ore, rock = cube == 0, (cube != INVALID) & (cube != BACKGROUND)
    left, above = np.pad(rock, ((0, 0), (1, 0)))[:, :-1], np.pad(rock, ((1, 0), (0, 0)))[:-1]
    found = []
    for stone in flood(rock):
        pieces = [piece for kind in (ore, ~ore) for piece in flood(stone & kind)]
        sizes = sorted((int(piece.sum()), int((piece & ore).sum())) for piece in pieces)
        sides = int((stone & ~left).sum()), int((stone & ~above).sum())
        found.append((int(stone.sum()), int((stone & ore).sum()), *sides, sizes))
    return found


def flood(solid: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """A mask for each component, corners joined."""
    left, found = solid.copy(), []
    for start in zip(*np.nonzero(solid), strict=True):
        if not left[start]:
            continue
        member, stack = np.zeros_like(solid), [start]
        left[start] = False
        while stack:
            line, sample = stack.pop()
            member[line, sample] = True
            for i in range(max(0, line - 1), min(solid.shape[0], line + 2)):
                for j in range(max(0, sample - 1), min(solid.shape[1], sample + 2)):
                    if left[i, j]:
                        left[i, j] = False
                        stack.append((i, j))
        found.append(member)
    return found
