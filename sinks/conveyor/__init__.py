"""Conveyor: labels to stones, stones to decisions, decisions to valves."""

from sinks.conveyor.sink import Conveyor

__all__ = ["Conveyor"]
