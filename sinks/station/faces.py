"""Faces of the station: each a package and one line in this table. A face that fails is said, and opened again; what it
shows lives in the hub."""

from __future__ import annotations

import asyncio
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
        """A face that is not yet at work. Raises an OrelineError."""

    async def run(self) -> None:
        """Be at work until cancelled."""


FACES = Registry("oreline.faces", "face of the station", {})


async def show(name: str, settings: Section, hub: Hub) -> None:
    """Open a face and keep it at work; its module is imported only now."""
    face = cast(type[Face], await asyncio.to_thread(FACES.find, name))
    while True:
        try:
            await face.open(settings, hub).run()
        except Exception as error:
            report("station", "face_failed", f"{name}: {error or type(error).__name__}; it is opened again")
        await asyncio.sleep(AGAIN_S)
