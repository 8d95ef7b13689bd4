from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from sinks.conveyor.speed import Speed

MS = 1_000_000


def seen(times_ms: Iterable[float], counts: Iterable[float]) -> Speed:
    speed = Speed(9_999.0)
    for time_ms, count in zip(times_ms, counts, strict=True):
        speed.see(round(time_ms * MS), round(count))
    return speed


def test_the_nominal_speed_holds_until_the_belt_was_watched_long_enough() -> None:
    assert seen(range(10), range(0, 40, 4)).lead(10, 1000) == 100


@pytest.mark.parametrize("missing", [range(0), range(150, 190), range(101, 199)])
def test_the_way_in_the_lag_is_that_of_the_measured_speed_whatever_lines_are_missing(missing: range) -> None:
    times = np.array([t for t in range(200) if t not in missing])
    assert seen(times, 4 * times).lead(10, 1000) == pytest.approx(40, abs=1)


def test_jitter_of_the_time_stamps_changes_it_little() -> None:
    times = np.arange(200.0)
    jitter = np.random.default_rng(1).uniform(-0.4, 0.4, 200)
    assert seen(times + jitter, 4 * times).lead(10, 1000) == pytest.approx(40, abs=1)


@pytest.mark.parametrize("acceleration", [3000.0, 1000.0, -1000.0])
def test_a_belt_that_gains_or_loses_speed_will_have_more_or_less_at_the_valves(acceleration: float) -> None:
    t = np.arange(300) / 1e3
    speed = 3000.0 + acceleration * t
    way = 1000
    at_valves = (speed[-1] ** 2 + 2 * acceleration * way) ** 0.5
    assert seen(t * 1e3, 3000 * t + acceleration * t**2 / 2).lead(20, way) == pytest.approx(at_valves / 50, abs=1.5)


def test_a_belt_that_stands_or_runs_backwards_leads_by_nothing() -> None:
    times = np.arange(300)
    assert seen(times, 0 * times).lead(20, 1000) == 0
    assert seen(times, -4 * times).lead(20, 1000) == 0


def test_a_jump_of_the_encoder_that_was_noticed_does_not_count_as_way() -> None:
    speed = seen(range(200), range(0, 800, 4))
    speed.restart()
    for t in range(200, 400):
        speed.see(t * MS, 50_000 + 4 * t)
        assert speed.lead(10, 1000) == pytest.approx(40, abs=2)
