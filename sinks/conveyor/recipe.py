"""What is ore, and which stones are worth a shot of air."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field

from oreline.config import Section
from oreline.errors import ConfigError, nearest
from oreline.messages import ClassInfo
from sinks.conveyor.segment import Stone


class Recipe(Section):
    """A stone is ejected when it has at least `min_pixels` samples and at least `min_fraction` of them are `ore`.

    Unknown samples count as not ore: an unknown stone is never ejected.
    """

    ore: Annotated[tuple[str, ...], Field(min_length=1)]
    min_fraction: Annotated[float, Field(gt=0, le=1)] = 0.5
    min_pixels: Annotated[int, Field(ge=1)] = 20


class Decider:
    """A recipe for the classes of one stream."""

    def __init__(self, recipe: Recipe, columns: list[int]) -> None:
        self._recipe, self._columns = recipe, columns

    @classmethod
    def of(cls, recipe: Recipe, classes: tuple[ClassInfo, ...]) -> Self:
        """Raises ConfigError where the recipe names a class that the stream does not have."""
        names = [info.name for info in classes]
        for ore in recipe.ore:
            if ore not in names:
                known = ", ".join(names) or "none"
                raise ConfigError(f"the recipe's ore {ore!r} is no class of the model: {known}.{nearest(ore, names)}")
        return cls(recipe, [names.index(ore) for ore in recipe.ore])

    def decide(self, stone: Stone) -> bool:
        """Whether to eject it, by what was seen of it so far."""
        pixels = stone.pixels
        ore = int(stone.counts[self._columns].sum())
        return pixels >= self._recipe.min_pixels and ore >= self._recipe.min_fraction * pixels
