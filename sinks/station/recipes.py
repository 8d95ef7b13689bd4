"""Recipes at the station: who may choose, save and move the cut-off, and what that would have done."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from oreline.config import Config
from oreline.errors import ConfigError, OrelineError
from sinks.conveyor.recipe import Recipe as Sorting
from sinks.recipes.choosing import Recipes, Stream
from sinks.recipes.store import Choice
from sinks.recipes.what_if import Outcome, Stones, as_it_was, by_cut_off, what_if
from sinks.station.commands import Actor, Commands, Refused, Role
from sinks.station.status import Recipe

LOOK_S = 0.2


class RecipeDesk:
    """Desk for the recipes of a line. `stream`: what its stream tells now, None before it is known; `stones`: the last
    ones that have passed. `tell`: hears which recipe is in force. Files are read and written beside the loop."""

    def __init__(
        self,
        config: Config,
        stream: Callable[[], Stream | None],
        stones: Callable[[], Stones | None],
        tell: Callable[[Recipe], None],
    ) -> None:
        self._recipes = Recipes(config)
        self._told, self._stones, self._tell = stream, stones, tell

    def register(self, commands: Commands) -> None:
        """`old` and `new` of what these return are titles of recipes."""
        commands.register("select_recipe", Role.OPERATOR, self.select)
        commands.register("cut_off", Role.OPERATOR, self.cut_off)
        commands.register("save_recipe", Role.ENGINEER, self.save)

    async def run(self) -> None:
        """Tell what the sorter says that it uses, until cancelled."""
        while True:
            now = await asyncio.to_thread(lambda: self._recipes.in_force)
            cut_off = math.nan if now.cut_off is None else now.cut_off
            self._tell(Recipe(now.name, now.version, now.words, cut_off))
            await asyncio.sleep(LOOK_S)

    async def versions(self) -> list[dict[str, Any]]:
        """Every version: its name, number, who saved it, when and why, and what it does in words."""
        return await asyncio.to_thread(self._versions)

    async def select(self, actor: Actor, name: str, version: int | None = None) -> dict[str, Any]:
        """Have the sorter use a version, the newest where none is named, from the next stone on."""
        return await self._order(partial(self._recipes.use, name, version, actor.name, self._stream))

    async def cut_off(self, actor: Actor, least: float) -> dict[str, Any]:
        """Have the sorter use the recipe in force with another cut-off, which is a new version."""
        return await self._order(partial(self._recipes.cut_off, float(least), actor.name, self._stream))

    async def save(self, actor: Actor, name: str, recipe: Mapping[str, Any], note: str = "") -> dict[str, Any]:
        """Save a new version; it is not in force by that."""
        saved = await asyncio.to_thread(self._recipes.save, name, recipe, actor.name, self._stream, note)
        return {"new": saved.title, "sha256": saved.sha256}

    def what_if(self, recipe: Mapping[str, Any]) -> tuple[Outcome, Outcome]:
        """What became of the last stones, and what would have by the table of a recipe. Raises ConfigError."""
        stones, other = self._passed(), self._recipes.check(recipe, self._stream)
        if other.by != (answer := self._in_force().by):
            raise ConfigError(f"the last stones were sorted by {answer}: what they were by {other.by} is not known")
        return as_it_was(stones, other), what_if(stones, other)

    def by_cut_off(self, least: Sequence[float]) -> list[Outcome]:
        """What would have become of the last stones by each of these cut-offs. Raises ConfigError."""
        return by_cut_off(self._passed(), self._in_force(), least)

    def _in_force(self) -> Sorting:
        now = self._recipes.in_force
        return self._recipes.check(self._recipes.read(now.name, now.version).recipe, None)

    @property
    def _stream(self) -> Stream | None:
        return self._told()

    def _passed(self) -> Stones:
        stones = self._stones()
        if stones is None or not len(stones.counts):
            raise ConfigError("no stone has passed since the station started")
        return stones

    def _versions(self) -> list[dict[str, Any]]:
        found = []
        for name, numbers in self._recipes.versions().items():
            for number in numbers:
                try:
                    version = self._recipes.read(name, number)
                    words = self._recipes.check(version.recipe, None, version.title).words
                except OrelineError as error:
                    found.append({"name": name, "version": number, "refused": str(error)})
                else:
                    told = {"by": version.by, "at": version.at, "note": version.note, "sha256": version.sha256}
                    found.append({"name": name, "version": number, "words": words, **told})
        return found

    async def _order(self, order: partial[Choice]) -> dict[str, Any]:
        before = await asyncio.to_thread(lambda: self._recipes.in_force.title)
        try:
            given = await asyncio.to_thread(order)
            said = await asyncio.to_thread(self._recipes.answer, given)
        except ConfigError as error:
            raise Refused("argument", str(error)) from None
        words = said.words if said else "ordered; the sorter does not run here, or has not answered yet"
        return {"old": before, "new": given.title, "words": words}
