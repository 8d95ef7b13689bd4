"""What if: what another recipe, or another cut-off, would have done to stones that have passed.

Of each stone its samples by class are known. What it would have been by another recipe follows from them, as far as
shares decide: mass is estimated by samples, grade and recovery by those of ore. Where stones touched, each piece is one
here, and goes with the most of its samples. Sizes are judged by `min_pixels` alone, for the rest it is as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer, group_of
from oreline.errors import ConfigError
from oreline.messages import ClassInfo, Decision, StoneRecord
from oreline.palette import ONLY
from sinks.conveyor.products import Products
from sinks.conveyor.recipe import Recipe

Flags = NDArray[np.bool_]
Masses = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stones:
    """Stones of one stream, whose counts are of `classes`: `counts` float (stones, classes + 1), those of no class
    last; whether each is a `piece` of several that touch, is `doubtful`, since its position is, and was `ejected`."""

    classes: tuple[ClassInfo, ...]
    counts: NDArray[np.float64]
    piece: Flags
    doubtful: Flags
    ejected: Flags

    @classmethod
    def of(cls, records: Sequence[StoneRecord], classes: tuple[ClassInfo, ...]) -> Self:
        """Stones from their records."""
        counts = np.array([record.counts for record in records], np.float64).reshape(-1, len(classes) + 1)
        decisions = np.array([record.decision for record in records], np.int64)
        piece = np.array([record.clump for record in records], np.bool_)
        return cls(classes, counts, piece, decisions == Decision.DOUBTFUL, decisions == Decision.EJECTED)

    @property
    def answer(self) -> Answer:
        """The answer that the counts are of."""
        names = [info.name for info in self.classes]
        known = sum(not name.endswith(ONLY) for name in names)
        return Answer(self.classes, known, tuple(map(group_of, names)), None, None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a recipe: `stones`, and of them `ejected`; the `share` of mass that is, the `feed`'s grade, the
    product's `grade`, and the `recovery` of ore, all 0 to 1; NaN where there is nothing to divide by."""

    stones: int
    ejected: int
    share: float
    feed: float
    grade: float
    recovery: float


def what_if(stones: Stones, recipe: Recipe) -> Outcome:
    """What a recipe would have made of stones. Raises ConfigError where it names what their stream has not, or decides
    by what their counts do not tell."""
    pixels, ore = _masses(stones, recipe)
    if not recipe.conditions:
        return _outcome(pixels, ore, _ejected(stones, recipe, pixels, ore, _voted(recipe, pixels, ore)))
    products = Products(recipe, stones.answer)
    return _outcome(pixels, ore, _ejected(stones, recipe, pixels, ore, products.opens[products.of(stones.counts)]))


def as_it_was(stones: Stones, recipe: Recipe) -> Outcome:
    """What became of the stones. `recipe` says what is ore. Raises ConfigError as `what_if` does."""
    return _outcome(*_masses(stones, recipe), stones.ejected)


def by_cut_off(stones: Stones, recipe: Recipe, least: Sequence[float]) -> list[Outcome]:
    """What a recipe would have made of stones by each of these cut-offs in place of its own. Raises ConfigError as
    `what_if` does, and where it has none."""
    if recipe.cut_off is None:
        raise ConfigError("the recipe is decided by conditions and has no cut-off")
    pixels, ore = _masses(stones, recipe)
    others = [recipe.model_copy(update={"min_fraction": one}) for one in least]
    wanted = [_voted(other, pixels, ore) for other in others]
    return [_outcome(pixels, ore, _ejected(stones, recipe, pixels, ore, one)) for one in wanted]


def _masses(stones: Stones, recipe: Recipe) -> tuple[Masses, Masses]:
    """Samples of each stone, and those of them that are ore."""
    is_ore = np.zeros(len(stones.classes) + 1)
    is_ore[recipe.codes(stones.answer)] = 1.0
    return stones.counts.sum(axis=1), stones.counts @ is_ore


def _voted(recipe: Recipe, pixels: Masses, ore: Masses) -> Flags:
    if recipe.decide == "mean":
        raise ConfigError("what a recipe by mean probability would have done does not follow from samples by class")
    return ore >= recipe.min_fraction * pixels


def _ejected(stones: Stones, recipe: Recipe, pixels: Masses, ore: Masses, wanted: Flags) -> Flags:
    """Stones that are ejected, where those that are whole are `wanted`."""
    ejected: Flags = np.where(stones.piece, 2 * ore > pixels, wanted)
    return ejected & (pixels >= recipe.min_pixels) & ~stones.doubtful


def _outcome(pixels: Masses, ore: Masses, ejected: Flags) -> Outcome:
    mass, metal, feed, of_feed = (float(one.sum()) for one in (pixels[ejected], ore[ejected], pixels, ore))
    return Outcome(
        len(pixels), int(ejected.sum()), _ratio(mass, feed), _ratio(of_feed, feed), _ratio(metal, mass),
        _ratio(metal, of_feed),
    )  # fmt: skip


def _ratio(one: float, other: float) -> float:
    return one / other if other else float("nan")
