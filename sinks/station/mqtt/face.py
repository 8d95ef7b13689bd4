"""Face of the station towards a broker: what stands is retained there, what has happened goes through the spool."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self

from oreline.incidents import report
from oreline.messages import StoneRecord
from oreline.moment import now
from sinks.station.hub import Hub
from sinks.station.mqtt import payloads
from sinks.station.mqtt.collect import Collector
from sinks.station.mqtt.session import RefusedByBroker, Session, tls_of
from sinks.station.mqtt.settings import MqttSettings
from sinks.station.mqtt.spool import Spool

FIRST_S, MOST_S = 0.5, 30.0
"""A broker that is away is tried after so long, then each time after twice as long, up to the most."""
LOOK_S = 0.25
AGAIN_S = 60.0
"""A topic that the broker refuses is tried again after so long."""
STEADY_S = 10.0
"""A connection that has lasted so long was one: what ends it is said anew."""
FAREWELL_S = 1.0


class Mqtt:
    """MQTT of one line."""

    def __init__(self, settings: MqttSettings, hub: Hub) -> None:
        self._settings, self._hub = settings, hub
        name = hub.config.line.name
        self._root, self._client = settings.topic or f"oreline/{name}", settings.client or f"oreline-{name}"
        self._spool = Spool(hub.config.line.output, round(settings.spool_mb * 1e6))
        self._spooling = asyncio.Lock()
        self._collector = Collector(settings, hub, self._spool, self._root, self._spooling)
        self._session_number = int(self._spool.place("session") or 0)
        self._told: dict[str, str] = {}
        self._status: tuple[float, str, dict[str, Any]] = (0.0, "", {})
        self._refused: dict[str, float] = {}
        self._said = ""

    @classmethod
    def open(cls, settings: MqttSettings, hub: Hub) -> Self:
        """Raises SecurityError, RecordingError, StoreFailed."""
        tls_of(settings)
        return cls(settings, hub)

    async def run(self) -> None:
        """Collect, and tell the broker whenever it is there, until cancelled."""
        hear = self._take_stone
        self._hub.bus.call("stone", hear)
        try:
            await _together(self._collector.run(), self._serve())
        finally:
            self._hub.bus.forget("stone", hear)
            self._hub.broker = None
            self._spool.close()

    def _take_stone(self, stone: StoneRecord) -> None:
        self._collector.take_stone(stone)

    async def _serve(self) -> None:
        wait_s = FIRST_S
        while True:
            began = time.monotonic()
            try:
                await self._connection()
            except RefusedByBroker as error:
                self._say("mqtt_refused", str(error))
            except OSError as error:
                self._say("mqtt_away", f"{self._settings.host}: {error}")
            if time.monotonic() - began > STEADY_S:
                wait_s, self._said = FIRST_S, ""
            await asyncio.sleep(wait_s * random.uniform(0.7, 1.0))  # noqa: S311
            wait_s = min(MOST_S, 2 * wait_s)

    def _say(self, kind: str, words: str) -> None:
        """Say why nothing is told; the same only once, however often it is tried."""
        self._hub.broker = words
        if self._said != f"{kind} {words}":
            report("station", kind, f"{words}; what happens waits in {self._spool.path.name}")
            self._said = f"{kind} {words}"

    async def _connection(self) -> None:
        self._session_number += 1
        async with self._spooling:
            await asyncio.to_thread(self._spool.keep, session=self._session_number)
        will = self._body({"state": "dead", "session": self._session_number})
        async with Session(self._settings, self._client, self._topic(payloads.STATE), will) as session:
            self._hub.broker, self._told, self._refused = "", {}, {}
            for topic in self._spool.place("retained") or ():
                self._told[topic] = "?"
            try:
                await self._tell(session, payloads.STATE, payloads.birth(self._hub, self._session_number))
                await _together(session.ended(), self._stand(session), self._pump(session))
            except asyncio.CancelledError:
                with suppress(OSError, RefusedByBroker, TimeoutError):
                    await asyncio.wait_for(self._farewell(session), FAREWELL_S)
                raise

    async def _farewell(self, session: Session) -> None:
        await self._tell(session, payloads.STATE, {"state": "offline", "session": self._session_number})

    async def _stand(self, session: Session) -> None:
        """Have the broker retain how everything stands: what has changed is told, what is no more is cleared."""
        while True:
            stands = {topic: body for topic, body in self._standing().items() if not self._is_refused(topic)}
            await self._note(set(stands) | set(self._told))
            for topic, body in stands.items():
                if self._told.get(topic) != _key(body) and await self._tell(session, topic, body):
                    self._told[topic] = _key(body)
            for topic in self._told.keys() - stands.keys():
                if topic.startswith(f"{payloads.ALARMS}/") and not self._is_refused(topic):
                    await self._tell(session, topic, None)
                    del self._told[topic]
            await asyncio.sleep(LOOK_S)

    async def _note(self, topics: set[str]) -> None:
        """Keep which alarms the broker may retain, before it does: a station that is killed clears them later."""
        alarms = sorted(topic for topic in topics if topic.startswith(f"{payloads.ALARMS}/"))
        async with self._spooling:
            if alarms != (self._spool.place("retained") or []):
                await asyncio.to_thread(self._spool.keep, retained=alarms)

    def _standing(self) -> dict[str, dict[str, Any]]:
        """How everything stands, by topic."""
        hub, keeper = self._hub, self._hub.shifts
        alarms = {payloads.alarm_topic(one.key): payloads.alarm_of(one) for one in hub.alarms.alarms}
        shifts = {payloads.SHIFT: keeper.shift, payloads.LAST_SHIFT: keeper.last_shift} if keeper else {}
        told = {topic: shift for topic, shift in shifts.items() if shift}
        return {
            payloads.STATUS: self._status_now(),
            payloads.RECIPE: payloads.recipe_of(hub.status.recipe),
            **told,
            **alarms,
        }

    def _status_now(self) -> dict[str, Any]:
        """The status, new when it is due or the phase has changed."""
        due, phase, body = self._status
        status = self._hub.status
        if not body or time.monotonic() >= due or phase != status.phase:
            body = payloads.status_of(status, self._spool.account())
            self._status = (time.monotonic() + self._settings.status_s, status.phase, body)
        return body

    async def _pump(self, session: Session) -> None:
        """Tell what waits in the spool, the oldest first."""
        while True:
            held = [self._topic(topic) for topic in self._refused if self._is_refused(topic)]
            self._collector.news.clear()
            async with self._spooling:
                waiting = await asyncio.to_thread(self._spool.next, held)
            if waiting is None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._collector.news.wait(), 1.0)
            elif not self._refuses(waiting.topic, await session.publish(waiting.topic, waiting.payload)):
                async with self._spooling:
                    await asyncio.to_thread(self._spool.done, waiting.number)

    async def _tell(self, session: Session, topic: str, told: dict[str, Any] | None) -> bool:
        """Have something retained, or cleared. Returns whether the broker took it."""
        payload = b"" if told is None else json.dumps(self._body(told), allow_nan=False).encode()
        return not self._refuses(self._topic(topic), await session.publish(self._topic(topic), payload, retain=True))

    def _refuses(self, topic: str, why: str) -> bool:
        """Note that the broker refuses a topic; what waits for it stays in the spool."""
        own = topic.removeprefix(f"{self._root}/")
        if why:
            self._refused[own] = time.monotonic() + AGAIN_S
            self._say("mqtt_refused", f"the broker refuses {topic}: {why}; let {self._client} write there")
        elif self._refused.pop(own, None) is not None and not self._refused:
            self._hub.broker, self._said = "", ""
        return bool(why)

    def _is_refused(self, topic: str) -> bool:
        return self._refused.get(topic, 0.0) > time.monotonic()

    def _topic(self, own: str) -> str:
        return f"{self._root}/{own}"

    def _body(self, told: dict[str, Any]) -> dict[str, Any]:
        return {**payloads.head(self._hub.config.line.name, now()), **told}


def _key(body: dict[str, Any]) -> str:
    return json.dumps(body, sort_keys=True)


async def _together(*jobs: Coroutine[Any, Any, None]) -> None:
    """Do all until one ends, then end the others."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
