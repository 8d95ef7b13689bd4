"""Faces of the station: each a package and one line in this table. A face that fails is said, and opened again; what it
shows lives in the hub."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any, Protocol, Self, cast

from oreline.config import Section
from oreline.incidents import report
from oreline.registry import Registry
from sinks.station.hub import Hub

AGAIN_S = 2.0
QUIET_S, LONGEST_S, CALM_S = 10.0, 3600.0, 60.0
"""A face that fails again and again is said to after so long, and then each time after twice as long, up to the second;
one that was at work for the third begins anew."""


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


class Failures:
    """Failures of a face, told ever more rarely. `clock`: in s."""

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._clock = name, clock
        self.calm()

    def calm(self) -> None:
        """It works: the next is told at once."""
        self._n, self._due, self._quiet_s = 0, -math.inf, QUIET_S

    def tell(self, error: Exception) -> None:
        self._n += 1
        if self._clock() < self._due:
            return
        times = f", {self._n} times by now" if self._n > 1 else ""
        why = error or type(error).__name__
        report("station", "face_failed", f"{self._name}: {why}; it is opened again every {AGAIN_S:g} s{times}")
        self._due, self._quiet_s = self._clock() + self._quiet_s, min(2 * self._quiet_s, LONGEST_S)


async def show(name: str, face: Face, again: Callable[[], Face]) -> None:
    """Keep a face at work; where it fails, another in its place."""
    failures = Failures(name)
    while True:
        begun = time.monotonic()
        try:
            await face.run()
        except Exception as error:
            if time.monotonic() - begun > CALM_S:
                failures.calm()
            failures.tell(error)
        face = await _open(again, failures)


async def _open(again: Callable[[], Face], failures: Failures) -> Face:
    """The same face, as soon as it can be opened."""
    while True:
        await asyncio.sleep(AGAIN_S)
        try:
            return again()
        except Exception as error:
            failures.tell(error)
