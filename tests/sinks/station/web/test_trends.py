"""Trends of grade and shares."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from oreline.moment import now
from sinks.station.status import Status
from sinks.station.web import trends
from sinks.station.web.trends import MOST, Trends


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock, to be set."""
    clock = [100.0]
    monkeypatch.setattr(trends.time, "monotonic", lambda: clock[0])
    return clock


def test_a_grade_is_of_the_stones_of_its_time(seconds: list[float]) -> None:
    one, status = Trends(), replace(Status(), at=now(), shares={"illite": 0.75, "quartz": 0.25})
    one.see(status)
    one.stone(30, 100, ejected=False)
    one.stone(90, 100, ejected=True)
    seconds[0] += 5
    one.see(status)
    columns = one.columns("minutes")
    assert columns["feed"][1:] == [0.6]
    assert columns["product"][1:] == [0.9]
    assert math.isnan(columns["feed"][0])
    assert columns["shares"] == {"illite": [0.75, 0.75], "quartz": [0.25, 0.25]}
    assert len(one.columns("shift")["t"]) == 1


def test_trends_have_a_bound(seconds: list[float]) -> None:
    one = Trends()
    for _ in range(2 * MOST["minutes"]):
        one.see(replace(Status(), at=now(), shares={"illite": 1.0}))
        seconds[0] += 5
    assert len(one.columns("minutes")["t"]) == MOST["minutes"]


def test_times_are_told_with_the_zone_of_the_stations_clock(seconds: list[float]) -> None:
    one, there = Trends(), replace(now(), offset_s=-4 * 3600)
    one.see(replace(Status(), at=there, shares={"illite": 1.0}))
    assert one.columns("minutes")["offset_s"] == -4 * 3600
