"""A line for OPC UA clients to look at: its hub, without processes behind it, and the face, on a loop of its own."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from oreline.config import Config
from oreline.incidents import Incident, Severity
from oreline.moment import now
from sinks.station.commands import Act, Actor, Refused, Role
from sinks.station.hub import Hub
from sinks.station.opcua.face import OpcUa
from sinks.station.opcua.settings import OpcUaSettings
from sinks.station.status import Phase, Recipe

NUMBERS = itertools.count(1)
WORD = "correct horse"


class People:
    """Accounts by name, all with one password."""

    def __init__(self, **roles: Role) -> None:
        self.roles = roles

    def login(self, name: str, password: str, address: str = "", face: str = "web") -> Role:  # noqa: ARG002
        if name not in self.roles or password != WORD:
            raise Refused("login", "name or password is wrong")
        return self.roles[name]

    def role(self, name: str) -> Role | None:
        return self.roles.get(name)


class Desk:
    """Saved recipes."""

    async def versions(self) -> list[dict[str, Any]]:
        told = {"words": "at least 0.3 of magnetite", "sha256": "ab" * 32}
        names = ("hematite", 1), ("magnetite", 2), ("magnetite", 3)
        good = [{"name": name, "version": version, **told} for name, version in names]
        return [*good, {"name": "old", "version": 1, "refused": "no class ilmenite"}]


class Plant:
    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder, self._settings = folder, OpcUaSettings(port=0, **settings)
        self.people = People(vera=Role.VIEWER, olga=Role.OPERATOR, emil=Role.ENGINEER)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.on_loop(self._begin())
        return self

    def __exit__(self, *_: object) -> None:
        self.on_loop(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _begin(self) -> None:
        self.hub = Hub(Config({"line": {"name": "pit", "output": str(self.folder)}, "sinks": {}}))
        self.hub.accounts = self.people  # type: ignore[assignment]
        self.hub.recipes = Desk()  # type: ignore[assignment]
        commands = self.hub.commands
        commands.register("hold", Role.OPERATOR, lambda _actor: self._hold(held=True))
        commands.register("resume", Role.OPERATOR, lambda _actor: self._hold(held=False))
        commands.register("stop", Role.ENGINEER, lambda _actor: self._set(phase=Phase.ENDED))
        commands.register("select_recipe", Role.OPERATOR, self._select)
        self._audit = self.hub.bus.subscribe("audit")
        await self.serve()

    async def serve(self) -> None:
        """Have the face at work, as it is opened again after a failure, too."""
        self.face = OpcUa.open(self._settings, self.hub)
        self._task = asyncio.ensure_future(self.face.run())
        up = asyncio.ensure_future(self.face.up.wait())
        await asyncio.wait([self._task, up], return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if self._task.done():
            self._task.result()

    async def _end(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    def restart(self) -> None:
        """Close the face and open another."""
        self.on_loop(self._end())
        self.on_loop(self.serve())

    def on_loop(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def call(self, function: Callable[[], Any]) -> Any:
        async def do() -> Any:
            return function()

        return self.on_loop(do())

    @property
    def url(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.face.port}"

    def _hold(self, *, held: bool) -> dict[str, bool]:
        if self.hub.status.phase not in (Phase.HELD, Phase.RUNNING):
            raise Refused("state", "no line runs")
        self._set(phase=Phase.HELD if held else Phase.RUNNING, held=held)
        return {"old": not held, "new": held}

    def _select(self, _actor: Actor, name: str, version: int | None = None) -> dict[str, Any]:
        if name != "magnetite":
            raise Refused("argument", f"no recipe {name!r}: magnetite")
        self._set(recipe=Recipe(name, version or 3, "at least 0.3 of magnetite", 0.3))
        return {"old": "line v0", "new": f"{name} v{version or 3}"}

    def _set(self, **changes: Any) -> None:
        self.hub.status = replace(self.hub.status, **changes)
        self.hub.bus.publish("status", self.hub.status)

    def set(self, **changes: Any) -> None:
        """Have the line's status be another."""
        self.call(lambda: self._set(**changes))

    def hear(self, kind: str, stage: str = "acquisition", words: str = "cable out") -> None:
        """Have something happen at the line."""
        self.call(lambda: self.hub.alarms.hear(incident(kind, stage, words)))

    def conclude(self, start: str, lines: int, part: int = 1) -> None:
        """Have a minute be over."""
        minute = {"what": "minute", "start": start, "part": part, "lines": lines}
        self.call(lambda: self.hub.bus.publish("minute", minute))

    def quiet(self) -> None:
        """Have no alarm that is there, nor any that was."""
        self.call(self._quiet)

    def _quiet(self) -> None:
        for name in list(self.hub.alarms.engine.book.rules):
            self.hub.alarms.engine.book._tracks[name].clear()
        self._set(phase=Phase.STARTING, held=False, recipe=Recipe())

    def audited(self) -> list[Act]:
        """What was done since the last time."""

        def take() -> list[Act]:
            found = list(self._audit._waiting)
            self._audit._waiting.clear()
            return found

        return list(self.call(take))


def incident(kind: str, stage: str, words: str) -> Incident:
    at = now()
    return Incident(
        time=at.text, severity=Severity.ALARM, process="acquisition", stage=stage, kind=kind, n=1, run=None, seq=None,
        words=words, t_ns=at.t_ns, boot=at.boot.hex(), life="1", number=next(NUMBERS),
    )  # fmt: skip
