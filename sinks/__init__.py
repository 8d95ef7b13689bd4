"""Sinks: a file or folder each, and one line in this table."""

from __future__ import annotations

from typing import cast

from oreline.registry import Registry
from oreline.sink import OPTIONAL, Sink

SINKS = Registry(
    "oreline.sinks",
    "sink",
    {
        "conveyor": "sinks.conveyor:Conveyor",
        "core": "sinks.core.live.sink:Core",
        "log": "sinks.log:Log",
        "ndjson": "sinks.ndjson:Ndjson",
        "record": "sinks.record:Record",
        "station": "sinks.station:Station",
    },
    Sink,
    optional=OPTIONAL,
)


def find(name: str) -> type[Sink]:
    """The class of a sink; its module is imported only now. Raises ConfigError."""
    return cast(type[Sink], SINKS.find(name))
