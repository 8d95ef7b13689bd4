"""Files of recipes: versions that nobody changes, and what is believed of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oreline.errors import ConfigError
from sinks.recipes.store import Choice, Store, Version

ORE = {"ore": ["calcite"]}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "recipes")


def test_what_is_saved_is_a_new_version_each_time_and_the_newest_is_read(store: Store) -> None:
    first = store.save("lime", ORE, "anna", "as on Monday")
    second = store.save("lime", ORE | {"min_fraction": 0.4}, "ben")
    assert (first.title, second.title) == ("lime v1", "lime v2")
    assert store.versions() == {"lime": [1, 2]}
    assert store.read("lime") == second
    assert store.read("lime", 1, first.sha256) == first
    assert (first.by, first.note, first.recipe) == ("anna", "as on Monday", ORE)


def test_versions_go_on_from_the_largest_and_a_number_is_never_given_twice(store: Store) -> None:
    for _ in range(11):
        store.save("lime", ORE, "anna")
    assert store.read("lime").version == 11
    (store.folder / "lime.v12.json").touch()
    assert store._add("lime", 12, {}) is False
    assert not [path for path in store.folder.iterdir() if path.name.startswith(".")]


def test_a_version_that_was_changed_is_not_the_one_that_was_chosen(store: Store) -> None:
    chosen = store.save("lime", ORE, "anna")
    path = store.folder / "lime.v1.json"
    assert path.stat().st_mode & 0o777 == 0o400
    path.chmod(0o600)
    path.write_text(path.read_text().replace("calcite", "gypsum"))
    with pytest.raises(ConfigError, match="not what it was when it was chosen"):
        store.read("lime", 1, chosen.sha256)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"recipe": 3}', "[" * 60_000, "x" * 70_000])
def test_a_file_that_is_no_recipe_is_refused(store: Store, content: str) -> None:
    store.save("lime", ORE, "anna")
    (store.folder / "lime.v2.json").write_text(content)
    with pytest.raises(ConfigError, match=r"lime\.v2\.json"):
        store.read("lime")
    assert store.read("lime", 1).recipe == ORE


def test_a_file_that_others_may_write_to_is_refused(store: Store) -> None:
    store.save("lime", ORE, "anna")
    (store.folder / "lime.v1.json").chmod(0o666)
    with pytest.raises(ConfigError, match="others can write to it"):
        store.read("lime")


@pytest.mark.parametrize("name", ["", "line", "../lime", "a b", "lime.v1", "x" * 33, "active.json", "-x"])
def test_a_name_that_could_be_a_path_or_the_lines_own_is_refused(store: Store, name: str) -> None:
    with pytest.raises(ConfigError, match="no name for a recipe"):
        store.save(name, ORE, "anna")


def test_a_recipe_that_is_not_there_is_answered_with_the_near_one(store: Store) -> None:
    with pytest.raises(ConfigError, match="none is saved"):
        store.read("lime")
    store.save("lime", ORE, "anna")
    with pytest.raises(ConfigError, match="Did you mean 'lime'"):
        store.read("lmie")
    with pytest.raises(ConfigError, match="has no version 3: 1"):
        store.read("lime", 3)


def test_an_order_names_the_version_by_its_hash_and_who_gave_it(store: Store) -> None:
    version = store.save("lime", ORE, "anna")
    store.use(version, "ben")
    order = json.loads((store.folder / "active.json").read_text())
    assert (order["name"], order["version"], order["sha256"], order["by"]) == ("lime", 1, version.sha256, "ben")
    store.use(Version(), "ben")
    assert Choice.of(store.order.read()).title == "line v0"


@pytest.mark.parametrize("order", [{}, {"name": "lime"}, {"name": 3, "version": 1}, {"name": "lime", "version": True}])
def test_an_order_that_names_no_version_is_none(order: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="the name and the version"):
        Choice.of(order)
