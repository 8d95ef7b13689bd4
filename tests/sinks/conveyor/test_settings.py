"""The table of a conveyor: its own keys, and those of the valve output that it names."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from oreline.config import Config, Section
from oreline.errors import ConfigError
from sinks.conveyor import outputs
from sinks.conveyor.plc.dispatch import ModbusOutput
from sinks.conveyor.settings import ConveyorSettings
from sinks.settings import schema, settings_of

TABLE = {"recipe": {"ore": ["calcite"]}, "distance_counts": 900}


def refused(**keys: Any) -> str:
    with pytest.raises(ConfigError) as refusal:
        settings_of(Config({"sinks": {"conveyor": TABLE | keys}}, "line.toml"), "conveyor")
    return str(refusal.value)


def test_a_table_that_names_no_output_is_of_a_plc_as_it_always_was() -> None:
    _, _, settings = settings_of(Config({"sinks": {"conveyor": TABLE | {"port": 5020}}}), "conveyor")
    assert isinstance(settings, ConveyorSettings)
    assert isinstance(settings, ModbusOutput.Settings)
    assert settings.model_dump()["port"] == 5020


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"output": "modbsu"}, "line.toml: [sinks.conveyor]: there is no valve output 'modbsu': use one of modbus"),
        ({"output": "modbsu"}, "Did you mean 'modbus'?"),
        ({"prot": 5020}, "unknown key 'prot'. Did you mean 'port'?"),
        ({"valvs": 8}, "unknown key 'valvs'. Did you mean 'valves'?"),
        ({"budget": 8}, "unknown key 'budget'. Did you mean 'budget_ms'?"),
        ({"output": 5}, "output: Input should be 'modbus' (got 5)"),
        ({"output": ["modbus"]}, "output: Input should be 'modbus'"),
    ],
)
def test_what_was_meant_is_said_in_words_of_the_file(keys: dict[str, Any], words: str) -> None:
    assert words in refused(**keys)


def test_the_schema_has_a_table_for_each_output() -> None:
    tables = [one["properties"] for one in schema()["$defs"].values() if "distance_counts" in one["properties"]]
    assert [table["output"]["const"] for table in tables] == list(outputs.VALVE_OUTPUTS)
    assert all("metrics_port" in table and "port" in table for table in tables)


def test_an_output_whose_keys_are_the_conveyors_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Doubled(Section):
        valves: Literal[7] = 7

    monkeypatch.setattr(ModbusOutput, "Settings", Doubled)
    assert "valve output 'modbus' has keys of the conveyor, and needs others: valves" in refused()
