"""Desk of the alarms: the engine on the station's loop, with its clock, its file, and the acts of people."""

from __future__ import annotations

import asyncio
import math
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from oreline import moment
from oreline.incidents import Incident, report
from oreline.moment import Moment
from sinks.station.alarms.acts import Acts
from sinks.station.alarms.alarm import Alarm, Change
from sinks.station.alarms.engine import Engine
from sinks.station.alarms.heard import Heard
from sinks.station.alarms.look import Looks
from sinks.station.alarms.rules import FLOOD, RULES
from sinks.station.alarms.settings import AlarmSettings
from sinks.station.alarms.store import ALARMS, heard_of, load, packed, restore, save
from sinks.station.bus import Bus, Subscription
from sinks.station.commands import Actor, Commands, Role
from sinks.station.status import Status

MOST_WAITING = 4096
"""Incidents that wait to be heard."""
ROOM_S, KEEP_S = 2.0, 0.25
"""Intervals of looks for room on the disk, and of what is kept there."""
AGAIN_S = 1.0
"""A file that could not be written is tried again after so long."""


class AlarmDesk:
    """Desk of one line's alarms. `bus`: where it hears, and tells each `Change` under "alarm". `rings`: records that
    the ring of each stream holds. `now`: both clocks."""

    def __init__(
        self,
        bus: Bus,
        output: Path,
        rings: Mapping[str, int],
        limits: AlarmSettings,
        now: Callable[[], Moment] = moment.now,
    ) -> None:
        self._bus, self._output, self._now = bus, output, now
        self._looks = Looks(rings, limits)
        self._path, self._dirty, self._failed_ns = output / ALARMS, False, -(1 << 62)
        self.engine = self._restored()
        self._acts = Acts(self.engine.book)
        self._writing = asyncio.Lock()
        self._disk, self._free_bytes = ThreadPoolExecutor(1, "alarms"), math.nan

    @property
    def alarms(self) -> list[Alarm]:
        """All that are not plainly normal, in the order in which they call; those that are put away last."""
        return self.engine.alarms

    def _restored(self) -> Engine:
        now = self._now()
        try:
            content = load(self._path)
            if content is not None:
                engine = Engine(RULES, heard_of(content), FLOOD)
                restore(engine, content, now)
                return engine
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            report("station", "no_alarm_state", f"{self._path} is not read, and alarms begin anew: {why}")
        return Engine(RULES, Heard.begun(now), FLOOD)

    async def run(self) -> None:
        """Hear and look until cancelled."""
        try:
            with self._bus.subscribe("incident", MOST_WAITING) as incidents, self._bus.subscribe("status", 1) as looks:
                await asyncio.gather(self._hear(incidents), self._watch(looks), self._measure(), self._keep())
        finally:
            with suppress(OSError):
                save(self._path, packed(self.engine, self._now()))

    async def _hear(self, incidents: Subscription) -> None:
        async for incident in incidents:
            self.hear(incident)

    async def _watch(self, looks: Subscription) -> None:
        async for status in looks:
            self.see(status, self._free_bytes)

    async def _measure(self) -> None:
        while True:
            self._free_bytes = await self._beside(_free_bytes, self._output)
            await asyncio.sleep(ROOM_S)

    async def _keep(self) -> None:
        while True:
            if self._dirty and self._now().t_ns - self._failed_ns > AGAIN_S * 1e9:
                await self.save()
            await asyncio.sleep(KEEP_S)

    async def _beside(self, do: Callable[..., Any], *arguments: Any) -> Any:
        """Done in a thread of its own: neither a slow disk nor a process that does not answer holds an alarm up."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, do, *arguments)

    def hear(self, incident: Incident) -> None:
        """Something happened."""
        self._tell(self.engine.incident(incident, self._now()))

    def see(self, status: Status, free_bytes: float) -> None:
        """The line as it is now, and room for its output."""
        self._tell(self.engine.status(self._looks.at(status, free_bytes), self._now()))

    def _tell(self, changes: list[Change]) -> None:
        self._dirty = self._dirty or bool(changes)
        for change in changes:
            self._bus.publish("alarm", change)

    async def save(self) -> None:
        """Write the file now; where that fails it is said, and tried again."""
        async with self._writing:
            self._dirty = False
            try:
                await self._beside(save, self._path, packed(self.engine, self._now()))
            except OSError as error:
                self._dirty, self._failed_ns = True, self._now().t_ns
                report("station", "no_alarm_state", f"{self._path} is not written: {error.strerror}")

    def register(self, commands: Commands) -> None:
        """The verbs of alarms. `alarm` is a key, as the list of alarms has it."""
        for name in ("acknowledge", "confirm", "unshelve"):
            commands.register(name, Role.OPERATOR, getattr(self, f"_{name}"))
        commands.register("shelve", Role.OPERATOR, self._shelve)
        commands.register("out_of_service", Role.ENGINEER, self._out_of_service)

    async def _acknowledge(self, actor: Actor, alarm: str, comment: str = "") -> dict[str, Any]:
        return await self._do(alarm, lambda: self._acts.acknowledge(alarm, actor.name, comment))

    async def _confirm(self, actor: Actor, alarm: str, comment: str = "") -> dict[str, Any]:
        return await self._do(alarm, lambda: self._acts.confirm(alarm, actor.name, comment))

    async def _shelve(self, actor: Actor, alarm: str, seconds: float, comment: str = "") -> dict[str, Any]:
        return await self._do(alarm, lambda: self._acts.shelve(alarm, seconds, actor.name, self._now(), comment))

    async def _unshelve(self, actor: Actor, alarm: str, comment: str = "") -> dict[str, Any]:
        return await self._do(alarm, lambda: self._acts.unshelve(alarm, actor.name, comment))

    async def _out_of_service(self, actor: Actor, alarm: str, out: bool = True, comment: str = "") -> dict[str, Any]:
        return await self._do(alarm, lambda: self._acts.out_of_service(alarm, actor.name, comment, out=out))

    async def _do(self, key: str, act: Callable[[], Change]) -> dict[str, Any]:
        """Do it, and keep it; what it was and is goes into the audit log."""
        old = {alarm.key: alarm.state for alarm in self.alarms}.get(key, "normal")
        change = act()
        self._tell([change])
        await self.save()
        return {"old": str(old), "new": str(change.alarm.state)}


def _free_bytes(output: Path) -> float:
    try:
        return shutil.disk_usage(output).free
    except OSError:
        return float("nan")
