"""Faces of the station: each a package and one line in this table. A face that fails is said, and opened again; what it
shows lives in the hub."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, Self, cast

from oreline.config import Section
from oreline.incidents import report
from oreline.registry import Registry
from sinks.station.hub import Hub

AGAIN_S = 2.0


class Face(Protocol):
    """Face: renders the hub, and gives it commands."""

    @classmethod
    def open(cls, settings: Any, hub: Hub) -> Self:
        """A face that is not yet at work, but has what it needs of the host. Raises an OrelineError."""

    async def run(self) -> None:
        """Be at work until cancelled."""


FACES = Registry(
    "oreline.faces",
    "face of the station",
    {
        "web": "sinks.station.web.face:Web",
        "opcua": "sinks.station.opcua.face:OpcUa",
        "mqtt": "sinks.station.mqtt.face:Mqtt",
    },
)


def opened(name: str, settings: Section, hub: Hub) -> Face:
    """A face; its module is imported only now. Raises an OrelineError: what refuses at the start ends the station."""
    return cast(type[Face], FACES.find(name)).open(settings, hub)


async def show(name: str, face: Face, again: Callable[[], Face]) -> None:
    """Keep a face at work; where it fails, another in its place."""
    while True:
        try:
            await face.run()
        except Exception as error:
            report("station", "face_failed", f"{name}: {error or type(error).__name__}; it is opened again")
        face = await _open(name, again)


async def _open(name: str, again: Callable[[], Face]) -> Face:
    """The same face, as soon as it can be opened."""
    while True:
        await asyncio.sleep(AGAIN_S)
        try:
            return again()
        except Exception as error:
            report("station", "face_failed", f"{name}: {error or type(error).__name__}; it is opened again")
