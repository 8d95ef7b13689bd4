"""The rock at a depth: units of lithologies, the contacts between them, and veins.

Contacts and veins are planes that the hole cuts at an angle. There is one contact near each whole multiple of the mean
thickness, and one vein near each multiple of the mean spacing, so that any depth is known without those above it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hwsim.scenes.core import CoreScene

PLANE = np.dtype([("depth", "f8"), ("half", "f8"), ("slope", "f4"), ("turn", "f4"), ("rock", "u2"), ("key", "u8")])
"""Depth on the axis and half the thickness, both in mm; mm down the hole for a mm across it, in the direction `turn`;
for a contact the rock below it, for a vein its mineral."""
SHARP_MM = 0.5
STEEPEST = 3.0


def rocks_of(scene: CoreScene) -> NDArray[np.float64]:
    """The lithologies, then the minerals of veins, float64 (rocks, minerals); rows sum to 1."""
    parts = [rock.minerals for rock in scene.lithologies] + [{name: 1.0} for name in scene.vein_minerals]
    table = np.array([[part.get(name, 0.0) for name in scene.all_minerals] for part in parts])
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def tones_of(scene: CoreScene) -> NDArray[np.float64]:
    """Brightness of each rock."""
    return np.array([rock.tone for rock in scene.lithologies] + [1.0] * len(scene.vein_minerals))


def contacts(scene: CoreScene, from_m: float, to_m: float) -> NDArray[np.void]:
    """All that reach between two depths, PLANE, the first of them above, in the order of their depth."""
    cells = range(math.floor(from_m / scene.unit_m) - 2, math.ceil(to_m / scene.unit_m) + 2)
    return np.array([_contact(scene, cell) for cell in cells], PLANE)


def veins(scene: CoreScene, from_m: float, to_m: float) -> NDArray[np.void]:
    """All that reach between two depths, PLANE, in the order of their depth."""
    if not (scene.veins_per_m and scene.vein_minerals):
        return np.empty(0, PLANE)
    reach = STEEPEST * max(scene.diameters_mm) / 1e3
    first, last = math.floor((from_m - reach) * scene.veins_per_m), math.ceil((to_m + reach) * scene.veins_per_m)
    return np.array([_vein(scene, cell) for cell in range(first, last + 1)], PLANE)


def _contact(scene: CoreScene, cell: int) -> tuple[float, ...]:
    """Units take turns between lithologies of even and odd number, so that two that meet always differ."""
    rng = dice(scene, 12, cell)
    depth = (cell + rng.uniform(0.15, 0.85)) * scene.unit_m * 1e3
    most = 0.15 * scene.unit_m * 1e3
    half = min(most, scene.contact_m * 500.0) if rng.random() < scene.gradual_share else SHARP_MM
    slope, turn = math.tan(rng.uniform(0.0, 0.9)), rng.uniform(0.0, 2.0 * math.pi)
    n = len(scene.lithologies)
    rock = int(rng.choice(np.arange(cell % 2, n, 2))) if n > 1 else 0
    return depth, half, slope, turn, rock, int(rng.integers(0, 1 << 63))


def _vein(scene: CoreScene, cell: int) -> tuple[float, ...]:
    rng = dice(scene, 13, cell)
    depth = (cell + rng.random()) / scene.veins_per_m * 1e3
    half = scene.vein_mm / 2 * min(4.0, math.exp(rng.normal(0.0, 0.6)))
    slope, turn = STEEPEST * rng.random() ** 2, rng.uniform(0.0, 2.0 * math.pi)
    mineral = len(scene.lithologies) + int(rng.integers(len(scene.vein_minerals)))
    return depth, half * math.hypot(1.0, slope), slope, turn, mineral, int(rng.integers(0, 1 << 63))


def dice(scene: CoreScene, purpose: int, cell: int) -> np.random.Generator:
    """Random numbers for a purpose and a cell of the hole, which may lie above zero depth."""
    return np.random.default_rng([scene.seed, purpose, abs(cell), int(cell < 0)])
