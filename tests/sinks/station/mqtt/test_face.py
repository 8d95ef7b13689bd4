"""What the plant's broker is told, with a real broker: births and wills, a spool while it is away, refusals."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from oreline.moment import now
from sinks.station.alarms.alarm import What
from sinks.station.hub import Hub
from sinks.station.mqtt import collect
from sinks.station.mqtt import face as module
from sinks.station.mqtt.face import Mqtt
from sinks.station.mqtt.session import Session
from sinks.station.mqtt.settings import MqttSettings
from sinks.station.shifts.keeper import Keeper
from sinks.station.shifts.settings import ShiftsSettings
from tests.sinks.station.mqtt.broker import OPEN, Broker, Listener, broker_at, certificates, needs_broker
from tests.sinks.station.mqtt.teller import ROOT, hub_at, settings_of, stone

pytestmark = needs_broker
STATE, STONES = f"{ROOT}/state", f"{ROOT}/stones"


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, 60))


@asynccontextmanager
async def telling(hub: Hub, settings: MqttSettings) -> AsyncIterator[None]:
    """A face at work, with the hub's watch."""
    tasks = [asyncio.create_task(Mqtt.open(settings, hub).run()), asyncio.create_task(hub._watch())]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Gate:
    """Gate before the broker, for a listener to be back before the station is."""

    def __init__(self) -> None:
        self.is_open, self.waits = True, False

    async def passed(self) -> None:
        while not self.is_open:
            self.waits = True
            await asyncio.sleep(0.01)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = Gate()

    class Gated(Session):
        async def __aenter__(self) -> Session:
            await gate.passed()
            return await super().__aenter__()

    monkeypatch.setattr(module, "Session", Gated)
    return gate


async def restarted(broker: Broker, listener: Listener, hub: Hub, gate: Gate) -> None:
    """The broker is away, the station has seen it, and both it and the listener are back."""
    broker.kill()
    await listener.until(lambda: hub.broker)
    gate.is_open = False
    await listener.until(lambda: gate.waits)
    before = listener.times
    broker.start()
    await listener.until(lambda: listener.times > before)
    gate.is_open = True


def seqs(listener: Listener) -> list[int]:
    """Of the stones told, each message once by its identity."""
    bodies = {body["id"]: body for body in listener.bodies(STONES)}
    return [one["seq"] for body in bodies.values() for one in body["stones"]]


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Kinds of the incidents that are reported; a broker is tried again quickly."""
    kinds: list[str] = []
    for one in (module, collect):
        monkeypatch.setattr(one, "report", lambda _stage, kind, _words: kinds.append(kind))
    monkeypatch.setattr(module, "FIRST_S", 0.05)
    monkeypatch.setattr(module, "MOST_S", 0.2)
    return kinds


def test_a_birth_is_retained_and_an_end_in_order_is_no_death(tmp_path: Path) -> None:
    async def scenario() -> None:
        with broker_at(tmp_path) as broker:
            async with Listener(broker.port) as listener:
                async with telling(hub_at(tmp_path), settings_of(broker.port)):
                    await listener.until(lambda: f"{ROOT}/status" in listener.last)
                    birth = listener.last[STATE]
                    assert (birth["state"], birth["line"], birth["classes"]) == (
                        "online",
                        "line1",
                        ["calcite", "kaolinite", "gypsum"],
                    )
                await listener.until(lambda: listener.last[STATE]["state"] == "offline")
            async with Listener(broker.port) as late:
                await late.until(lambda: STATE in late.last)
                assert late.last[STATE]["session"] == birth["session"]

    run(scenario())


def test_a_broker_that_was_away_gets_every_stone_once_and_the_birth_again(tmp_path: Path, gate: Gate) -> None:
    async def scenario() -> None:
        with broker_at(tmp_path) as broker:
            hub = hub_at(tmp_path)
            async with Listener(broker.port) as listener, telling(hub, settings_of(broker.port)):
                for seq in range(100):
                    hub.take_stone(stone(seq))
                await listener.until(lambda: len(seqs(listener)) == 100)
                for seq in range(100, 500):
                    hub.take_stone(stone(seq))
                listener.last.clear()
                await restarted(broker, listener, hub, gate)
                await listener.until(lambda: len(seqs(listener)) == 500)
                assert seqs(listener) == list(range(500))
                assert listener.last[STATE]["state"] == "online"
                assert {body["missed"] for body in listener.bodies(STONES)} == {0}

    run(scenario())


def test_a_spool_that_is_full_drops_the_oldest_and_counts_what(tmp_path: Path, said: list[str]) -> None:
    async def scenario() -> None:
        with broker_at(tmp_path) as broker:
            broker.kill()
            hub = hub_at(tmp_path)
            async with telling(hub, settings_of(broker.port, spool_mb=0.05, status_s=0.5)):
                for seq in range(1000):
                    hub.take_stone(stone(seq))
                await asyncio.sleep(0.5)
                broker.start()
                async with Listener(broker.port) as listener:
                    await listener.until(lambda: seqs(listener)[-1:] == [999])
                    told = seqs(listener)
                    await listener.until(lambda: listener.last[f"{ROOT}/status"]["spool"]["dropped"])
                    dropped = listener.last[f"{ROOT}/status"]["spool"]["dropped"]["stones"]
                    assert dropped["items"] == 1000 - len(told) > 0
                    assert told == list(range(1000 - len(told), 1000))
            assert said.count("mqtt_dropped") == 1

    run(scenario())


def child(output: Path, port: int, first: int, n: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.sinks.station.mqtt.teller", str(output), str(port), str(first), str(n)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[4])


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_a_station_that_is_killed_is_dead_and_the_next_doubles_nothing_and_tells_what_was_missed(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        with broker_at(tmp_path) as broker:
            async with Listener(broker.port) as listener:
                first = child(tmp_path, broker.port, 0, 100_000)
                await listener.until(lambda: len(seqs(listener)) > 100)
                first.kill()
                first.wait()
                await listener.until(lambda: listener.last[STATE]["state"] == "dead")
                assert first.stdout is not None
                with first.stdout:
                    handed = int(first.stdout.read().split()[-1]) + 1
                second = child(tmp_path, broker.port, handed, 50)
                try:
                    await listener.until(lambda: seqs(listener)[-1] == handed + 49)
                    assert listener.last[STATE]["state"] == "online"
                finally:
                    end(second)
                told = seqs(listener)
                assert told == sorted(set(told))
                missed = sum({body["id"]: body["missed"] for body in listener.bodies(STONES)}.values())
                assert len(told) + missed == handed + 50

    run(scenario())


def test_a_station_that_is_frozen_is_dead_until_it_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        with broker_at(tmp_path) as broker:
            async with Listener(broker.port) as listener:
                process = child(tmp_path, broker.port, 0, 10)
                try:
                    await listener.until(lambda: listener.last.get(STATE, {}).get("state") == "online")
                    os.kill(process.pid, signal.SIGSTOP)
                    await listener.until(lambda: listener.last[STATE]["state"] == "dead")
                    os.kill(process.pid, signal.SIGCONT)
                    await listener.until(lambda: listener.last[STATE]["state"] == "online")
                finally:
                    end(process)

    run(scenario())


TLS = """cafile {0}/ca.pem
certfile {0}/broker.pem
keyfile {0}/broker.key
require_certificate true
use_identity_as_username true
"""


def test_tls_with_a_certificate_of_the_plant_s_authority_and_with_another(tmp_path: Path, said: list[str]) -> None:
    plant, other = tmp_path / "plant", tmp_path / "other"
    for folder in (plant, other):
        folder.mkdir()
    certificates(plant, "broker", "station")
    certificates(other, "station")

    async def scenario() -> None:
        with broker_at(tmp_path, TLS.format(plant)) as broker:
            tls = ssl.create_default_context(cafile=plant / "ca.pem")
            tls.load_cert_chain(plant / "station.pem", plant / "station.key")
            async with Listener(broker.port, tls) as listener:
                for keys, ca in ((other, plant), (plant, other)):
                    hub = hub_at(tmp_path)
                    async with telling(hub, tls_settings(broker.port, keys, ca)):
                        await listener.until(lambda: hub.broker)  # noqa: B023
                        assert "TLS" in str(hub.broker)
                        await asyncio.sleep(1.0)
                assert listener.heard == []
                assert said.count("mqtt_refused") == 2
                async with telling(hub_at(tmp_path), tls_settings(broker.port, plant, plant)):
                    await listener.until(lambda: listener.last.get(STATE, {}).get("state") == "online")

    run(scenario())


def tls_settings(port: int, keys: Path, ca: Path) -> MqttSettings:
    return settings_of(port, ca=ca / "ca.pem", certificate=keys / "station.pem", key=keys / "station.key")


def test_topics_that_the_broker_s_access_list_refuses_wait_and_others_go_on(
    tmp_path: Path, said: list[str], gate: Gate
) -> None:
    (tmp_path / "acl").write_text(
        f"topic read #\ntopic write {ROOT}/state\ntopic write {ROOT}/status\n", encoding="utf-8"
    )
    settings = f"allow_anonymous true\nacl_file {tmp_path}/acl\n"

    async def scenario() -> None:
        with broker_at(tmp_path, settings) as broker:
            hub = hub_at(tmp_path)
            async with Listener(broker.port) as listener, telling(hub, settings_of(broker.port)):
                for seq in range(40):
                    hub.take_stone(stone(seq))
                await listener.until(lambda: STONES in str(hub.broker))
                await listener.until(lambda: len(listener.bodies(f"{ROOT}/status")) > 0)
                assert listener.bodies(STONES) == []
                assert said.count("mqtt_refused") <= 2
                broker.settings = OPEN
                await restarted(broker, listener, hub, gate)
                await listener.until(lambda: len(seqs(listener)) == 40)
                assert hub.broker == ""

    run(scenario())


def test_alarms_are_retained_one_by_one_and_cleared_also_by_the_next_station(tmp_path: Path) -> None:
    async def scenario() -> None:
        with broker_at(tmp_path) as broker:
            hub = hub_at(tmp_path)
            topic = f"{ROOT}/alarms/no_light"
            async with Listener(broker.port) as listener:
                async with telling(hub, settings_of(broker.port)):
                    book = hub.alarms.engine.book
                    track = book.track(book.rules["no_light"])
                    book.put(track, What.RAISED, present=True, acknowledged=False, words="dark")
                    await listener.until(lambda: listener.last.get(topic))
                    alarm = listener.last[topic]
                    assert (alarm["state"], alarm["words"]) == ("unacknowledged", "dark")
                    book.put(track, What.ACKNOWLEDGED, acknowledged=True, by="ana")
                    await listener.until(lambda: listener.last[topic]["by"] == "ana")
                assert listener.last[topic] is not None
                async with telling(hub_at(tmp_path), settings_of(broker.port)):
                    await listener.until(lambda: listener.last[topic] is None)

    run(scenario())


def test_minutes_and_shifts_are_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        with broker_at(tmp_path) as broker:
            hub = hub_at(tmp_path)
            hub.shifts = keeper = Keeper(ShiftsSettings(), hub)
            hub.look()
            at = now()
            later = type(at)(at.wall_ns + 120 * 10**9, at.offset_s, at.t_ns + 120 * 10**9, at.boot)
            async with Listener(broker.port) as listener, telling(hub, settings_of(broker.port)):
                hub.take_stone(stone(0))
                await keeper.keep(later)
                await listener.until(lambda: listener.last.get(f"{ROOT}/minute"))
                await listener.until(lambda: listener.last.get(f"{ROOT}/shift/running"))
                assert listener.last[f"{ROOT}/minute"]["decisions"] == {"ejected": 1}
                assert listener.last[f"{ROOT}/shift/running"]["feed"]["stones"] == 1

    run(scenario())
