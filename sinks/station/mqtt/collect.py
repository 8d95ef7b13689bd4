"""Collecting what is told by MQTT once and for all: stones in batches, and minutes, into the spool."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from oreline.errors import OrelineError
from oreline.incidents import report
from oreline.messages import StoneRecord
from oreline.moment import NEVER, now
from sinks.station.hub import Hub
from sinks.station.mqtt.payloads import MINUTE, STONES, head, stones_of
from sinks.station.mqtt.settings import MqttSettings
from sinks.station.mqtt.spool import Spool

MOST_WAITING = 20_000
"""Stones that wait for the spool; of more the oldest go, which the numbers of the next tell."""


class Collector:
    """Collector for one spool. `news`: is set when something was put there. `spooling`: whoever uses the spool holds
    it."""

    def __init__(self, settings: MqttSettings, hub: Hub, spool: Spool, root: str, spooling: asyncio.Lock) -> None:
        self._settings, self._hub, self._spool, self._root = settings, hub, spool, root
        self._waiting: deque[StoneRecord] = deque(maxlen=MOST_WAITING)
        self._next: dict[str, Any] = spool.place("stones") or {"run": "", "next": None}
        self._minute: int = spool.place("minutes") or 0
        self._is_failing = False
        self.news, self._spooling = asyncio.Event(), spooling

    def take_stone(self, stone: StoneRecord) -> None:
        """A stone that was decided."""
        self._waiting.append(stone)

    async def run(self) -> None:
        """Collect until cancelled; what waits then is kept first."""
        try:
            while True:
                await asyncio.sleep(self._settings.batch_s)
                await self._collect()
        finally:
            await asyncio.shield(self._collect())

    async def _collect(self) -> None:
        try:
            async with self._spooling:
                await self._keep_stones()
                await self._keep_minutes()
            self._is_failing = False
        except OrelineError as error:
            if not self._is_failing:
                report("station", "store_failed", str(error))
            self._is_failing = True
        if self._spool.dropped:
            self._spool.dropped = False
            report(
                "station", "mqtt_dropped", f"{self._spool.path} holds {self._settings.spool_mb:g} MB: the oldest goes"
            )

    async def _keep_stones(self) -> None:
        while self._waiting:
            batch = self._batch()
            run, first, last = batch[0].stamp.run.hex(), batch[0].stamp.seq, batch[-1].stamp.seq
            before = self._next["next"] if self._next["run"] == run else None
            missed = 0 if before is None else max(0, first - before)
            info = self._hub.info
            clock = info.clock if info is not None and info.clock != NEVER else now()
            names = [one.name for one in self._hub.stone_info.classes] if self._hub.stone_info else []
            told = stones_of(batch, missed, names, clock.wall_ns - clock.t_ns)
            place = {"run": run, "next": last + 1}
            await self._put(STONES, told, len(batch), stones=place)
            self._next = place
            for _ in batch:
                self._waiting.popleft()

    def _batch(self) -> list[StoneRecord]:
        """The first that wait and follow one another in one run."""
        batch: list[StoneRecord] = []
        for stone in list(self._waiting)[: self._settings.batch_stones]:
            if batch and (stone.stamp.run, stone.stamp.seq) != (batch[-1].stamp.run, batch[-1].stamp.seq + 1):
                break
            batch.append(stone)
        return batch

    async def _keep_minutes(self) -> None:
        keeper = self._hub.shifts
        if keeper is None:
            return
        for number, minute in await asyncio.to_thread(keeper.store.after, self._minute):
            await self._put(MINUTE, keeper.tell_minute(minute), 1, minutes=number)
            self._minute = number

    async def _put(self, topic: str, told: dict[str, Any], items: int, **places: Any) -> None:
        body = {**head(self._hub.config.line.name, now()), **told}
        await asyncio.to_thread(self._spool.put, f"{self._root}/{topic}", body, items, **places)
        self.news.set()
