"""Whoever kills or stops `oreline run` at any step of finishing an earlier run, of its start or of its end, costs no
line that was acquired, and no later start."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from tests.faults.points import NOT_REACHED, Campaign, compiled
from tests.system.line import Line
from tests.system.test_cut_short import left_by_a_killed_supervisor

SEED = 1
LEAST, LINES, STOPS = 35, 60, 8
LEAST_REACHED = 0.5
"""So many of the strikes must hit their point, for them to say something of the rest."""


@pytest.fixture
def campaign(line: Line, tmp_path: Path) -> Campaign:
    """On a line with a log and nothing else, of which a run was cut short."""
    del line.tables["plant"], line.tables["sinks"]["conveyor"]
    line.tables["sinks"]["log"] = {"parquet": False, "label_map": False}
    line.tables["acquisition"]["ring_lines"] = line.tables["inference"]["ring_lines"] = 256
    for step in line.tables["acquisition"]["steps"][:2]:
        step["lines"] = 50
    left_by_a_killed_supervisor(line)
    (tmp_path / "kept").mkdir()
    for part in ("state", "out"):
        (line.folder / part).rename(tmp_path / "kept" / part)
    line.tables["acquisition"]["steps"][-1]["lines"] = LINES
    return Campaign(line, compiled(tmp_path), tmp_path / "kept")


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_kill_at_every_point_or_a_stop_at_many_costs_nothing(campaign: Campaign) -> None:
    points = campaign.points()
    assert len(points) > LEAST, points
    dice = random.Random(SEED)
    strikes = [(signal.SIGKILL, point) for point in points]
    strikes += [(signal.SIGINT, dice.choice(points)) for _ in range(STOPS)]
    said = {f"{number.name} {where.name}, {where.times}": campaign.strike(number, where) for number, where in strikes}
    reached = {strike: what for strike, what in said.items() if what != NOT_REACHED}
    assert len(reached) >= len(said) * LEAST_REACHED
    assert {strike: what for strike, what in reached.items() if what} == {}
