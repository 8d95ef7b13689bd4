"""Valve outputs: a file or folder each, and one line in this table."""

from __future__ import annotations

from typing import cast

from oreline.registry import Registry
from sinks.conveyor.outputs.output import ValveOutput

VALVE_OUTPUTS = Registry(
    "oreline.valve_outputs",
    "valve output",
    {
        "modbus": "sinks.conveyor.plc.dispatch:ModbusOutput",
        "udp": "sinks.conveyor.outputs.udp_bank:UdpBank",
    },
    ValveOutput,
)


def find(name: str) -> type[ValveOutput]:
    """The class of a valve output; its module is imported only now. Raises ConfigError."""
    return cast(type[ValveOutput], VALVE_OUTPUTS.find(name))
