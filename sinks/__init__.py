"""Sinks: a file or folder each, and one line in this table."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from oreline.errors import ConfigError, nearest
from oreline.sink import Sink

SINKS = {
    "conveyor": "sinks.conveyor:Conveyor",
    "log": "sinks.log:Log",
    "record": "sinks.record:Record",
}


def find(name: str) -> type[Sink]:
    """The class of a sink; its module is imported only now. Raises ConfigError."""
    if name not in SINKS:
        raise ConfigError(f"there is no sink {name!r}: use one of {', '.join(SINKS)}.{nearest(name, SINKS)}")
    module, _, attribute = SINKS[name].partition(":")
    return cast(type[Sink], getattr(import_module(module), attribute))
