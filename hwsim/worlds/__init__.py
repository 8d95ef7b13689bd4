"""Worlds that pass under the camera, and the truth about them."""

from __future__ import annotations

from hwsim.scenes.belt import BeltScene
from hwsim.scenes.core import CoreScene
from hwsim.worlds.belt import BeltWorld
from hwsim.worlds.core import CoreWorld
from hwsim.worlds.world import Truth, World

__all__ = ["Truth", "World", "world_of"]


def world_of(scene: BeltScene | CoreScene) -> World:
    """The world of a scene. Raises ConfigError where its settings leave nothing to see."""
    return BeltWorld(scene) if isinstance(scene, BeltScene) else CoreWorld(scene)
