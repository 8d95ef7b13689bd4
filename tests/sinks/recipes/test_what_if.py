"""What another recipe would have done: of stones made by hand, all figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from oreline.answers import answer_of
from oreline.errors import ConfigError
from oreline.messages import BACKGROUND, UNKNOWN, Decision, StoneRecord
from oreline.testing import CLASSES, LAYERS, label_line, stream_info
from sinks.conveyor.recipe import Product, Recipe
from sinks.conveyor.rules import Cut, Rules
from sinks.conveyor.schedule import Schedule
from sinks.conveyor.stones import Stones as Passed
from sinks.conveyor.valves import ValveBank
from sinks.recipes.what_if import Outcome, Stones, as_it_was, by_cut_off, what_if

PASSED, EJECTED, DOUBTFUL = Decision.PASSED, Decision.EJECTED, Decision.DOUBTFUL


def stones(*rows: tuple[list[int], Decision, bool]) -> Stones:
    """Counts of calcite, kaolinite, gypsum and unknown; what was done; whether it is a piece."""
    counts, decisions, pieces = zip(*rows, strict=True)
    of = np.array(decisions)
    return Stones(CLASSES, np.array(counts, np.float64), np.array(pieces), of == DOUBTFUL, of == EJECTED)


BELT = stones(
    ([60, 40, 0, 0], EJECTED, False),
    ([30, 70, 0, 0], PASSED, False),
    ([10, 0, 80, 10], PASSED, False),
    ([100, 0, 0, 0], DOUBTFUL, False),
    ([5, 0, 0, 0], PASSED, False),
    ([50, 0, 0, 0], EJECTED, True),
)
LIME = Recipe(ore=("calcite",), min_fraction=0.5)


def test_what_was_done_is_counted_by_samples() -> None:
    assert as_it_was(BELT, LIME) == Outcome(6, 2, 150 / 455, 255 / 455, 110 / 150, 110 / 255)
    assert what_if(BELT, LIME) == as_it_was(BELT, LIME)


def test_a_lower_cut_off_recovers_more_of_a_lower_grade() -> None:
    strict, usual, generous = by_cut_off(BELT, LIME, [0.7, 0.5, 0.3])
    assert (strict.ejected, usual.ejected, generous.ejected) == (1, 2, 3)
    assert generous == Outcome(6, 3, 250 / 455, 255 / 455, 140 / 250, 140 / 255)
    assert strict.grade == 1.0


def test_groups_conditions_and_products_are_tried_likewise() -> None:
    assert what_if(BELT, Recipe(ore=("carbonate",))) == what_if(BELT, LIME)
    assert what_if(BELT, Recipe(ore=("calcite",), when="gypsum > 0.5 and unknown < 0.2")).ejected == 2
    reject = Product(name="clay", when="kaolin > 0.5", valves=1)
    keep = Product(name="keep", when="calcite > 0.5")
    assert what_if(BELT, Recipe(ore=("calcite",), products=(keep, reject))).ejected == 2


def test_another_ore_takes_the_pieces_that_are_mostly_it() -> None:
    assert what_if(BELT, Recipe(ore=("kaolinite",))) == Outcome(6, 1, 100 / 455, 110 / 455, 0.7, 70 / 110)


def test_the_smallest_size_is_judged_anew() -> None:
    assert what_if(BELT, LIME.model_copy(update={"min_pixels": 5})).ejected == 3
    assert what_if(BELT, LIME.model_copy(update={"min_pixels": 60})).ejected == 1


def test_of_no_stones_nothing_is_known() -> None:
    none = Stones.of([], CLASSES)
    found = what_if(none, LIME)
    assert (found.stones, found.ejected) == (0, 0)
    assert all(math.isnan(one) for one in (found.share, found.feed, found.grade, found.recovery))


def test_what_samples_do_not_tell_is_refused() -> None:
    with pytest.raises(ConfigError, match="does not follow from samples"):
        what_if(BELT, Recipe(ore=("calcite",), decide="mean"))
    with pytest.raises(ConfigError, match="'quartz' is no class"):
        what_if(BELT, Recipe(ore=("quartz",)))
    with pytest.raises(ConfigError, match="has no cut-off"):
        by_cut_off(BELT, Recipe(ore=("calcite",), when="calcite > 0.1"), [0.2])


def test_the_answer_of_the_counts_is_that_of_the_stream() -> None:
    of_stream = answer_of("labels", CLASSES, LAYERS)
    counts = np.zeros((1, len(of_stream.classes) + 1))
    one = np.zeros(1, np.bool_)
    found = Stones(of_stream.classes, counts, one, one, one).answer
    assert (found.known, found.groups) == (of_stream.known, of_stream.groups)
    assert found.named("kaolin") == of_stream.named("kaolin")


SAMPLES, INFO = 60, stream_info(samples=60)


def belt(seed: int) -> NDArray[np.uint8]:
    """Labels uint8 (lines, samples) of discs, each a mixture of its own; some of them touch."""
    draw = np.random.default_rng(seed)
    labels = np.full((600, SAMPLES), BACKGROUND, np.uint8)
    lines, samples = np.ogrid[:600, :SAMPLES]
    for line, sample, radius in zip(
        draw.integers(8, 590, 120), draw.integers(5, 55, 120), draw.integers(2, 6, 120), strict=True
    ):
        disc = (lines - line) ** 2 + (samples - sample) ** 2 <= radius**2
        labels[disc] = draw.choice([0, 1, 2, UNKNOWN], int(disc.sum()), p=draw.dirichlet([0.7, 0.7, 0.3, 0.2]))
    return labels


def sorted_by(recipe: Recipe, labels: NDArray[np.uint8]) -> Stones:
    """What a sorter tells of the stones of a belt."""
    rules, bank = Rules(recipe, INFO, 100), ValveBank(SAMPLES, SAMPLES, 0)
    schedule, stones, told = Schedule(bank, 0, 10**6), Passed(bank), list[StoneRecord]()

    def release(cuts: list[Cut], number: int) -> None:
        stones.end(cuts, number)
        rows = schedule.release(0)
        stones.left(rows)
        stones.took(rows)
        told.extend(one.record for one in stones.settled(0))

    for number, picture in enumerate(labels):
        line = label_line(number, INFO, picture)
        cuts = rules.push(line)
        schedule.push(number, number, 10**18, 10**18, cuts)
        stones.push(line, 10**18, cuts)
        release(cuts, number)
    cuts = rules.cut()
    schedule.close(cuts)
    release(cuts, len(labels) - 1)
    return Stones.of(told, CLASSES)


@pytest.mark.parametrize("seed", range(2))
def test_it_foretells_what_the_sorter_does_by_the_other_recipe(seed: int) -> None:
    labels, before = belt(seed), Recipe(ore=("calcite",), min_pixels=8)
    seen = sorted_by(before, labels)
    assert len(seen.counts) > 50
    assert what_if(seen, before) == as_it_was(seen, before)
    others = [before.model_copy(update={"min_fraction": least}) for least in (0.2, 0.35, 0.8)]
    others += [Recipe(ore=("calcite",), min_pixels=8, when="calcite + 0.5 * gypsum > 0.4 and unknown < 0.2")]
    for other in others:
        done = sorted_by(other, labels)
        assert what_if(seen, other) == as_it_was(done, other)
    assert len({what_if(seen, other).ejected for other in others}) > 2
