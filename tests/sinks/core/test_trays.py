"""The core log on simulated trays: rows, depth, recovery, losses and veins are what the simulator laid.

Each seed is another hole: see `seeded_holes`. Depths are typed to the centimetre, and that is how well they are known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hwsim.core_judge import judge
from sinks.core.counting import samples_of
from sinks.core.intervals import intervals, steps
from sinks.core.registration import register
from sinks.core.rows import find_rows
from tests.sinks.core.seeded_holes import Hole, depths_of, hole_of, runs_of, scene_of

QUICK = (1, 6, 8, 12, 20)
STEP_M = 0.005
RECOVERY = 0.01
VEIN_PIXELS = 2


def judged(hole: Hole) -> dict[str, Any]:
    """Facts of the judge on what the core log makes of a hole."""
    finds = {
        box.number: find_rows(scan.rock, scan.along_mm, scan.pixel_mm, hole.session, box)
        for box, scan in zip(hole.session.boxes, hole.scans.values(), strict=True)
    }
    depth = register(hole.session, finds, hole.alongs)
    parts = (samples_of(hole.session.hole.id, scan, depth) for scan in hole.scans.values())
    table = intervals(parts, steps(hole.session.boxes[0].from_m, hole.session.boxes[-1].to_m, STEP_M))
    names = [name for name in table.column_names if name in ("from_m", "to_m", "n") or name.startswith("mineral.")]
    columns = {name: table[name].to_numpy() for name in names}
    return judge(hole.truth, depths_of(depth), runs_of(depth), columns)


def holds(hole: Hole) -> None:
    facts, scene = judged(hole), hole.scene
    pixel_m, tolerance_m = max(scene.pixel_mm, scene.pitch_mm) / 1e3, hole.session.block_tolerance_m
    assert facts["rows"]["wrong"] == []
    assert facts["rows"]["right"] == sum(box["rows"] for box in hole.truth.facts["boxes"])
    assert facts["depth"]["max_m"] <= pixel_m + tolerance_m
    assert facts["depth"]["no_core"] <= 0.001 * facts["depth"]["lines"]
    assert facts["depth"]["missed"] == 0
    assert facts["recovery"]["missing"] == []
    assert all(abs(run["told"] - run["true"]) <= RECOVERY for run in facts["recovery"]["by_run"])
    assert facts["losses"]["with_mineral"] == []
    for veins in facts["veins"].values():
        assert veins["veins"] == 0 or veins["max_m"] <= VEIN_PIXELS * pixel_m + tolerance_m


@pytest.mark.parametrize("seed", QUICK)
def test_a_simulated_hole_is_logged_as_it_was_laid(seed: int) -> None:
    holds(hole_of(seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", [seed for seed in range(100) if seed not in QUICK])
def test_a_hundred_simulated_holes_are_logged_as_they_were_laid(seed: int) -> None:
    holds(hole_of(seed))


def test_the_seeds_hold_all_that_a_hole_can_be() -> None:
    scenes = [scene_of(seed) for seed in range(100)]
    for name, n in {
        "direction": 4, "rows_begin": 2, "cut": 2, "tray": 2, "loss_at": 4, "loss_shown_mm": 3, "stubs": 2, "trays": 3,
        "broken": 3, "pixel_mm": 3, "askew_deg": 3, "run_m": 4,
    }.items():  # fmt: skip
        values, often = np.unique([getattr(scene, name) for scene in scenes], return_counts=True)
        assert (len(values), often.min() >= 10) == (n, True), name
    assert {mm for scene in scenes for mm in scene.diameters_mm} == {36.4, 47.6, 63.5, 85.0}
    assert sum(len(set(scene.diameters_mm[: scene.trays])) > 1 for scene in scenes) > 30
