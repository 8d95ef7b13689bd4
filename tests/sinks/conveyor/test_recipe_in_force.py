"""The recipe that is in force: who asks for another gets it, what cannot be used changes nothing, a restart neither."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oreline.incidents import open_log
from oreline.testing import stream_info
from sinks.conveyor.recipe import Recipe
from sinks.conveyor.recipe_in_force import RecipeInForce
from sinks.conveyor.rules import Rules
from sinks.recipes.store import Store, Version
from tests.sinks.conftest import Eventually

OWN = Recipe(ore=("calcite",))
INFO = stream_info()
Start = Callable[[], tuple[RecipeInForce, Rules]]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "recipes")


@pytest.fixture
def start(tmp_path: Path, store: Store) -> Iterator[Start]:
    """A sorter that starts, or starts again."""
    running: list[RecipeInForce] = []
    open_log("conveyor", tmp_path)

    def begin() -> tuple[RecipeInForce, Rules]:
        for one in running:
            one.close()
        running.append(RecipeInForce(OWN))
        running[-1].join(store.folder)
        return running[-1], running[-1].begin(INFO, 100)

    yield begin
    for one in running:
        one.close()


def said(output: Path) -> list[tuple[str, str]]:
    path = output / "logs" / "conveyor.jsonl"
    found: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [(one["kind"], one["words"]) for one in found]


def changes_to(recipe: RecipeInForce, rules: Rules, name: str, version: int) -> Callable[[], bool]:
    def look() -> bool:
        recipe.follow(rules)
        return (recipe.report()["name"], recipe.report()["version"]) == (name, version)

    return look


def test_the_lines_own_is_in_force_until_another_is_asked_for_and_may_be_asked_for_again(
    start: Start, store: Store, eventually: Eventually, tmp_path: Path
) -> None:
    recipe, rules = start()
    assert (recipe.recipe, recipe.report()["name"]) == (OWN, "line")
    store.use(store.save("mud", {"ore": ["kaolin"]}, "anna"), "ben")
    eventually(changes_to(recipe, rules, "mud", 1))
    assert (recipe.recipe.ore, rules.recipe.ore, recipe.report()["by"]) == (("kaolin",), ("kaolin",), "ben")
    words = "recipe mud v1 decides the stones that begin from now on, asked for by ben; before it line v0"
    eventually(lambda: ("recipe_changed", words) in said(tmp_path))
    store.use(Version(), "carl")
    eventually(changes_to(recipe, rules, "line", 0))
    assert rules.recipe == OWN


def test_what_was_chosen_is_in_force_after_a_restart_since_it_was_chosen(
    start: Start, store: Store, eventually: Eventually
) -> None:
    recipe, rules = start()
    store.use(store.save("mud", {"ore": ["kaolin"]}, "anna"), "ben")
    eventually(changes_to(recipe, rules, "mud", 1))
    again, rules = start()
    assert again.report() == recipe.report()
    assert rules.recipe.ore == ("kaolin",)
    eventually(lambda: (store.in_force() or Version()).title == "mud v1")


BAD = {
    "an ore that the model has not": {"ore": ["quartz"]},
    "a key that is none": {"ore": ["calcite"], "min_frction": 0.3},
    "no ore": {},
    "a layer that is not told": {"ore": ["calcite"], "decide": "mean"},
    "a number that is out of range": {"ore": ["calcite"], "min_fraction": 4},
}


@pytest.mark.parametrize("table", BAD.values(), ids=BAD)
def test_a_recipe_that_cannot_be_used_is_refused_and_the_one_before_stays_also_over_a_restart(
    start: Start, store: Store, eventually: Eventually, tmp_path: Path, table: dict[str, Any]
) -> None:
    recipe, rules = start()
    store.use(store.save("mud", {"ore": ["kaolin"]}, "anna"), "ben")
    eventually(changes_to(recipe, rules, "mud", 1))
    store.use(store.save("bad", table, "anna"), "ben")

    def refused() -> bool:
        recipe.follow(rules)
        return any(
            kind == "recipe_refused" and "recipe bad v1 is not used, mud v1 is" in w for kind, w in said(tmp_path)
        )

    eventually(refused)
    eventually(lambda: store.answer.read()["refused"].startswith("bad v1: "))
    assert recipe.report()["name"] == "mud"
    eventually(lambda: (store.in_force() or Version()).title == "mud v1")
    again, rules = start()
    assert (again.report()["name"], rules.recipe.ore) == ("mud", ("kaolin",))


@pytest.mark.parametrize("order", ["", "[1]", '{"name": "mud"}', '{"name": "mud", "version": 7}', "{" * 9])
def test_an_order_that_is_none_changes_nothing(
    start: Start, store: Store, eventually: Eventually, tmp_path: Path, order: str
) -> None:
    store.save("mud", {"ore": ["kaolin"]}, "anna")
    recipe, rules = start()
    (store.folder / "active.json").write_text(order)
    (store.folder / "active.json").chmod(0o600)
    eventually(lambda: said(tmp_path))
    recipe.follow(rules)
    assert recipe.recipe == OWN


def test_a_version_that_was_changed_after_it_was_chosen_is_refused(
    start: Start, store: Store, eventually: Eventually, tmp_path: Path
) -> None:
    version = store.save("mud", {"ore": ["kaolin"]}, "anna")
    path = store.folder / "mud.v1.json"
    path.chmod(0o600)
    path.write_text(path.read_text().replace("kaolin", "calcite"))
    start()
    store.use(version, "ben")
    eventually(lambda: any("not what it was when it was chosen" in words for _, words in said(tmp_path)))


def test_a_folder_that_cannot_be_read_refuses_an_order_and_the_next_one_is_heard(
    start: Start, store: Store, eventually: Eventually, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, rules = start()
    version = store.save("mud", {"ore": ["kaolin"]}, "anna")
    with monkeypatch.context() as broken:
        broken.setattr("sinks.recipes.store.Store.versions", lambda _: (_ for _ in ()).throw(OSError(5, "I/O error")))
        store.use(version, "ben")
        eventually(lambda: any("I/O error" in words for _, words in said(tmp_path)))
    store.use(version, "carl")
    eventually(changes_to(recipe, rules, "mud", 1))
