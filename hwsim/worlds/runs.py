"""Drilling runs of a hole: where each ends, and what core of it is missing or comes later.

A run that has lost core may have lost it at its top, at its base or inside. Or its foot broke off above the bit and
stayed in the hole as a stub: that comes with the next run, behind the block of its own. The one has less than it
drilled and the other more.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from hwsim.scenes.core import CoreScene
from hwsim.worlds import geology

LOSS_SHARE = 1.0 / 3.0
"""Of the runs: those that lost some core."""
STUB_M = (0.02, 0.08)
"""Length of a stub, as a share of its run."""


class Run(NamedTuple):
    """`from_m`, `to_m`: what was drilled. `lost`: depths between which core is missing, None of a whole run. `stub_m`:
    of its foot, what comes with the next run."""

    number: int
    from_m: float
    to_m: float
    lost: tuple[float, float] | None
    stub_m: float


def run_at(scene: CoreScene, depth_m: float) -> int:
    """Number of the run that goes on below a depth; the first from the collar is 1."""
    run = math.floor(depth_m / scene.run_m) + 1
    return run if run * scene.run_m > depth_m else run + 1


def run_of(scene: CoreScene, number: int) -> Run:
    """A run by its number."""
    from_m, to_m, lost = (number - 1) * scene.run_m, number * scene.run_m, _lost(scene, number)
    rng = geology.dice(scene, 14, number)
    leaves = rng.random() < scene.stubs and lost is None and _lost(scene, number + 1) is None
    return Run(number, from_m, to_m, lost, scene.run_m * rng.uniform(*STUB_M) if leaves else 0.0)


def _lost(scene: CoreScene, number: int) -> tuple[float, float] | None:
    """What a run lost, from one depth in m to another."""
    end = number * scene.run_m
    rng = geology.dice(scene, 10, round(end / scene.run_m))
    lost = scene.run_m * min(0.5, scene.loss / LOSS_SHARE * rng.uniform(0.5, 1.5))
    inside = end - scene.run_m + rng.uniform(0.1, 0.4) * scene.run_m
    if rng.random() >= LOSS_SHARE or lost <= 0.0:
        return None
    where = scene.loss_at if scene.loss_at != "mixed" else str(rng.choice(("top", "inside", "base")))
    if where == "base":
        return end - lost, end
    start = inside if where == "inside" else (number - 1) * scene.run_m
    return start, start + lost
