from __future__ import annotations

import pytest

import sinks
from oreline.errors import ConfigError
from oreline.sink import Policy


@pytest.mark.parametrize("name", [*sinks.SINKS])
def test_every_name_in_the_table_is_a_sink(name: str) -> None:
    sink = sinks.find(name)
    assert sink.policy in Policy
    assert sink.acts_on_plant is (name == "conveyor")
    assert sink.stream in ("labels", "reflectance", "features")
    assert sink.Settings.model_config["extra"] == "forbid"


def test_an_unknown_sink_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'conveyor'"):
        sinks.find("conveyer")
