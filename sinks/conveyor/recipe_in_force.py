"""Recipe in force: that of the line's own file, or another one that is asked for while the line runs.

Orders are read, and the answer is written, by a thread: lines and heartbeats wait for no disk. What is in force takes
the stones that begin from then on; what cannot be used is refused, and what was in force stays, also over a restart.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from oreline.config import validated
from oreline.errors import ConfigError, OrelineError
from oreline.incidents import report
from oreline.messages import StreamInfo
from oreline.metrics import RECIPE
from oreline.moment import now
from oreline.orders import OrderReader
from sinks.conveyor.recipe import Recipe
from sinks.conveyor.rules import Rules
from sinks.recipes.store import ACTIVE, LINE, Choice, Store

POLL_S = 0.02
CLOSE_S = 2.0


@dataclass(frozen=True, slots=True)
class _Chosen:
    choice: Choice
    recipe: Recipe


class RecipeInForce:
    """Recipe in force of one sorter, the line's `own` until another is asked for. One thread calls all of it."""

    def __init__(self, own: Recipe) -> None:
        digest = hashlib.sha256(own.model_dump_json().encode()).hexdigest()
        self._own = self._now = _Chosen(Choice(LINE, 0, digest), own)
        self._last = self._own.choice
        self._candidates = [self._own]
        self._store: Store | None = None
        self._asked: _Chosen | None = None
        self._answers: SimpleQueue[Choice | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="recipes", daemon=True)

    @property
    def recipe(self) -> Recipe:
        return self._now.recipe

    def join(self, folder: Path) -> None:
        """Follow the orders in a folder. What stands there is in force with the stream's first line."""
        self._store = Store(folder)
        self._reader = OrderReader(folder / ACTIVE)
        order, before = self._reader.poll(), self._store.in_force()
        asked = self._chosen(order) if order is not None else None
        stayed = self._read(before) if before is not None else None
        self._candidates = [one for one in (asked, stayed, self._own) if one is not None]
        self._last = before or self._last
        self._thread.start()

    def begin(self, info: StreamInfo, patience: int) -> Rules:
        """Rules for a stream, by the first recipe that fits it of that which is in force and the line's own. Raises
        ConfigError where not even that does."""
        *others, own = self._candidates
        for chosen in others:
            try:
                return self._begun(chosen, info, patience)
            except ConfigError as error:
                self._refuse(chosen.choice, error)
        return self._begun(own, info, patience)

    def follow(self, rules: Rules) -> None:
        """Put into force what is asked for, from the next stone on."""
        asked = self._asked
        if asked is None or rules.is_full:
            return
        self._asked = None
        try:
            rules.use(asked.recipe, asked.choice.title)
        except ConfigError as error:
            self._refuse(asked.choice, error)
        else:
            self._put(asked)

    def report(self) -> dict[str, Any]:
        """Name and version of what is in force, who asked for it, and since when it is."""
        return {k: v for k, v in asdict(self._now.choice).items() if k in ("name", "version", "sha256", "by", "since")}

    def close(self) -> None:
        """Wait until the answer is written; not for a disk that hangs."""
        if self._thread.is_alive():
            self._answers.put(None)
            self._thread.join(CLOSE_S)

    def _begun(self, chosen: _Chosen, info: StreamInfo, patience: int) -> Rules:
        rules = Rules(chosen.recipe, info, patience, chosen.choice.title)
        self._put(chosen)
        return rules

    def _put(self, chosen: _Chosen) -> None:
        """What is in force from now on."""
        before, asked = self._last, chosen.choice
        goes_on = (asked.name, asked.version, asked.sha256) == (before.name, before.version, before.sha256)
        since = (goes_on and before.since) or now().text
        words, cut_off = chosen.recipe.words, chosen.recipe.cut_off
        choice = replace(asked, since=since, words=words, cut_off=cut_off, refused="", refused_at="")
        self._last, self._now = choice, _Chosen(choice, chosen.recipe)
        self._candidates = [self._now, self._own]
        RECIPE.clear()
        RECIPE.labels(choice.name, choice.version).set(1)
        if not goes_on:
            report("", "recipe_changed", _change(before, choice))
        self._answer(choice)

    def _refuse(self, asked: Choice, why: Exception) -> None:
        report("", "recipe_refused", f"recipe {asked.title} is not used, {self._last.title} is: {why}")
        self._answer(replace(self._last, refused=f"{asked.title}: {why}", refused_at=asked.at))

    def _answer(self, choice: Choice) -> None:
        if self._thread.is_alive():
            self._answers.put(choice)

    def _work(self) -> None:
        while True:
            try:
                answer = self._answers.get(timeout=POLL_S)
            except Empty:
                self._look()
            else:
                if answer is None:
                    return
                self._write(answer)

    def _look(self) -> None:
        order = self._reader.poll()
        if order is not None:
            self._asked = self._chosen(order) or self._asked

    def _chosen(self, order: dict[str, Any]) -> _Chosen | None:
        try:
            choice = Choice.of(order)
        except ConfigError as error:
            self._reader.refuse(str(error))
            return None
        return self._read(choice)

    def _read(self, choice: Choice) -> _Chosen | None:
        assert self._store is not None
        if (choice.name, choice.version) == (LINE, 0):
            return replace(self._own, choice=replace(choice, sha256=self._own.choice.sha256))
        try:
            version = self._store.read(choice.name, choice.version, choice.sha256)
            return _Chosen(choice, validated(Recipe, version.recipe, choice.title))
        except (OrelineError, OSError) as error:
            self._refuse(choice, error)
            return None

    def _write(self, answer: Choice) -> None:
        assert self._store is not None
        try:
            self._store.say(answer)
        except OrelineError as error:
            report("", "recipe_refused", f"after a restart another recipe may be in force: {error}")


def _change(before: Choice, after: Choice) -> str:
    by = f", asked for by {after.by}" if after.by else ""
    return f"recipe {after.title} decides the stones that begin from now on{by}; before it {before.title}"
