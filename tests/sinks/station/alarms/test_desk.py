"""Alarms on the station's loop: what happens on a line is told, kept, and acted on by those who may."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from oreline import incidents
from oreline.config import Config
from oreline.incidents import Incident, Severity
from oreline.moment import Moment, now
from sinks.station.alarms.alarm import Change, State, What
from sinks.station.alarms.desk import AlarmDesk
from sinks.station.alarms.settings import AlarmSettings
from sinks.station.alarms.store import ALARMS
from sinks.station.audit import AUDIT, entries, verify
from sinks.station.bus import Bus
from sinks.station.commands import Actor, Refused, Role
from sinks.station.hub import Hub
from sinks.station.status import Phase, Status

ANN, EVE = Actor("ann", Role.OPERATOR, "web", "10.0.0.7"), Actor("eve", Role.ENGINEER, "opcua")
S = 1_000_000_000


@dataclass
class Clock:
    """The host's clocks, and what a test moves them by."""

    ahead_s: float = 0.0

    def __call__(self) -> Moment:
        at, ahead_ns = now(), round(self.ahead_s * S)
        return replace(at, t_ns=at.t_ns + ahead_ns, wall_ns=at.wall_ns + ahead_ns)


def happened(kind: str, number: int, stage: str = "acquisition") -> Incident:
    at, words = now(), f"{kind} {number}"
    return Incident(
        at.text, Severity.ALARM, stage, stage, kind, 1, None, None, words, at.t_ns, at.boot.hex(), "l", number
    )  # fmt: skip


def on_loop(desk: AlarmDesk, do: Callable[[], Awaitable[None]]) -> None:
    """With the desk at work."""

    async def main() -> None:
        running = asyncio.ensure_future(desk.run())
        await asyncio.sleep(0)
        try:
            await asyncio.wait_for(do(), 20)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(main())


def desk_of(output: Path, clock: Clock | None = None) -> tuple[Bus, AlarmDesk]:
    bus = Bus()
    return bus, AlarmDesk(bus, output, {"raw": 512}, AlarmSettings(), clock or Clock())


def test_what_happens_and_what_is_seen_are_told_on_the_bus(tmp_path: Path) -> None:
    bus, desk = desk_of(tmp_path)
    told = bus.subscribe("alarm")

    async def main() -> None:
        bus.publish("incident", happened("plc_lost", 1, "conveyor"))
        first: Change = await told.get()
        bus.publish("status", Status(at=now(), phase=Phase.NO_LINES))
        second: Change = await told.get()
        assert [(one.what, one.alarm.key) for one in (first, second)] == [
            (What.RAISED, "plc_lost"), (What.RAISED, "no_lines"),
        ]  # fmt: skip
        assert [alarm.key for alarm in desk.alarms] == ["no_lines", "plc_lost"]

    on_loop(desk, main)


def test_ten_thousand_incidents_are_a_few_changes_and_a_small_file(tmp_path: Path) -> None:
    bus, desk = desk_of(tmp_path)
    told = bus.subscribe("alarm", 100_000)
    kinds = [*incidents.KINDS]
    for i in range(10_000):
        desk.hear(happened(kinds[i % len(kinds)], i, f"sink{i}"))
    asyncio.run(desk.save())
    assert len(told._waiting) < 1000
    assert len(desk.alarms) < 600
    assert (tmp_path / ALARMS).stat().st_size < 500_000


def test_a_file_that_is_damaged_is_said_and_nothing_is_held_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ALARMS).write_text('{"version": 1, "alarms": [')
    _, desk = desk_of(tmp_path)
    assert desk.alarms == []
    assert "alarms begin anew: it is damaged" in capsys.readouterr().err
    desk.hear(happened("plc_lost", 1))
    asyncio.run(desk.save())
    assert desk_of(tmp_path)[1].alarms == desk.alarms


def test_a_file_that_cannot_be_written_is_said_and_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    bus, desk = desk_of(tmp_path, clock)
    (tmp_path / ALARMS).mkdir()

    async def main() -> None:
        desk.hear(happened("plc_lost", 1))
        await desk.save()
        assert "is not written" in capsys.readouterr().err
        (tmp_path / ALARMS).rmdir()
        clock.ahead_s = 2
        while not (tmp_path / ALARMS).exists():
            bus.publish("status", Status(at=clock()))
            await asyncio.sleep(0.01)

    on_loop(desk, main)


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(Config({"line": {"name": "north", "output": str(tmp_path)}, "sinks": {"station": {}}}))


def do(hub: Hub, actor: Actor, verb: str, **arguments: Any) -> Any:
    return asyncio.run(hub.commands.do(actor, verb, **arguments))


def test_each_act_is_one_line_of_the_audit_log_also_one_that_is_refused(hub: Hub, tmp_path: Path) -> None:
    clock = Clock()
    hub.alarms._now = clock
    hub.alarms.hear(happened("camera_lost", 1))
    assert do(hub, ANN, "acknowledge", alarm="camera_lost", comment="I go there") == {
        "old": "unacknowledged", "new": "acknowledged",
    }  # fmt: skip
    do(hub, ANN, "shelve", alarm="camera_lost", seconds=300)
    do(hub, ANN, "unshelve", alarm="camera_lost")
    with pytest.raises(Refused, match="ann is operator"):
        do(hub, ANN, "out_of_service", alarm="camera_lost")
    do(hub, EVE, "out_of_service", alarm="camera_lost")
    do(hub, EVE, "out_of_service", alarm="camera_lost", out=False)
    with pytest.raises(Refused, match="still there"):
        do(hub, EVE, "confirm", alarm="camera_lost")
    records = [entry.record for entry in entries(tmp_path / AUDIT)]
    assert [(record.who, record.verb, record.old, record.new) for record in records[1:]] == [
        ("ann", "acknowledge", "unacknowledged", "acknowledged"),
        ("ann", "shelve", "acknowledged", "shelved"),
        ("ann", "unshelve", "shelved", "unacknowledged"),
        ("ann", "out_of_service", None, None),
        ("eve", "out_of_service", "unacknowledged", "out of service"),
        ("eve", "out_of_service", "out of service", "unacknowledged"),
        ("eve", "confirm", None, None),
    ]
    assert records[1].arguments == {"alarm": "camera_lost", "comment": "I go there"}
    assert records[4].result == "ann is operator: out_of_service is for engineers"
    assert verify(tmp_path / AUDIT).broken == {}


def test_what_was_done_stands_after_the_station_was_killed(hub: Hub, tmp_path: Path) -> None:
    hub.alarms.hear(happened("camera_lost", 1))
    hub.alarms.hear(happened("store_failed", 1, "log"))
    do(hub, ANN, "acknowledge", alarm="camera_lost")
    do(hub, ANN, "shelve", alarm="store_failed:log", seconds=300)
    clock = Clock(200)
    _, after = desk_of(tmp_path, clock)
    states = {alarm.key: (alarm.state, alarm.by) for alarm in after.alarms}
    assert states == {"camera_lost": (State.ACKNOWLEDGED, "ann"), "store_failed:log": (State.SHELVED, "ann")}
    clock.ahead_s = 301
    after.see(Status(at=clock(), phase=Phase.STARTING), 1e12)
    assert [alarm.key for alarm in after.alarms] == ["camera_lost"], "it came back, and its cause had gone"


def test_where_nothing_can_be_written_nothing_is_done_but_what_stops(
    hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held: list[str] = []
    hub.commands.register("hold", Role.OPERATOR, lambda actor: held.append(actor.name))
    hub.alarms.hear(happened("camera_lost", 1))
    (tmp_path / AUDIT).mkdir()
    with pytest.raises(Refused, match="it is not done, since the audit log cannot be written") as refused:
        do(hub, ANN, "acknowledge", alarm="camera_lost")
    assert refused.value.code == "audit"
    assert hub.alarms.alarms[0].state is State.UNACKNOWLEDGED
    do(hub, ANN, "hold")
    assert held == ["ann"]
    assert "station no_audit: " in capsys.readouterr().err
