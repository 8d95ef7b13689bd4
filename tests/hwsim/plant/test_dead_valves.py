"""Valves die on a belt of stones that are one or two valves wide: those beside them fire, and little ore is lost.

Jets are twice as wide as the pitch of the nozzles here, as those of flat nozzles are.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwsim.plant import ValveFault
from hwsim.plant.judge import Feed, judge
from tests.hwsim.bench import AIM, AT, COUNTS, EXACT, PIXEL_MM, SAMPLES, VALVES, Laid, bar, feed_of
from tests.hwsim.plant.test_loop import CLASSES, whole_run

LINES = 500
PITCH = SAMPLES // VALVES
NOZZLES = EXACT.model_copy(update={"jet_mm": 2 * PITCH * PIXEL_MM, "lift_kg_m2": 60.0})
BOUNDS = {(9,): (0.002, 0.02), (1, 13, 21): (0.002, 0.02), (9, 10): (0.01, 0.06)}
"""By which valves are dead, loss of recovery at most, over the whole belt and over the stones that pass them, as
docs/how-to/hold-and-test.md states it. Nobody standing in, 0.0 and 0.0, 0.024 and 0.058, 0.015 and 0.114 were lost."""


def gravel() -> Feed:
    """Stones of 12 to 24 mm under 12 mm between valves, two thirds of them ore, a valve's width apart or more."""
    rng = np.random.default_rng(3)
    laid = [
        Laid(
            first + int(rng.integers(0, 4)),
            column + int(rng.integers(0, 5)),
            int(rng.integers(5, 9)),
            int(rng.integers(4, 9)),
            CLASSES[0] if rng.random() < 2 / 3 else CLASSES[1],
        )
        for first in range(0, LINES - 20, 20)
        for column in range(0, SAMPLES - 15, 16)
    ]
    return feed_of(laid, LINES)


def over(feed: Feed, valves: tuple[int, ...]) -> Feed:
    """Only the stones of which a part passes these valves."""
    tracks = [range(valve * PITCH, (valve + 1) * PITCH) for valve in valves]
    stones = [s for s in feed.stones if any(s.first_sample < t.stop and s.last_sample >= t.start for t in tracks)]
    return replace(feed, stones=stones)


@pytest.mark.parametrize("dead", BOUNDS)
def test_those_beside_dead_valves_get_most_of_their_ore(dead: tuple[int, ...], tmp_path: Path) -> None:
    faults = [ValveFault(valve=valve, kind="stuck_closed") for valve in dead]
    feed, program, report = whole_run(gravel(), tmp_path, faults)
    assert report["faulty_valves"] == list(dead)
    assert report["incidents"]["valve_fault"] >= 1
    nozzles = bar(NOZZLES, faults)
    for one, most in zip((feed, over(feed, dead)), BOUNDS[dead], strict=True):
        result = judge(program.rows, program.changes, one, nozzles, AIM)
        assert result.recovery is not None
        assert result.recovery >= 1 - most
        assert result.wrong == 0


def test_they_fire_from_the_first_stone_that_is_seen_after_the_fault_was_told(tmp_path: Path) -> None:
    """Those that are between the camera and the valves by then, at most, are lost."""
    fault = ValveFault(valve=9, kind="stuck_closed", from_count=AT + round(COUNTS) * 100)
    feed, program, report = whole_run(gravel(), tmp_path, [fault])
    assert report["faulty_valves"] == [9]
    words = program.rows["valves"][:, 0].astype(int)
    needed = words >> 9 & 1 == 1
    helped = needed & (words >> 8 & 1 == 1) & (words >> 10 & 1 == 1)
    assert fault.from_count is not None
    after = program.rows["encoder"] > fault.from_count + AT + round(COUNTS) * 10
    assert needed[after].sum() > 20
    assert helped[after].sum() == needed[after].sum()
    assert not helped[program.rows["encoder"] < fault.from_count].all()
    belt_s = AT / COUNTS / LINES * len(over(feed, (9,)).stones)
    missed = judge(program.rows, program.changes, over(feed, (9,)), bar(NOZZLES, [fault]), AIM).missed
    assert missed <= belt_s + 1
