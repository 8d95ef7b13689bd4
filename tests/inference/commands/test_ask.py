"""Two who ask a running line for a step: none takes the other's place."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from inference.commands.ask import asked_for
from oreline.config import ASKED, Config
from oreline.errors import StageFailed

DARK: dict[str, Any] = {"kind": "dark", "lines": 30}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config({"line": {"state": str(tmp_path), "output": str(tmp_path / "out")}})


def test_who_asks_while_another_waits_is_told_so_and_takes_nothing_from_him(config: Config, tmp_path: Path) -> None:
    path = tmp_path / ASKED
    path.write_text("his")
    path.chmod(0o640)
    with path.open() as waiting:
        fcntl.flock(waiting, fcntl.LOCK_EX)
        with pytest.raises(StageFailed, match="this line is asked for a step already"):
            asked_for(config, DARK, Console(quiet=True))
    assert path.read_text() == "his"
    assert [one.name for one in tmp_path.iterdir()] == [ASKED]


def test_what_nobody_waits_for_any_more_makes_room(config: Config, tmp_path: Path) -> None:
    path = tmp_path / ASKED
    path.write_text("left by one that was killed")
    path.chmod(0o640)
    with pytest.raises(StageFailed, match="the line has ended before it saw its scene: no dark was taken"):
        asked_for(config, DARK, Console(quiet=True))
    assert list(tmp_path.iterdir()) == []
