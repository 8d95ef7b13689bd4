"""Settings of the operator's station."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import model_validator

from oreline.config import Section
from sinks.station.alarms.settings import AlarmSettings
from sinks.station.mqtt.settings import MqttSettings
from sinks.station.opcua.settings import OpcUaSettings
from sinks.station.shifts.settings import ShiftsSettings
from sinks.station.web.settings import WebSettings


class StationSettings(Section):
    """The operator's station: each of its faces has a table of its own."""

    accounts: Path | None = None
    """File of accounts, as `oreline accounts` makes it. Without it faces serve loopback alone, where every user of the
    host is believed."""
    alarms: AlarmSettings = AlarmSettings()
    """Limits beyond which somebody is called, a table of its own."""
    opcua: OpcUaSettings | None = None
    """OPC UA, a table of its own; without it there is none."""
    web: WebSettings = WebSettings()
    """The page in a browser."""
    mqtt: MqttSettings | None = None
    """What the plant's broker is told, a table of its own. None: nothing."""
    shifts: ShiftsSettings = ShiftsSettings()
    """When shifts begin, and what their rock is taken for, a table of its own."""

    @model_validator(mode="after")
    def _knows_its_people(self) -> Self:
        if self.accounts is None and not self.web.is_loopback:
            raise ValueError(
                f"web.bind = {self.web.bind!r} can be reached from other hosts: name a file of accounts, made by "
                "`oreline accounts add`, or serve on 127.0.0.1"
            )
        return self
