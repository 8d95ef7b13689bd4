"""Settings of the operator's station."""

from __future__ import annotations

from oreline.config import Section
from sinks.station.alarms.settings import AlarmSettings
from sinks.station.shifts.settings import ShiftsSettings
from sinks.station.web.settings import WebSettings


class StationSettings(Section):
    """The operator's station: each of its faces has a table of its own."""

    alarms: AlarmSettings = AlarmSettings()
    """Limits beyond which somebody is called, a table of its own."""
    web: WebSettings = WebSettings()
    """The page in a browser."""
    shifts: ShiftsSettings = ShiftsSettings()
    """When shifts begin, and what their rock is taken for, a table of its own."""
