"""Who may be where: what a sink says of itself decides, not how its lines are delivered."""

from __future__ import annotations

from typing import Any

import pytest

from oreline.config import Config
from oreline.errors import ConfigError
from oreline.sink import Policy
from sinks import SINKS, find
from sinks.settings import settings_of

REMOTE = "tcp://10.0.0.5:7402"
CONVEYOR = {"sink": "conveyor", "distance_counts": 900, "recipe": {"ore": ["calcite"]}}


@pytest.fixture(autouse=True)
def console(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sink that is fresh and only looks."""
    monkeypatch.setitem(SINKS.own, "console", "tests.packages.acme.acme_oreline.tally:Tally")  # type: ignore[arg-type]
    assert find("console").policy is Policy.FRESH


def line(sink: dict[str, Any], **inference: str) -> Config:
    return Config({"inference": inference, "sinks": {"one": sink}}, "line.toml")


def test_a_fresh_sink_that_only_looks_may_be_on_another_host() -> None:
    common, _, _ = settings_of(line({"sink": "console", "remote": REMOTE}), "one")
    assert common.remote == REMOTE
    assert settings_of(line({"sink": "console"}, remote=REMOTE), "one")


def test_one_that_acts_on_the_plant_is_refused_where_its_camera_is_not() -> None:
    for config in (line(CONVEYOR | {"remote": REMOTE}), line(CONVEYOR, remote=REMOTE)):
        with pytest.raises(ConfigError, match=r"\[sinks.one\]: conveyor acts on the plant, so it must be on the host"):
            settings_of(config, "one")
    assert settings_of(line(CONVEYOR), "one")


@pytest.mark.parametrize(
    ("name", "table", "budget_ms"),
    [("conveyor", {}, 100.0), ("station", {}, 1000.0), ("station", {"budget_ms": 50}, 50.0)],
)
def test_a_sink_says_how_old_its_lines_may_be_unless_its_table_does(
    name: str, table: dict[str, object], budget_ms: float
) -> None:
    needed = {"distance_counts": 900, "recipe": {"ore": ["calcite"]}} if name == "conveyor" else {}
    common, *_ = settings_of(Config({"sinks": {name: {**needed, **table}}}), name)
    assert common.budget_ms == budget_ms
