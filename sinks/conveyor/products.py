"""Products of a recipe with conditions: stones of one answer, many at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer
from oreline.messages import ClassInfo, LayerInfo
from sinks.conveyor.cores import probability_at, spans_of
from sinks.conveyor.recipe import Recipe
from sinks.conveyor.segment import Run
from sinks.recipes.condition import Fitted
from sinks.recipes.expression import parse


def fitting(recipe: Recipe, classes: tuple[ClassInfo, ...], layers: tuple[LayerInfo, ...]) -> None:
    """Raises ConfigError where a recipe asks what a stream of these classes and layers does not tell."""
    recipe.kinds(classes, layers)
    Products(recipe, recipe.answer(classes, layers))
    if recipe.decide == "mean":
        probability_at(layers)


class Products:
    """Products by the shares of an answer. Raises ConfigError where a condition names what is neither class nor group
    of it, or can never hold."""

    def __init__(self, recipe: Recipe, answer: Answer) -> None:
        classes = len(answer.classes)
        names = list(dict.fromkeys([info.name for info in answer.classes[: answer.known]] + list(answer.groups)))
        conditions = recipe.conditions
        self._fitted = [Fitted.of(parse(one.when), classes, answer.named, names) for one in conditions]
        self.opens = np.array([False, *(one.valves is not None for one in conditions)])
        """Whether valves open for a product, bool (products + 1,)."""
        self._slots = np.minimum(np.arange(256), classes)

    def of(self, counts: NDArray[np.float64]) -> NDArray[np.int64]:
        """The product of each stone, counted from 1, 0 where it is of none; of counts by class, float (stones,
        classes + 1), those without a class last."""
        held = np.array([one.holds(counts) for one in self._fitted])
        return np.where(held.any(axis=0), held.argmax(axis=0) + 1, 0)

    def count(self, runs: list[Run], codes: NDArray[np.uint8]) -> None:
        """Add the samples of a line, by class, to its stones."""
        bounds, stones = spans_of(runs)
        slots, classes = self._slots[codes], self._slots[-1] + 1
        for start, stop, stone in zip(bounds[::2], bounds[1::2], stones, strict=True):
            root, added = stone.root(), np.bincount(slots[start:stop], minlength=classes)
            root.counts = added if root.counts is None else root.counts + added
