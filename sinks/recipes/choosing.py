"""Choosing a recipe: what somebody at a terminal or at the station may do with the recipes of a line.

Nothing here touches a sorter: an order is written, and the sorter answers. What it would refuse is refused before,
where the stream's classes are known.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from oreline.config import Config, validated
from oreline.errors import ConfigError
from oreline.messages import ClassInfo, LayerInfo
from oreline.metrics_port import noted_process
from oreline.sink import SORTER
from sinks.conveyor.products import fitting
from sinks.conveyor.recipe import Recipe
from sinks.conveyor.settings import ConveyorSettings
from sinks.recipes.store import LINE, Choice, Store, Version
from sinks.settings import settings_of

ANSWER_S = 3.0
LOOK_S = 0.02
CHANGED = "changed"
"""Name of what is made of the line's own recipe when its cut-off is moved."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What a stream tells: its classes, and the layers beside its labels."""

    classes: tuple[ClassInfo, ...]
    layers: tuple[LayerInfo, ...] = ()


class Recipes:
    """Recipes of the line of a configuration. Raises ConfigError where that has no sorter."""

    def __init__(self, config: Config) -> None:
        names = config.sinks(SORTER)
        if not names:
            raise ConfigError(f"{config.source} has no sorter: recipes are for a table such as [sinks.conveyor]")
        self.store = Store(config.line.recipes_folder)
        self._config, self._sorter = config, names[0]

    @cached_property
    def own(self) -> Version:
        """The one that stands in the line's file. Raises ConfigError."""
        _, _, settings = settings_of(self._config, self._sorter)
        assert isinstance(settings, ConveyorSettings)
        table = settings.recipe.model_dump(mode="json", exclude_unset=True)
        return Version(LINE, 0, note=f"of {self._config.source}", recipe=table)

    def versions(self) -> dict[str, list[int]]:
        """Numbers of the versions, by name, the line's own first."""
        return {LINE: [0], **self.store.versions()}

    def read(self, name: str, number: int | None = None) -> Version:
        """A version; the newest where no number is given. Raises ConfigError."""
        return self.own if name == LINE and not number else self.store.read(name, number)

    def check(self, table: Mapping[str, Any], stream: Stream | None, title: str = "the recipe") -> Recipe:
        """The recipe of a table. Raises ConfigError where it is none, or does not fit the stream."""
        recipe = validated(Recipe, dict(table), title)
        if stream is not None:
            try:
                fitting(recipe, stream.classes, stream.layers)
            except ConfigError as error:
                raise ConfigError(f"{title}: {error}") from None
        return recipe

    def save(self, name: str, table: Mapping[str, Any], by: str, stream: Stream | None, note: str = "") -> Version:
        """Write a new version. Raises ConfigError, SystemRefused."""
        self.check(table, stream, name)
        return self.store.save(name, table, by, note)

    def use(self, name: str, number: int | None, by: str, stream: Stream | None) -> Choice:
        """Order the sorter to use a version. Raises ConfigError, SystemRefused."""
        version = self.read(name, number)
        self.check(version.recipe, stream, version.title)
        return self.store.use(version, by)

    def cut_off(self, least: float, by: str, stream: Stream | None) -> Choice:
        """Save the recipe in force with another `min_fraction`, and order it. Raises ConfigError, SystemRefused."""
        now = self.in_force
        version = self.read(now.name, now.version)
        recipe = self.check(version.recipe, stream, version.title)
        if recipe.cut_off is None:
            raise ConfigError(f"{version.title} is decided by conditions and has no cut-off: save another recipe")
        table = {**version.recipe, "min_fraction": least}
        name = CHANGED if version.name == LINE else version.name
        note = f"{version.title} with min_fraction {least:g} in place of {recipe.min_fraction:g}"
        return self.store.use(self.save(name, table, by, stream, note), by)

    @property
    def in_force(self) -> Choice:
        """What the sorter uses, or will when it starts."""
        said, order = self.store.in_force(), self.ordered
        if order is None or (said is not None and (self.is_running or said.refused_at == order.at)):
            return said or Choice(LINE, 0)
        return order

    @property
    def ordered(self) -> Choice | None:
        """The order that stands; None where nobody has given one."""
        try:
            return Choice.of(self.store.order.read())
        except ConfigError:
            return None

    @property
    def is_running(self) -> bool:
        """True while the line's sorter is there, on this host."""
        return noted_process(self._config.line.output, self._sorter) is not None

    def answer(self, order: Choice, wait: Callable[[float], None] = time.sleep) -> Choice | None:
        """What the sorter says to an order, when it has; None where it says nothing in time, or does not run. Raises
        ConfigError where it refuses."""
        end = time.monotonic() + ANSWER_S
        while self.is_running and time.monotonic() < end:
            if (said := answered(self.store, order)) is not None:
                return said
            wait(LOOK_S)
        return None


def answered(store: Store, order: Choice) -> Choice | None:
    """The answer to an order; None while there is none. Raises ConfigError where it is refused."""
    said = store.in_force()
    if said is None:
        return None
    if said.refused.startswith(f"{order.title}: ") and said.refused_at == order.at:
        raise ConfigError(f"the sorter goes on with {said.title}: {said.refused}")
    return said if (said.name, said.version, said.at) == (order.name, order.version, order.at) else None
