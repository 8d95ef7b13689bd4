"""A simulated hole, painted once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hwsim.worlds.core import CoreWorld
from sinks.core.hole_folder import HoleFolder
from tests.sinks.core.live.hole import SCENE, scanned, seen


@pytest.fixture(scope="session")
def painted() -> tuple[CoreWorld, Any, Any]:
    """The world, what its lines are, and their labels."""
    world = CoreWorld(SCENE)
    return world, *seen(world)


@pytest.fixture
def hole(painted: tuple[CoreWorld, Any, Any], tmp_path: Path) -> HoleFolder:
    """The hole, each box scanned once."""
    return scanned(tmp_path, *painted)
