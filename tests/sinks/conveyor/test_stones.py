"""Stones as they are told to others: what each is made of, what was decided, and which valves opened for it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from oreline.messages import BACKGROUND, UNKNOWN, Decision, Flag, LabelLine, StoneRecord
from oreline.testing import label_line, stream_info
from sinks.conveyor import outline
from sinks.conveyor.recipe import Recipe
from sinks.conveyor.rules import Cut, Rules
from sinks.conveyor.schedule import Row
from sinks.conveyor.stones import Stones
from sinks.conveyor.valves import ValveBank

KEYS = {".": BACKGROUND, "o": 0, "w": 1, "u": UNKNOWN}
BY = Recipe(ore=("calcite",), min_pixels=2)


@dataclass
class Belt:
    """A belt of pictures, a letter a sample: belt, ore, waste, unknown; after ! the place of a line is doubtful."""

    recipe: Recipe = BY
    told: list[StoneRecord] = field(default_factory=list)
    seq: int = 0
    deadline_ns: int = 1000

    def __post_init__(self) -> None:
        info = stream_info()
        self.rules = Rules(self.recipe, info, 1000, "calcite v3")
        self.stones = Stones(ValveBank(16, 32, 0))

    def see(self, text: str) -> None:
        for picture in text.split():
            line = self._line(picture)
            cuts = self.rules.push(line)
            self.stones.push(line, self.deadline_ns, cuts)
            self._end(cuts, self.seq)
            self.seq += 1

    def cut(self) -> None:
        self._end(self.rules.cut(), self.seq - 1)

    def _end(self, cuts: list[Cut], seq: int) -> None:
        for cut in cuts:
            cut.rule.decide(cut.ended)
        self.stones.end(cuts, seq)

    def _line(self, picture: str) -> LabelLine:
        labels = [KEYS[key] for key in picture.rstrip("!").ljust(32, ".")]
        flags = Flag.ENCODER if picture.endswith("!") else Flag.NONE
        return label_line(self.seq, labels=labels, t_ns=self.seq, flags=flags)

    def leave(self, bitmap: int = 0, *, took: bool = True, held: bool = False) -> None:
        """All lines leave the schedule, each with these valves."""
        rows = [Row(seq, 0, bitmap, self.deadline_ns) for seq in range(self.seq)]
        self.stones.left(rows, held=held)
        if took:
            self.stones.took(rows)

    def settle(self, now_ns: int = 0) -> list[StoneRecord]:
        self.told += [one.record for one in self.stones.settled(now_ns)]
        return self.told


def told(text: str, recipe: Recipe = BY, *, cut: bool = False) -> list[StoneRecord]:
    belt = Belt(recipe)
    belt.see(text)
    if cut:
        belt.cut()
    belt.leave()
    return belt.settle()


def totals(stones: list[StoneRecord]) -> tuple[int, int, int, int]:
    """Stones, and those ejected, doubtful and cut."""
    decisions = [one.decision for one in stones]
    of = (decisions.count(decision) for decision in (Decision.EJECTED, Decision.DOUBTFUL))
    return (len(stones), *of, sum(one.cut for one in stones))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "expected"),
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
def test_a_stone_is_told_once_and_of_those_that_touch_each_piece_that_is_large_enough(
    text: str, expected: tuple[int, int, int, int]
) -> None:
    assert totals(told(text)) == expected


def test_pieces_of_stones_that_touch_are_told_as_they_end_and_not_again() -> None:
    text = "oo.... ..ww.. ....oo ..ww.. oo...."
    assert len(told(text)) == 4
    assert totals(told(f"{text} ......")) == (5, 3, 0, 0)


def test_a_stone_whose_end_was_not_seen_is_cut_and_of_a_clump_the_pieces_that_were_open() -> None:
    assert totals(told("oo.ww", cut=True)) == (2, 1, 0, 2)
    assert totals(told("oo.... ..ww.. ....oo", cut=True)) == (3, 2, 0, 1)


def test_a_stone_says_where_it_was_and_what_it_is_made_of() -> None:
    (stone,) = told("..oo ..owu ...u ....")
    assert (stone.first_line, stone.last_line, stone.first_sample, stone.stop_sample) == (0, 2, 2, 5)
    assert (stone.pixels, stone.counts.tolist()) == (6, [3, 1, 0, 2])
    assert stone.outline.tolist() == [[0, 2, 4], [1, 2, 3], [1, 3, 5], [2, 3, 4]]
    assert (stone.decision, stone.measure, stone.why) == (Decision.EJECTED, 0.5, "enough ore")
    assert (stone.recipe, stone.product, stone.cut, stone.clump) == ("calcite v3", 1, False, False)
    last = label_line(2)
    assert (stone.stamp.encoder, stone.stamp.t_ns) == (label_line(0).stamp.encoder, 2)
    assert (stone.model, stone.reference_id) == (last.model, last.reference_id)


def test_every_sample_of_rock_is_in_one_stone_where_none_is_too_small() -> None:
    random = np.random.default_rng(7)
    smallest = Recipe(ore=("calcite",), min_pixels=1)
    for _ in range(20):
        rows = random.choice(list("...owu"), (12, 14), p=[0.2, 0.2, 0.15, 0.2, 0.2, 0.05])
        stones = told(" ".join("".join(row) for row in rows), smallest, cut=True)
        kinds = [sum(int((rows == key).sum()) for key in keys) for keys in ("o", "w", ".", "u")]
        kinds[2] = 0
        assert sum(stone.counts.astype(int) for stone in stones).tolist() == kinds
        where = [
            (stone.first_line + line, at) for stone in stones for line, a, b in stone.outline for at in range(a, b)
        ]
        assert sorted(where) == sorted(zip(*np.nonzero(rows != "."), strict=True))


def test_the_valves_of_a_stone_are_those_over_it_that_the_bank_took() -> None:
    belt = Belt()
    belt.see("oooo....ww oooo....ww ..........")
    belt.leave(0b110111, took=False)
    assert belt.settle() == []
    belt.stones.took([Row(1, 0, 0b110011, 0)])
    assert belt.settle(belt.deadline_ns) == []
    ore, waste = belt.settle(belt.deadline_ns + 1)
    assert (ore.decision, ore.valves, waste.decision, waste.valves) == (Decision.EJECTED, 0b11, Decision.PASSED, 0)


def test_a_wanted_stone_whose_valves_were_held_is_held_and_no_other() -> None:
    belt = Belt()
    belt.see("oo..ww oo..ww ......")
    belt.leave(0b1, held=True)
    assert [one.decision for one in belt.settle()] == [Decision.HELD, Decision.PASSED]


def test_a_stone_that_goes_on_keeps_none_that_ended_before_it_waiting() -> None:
    belt = Belt()
    belt.see("oo..ww oo.... oo....")
    belt.leave()
    assert [one.pixels for one in belt.settle()] == [2]
    belt.cut()
    assert [one.pixels for one in belt.settle()] == [2, 6]


@pytest.mark.parametrize("limit", [4, 7, 50])
def test_an_outline_of_very_many_runs_is_thinned_and_nothing_of_it_is_counted_twice_or_lost(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outline, "MOST_RUNS", limit)
    whole = Recipe(ore=("calcite",), max_pixels=10**6, min_extent=0)
    (stone,) = told("owowow wowowo " * 20 + "oooooo ......", whole)
    assert stone.counts.tolist() == [126, 120, 0, 0]
    assert (stone.first_line, stone.last_line, stone.first_sample, stone.stop_sample) == (0, 40, 0, 6)
    assert 0 < len(stone.outline) <= limit
    lines = np.unique(stone.outline[:, 0])
    assert len(lines) == 1 or (np.diff(lines) == lines[1] - lines[0]).all()


def test_a_line_of_more_runs_than_an_outline_holds_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "MOST_RUNS", 3)
    (stone,) = told("owowowowow ..........", Recipe(ore=("calcite",), min_extent=0, min_pixels=1))
    assert (stone.pixels, len(stone.outline)) == (10, 3)
