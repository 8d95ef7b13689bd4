"""Operator's station: one model of the line's state, and the faces that render it: a page, OPC UA, MQTT.

Two threads. The sink's own takes lines, and hands them over in blocks. Everything else lives on one asyncio loop in the
other: the `Hub`, which has the state, and each face; so nothing of it needs a lock. The station acts on nothing by
itself: what somebody orders goes through `Commands`, and from there by files that other processes look at. Its death,
or a slow face, changes nothing of the sorter.
"""

from __future__ import annotations

from sinks.station.sink import Station

__all__ = ["Station"]
