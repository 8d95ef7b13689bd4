"""Where a line keeps its rings, and whether it runs."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from oreline import config as configuration
from oreline import launch
from oreline.config import Config
from oreline.launch import choose_state, runs
from oreline.unfinished import LOCK


class Places(NamedTuple):
    memory: Path
    disk: Path


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    memory, disk = tmp_path / "shm", tmp_path / "tmp"
    for place in (memory, disk):
        (place / "oreline-belt").mkdir(parents=True)
    monkeypatch.setattr(configuration, "SHARED", memory)
    monkeypatch.setattr(launch, "SHARED", memory)
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    return Places(memory / "oreline-belt", disk / "oreline-belt")


def chosen() -> Config:
    config = Config({"line": {"name": "belt"}})
    choose_state(config)
    return config


@contextmanager
def running_in(folder: Path) -> Iterator[None]:
    with (folder / LOCK).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "ROOM_FOR_RINGS", 1 << 62)


def test_rings_are_in_memory_where_there_is_room(places: Places) -> None:
    assert chosen().line.folder == places.memory


def test_otherwise_they_are_on_disk(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    full(monkeypatch)
    assert chosen().line.folder == places.disk


def test_a_line_that_runs_is_found_where_it_is_though_there_is_no_room_left(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    full(monkeypatch)
    with running_in(places.memory):
        config = chosen()
        assert config.line.folder == places.memory
        assert runs(config)
    assert not runs(config)


def test_or_though_there_is_room_again(places: Places) -> None:
    with running_in(places.disk):
        config = chosen()
        assert config.line.folder == places.disk
        assert runs(config)


def test_a_folder_that_is_named_is_taken(tmp_path: Path, places: Places) -> None:
    config = Config({"line": {"name": "belt", "state": str(tmp_path / "own")}})
    choose_state(config)
    assert config.line.folder == tmp_path / "own"
    assert not runs(config)
