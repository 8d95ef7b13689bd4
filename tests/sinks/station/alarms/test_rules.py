"""The table of alarms has all that can happen, and each condition of it holds when it should."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from oreline.incidents import KINDS
from oreline.messages import Flag
from oreline.moment import Moment
from sinks.station.alarms.alarm import Priority, Rule
from sinks.station.alarms.look import SINCE_NS, Look, Looks
from sinks.station.alarms.rules import FLOOD, NO_ALARM, RULES
from sinks.station.alarms.settings import AlarmSettings
from sinks.station.status import Phase, PlcStatus, Status

NAMES = [rule.name for rule in RULES]
RUNNING = Status(
    phase=Phase.RUNNING, line_rate_hz=670.0, last_line_age_s=0.03, latency_p99_ms=20.0, budget_ms=150.0, lost=5, shed=7,
    camera_temperature_c=25.0, shares={"kaolinite": 0.8, "unknown": 0.2}, plc=PlcStatus(connected=True, valves=64),
    queues={"raw": 3, "labels": 9}, broker="", processes={"acquisition": True, "log": True},
    counts={"acquisition": {("oreline_lines_total", "scene", "acquisition"): 100.0}},
)  # fmt: skip
STILL = {"phase": Phase.NO_LINES, "last_line_age_s": 1.2, "lines_per_s": 0.0}


def held_at(now: dict[str, Any], **more: Any) -> Look:
    rings = {"raw": 512, "labels": 8192}
    limits = AlarmSettings(camera_c=40.0)
    answered = frozenset({"acquisition", "log"})
    return replace(
        Look(replace(RUNNING, **now), RUNNING, 50e9, rings, answered, limits), **more
    )  # fmt: skip


def holds(name: str, look: Look) -> dict[str, str] | None:
    condition = next(rule for rule in RULES if rule.name == name).condition
    assert condition is not None
    found = condition(look)
    return None if found is None else dict(found)


def test_every_kind_of_incident_is_an_alarm_or_said_to_be_none_and_none_is_twice() -> None:
    told = [kind for rule in RULES for kind in rule.kinds] + list(NO_ALARM)
    assert len(told) == len(set(told))
    assert set(KINDS) - set(told) == set(), "give it a rule in sinks/station/alarms/rules.py, or say why it needs none"
    assert {kind for kind in set(told) - set(KINDS) if f"{kind.partition('_')[0]}_CODE" not in KINDS} == set()


def test_what_loses_lines_or_shots_calls_somebody() -> None:
    silent = [kind for kind in NO_ALARM if KINDS[kind].severity == "alarm"]
    assert silent == []


def test_causes_stand_before_what_they_suppress() -> None:
    assert len(NAMES) == len(set(NAMES))
    for i, rule in enumerate(RULES):
        assert set(rule.suppressed_by) <= set(NAMES[:i]), rule.name


def test_every_alarm_has_a_source_and_ends() -> None:
    for rule in RULES:
        assert rule.kinds or rule.condition or rule.name == FLOOD, rule.name
        assert rule.quiet_s > 0
        assert rule.condition or rule.quiet_s > 10, f"{rule.name}: its incidents are said every ten seconds at most"


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_every_alarm_says_what_to_do_in_sentences(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z_]+", rule.name)
    assert len(rule.title) <= 50
    assert not rule.title.endswith(".")
    for words in (rule.cause, rule.consequence, rule.action):
        assert re.fullmatch(r"[A-Z].*\.", words)
    assert rule.act_within_s <= (60 if rule.priority is Priority.CRITICAL else 8 * 3600)


def test_few_are_critical_and_most_are_not_high() -> None:
    """Where everything is urgent, nothing is; the standard's five percent are of many more alarms than these."""
    of = [rule.priority for rule in RULES]
    assert of.count(Priority.CRITICAL) <= len(of) / 4
    assert of.count(Priority.LOW) + of.count(Priority.MEDIUM) >= len(of) / 2


@pytest.mark.parametrize("name", [rule.name for rule in RULES if rule.condition])
def test_a_line_that_runs_well_calls_nobody(name: str) -> None:
    assert holds(name, held_at({})) == {}


@pytest.mark.parametrize(
    ("name", "now", "said"),
    [
        ("no_lines", STILL, {"": "no line comes"}),
        ("no_lines", {"last_line_age_s": 0.7}, {"": "no line comes"}),
        ("no_lines", {"last_line_age_s": 0.7, "line_rate_hz": 2.0}, {}),
        ("no_lines", STILL | {"phase": Phase.CALIBRATING}, {}),
        ("no_lines", STILL | {"phase": Phase.ENDED}, {}),
        ("no_light", {"flags": Flag.NO_LIGHT}, {"": "lines have no light"}),
        ("no_light", STILL, None),
        ("lamp_dim", {"flags": Flag.LAMP | Flag.STALE}, {"": "the strip is darker than it was"}),
        ("no_answer", {"flags": Flag.NO_ANSWER}, {"": "samples without an answer"}),
        ("encoder_doubtful", {"flags": Flag.ENCODER}, {"": "lines have a doubtful position"}),
        ("lines_lost", {"lost": 6}, {"": "lines are lost"}),
        ("lines_lost", {"lost": 0}, {}),
        ("shed_growing", {"shed": 8}, {"": "the sorter is sent lines that are too old, and passes them over"}),
        ("latency_high", {"latency_p99_ms": 151.0}, {"": "one line in a hundred takes over 150 ms"}),
        ("latency_high", {"latency_p99_ms": float("nan")}, None),
        ("ring_filling", {"queues": {"raw": 500, "labels": 500, "other": 9999}}, {"raw": "500 of 512 records wait"}),
        ("camera_warm", {"camera_temperature_c": 41.0}, {"": "it has 41.0 °C, more than 40 °C"}),
        ("camera_warm", {"camera_temperature_c": float("nan")}, None),
        ("much_unknown", {"shares": {"unknown": 0.6}}, {"": "60% of the rock of the last minute is unknown"}),
        ("reference_stale", {"reference_stale": True}, {"": "the reference in force has passed a limit"}),
        ("process_lost", {"processes": {"acquisition": True, "log": False}}, {"log": "log does not answer"}),
        ("process_lost", {"processes": {"log": False}, "phase": Phase.ENDED}, {}),
        ("process_lost", {"processes": {"elsewhere": False}}, {}),
        ("plc_lost", {"plc": PlcStatus(connected=False)}, {"": "it does not answer"}),
        ("plc_lost", {"plc": PlcStatus()}, None),
        ("broker_lost", {"broker": "10.0.0.9: it does not answer"}, {"": "10.0.0.9: it does not answer"}),
        ("broker_lost", {"broker": None}, None),
        ("plc_inhibit", {"plc": PlcStatus(connected=True, inhibit=True)}, {"": "it is in its safe state"}),
        ("plc_inhibit", {"plc": PlcStatus(connected=False, inhibit=True)}, None),
        ("valve_faulty", {"plc": PlcStatus(True, faulty=(3, 40))}, {"3": "valve 3", "40": "valve 40"}),
        (
            "valve_faulty",
            {"plc": PlcStatus(True, valves=4, faulty=(1,), shots=(100, 300, 500, 100))},
            {"1": "valve 1: up to 30.0 % of what is shot is lost"},
        ),
        (
            "valve_faulty",
            {"plc": PlcStatus(True, valves=4, faulty=(1,), shots=(0, 0, 0, 0))},
            {"1": "valve 1: up to 25.0 % of what is shot is lost"},
        ),
        ("valve_faulty", {"plc": PlcStatus(True, faulty=(1, 2, 3, 4, 5))}, {"several": "5 valves: 1, 2, 3, 4, 5"}),
        (
            "valve_faulty",
            {"plc": PlcStatus(True, valves=64, faults=2)},
            {"several": "2 of 64 valves; the bank does not tell which"},
        ),
        ("valve_worn", {"plc": PlcStatus(True, worn=(7,))}, {"7": "valve 7"}),
    ],
)
def test_each_condition_holds_when_it_should(name: str, now: dict[str, Any], said: dict[str, str] | None) -> None:
    assert holds(name, held_at(now)) == said


def test_a_disk_with_little_room_is_told() -> None:
    assert holds("disk_low", held_at({}, free_bytes=1.5e9)) == {"": "1.5 GB are free"}
    assert holds("disk_low", held_at({}, free_bytes=float("nan"))) is None


def test_a_lost_camera_is_back_when_its_lines_are() -> None:
    taken = {"acquisition": {("oreline_lines_total", "scene", "acquisition"): 120.0}}
    assert holds("camera_lost", held_at(STILL)) is None
    assert holds("camera_lost", held_at(STILL | {"counts": taken})) == {}
    assert holds("camera_lost", held_at(STILL | {"counts": {}})) is None


def test_a_look_compares_with_the_status_of_a_moment_ago() -> None:
    looks = Looks({}, AlarmSettings())
    at = Moment(0, 0, 0, bytes(16))
    states = [replace(RUNNING, at=replace(at, t_ns=i * SINCE_NS // 4), lost=i) for i in range(12)]
    seen = [looks.at(state, 1e9) for state in states]
    assert [look.now.lost - look.before.lost for look in seen] == [0, 1, 2, 3, *[4] * 8]
    assert seen[-1].answered == {"acquisition", "log"}
