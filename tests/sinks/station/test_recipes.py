"""Recipes at the station: chosen, saved and moved by who may, answered by the sorter, and tried on what has passed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oreline.config import Config
from oreline.errors import ConfigError
from oreline.metrics_port import note_port
from oreline.testing import stream_info
from sinks.conveyor.recipe import Recipe
from sinks.conveyor.recipe_in_force import RecipeInForce
from sinks.station.commands import Actor, Refused, Role
from sinks.station.hub import Hub
from tests.sinks.recipes.test_what_if import BELT

OWN = {"ore": ["calcite"], "min_fraction": 0.5}
OPERATOR, ENGINEER = Actor("ben", Role.OPERATOR, "web"), Actor("anna", Role.ENGINEER, "web")


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    sorter = {"recipe": OWN, "distance_counts": 900}
    hub = Hub(Config({"line": {"output": str(tmp_path)}, "sinks": {"conveyor": sorter, "station": {}}}))
    hub.take_info(stream_info())
    return hub


@pytest.fixture
def sorter(tmp_path: Path) -> Iterator[RecipeInForce]:
    """A sorter of that line, that follows orders."""
    recipe, stop = RecipeInForce(Recipe.model_validate(OWN)), threading.Event()
    recipe.join(tmp_path / "recipes")
    rules = recipe.begin(stream_info(), 100)
    note_port(tmp_path, "conveyor", 1)

    def follow() -> None:
        while not stop.wait(0.005):
            recipe.follow(rules)

    thread = threading.Thread(target=follow)
    thread.start()
    yield recipe
    stop.set()
    thread.join()
    recipe.close()


def do(hub: Hub, actor: Actor, verb: str, **arguments: Any) -> Any:
    return asyncio.run(hub.commands.do(actor, verb, **arguments))


@pytest.mark.usefixtures("sorter")
def test_the_cut_off_is_moved_by_a_new_version_and_the_sorter_answers(hub: Hub, tmp_path: Path) -> None:
    done = do(hub, OPERATOR, "cut_off", least=0.35)
    assert (done["old"], done["new"]) == ("line v0", "changed v1")
    assert done["words"].endswith("calcite is at least 35 %")
    assert do(hub, OPERATOR, "cut_off", least=0.4)["new"] == "changed v2"
    assert do(hub, OPERATOR, "select_recipe", name="line")["old"] == "changed v2"
    acts = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()[1:]]
    assert [(act["who"], act["verb"], act["old"], act["new"]) for act in acts] == [
        ("ben", "cut_off", "line v0", "changed v1"),
        ("ben", "cut_off", "changed v1", "changed v2"),
        ("ben", "select_recipe", "changed v2", "line v0"),
    ]


@pytest.mark.usefixtures("sorter")
def test_the_status_shows_the_recipe_that_the_sorter_uses(hub: Hub) -> None:
    do(hub, ENGINEER, "save_recipe", name="lime", recipe={"ore": ["carbonate"], "min_fraction": 0.7})
    do(hub, OPERATOR, "select_recipe", name="lime")
    asyncio.run(until(hub, lambda: hub.recipe.name == "lime"))
    assert (hub.recipe.version, hub.recipe.cut_off) == (1, 0.7)
    assert "carbonate is at least 70 %" in hub.recipe.words


async def until(hub: Hub, what: Callable[[], bool]) -> None:
    assert hub.recipes is not None
    task = asyncio.ensure_future(hub.recipes.run())
    async with asyncio.timeout(20):
        while not what():
            await asyncio.sleep(0.01)
    task.cancel()


@pytest.mark.parametrize(
    ("actor", "verb", "arguments", "words"),
    [
        (OPERATOR, "save_recipe", {"name": "a", "recipe": OWN}, "save_recipe is for engineers"),
        (Actor("eve", Role.VIEWER, "web"), "cut_off", {"least": 0.2}, "cut_off is for operators"),
        (OPERATOR, "cut_off", {"least": 4.0}, "min_fraction"),
        (OPERATOR, "cut_off", {"least": float("nan")}, "takes a number as 'least'"),
        (OPERATOR, "select_recipe", {"name": "../x"}, "no recipe"),
        (ENGINEER, "save_recipe", {"name": "a", "recipe": {"ore": ["quartz"]}}, "'quartz' is no class"),
        (ENGINEER, "save_recipe", {"name": "../a", "recipe": OWN}, "no name for a recipe"),
    ],
)
@pytest.mark.usefixtures("sorter")
def test_what_may_not_be_done_changes_nothing(
    hub: Hub, tmp_path: Path, actor: Actor, verb: str, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises((Refused, ConfigError), match=words):
        do(hub, actor, verb, **arguments)
    assert not list((tmp_path / "recipes").glob("*.v*.json"))
    assert not (tmp_path / "recipes" / "active.json").exists()


def test_what_another_cut_off_would_have_done_is_told_before_it_is_applied(hub: Hub) -> None:
    assert hub.recipes is not None
    with pytest.raises(ConfigError, match="no stone has passed"):
        hub.recipes.what_if(OWN)
    hub.recipes._stones = lambda: BELT
    was, would = hub.recipes.what_if(OWN | {"min_fraction": 0.3})
    assert (was.ejected, would.ejected) == (2, 3)
    assert [one.ejected for one in hub.recipes.by_cut_off([0.3, 0.7])] == [3, 1]
