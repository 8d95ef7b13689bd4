"""What was raised, acknowledged and put away stands after a restart of the station, and of its host."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oreline.moment import Moment
from sinks.station.alarms.acts import Acts
from sinks.station.alarms.alarm import State, What
from sinks.station.alarms.engine import Engine
from sinks.station.alarms.store import ALARMS, heard_of, load, packed, restore, save
from tests.sinks.station.alarms.test_engine import ACTS, RULES, Desk, S, _do

HOUR_S = 3600.0


def restarted(desk: Desk, away_s: float, wall_s: float | None = None, *, rebooted: bool = False) -> Desk:
    """The desk of a station that goes on with what another has left."""
    content = packed(desk.engine, desk.now)
    desk.move(away_s, wall_s)
    now = replace(desk.now, boot=b"\xff" * 16, t_ns=7 * S) if rebooted else desk.now
    after = Desk(now, desk.holds, numbers=desk.numbers)
    after.engine = Engine(RULES, heard_of(content), "flood")
    restore(after.engine, content, now)
    after.acts = Acts(after.engine.book)
    return after


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.happens("camera_lost", words="no frame")
    desk.happens("store_failed", "log")
    desk.happens("plc_inhibit")
    desk.acts.acknowledge("disk:log", "ann", "more disks are ordered")
    desk.acts.shelve("stop", 300, "bob", desk.now, "known")
    desk.acts.out_of_service("late", "eve")
    return desk


def test_every_alarm_stands_as_it_stood(desk: Desk, tmp_path: Path) -> None:
    before = desk.engine.alarms
    save(tmp_path / ALARMS, packed(desk.engine, desk.now))
    assert load(tmp_path / ALARMS) == packed(desk.engine, desk.now)
    assert (tmp_path / ALARMS).stat().st_mode & 0o022 == 0
    after = restarted(desk, 0)
    assert after.engine.alarms == before
    assert after.happens("camera_lost", words="again") == [], "it is there already"


def test_numbers_of_changes_go_on(desk: Desk) -> None:
    last = max(alarm.number for alarm in desk.engine.alarms)
    after = restarted(desk, 1)
    after.happens("reference_leak")
    assert after.told[-1].alarm.number == last + 1


def test_a_cause_that_went_meanwhile_is_known_when_the_line_is_seen(desk: Desk) -> None:
    after = restarted(desk, 10)
    assert after.state("camera") is State.UNACKNOWLEDGED
    after.sees()
    assert What.RETURNED in after.waits(4)
    assert after.state("camera") is State.RETURNED


@pytest.mark.parametrize("wall_s", [10.0, 86_400.0, -86_400.0])
def test_shelving_goes_on_with_its_time_however_the_wall_clock_is_set(desk: Desk, wall_s: float) -> None:
    after = restarted(desk, 10.0, wall_s)
    after.sees()
    after.waits(285, 1)
    assert after.state("stop") is State.SHELVED
    assert What.UNSHELVED in after.waits(10, 1)


@pytest.mark.parametrize(("away_s", "left_s"), [(100.0, 200.0), (1000.0, 0.0), (-500.0, 300.0), (1e9, 0.0)])
def test_over_a_boot_shelving_goes_on_by_the_wall_clock(desk: Desk, away_s: float, left_s: float) -> None:
    after = restarted(desk, 10.0, away_s, rebooted=True)
    left_ns = after.alarm("stop").until_ns - after.now.t_ns
    assert left_ns == pytest.approx(left_s * S, abs=2)
    after.sees()
    after.waits(left_s + 2, 1)
    assert after.state("stop") in (State.UNACKNOWLEDGED, State.LATCHED_UNACKNOWLEDGED)


def test_what_chatters_goes_on_chattering_until_it_is_quiet(desk: Desk) -> None:
    for _ in range(5):
        desk.sees(camera={"": "away"})
        desk.waits(0.5)
        desk.sees(camera={})
        desk.waits(3.5)
    assert desk.alarm("camera").chattering
    after = restarted(desk, 5)
    after.sees()
    after.waits(59, 1)
    assert after.alarm("camera").chattering
    after.waits(5, 1)
    assert after.state("camera") is State.RETURNED


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\x00" * 99, b'{"version": 2}', b"null", b'{"version":1,"alarms":7}'],
)
def test_what_is_no_state_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(ValueError, match="it is damaged"):
        heard_of(content)


def test_a_state_of_another_version_is_refused(desk: Desk) -> None:
    content = json.loads(packed(desk.engine, desk.now)) | {"version": 2}
    with pytest.raises(ValueError, match="it is of version 2, not 1"):
        restore(desk.engine, json.dumps(content).encode(), desk.now)


def test_an_alarm_whose_rule_is_no_more_is_left_out(desk: Desk) -> None:
    content = packed(desk.engine, desk.now).replace(b'"name":"stop"', b'"name":"gone"')
    engine = Engine(RULES, heard_of(content), "flood")
    restore(engine, content, desk.now)
    assert {alarm.rule.name for alarm in engine.alarms} == {"camera", "disk", "late"}


def test_what_others_can_write_is_no_state(tmp_path: Path, desk: Desk) -> None:
    assert load(tmp_path / ALARMS) is None
    save(tmp_path / ALARMS, packed(desk.engine, desk.now))
    (tmp_path / ALARMS).chmod(0o666)
    with pytest.raises(PermissionError):
        load(tmp_path / ALARMS)


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTS, max_size=30))
def test_a_restart_after_anything_keeps_the_list(acts: list[str]) -> None:
    desk = Desk(Moment(1_772_370_309_123_000_000, 0, 5000 * S, b"b" * 16))
    for act in acts:
        _do(desk, act)
    assert restarted(desk, 0.0).engine.alarms == desk.engine.alarms
