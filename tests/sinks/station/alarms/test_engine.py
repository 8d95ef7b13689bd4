"""Alarms come, call, go, are put away and come back, by ISA-18.2; whatever comes, there are few of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oreline.incidents import Incident, Severity
from oreline.moment import Moment
from sinks.station.alarms.acts import MOST_SHELVED_S, Acts
from sinks.station.alarms.alarm import Alarm, Change, Ne107, Priority, Rule, State, What
from sinks.station.alarms.book import MANY, MOST_SOURCES
from sinks.station.alarms.engine import Engine
from sinks.station.alarms.heard import Heard
from sinks.station.commands import Refused

S = 1_000_000_000
BOOT = bytes(range(16))
START = Moment(1_772_370_309_123_000_000, 3600, 5000 * S, BOOT)
Holds = dict[str, Mapping[str, str] | None]


def rule(name: str, priority: Priority = Priority.HIGH, **more: Any) -> Rule:
    return Rule(
        name=name, title=name, cause="", consequence="", action="look", priority=priority, ne107=Ne107.FAILURE,
        act_within_s=60, **more,
    )  # fmt: skip


RULES = [
    rule("flood", Priority.LOW),
    rule("camera", Priority.CRITICAL, kinds=("camera_lost",), condition=lambda s: s["camera"], quiet_s=3.0),
    rule("silence", condition=lambda s: s["silence"], after_s=2.0, quiet_s=1.0, suppressed_by=("camera",)),
    rule("late", condition=lambda s: s["late"], quiet_s=1.0, suppressed_by=("silence",)),
    rule("stop", kinds=("plc_inhibit",), quiet_s=10.0, latched=True),
    rule("frames", Priority.LOW, kinds=("late_frame",), least=5, quiet_s=60.0),
    rule("disk", Priority.MEDIUM, kinds=("store_failed",), by_source=True, quiet_s=20.0),
    rule("reference", Priority.MEDIUM, kinds=("reference_CODE",)),
]


@dataclass
class Desk:
    """An engine, its clock, and all that it has told."""

    now: Moment = START
    holds: Holds = field(default_factory=lambda: {"camera": {}, "silence": {}, "late": {}})
    told: list[Change] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.engine = Engine(RULES, Heard.begun(self.now), "flood")
        self.acts = Acts(self.engine.book)

    def move(self, seconds: float, wall_s: float | None = None) -> None:
        wall_ns = round((seconds if wall_s is None else wall_s) * S)
        self.now = replace(self.now, wall_ns=self.now.wall_ns + wall_ns, t_ns=self.now.t_ns + round(seconds * S))

    def told_by(self, changes: Sequence[Change]) -> list[What]:
        self.told += changes
        return [change.what for change in changes]

    def happens(self, kind: str, stage: str = "acquisition", n: int = 1, words: str = "w", **more: Any) -> list[What]:
        at = self.now
        one = Incident(
            at.text, Severity.ALARM, "p", stage, kind, n, None, None, words, at.t_ns, BOOT.hex(), "l",
            next(self.numbers),
        )  # fmt: skip
        return self.told_by(self.engine.incident(replace(one, **more), self.now))

    def sees(self, **holds: Mapping[str, str] | None) -> list[What]:
        self.holds |= holds
        return self.told_by(self.engine.status(self.holds, self.now))

    def waits(self, seconds: float, step_s: float = 0.25) -> list[What]:
        """Look at the same line again and again."""
        whats: list[What] = []
        for _ in range(round(seconds / step_s)):
            self.move(step_s)
            whats += self.sees()
        return whats

    def alarm(self, key: str) -> Alarm:
        return self.engine.book.find(key).alarm

    def state(self, key: str) -> State:
        return self.alarm(key).state


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_one_that_is_acknowledged_is_over_when_its_cause_has_gone(desk: Desk) -> None:
    assert desk.happens("camera_lost", words="cable") == [What.RAISED]
    assert desk.state("camera") is State.UNACKNOWLEDGED
    assert desk.alarm("camera").words == "cable"
    desk.acts.acknowledge("camera", "ann", "I go there")
    assert desk.state("camera") is State.ACKNOWLEDGED
    desk.sees(camera={"": "away"})
    assert desk.waits(60) == []
    desk.sees(camera={})
    assert desk.waits(2.5) == []
    assert desk.waits(1) == [What.RETURNED]
    assert desk.state("camera") is State.NORMAL
    assert desk.engine.alarms == []


def test_one_that_nobody_has_seen_stays_until_somebody_has(desk: Desk) -> None:
    desk.happens("camera_lost")
    desk.sees()
    desk.waits(10)
    assert desk.state("camera") is State.RETURNED
    desk.acts.acknowledge("camera", "ann")
    assert desk.state("camera") is State.NORMAL


def test_what_is_not_known_of_its_cause_ends_it_not(desk: Desk) -> None:
    desk.sees(camera={"": "away"})
    desk.sees(camera=None)
    desk.waits(600, 10)
    assert desk.state("camera") is State.UNACKNOWLEDGED
    desk.sees(camera={})
    assert desk.state("camera") is State.RETURNED


def test_an_event_is_over_when_it_was_quiet_for_its_time(desk: Desk) -> None:
    desk.happens("store_failed", "log")
    desk.waits(15)
    desk.happens("store_failed", "log")
    assert desk.waits(19.5) == []
    assert desk.waits(1) == [What.RETURNED]


def test_a_condition_calls_when_it_has_held_for_its_time(desk: Desk) -> None:
    desk.sees(silence={"": "none"})
    assert desk.waits(1.5) == []
    assert desk.waits(0.5) == [What.RAISED]


def test_events_that_are_nothing_one_by_one_call_when_there_are_several(desk: Desk) -> None:
    assert desk.happens("late_frame", n=3) == []
    desk.waits(70)
    assert desk.happens("late_frame", n=4) == []
    assert desk.happens("late_frame") == [What.RAISED]


def test_a_latched_one_waits_for_acknowledgement_and_confirmation(desk: Desk) -> None:
    desk.happens("plc_inhibit")
    with pytest.raises(Refused, match="still there: deal with its cause first"):
        desk.acts.confirm("stop", "ann")
    desk.waits(11)
    assert desk.state("stop") is State.LATCHED_UNACKNOWLEDGED
    with pytest.raises(Refused, match="acknowledge it first"):
        desk.acts.confirm("stop", "ann")
    desk.acts.acknowledge("stop", "ann")
    assert desk.state("stop") is State.LATCHED_ACKNOWLEDGED
    desk.acts.confirm("stop", "bob", "valve mended")
    assert (desk.state("stop"), desk.alarm("stop").comment) == (State.NORMAL, "valve mended")
    with pytest.raises(Refused, match="waits for no confirmation"):
        desk.acts.confirm("stop", "ann")


def test_each_process_has_its_own_and_of_many_one_has_the_others(desk: Desk) -> None:
    for i in range(MOST_SOURCES + 5):
        desk.happens("store_failed", f"sink{i}")
    keys = [alarm.key for alarm in desk.engine.alarms if alarm.rule.name == "disk"]
    assert len(keys) == MOST_SOURCES + 1
    assert {"disk:sink0", f"disk:{MANY}"} <= set(keys)


def test_a_family_of_kinds_is_one_alarm(desk: Desk) -> None:
    assert desk.happens("reference_stale_age") == [What.RAISED]
    assert desk.happens("nobody_knows_it") == []


def test_a_cause_suppresses_its_effects_whichever_comes_first(desk: Desk) -> None:
    desk.sees(silence={"": "none"})
    assert desk.waits(2) == [What.RAISED]
    assert desk.happens("camera_lost") == [What.RAISED, What.SUPPRESSED]
    assert desk.sees(late={"": "old"}) == [What.RAISED]
    assert desk.alarm("silence").suppressed_by == ("camera",)
    assert desk.alarm("late").suppressed_by == ("silence",)
    assert [alarm.key for alarm in desk.engine.alarms if not alarm.hidden] == ["camera"]
    desk.sees(silence={}, late={}, camera={})
    assert set(desk.waits(20)) == {What.RETURNED, What.RELEASED}
    assert [alarm.key for alarm in desk.engine.alarms] == ["camera"], "effects that are over need nobody"


def test_an_effect_that_outlasts_its_cause_calls_anew(desk: Desk) -> None:
    desk.happens("camera_lost")
    desk.sees(silence={"": "none"})
    desk.waits(4)
    assert desk.state("silence") is State.SUPPRESSED
    with pytest.raises(Refused, match="silence is suppressed: it calls nobody now"):
        desk.acts.acknowledge("silence", "ann")
    assert What.RELEASED in desk.waits(10)
    assert desk.state("silence") is State.UNACKNOWLEDGED


def test_a_cause_that_is_out_of_service_suppresses_nothing(desk: Desk) -> None:
    desk.acts.out_of_service("camera", "eve")
    desk.sees(camera={"": "away"}, silence={"": "none"})
    desk.waits(3)
    assert desk.state("silence") is State.UNACKNOWLEDGED
    desk.acts.out_of_service("camera", "eve", out=False)
    assert desk.state("camera") is State.UNACKNOWLEDGED
    with pytest.raises(Refused, match="in service already"):
        desk.acts.out_of_service("camera", "eve", out=False)


def test_one_that_is_shelved_comes_back_by_itself_and_calls_if_it_is_there(desk: Desk) -> None:
    desk.sees(camera={"": "away"})
    desk.acts.acknowledge("camera", "ann")
    desk.acts.shelve("camera", 300, "ann", desk.now, "new cable is on its way")
    assert desk.waits(299, 1) == []
    assert desk.state("camera") is State.SHELVED
    assert desk.waits(2, 1) == [What.UNSHELVED]
    assert desk.state("camera") is State.UNACKNOWLEDGED


def test_a_shelved_one_that_is_over_comes_back_as_nothing(desk: Desk) -> None:
    desk.happens("camera_lost")
    desk.acts.shelve("camera", 60, "ann", desk.now)
    desk.sees()
    desk.waits(30)
    desk.acts.unshelve("camera", "ann")
    assert desk.engine.alarms == []
    with pytest.raises(Refused, match="not shelved"):
        desk.acts.unshelve("camera", "ann")


def test_one_that_never_came_can_be_shelved_before_it_does(desk: Desk) -> None:
    desk.acts.shelve("stop", 60, "ann", desk.now)
    desk.happens("plc_inhibit")
    assert desk.state("stop") is State.SHELVED
    desk.waits(61, 1)
    assert desk.state("stop") is State.LATCHED_UNACKNOWLEDGED


@pytest.mark.parametrize("seconds", [0, -1, 0.5, MOST_SHELVED_S + 1, float("nan"), float("inf")])
def test_for_no_time_or_too_long_nothing_is_shelved(desk: Desk, seconds: float) -> None:
    with pytest.raises(Refused, match="an alarm is shelved for 1 to 28800 s"):
        desk.acts.shelve("stop", seconds, "ann", desk.now)


def test_a_wall_clock_that_is_set_moves_no_shelving(desk: Desk) -> None:
    desk.acts.shelve("stop", 60, "ann", desk.now)
    desk.move(1, wall_s=86_400)
    assert desk.sees() == []
    desk.move(1, wall_s=-200_000)
    assert desk.sees() == []
    assert desk.waits(59, 1) == [What.UNSHELVED]


def test_what_nobody_can_see_is_refused_with_what_was_probably_meant(desk: Desk) -> None:
    desk.happens("store_failed", "log")
    with pytest.raises(Refused, match=r"no alarm 'disk:lag'. Did you mean 'disk:log'\?"):
        desk.acts.acknowledge("disk:lag", "ann")
    desk.acts.acknowledge("disk:log", "ann")
    with pytest.raises(Refused, match="disk:log is acknowledged already by ann"):
        desk.acts.acknowledge("disk:log", "bob")
    with pytest.raises(Refused, match="at most 500 characters"):
        desk.acts.shelve("disk:log", 60, "ann", desk.now, "x" * 501)


def test_a_thousand_flaps_are_one_chattering_alarm_which_returns_when_it_is_quiet(desk: Desk) -> None:
    for _ in range(1000):
        desk.sees(camera={"": "away"})
        desk.waits(0.5)
        desk.sees(camera={})
        desk.waits(3.5)
    whats = [change.what for change in desk.told]
    assert whats[:5] == [What.RAISED, What.RETURNED, What.RAISED, What.RETURNED, What.CHATTERING]
    assert set(whats[5:]) == {What.CHANGED}
    assert [alarm.key for alarm in desk.engine.alarms] == ["camera"]
    assert (desk.alarm("camera").times, desk.state("camera")) == (1000, State.UNACKNOWLEDGED)
    desk.acts.acknowledge("camera", "ann")
    for _ in range(5):
        desk.sees(camera={"": "away"})
        desk.waits(0.5)
        desk.sees(camera={})
        desk.waits(3.5)
    assert desk.state("camera") is State.ACKNOWLEDGED, "who has seen that it chatters is called no more"
    desk.told.clear()
    desk.waits(70)
    assert [change.what for change in desk.told if change.what is not What.CHANGED] == [What.RETURNED]
    assert desk.engine.alarms == []


def test_a_thousand_incidents_a_second_are_told_once_a_second(desk: Desk) -> None:
    for i in range(5000):
        desk.move(0.001)
        desk.happens("store_failed", "log", words=f"no room for {i}")
        desk.told_by(desk.engine.tick(desk.now))
    assert len(desk.told) <= 7
    assert len(list(desk.engine.book.all())) == 2


def test_more_than_ten_in_ten_minutes_are_a_flood(desk: Desk) -> None:
    for i in range(10):
        desk.happens("store_failed", f"sink{i}")
        desk.waits(1)
    assert desk.state("flood") is State.NORMAL
    desk.happens("plc_inhibit")
    desk.waits(1)
    assert desk.state("flood") is State.UNACKNOWLEDGED
    desk.waits(610, 5)
    assert desk.state("flood") is State.RETURNED


def test_what_calls_comes_first_then_by_priority_then_the_newest(desk: Desk) -> None:
    desk.happens("store_failed", "log")
    desk.happens("store_failed", "record")
    desk.happens("plc_inhibit")
    desk.happens("camera_lost")
    desk.acts.acknowledge("camera", "ann")
    desk.acts.shelve("stop", 60, "ann", desk.now)
    assert [alarm.key for alarm in desk.engine.alarms] == ["disk:record", "disk:log", "camera", "stop"]


def test_every_change_has_a_number_above_the_one_before(desk: Desk) -> None:
    desk.happens("camera_lost")
    desk.happens("store_failed", "log")
    desk.waits(100)
    numbers = [change.alarm.number for change in desk.told]
    assert numbers == sorted(set(numbers))


def test_incidents_that_an_earlier_station_has_heard_are_history(desk: Desk) -> None:
    desk.happens("camera_lost", number=7)
    heard = Heard(desk.engine.heard.boot, desk.engine.heard.since_ns, desk.engine.heard.numbers)
    desk.engine = Engine(RULES, heard, "flood")
    assert desk.happens("camera_lost", number=7) == []
    assert desk.happens("store_failed", number=9) == [What.RAISED]
    assert desk.happens("camera_lost", number=8) == [What.RAISED], "what is told out of order is none the less new"
    assert desk.happens("plc_inhibit", number=10, boot="ff" * 16) == []
    assert desk.happens("plc_inhibit", number=11, t_ns=desk.now.t_ns - 3600 * S) == []


ACTS = st.sampled_from(
    ["lost", "away", "back", "unknown", "inhibit", "ack", "confirm", "shelve", "unshelve", "out", "in", "wait", "long"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTS, max_size=60))
def test_whatever_is_done_in_whatever_order_each_change_is_told_and_nothing_is_lost(acts: list[str]) -> None:
    desk = Desk()
    seen: dict[str, State] = {}
    for act in acts:
        before = len(desk.told)
        _do(desk, act)
        seen |= {change.alarm.key: change.alarm.state for change in desk.told[before:]}
        for alarm in desk.engine.alarms:
            assert seen[alarm.key] is alarm.state, "who only hears changes knows what stands in the list"
            assert alarm.state is not State.NORMAL
    desk.sees(camera={"": "away"})
    if desk.alarm("camera").until_ns or desk.alarm("camera").out_of_service:
        assert desk.alarm("camera").present
    else:
        assert desk.state("camera") in (State.UNACKNOWLEDGED, State.ACKNOWLEDGED)


def _do(desk: Desk, act: str) -> None:
    try:
        match act:
            case "lost":
                desk.happens("camera_lost")
            case "inhibit":
                desk.happens("plc_inhibit")
            case "away" | "back" | "unknown":
                holds = {"away": {"": "away"}, "back": {}, "unknown": None}[act]
                desk.sees(camera=holds, silence=holds)
            case "ack":
                desk.told.append(desk.acts.acknowledge("camera", "ann"))
            case "confirm":
                desk.told.append(desk.acts.confirm("stop", "ann"))
            case "shelve":
                desk.told.append(desk.acts.shelve("camera", 30, "ann", desk.now))
            case "unshelve":
                desk.told.append(desk.acts.unshelve("camera", "ann"))
            case "out" | "in":
                desk.told.append(desk.acts.out_of_service("silence", "eve", out=act == "out"))
            case "wait" | "long":
                desk.waits(4 if act == "wait" else 100, 1 if act == "wait" else 10)
    except Refused:
        pass
