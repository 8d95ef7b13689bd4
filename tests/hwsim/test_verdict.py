"""Whose report the plant's verdict is made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hwsim import verdict as verdicts
from oreline.config import Config
from oreline.facts import leave_facts

SCENE = {"lines": 100}


def judged(folder: Path, monkeypatch: pytest.MonkeyPatch, plant: int, **sorters: int) -> dict[str, Any]:
    """The verdict on a run whose sorters have left their settings, each with the port of its plant."""
    tables = {name: {"sink": "conveyor"} for name in sorters} | {"conveyor": {"sink": "record"}}
    for name, port in sorters.items():
        leave_facts(folder, name, {"settings": {"port": port, "who": name}})
    outcomes = dict.fromkeys(("ejected", "missed", "wrong", "passed"), 0)
    report = {"feed": {"stones": 0}, **outcomes}
    monkeypatch.setattr(verdicts, "plant_report", lambda _, sorter: {**report, "who": sorter["who"]})
    line = {"line": {"output": str(folder)}, "simulator": {"scene": SCENE}, "plant": {"port": plant}, "sinks": tables}
    return verdicts.verdict(Config(line))


def test_of_several_sorters_the_one_at_the_plants_port_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert judged(tmp_path, monkeypatch, 5021, belt_1=5020, belt_2=5021)["plant"]["who"] == "belt_2"


def test_the_only_sorter_is_judged_wherever_it_says_the_plant_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert judged(tmp_path, monkeypatch, 0, belt_2=5021)["plant"]["who"] == "belt_2"


def test_a_sink_that_is_only_called_conveyor_is_no_sorter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "plant" not in judged(tmp_path, monkeypatch, 5021)
