"""Valve outputs: a file or folder each, and one line in this table."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from oreline.errors import ConfigError, nearest
from sinks.conveyor.outputs.output import ValveOutput

VALVE_OUTPUTS = {
    "modbus": "sinks.conveyor.plc.dispatch:ModbusOutput",
}


def find(name: str) -> type[ValveOutput]:
    """The class of a valve output; its module is imported only now. Raises ConfigError."""
    if name not in VALVE_OUTPUTS:
        known = ", ".join(VALVE_OUTPUTS)
        raise ConfigError(f"there is no valve output {name!r}: use one of {known}.{nearest(name, VALVE_OUTPUTS)}")
    module, _, attribute = VALVE_OUTPUTS[name].partition(":")
    return cast(type[ValveOutput], getattr(import_module(module), attribute))
