"""Recipe of the sorter: what is ore, and which stones are worth a shot of air."""

from __future__ import annotations

import math
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, model_validator

from oreline.answers import Answer, answer_of
from oreline.config import Section
from oreline.errors import ConfigError, nearest
from oreline.messages import BACKGROUND, INVALID, ClassInfo, LayerInfo
from sinks.conveyor.segment import NOTHING, ORE, OTHER, Piece, Run, Stone
from sinks.recipes.expression import parse
from sinks.recipes.tokens import MOST_CHARACTERS
from sinks.recipes.words import in_words, percent

ROWS = 1
"""Of valves, in the banks that there are."""
MOST_PRODUCTS = 8
EJECTED = "ejected"


def _checked(when: str) -> str:
    parse(when)
    return when


When = Annotated[str, AfterValidator(_checked), Field(max_length=MOST_CHARACTERS)]


class Product(Section):
    """Product that stones are sorted into; a stone is of the first whose condition holds."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _-]{0,31}$")]
    when: When
    """Condition on a stone's shares, as the recipe's own `when`."""
    valves: Annotated[int, Field(ge=1, le=ROWS)] | None = None
    """Row of valves that opens for it, 1; left out: none does."""


class Verdict(NamedTuple):
    """Verdict on a stone: whether it is wanted, the number that was compared with a limit (NaN: none was), and why."""

    wanted: bool
    measure: float
    why: str


class Recipe(Section):
    """Recipe: which stones are ejected; of those that touch, each piece of ore that is large enough.

    By votes, unknown samples count as not ore: a stone of them is never ejected. Nor is one whose position is doubtful.
    """

    ore: Annotated[tuple[str, ...], Field(min_length=1)]
    """Classes or groups of the model that are ore: what valves are for. Of a class and a group of one name the class.
    Where no class of a sample is sure, but its group is, that counts."""
    by: Literal["labels", "bands"] = "labels"
    """Answer that stones are sorted by: "labels", the major mineral, or "bands", whose absorption bands a sample shows,
    of a model that tells it."""
    decide: Literal["votes", "mean"] = "votes"
    """What speaks for a stone: "votes", the share of its samples that are ore; "mean", the probability of ore beside
    that of the most probable of all else, in the mean of the samples that are not at its outline. "mean" is of labels,
    and needs "probability" in `inference.layers`."""
    min_fraction: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of its samples that is ore in a stone that is ejected; by "mean", ore's part of the two probabilities."""
    min_probability: Annotated[float, Field(ge=0, le=1)] = 0.35
    """By "mean", least mean probability of ore in a stone that is ejected; what has less is unknown."""
    min_pixels: Annotated[int, Field(ge=1)] = 20
    """Fewest samples of a stone."""
    max_pixels: Annotated[int, Field(ge=1)] = 10_000
    """Most samples of a stone: what has more is several that touch."""
    when: When | None = None
    """Condition on a stone's shares, in place of `min_fraction`: "muscovite + 0.5 * illite > 0.4 and quartz < 0.2".
    Names are classes or groups, in quotes where they are of several words, or unknown."""
    products: Annotated[tuple[Product, ...], Field(max_length=MOST_PRODUCTS)] = ()
    """Products, in place of `when`: a stone is of the first whose condition holds, and passes where none does."""
    min_extent: Annotated[float, Field(ge=0, le=1)] = 0.55
    """Share of its box that a stone fills: what fills less is several that touch. 0 takes all that touches for one."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.decide == "mean" and self.by != "labels":
            raise ValueError("decide = 'mean' is of the probability of labels: sort by 'labels', or decide by 'votes'")
        if self.when and self.products:
            raise ValueError("'when' and 'products' are two ways to decide: leave one of them out")
        if self.conditions and (self.decide == "mean" or {"min_fraction", "min_probability"} & self.model_fields_set):
            raise ValueError(
                "a recipe with 'when' or 'products' is decided by that: leave out decide, min_fraction, min_probability"
            )
        if len({product.name for product in self.products}) < len(self.products):
            raise ValueError("two products have one name: give each its own")
        return self

    @property
    def conditions(self) -> tuple[Product, ...]:
        """Products that are decided by conditions; none where ore decides. They count from 1 on: what is of none is of
        0, and passes."""
        return (Product(name=EJECTED, when=self.when, valves=1),) if self.when else self.products

    @property
    def words(self) -> str:
        """What it does, for people."""
        stones = f"stones of at least {self.min_pixels} samples"
        if self.products:
            told = (f"{one.name}{' (valves)' * bool(one.valves)} where {_told(one.when)}" for one in self.products)
            return f"{stones} are {'; '.join(told)}"
        ore, least = " or ".join(self.ore), percent(self.min_fraction)
        if self.when:
            return f"{stones} are ejected where {_told(self.when)}"
        if self.decide == "mean":
            rival = "of what it and the most probable other are together"
            return f"{stones} are ejected where {ore} is, by mean probability, at least {least} {rival}"
        return f"{stones} are ejected where {ore} is at least {least}"

    @property
    def cut_off(self) -> float | None:
        """The least share of ore in a stone that is ejected; None where conditions decide."""
        return None if self.conditions else self.min_fraction

    def answer(self, classes: tuple[ClassInfo, ...], layers: tuple[LayerInfo, ...] = ()) -> Answer:
        """The answer of a stream that stones are sorted by. Raises ConfigError where its lines do not tell it."""
        return answer_of(self.by, classes, layers)

    def kinds(self, classes: tuple[ClassInfo, ...], layers: tuple[LayerInfo, ...] = ()) -> NDArray[np.uint8]:
        """NOTHING, OTHER or ORE for each code of `answer`, uint8 (256,). Raises ConfigError where the recipe names what
        is neither class nor group of it."""
        answer = self.answer(classes, layers)
        kinds = np.full(256, OTHER, np.uint8)
        kinds[[BACKGROUND, INVALID]] = NOTHING
        kinds[self.codes(answer)] = ORE
        return kinds

    def codes(self, answer: Answer) -> list[int]:
        """The codes of an answer that are ore. Raises ConfigError as `kinds` does."""
        return [code for ore in self.ore for code in answer.named(ore) or _refuse(ore, answer)]

    def wants(self, stone: Stone) -> bool:
        """Decision on a stone, by what was seen of it so far: True to eject it."""
        return self.judge(stone).wanted

    def judge(self, stone: Stone) -> Verdict:
        """Verdict on a stone, by what was seen of it so far."""
        if not self.counts(stone):
            return Verdict(False, math.nan, "too small")
        return self._probable(stone) if self.decide == "mean" else self._voted(stone)

    def _voted(self, stone: Stone) -> Verdict:
        return _compared(stone.ore >= self.min_fraction * stone.pixels, stone.ore / stone.pixels)

    def _probable(self, stone: Stone) -> Verdict:
        ore, rival = stone.probable
        if ore < self.min_probability:
            return Verdict(False, ore, "unsure")
        return _compared(ore >= self.min_fraction * (ore + rival), ore / (ore + rival) if ore + rival else 0.0)

    def counts(self, piece: Piece) -> bool:
        """True where it is large enough to be a stone."""
        return piece.pixels >= self.min_pixels

    def is_clump(self, stone: Stone) -> bool:
        """True where it is several stones that touch."""
        return stone.pixels > self.max_pixels or stone.extent < self.min_extent

    def fires(self, run: Run) -> bool:
        """True where valves open over a run, whose stone is decided."""
        stone = run.stone.root()
        return self.ejects(run.piece.root() if self.is_clump(stone) else stone)

    def ejects(self, thing: Piece) -> bool:
        """True where a stone that is decided, or a piece of a clump, is ejected."""
        return self.wanted(thing) and not thing.doubtful and not thing.held

    def wanted(self, thing: Piece) -> bool:
        """True where it would be, if its place is known and the sorter is not held."""
        return bool(thing.decision if isinstance(thing, Stone) else thing.ore and self.counts(thing))


def _told(when: str) -> str:
    return in_words(parse(when))


def _compared(wanted: bool, share: float) -> Verdict:
    return Verdict(wanted, share, "enough ore" if wanted else "too little ore")


def _refuse(ore: str, answer: Answer) -> list[int]:
    """Raises ConfigError with what there is."""
    names = [info.name for info in answer.classes[: answer.known]]
    groups = list(dict.fromkeys(answer.groups))
    known, of = ", ".join(names) or "none", ", ".join(groups) or "none"
    near = nearest(ore, [*names, *groups])
    raise ConfigError(f"the recipe's ore {ore!r} is no class of the model: {known}; and no group: {of}.{near}")
