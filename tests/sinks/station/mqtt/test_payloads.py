from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from oreline.moment import now
from sinks.station.alarms.alarm import Alarm
from sinks.station.alarms.rules import RULES
from sinks.station.mqtt import payloads
from sinks.station.mqtt.payloads import FIELDS
from sinks.station.shifts.keeper import Keeper
from sinks.station.shifts.settings import ShiftsSettings
from sinks.station.shifts.summary import FIELDS as SUMMARY
from sinks.station.status import Recipe, Status
from tests.sinks.station.mqtt.teller import hub_at, stone


def documented(topic: str) -> set[str]:
    named = {name for names in FIELDS[topic] for name in names.split(", ")}
    return named - {"…"} | ({one for names in SUMMARY for one in names.split(", ")} if "…" in named else set())


def told(topic: str, output: Path) -> dict[str, Any]:
    hub = hub_at(output)
    keeper = Keeper(ShiftsSettings(), hub)
    shift = keeper.tell_shift(keeper.calendar.at(now().wall_ns), complete=False)
    keeper.store.close()
    bodies: dict[str, dict[str, Any]] = {
        payloads.STATE: payloads.birth(hub, 1),
        payloads.STATUS: payloads.status_of(hub.status, {"messages": 0, "bytes": 0, "dropped": {}}),
        payloads.RECIPE: payloads.recipe_of(Recipe("cu", 3, "calcite", 0.4)),
        f"{payloads.ALARMS}/KEY": payloads.alarm_of(Alarm(RULES[0])),
        payloads.STONES: {"id": "", **payloads.stones_of([stone(7)], 2, ["calcite", "kaolinite", "gypsum"], 0)},
        payloads.MINUTE: {"id": "", **shift},
        payloads.SHIFT: shift,
        payloads.LAST_SHIFT: shift,
    }
    return {**payloads.head("line1", now()), **bodies[topic]}


@pytest.mark.parametrize("topic", FIELDS)
def test_what_is_told_is_what_is_documented(topic: str, tmp_path: Path) -> None:
    body = told(topic, tmp_path)
    assert set(body) == documented(topic)
    json.dumps(body, allow_nan=False)


def test_a_stone_says_what_it_is_made_of_and_which_valves_opened() -> None:
    of = stone(7)
    body = payloads.stones_of([of], 2, ["calcite", "kaolinite", "gypsum"], -of.stamp.t_ns)
    (one,) = body["stones"]
    assert (body["first"], body["last"], body["missed"]) == (7, 7, 2)
    assert one["counts"] == {"calcite": 30, "gypsum": 5, "unknown": 7}
    assert (one["valves"], one["decision"], one["measure"]) == ([1, 2], "ejected", 0.71)
    assert one["time"].startswith("1970-01-01T00:00:00")
    named = FIELDS[payloads.STONES]["stones"]
    assert not [name for name in one if f"`{name}`" not in named]


def test_numbers_that_nobody_has_told_are_null() -> None:
    assert payloads.status_of(Status(), {})["latency_p99_ms"] is None
    assert payloads.plain({"a": math.inf, "b": {"c": 1.5}}) == {"a": None, "b": {"c": 1.5}}


def test_times_are_in_utc_and_an_alarm_s_source_makes_no_levels_of_topics() -> None:
    assert payloads.text(1_780_000_000_123_000_000) == "2026-05-28T20:26:40.123+00:00"
    assert payloads.alarm_topic("process_lost:a/b#+ü") == "alarms/process_lost:a_b___"
