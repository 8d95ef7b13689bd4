"""Stones on a belt: where they lie, and what they are made of.

The belt is cut into slabs that each have numbers of their own. Those of even number are thrown first, on their own;
the others then fill the room between their two neighbours. So any part of an endless belt is known without the rest.
A stone is a circle whose radius is bent by a few harmonics.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwsim.scenes.belt import BeltScene
from hwsim.worlds.motion import way_mm
from hwsim.worlds.palette import states_of

STONE = np.dtype(
    [
        *(("id", "i4"), ("y", "f8"), ("x", "f8"), ("radius", "f8"), ("reach", "f8"), ("one", "u2"), ("two", "u2")),
        *(("share", "f4"), ("gain", "f4"), ("slope", "f4"), ("shine", "f4"), ("key", "u8")),
        ("outline", "f4", (5, 2)),
    ]
)
"""Centre in mm along the belt and across it; mean radius and furthest reach in mm; spectra of the palette, `share` of
spectrum `two`, 0 where there are no patches; reflectance of a glint; cosine and sine parts of the outline."""
HARMONICS = (0.15, 0.09, 0.05, 0.035, 0.025)
"""Spread of the outline's harmonics 2 to 6, relative to the radius."""
SLAB_SIZES, TRIES, GAP_PIXELS = 8.0, 60, 2.0
"""A slab is this many median stones long: the largest stones of two even slabs never meet."""
PER_SLAB, SLABS = 10_000, 200_000
"""Numbers for stones in a slab, and slabs until the numbers begin again."""
PARTNERS = 3
"""Rocks of two minerals, mixed grain by grain, for each mineral that leads in them."""
DARKER, GAIN_SPREAD, SLOPE_SPREAD = 0.15, 0.12, 0.04
WET_SHINE = 3.0


def rocks_of(scene: BeltScene) -> NDArray[np.float64]:
    """Rocks that stones can be of, float64 (rocks, minerals): pure minerals, then mixtures, led by each in turn."""
    n = len(scene.all_minerals)
    pure = np.eye(n)
    if not scene.intimate_share or n == 1:
        return pure
    rng = np.random.default_rng([scene.seed, 7])
    lead = np.tile(np.arange(n), PARTNERS)
    other = (lead + rng.integers(1, n, lead.size)) % n
    share = rng.uniform(0.2, 0.5, (lead.size, 1))
    return np.vstack([pure, (1.0 - share) * pure[lead] + share * pure[other]])


def slab_mm(scene: BeltScene) -> float:
    return SLAB_SIZES * scene.size_mm


def stretch_at(scene: BeltScene, way: NDArray[np.float64]) -> NDArray[np.int64]:
    """Which of its stretches places along the belt are in, by their way in mm; past the recording they come again."""
    of = len(scene.surfaces)
    return np.asarray(way / (way_mm(scene, scene.lines) / of), np.int64) % of


def throw(scene: BeltScene, slab: int, beside: NDArray[np.void]) -> NDArray[np.void]:
    """The stones of a slab, STONE, the largest first; those that find no place in some tries are left out.

    `beside`: the stones of the slabs next to it that lie there already. Stones lie wholly on the belt.
    """
    rng, width = np.random.default_rng([scene.seed, 2, slab]), scene.preset.samples * scene.pixel_mm
    mean_area = np.pi / 4 * scene.size_mm**2 * np.exp(2 * scene.size_spread**2)
    n = int(rng.poisson(scene.cover * width * slab_mm(scene) / mean_area))
    size = scene.size_mm * np.exp(rng.normal(0.0, scene.size_spread, n))
    stones = np.zeros(n, STONE)
    stones["radius"] = np.sort(np.clip(size, 0.4 * scene.size_mm, 2.5 * scene.size_mm))[::-1] / 2
    stones["outline"] = rng.normal(0.0, 1.0, (n, len(HARMONICS), 2)) * (np.array(HARMONICS)[:, None] / np.sqrt(2.0))
    stones["reach"] = stones["radius"] * _furthest(stones["outline"])
    places = rng.random((n, TRIES, 2)) * (slab_mm(scene), width) + (slab * slab_mm(scene), 0.0)
    placed = _place(scene, stones, places, beside)
    _make_of(scene, rng, stones)
    stones = stones[placed]
    stones["id"] = slab % SLABS * PER_SLAB + 1 + np.arange(len(stones))
    return stones


def _furthest(outlines: NDArray[np.float32]) -> NDArray[np.float64]:
    """Reach of each outline, relative to its mean radius."""
    angle = np.linspace(0.0, 2.0 * np.pi, 90)[:, None] * np.arange(2, 2 + len(HARMONICS))
    bent = 1.0 + outlines[:, :, 0] @ np.cos(angle).T + outlines[:, :, 1] @ np.sin(angle).T
    return np.asarray(bent.max(axis=1, initial=0.0) * 1.02, np.float64)


def _place(
    scene: BeltScene, stones: NDArray[np.void], places: NDArray[np.float64], beside: NDArray[np.void]
) -> NDArray[np.bool_]:
    """Give each stone the first of its places that is free; returns which found one."""
    n, placed = len(beside), np.zeros(len(stones), np.bool_)
    neighbours = np.empty((n + len(stones), 3))
    neighbours[:n] = np.c_[beside["y"], beside["x"], beside["reach"]]
    for i, reach in enumerate(stones["reach"]):
        place = _free_place(scene, places[i], reach, neighbours[:n])
        if place is not None:
            stones["y"][i], stones["x"][i] = place
            neighbours[n], placed[i], n = (*place, reach), True, n + 1
    return placed


def _free_place(
    scene: BeltScene, places: NDArray[np.float64], reach: float, neighbours: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """The first of `places` (y and x) that is far enough from other stones and from the belt's edge."""
    gap, width = GAP_PIXELS * scene.pixel_mm, scene.preset.samples * scene.pixel_mm
    least = scene.separation * (neighbours[:, 2] + reach) + (gap if scene.separation >= 1.0 else 0.0)
    apart = np.hypot(places[:, None, 0] - neighbours[:, 0], places[:, None, 1] - neighbours[:, 1])
    free = (apart > least).all(axis=1) & (np.abs(places[:, 1] - width / 2) < width / 2 - reach - gap)
    return places[free.argmax()] if free.any() else None


def _make_of(scene: BeltScene, rng: np.random.Generator, stones: NDArray[np.void]) -> None:
    """Give each stone its minerals, brightness, slope and key, and the state of its surface."""
    n, minerals, rocks = len(stones), scene.all_minerals, len(rocks_of(scene))
    ore = rng.integers(0, len(scene.minerals), n)
    waste = np.array([minerals.index(name) for name in scene.waste_used] or [0])
    is_waste = (rng.random(n) < scene.waste_share) & bool(scene.waste_used)
    one = np.where(is_waste, rng.choice(waste, n), ore)
    two = (one + rng.integers(1, max(2, len(minerals)), n)) % len(minerals)
    mixed = (rng.random(n) < scene.mixed_share) & (len(minerals) > 1)
    stones["share"] = np.where(mixed, rng.uniform(0.25, 0.5, n), 0.0)
    stones["gain"] = 1.0 + scene.variation * (GAIN_SPREAD * np.clip(rng.standard_normal(n), -2.5, 2.5) - DARKER)
    stones["slope"] = scene.variation * SLOPE_SPREAD * np.clip(rng.standard_normal(n), -2.5, 2.5)
    stones["key"] = rng.integers(0, 1 << 63, n)
    intimate = (rng.random(n) < scene.intimate_share) & (rocks > len(minerals))
    one = one + np.where(intimate, len(minerals) * rng.integers(1, PARTNERS + 1, n), 0)
    (states, _, often), stretch = states_of(scene), stretch_at(scene, stones["y"])
    until = often.cumsum(axis=1)
    state = (rng.random(n)[:, None] >= (until / until[:, -1:])[stretch]).sum(axis=1)
    stones["one"], stones["two"] = state * rocks + one, state * rocks + two
    glint = np.array([surface.glint for surface in scene.surfaces])[stretch]
    stones["shine"] = glint * np.where(states["water_mm"][state] > 0, WET_SHINE, 1.0)
