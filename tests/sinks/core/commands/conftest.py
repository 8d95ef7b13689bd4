"""A simulated hole of sawn core, scanned once, for all that is made of it."""

from __future__ import annotations

from typing import Any

import pytest

from hwsim.scenes.core import CoreScene
from hwsim.worlds.core import CoreWorld
from sinks.core.hole_folder import HoleFolder
from tests.sinks.core.live.hole import scanned, seen

SCENE = CoreScene(trays=2, row_mm=300.0, run_m=0.5, loss=0.0, cut="half", direction="snake", seed=4, veins_per_m=6.0)


@pytest.fixture(scope="session")
def painted() -> tuple[CoreWorld, Any, Any]:
    """The world, what its lines are, and their labels."""
    world = CoreWorld(SCENE)
    return world, *seen(world)


@pytest.fixture(scope="session")
def hole(painted: tuple[CoreWorld, Any, Any], tmp_path_factory: pytest.TempPathFactory) -> HoleFolder:
    """The hole, which nothing changes."""
    return scanned(tmp_path_factory.mktemp("hole"), *painted)
