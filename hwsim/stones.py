"""Stones on a belt: where they lie, what they are made of, and what that is pixel by pixel.

Stones are thrown into slabs of the belt, one after the other, each with numbers of its own, so that a longer scene
begins with the same stones. A stone is a circle whose radius is bent by a few harmonics; no two of them touch.
Painting needs only the stones that reach into the lines that are painted, so a scene may be of any length.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.belt import BeltScene
from hwsim.dice import NORMAL, key_of, normal, smooth
from hwsim.sensor import Pixels
from oreline.jit import kernel
from oreline.messages import BACKGROUND

STONE = np.dtype(
    [
        *(("line", "f8"), ("sample", "f8"), ("radius", "f8"), ("reach", "f8")),
        *(("gain", "f4"), ("slope", "f4"), ("share", "f4"), ("one", "u1"), ("two", "u1"), ("key", "u8")),
    ]
)
"""Centre in lines and samples; mean radius and furthest reach in mm; `share` of mineral `two`, 0 for a pure stone."""
HARMONICS = (0.15, 0.09, 0.05, 0.035, 0.025)
"""Spread of the outline's harmonics 2 to 6, relative to the radius."""
SLAB_MM, TRIES, GAP_PIXELS = 250.0, 60, 2.0
DARKER, GAIN_SPREAD, SLOPE_SPREAD = 0.15, 0.12, 0.04
GRAIN, FACETS, EDGE, BELT_TEXTURE = 0.04, 0.08, 0.3, 0.12


def throw(scene: BeltScene) -> tuple[NDArray[np.void], NDArray[np.float32]]:
    """Stones (STONE, in order of their lines) and outlines, float32 (stones, harmonics, 2): cosine and sine parts.

    All lie wholly on the belt and within the scene's lines.
    """
    thrown: list[NDArray[np.void]] = []
    outlines: list[NDArray[np.float32]] = []
    length = scene.lines * scene.pitch_mm
    for slab in range(int(length // SLAB_MM) + 1):
        rng = np.random.default_rng([scene.seed, 2, slab])
        stones, shape = _slab(scene, rng, slab * SLAB_MM, thrown[-1] if thrown else np.empty(0, STONE))
        thrown.append(stones)
        outlines.append(shape)
    stones, shape = np.concatenate(thrown), np.concatenate(outlines)
    margin = stones["reach"] / scene.pitch_mm + 1
    inside = (stones["line"] >= margin) & (stones["line"] + margin < scene.lines)
    order = np.argsort(stones["line"][inside], kind="stable")
    return stones[inside][order], shape[inside][order]


def paint(
    scene: BeltScene, stones: NDArray[np.void], outlines: NDArray[np.float32], first_line: int, lines: int
) -> tuple[Pixels, NDArray[np.uint8], NDArray[np.int32]]:
    """What the camera sees in some lines, and the truth about them.

    Spectra are numbered as `scene.all_minerals`, the belt after them. Labels: uint8 (lines, samples), the mineral or
    BACKGROUND; a pixel on a stone's edge belongs to what covers more of it. Ids: int32, from 1 in the order of
    `stones`, 0 for the belt.
    """
    shape = (lines, scene.preset.samples)
    belt = len(scene.all_minerals)
    pixels = Pixels.flat(*shape, belt)
    labels, ids = np.full(shape, BACKGROUND, np.uint8), np.zeros(shape, np.int32)
    _texture(key_of(scene.seed, 3), scene.variation * BELT_TEXTURE, first_line, pixels.a)
    reach = float(stones["reach"].max(initial=0.0)) / scene.pitch_mm + 1
    start, stop = np.searchsorted(stones["line"], (first_line - reach, first_line + lines + reach))
    mm = (scene.pitch_mm, scene.pixel_mm)
    light = pixels.one, pixels.two, pixels.a, pixels.b, pixels.slope
    near, bent = stones[start:stop], outlines[start:stop]
    _stones(near, bent, mm, scene.variation, NORMAL, first_line, start + 1, light, labels, ids)
    return pixels, labels, ids


def _slab(
    scene: BeltScene, rng: np.random.Generator, start_mm: float, before: NDArray[np.void]
) -> tuple[NDArray[np.void], NDArray[np.float32]]:
    """Throw a slab's stones, the largest first; those that find no place in some tries are left out."""
    width = scene.preset.samples * scene.pixel_mm
    mean_area = np.pi / 4 * scene.size_mm**2 * np.exp(2 * scene.size_spread**2)
    n = int(rng.poisson(scene.cover * width * SLAB_MM / mean_area))
    size = scene.size_mm * np.exp(rng.normal(0.0, scene.size_spread, n))
    radius = np.sort(np.clip(size, 0.4 * scene.size_mm, 2.5 * scene.size_mm))[::-1] / 2
    outlines, reach = _outlines(rng, radius)
    places = rng.random((n, TRIES, 2)) * (SLAB_MM, width) + (start_mm, 0.0)
    near = np.empty((len(before) + n, 3))
    near[: len(before)] = np.c_[before["line"] * scene.pitch_mm, before["sample"] * scene.pixel_mm, before["reach"]]
    stones, kept, held = np.empty(n, STONE), np.zeros(n, np.bool_), len(before)
    for i in range(n):
        place = _free_place(places[i], reach[i], near[:held], width, GAP_PIXELS * scene.pixel_mm)
        if place is not None:
            stones["line"][i], stones["sample"][i] = place / (scene.pitch_mm, scene.pixel_mm)
            near[held], kept[i], held = (*place, reach[i]), True, held + 1
    stones["radius"], stones["reach"] = radius, reach
    _make_of(scene, rng, stones)
    return stones[kept], outlines[kept]


def _free_place(
    places: NDArray[np.float64], reach: float, near: NDArray[np.float64], width: float, gap: float
) -> NDArray[np.float64] | None:
    """The first of `places` (line and sample in mm) at which a stone touches neither others nor the belt's edge."""
    apart = np.hypot(places[:, None, 0] - near[:, 0], places[:, None, 1] - near[:, 1])
    free = (apart > near[:, 2] + reach + gap).all(axis=1) & (np.abs(places[:, 1] - width / 2) < width / 2 - reach - gap)
    return places[free.argmax()] if free.any() else None


def _outlines(rng: np.random.Generator, radius: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Harmonics (stones, harmonics, 2) of random phase, and how far each outline reaches in mm."""
    parts = rng.normal(0.0, 1.0, (len(radius), len(HARMONICS), 2)) * (np.array(HARMONICS)[:, None] / np.sqrt(2.0))
    angle = np.linspace(0.0, 2.0 * np.pi, 90)[:, None] * np.arange(2, 2 + len(HARMONICS))
    bent = 1.0 + parts[:, :, 0] @ np.cos(angle).T + parts[:, :, 1] @ np.sin(angle).T
    return parts.astype(np.float32), radius * bent.max(axis=1, initial=0.0) * 1.02


def _make_of(scene: BeltScene, rng: np.random.Generator, stones: NDArray[np.void]) -> None:
    """Give each stone its minerals, brightness, slope and key."""
    n, minerals = len(stones), scene.all_minerals
    ore = rng.integers(0, len(scene.minerals), n)
    waste = np.array([minerals.index(name) for name in scene.waste_used] or [0])
    is_waste = (rng.random(n) < scene.waste_share) & bool(scene.waste_used)
    stones["one"] = np.where(is_waste, rng.choice(waste, n), ore)
    stones["two"] = (stones["one"] + rng.integers(1, max(2, len(minerals)), n)) % len(minerals)
    mixed = (rng.random(n) < scene.mixed_share) & (len(minerals) > 1)
    stones["share"] = np.where(mixed, rng.uniform(0.25, 0.5, n), 0.0)
    stones["gain"] = 1.0 + scene.variation * (GAIN_SPREAD * np.clip(rng.standard_normal(n), -2.5, 2.5) - DARKER)
    stones["slope"] = scene.variation * SLOPE_SPREAD * np.clip(rng.standard_normal(n), -2.5, 2.5)
    stones["key"] = rng.integers(0, 1 << 63, n)


@kernel
def _texture(key: np.uint64, strength: float, first_line: int, gain: NDArray[np.float32]) -> None:
    """Multiply `gain` by the belt's wear: long streaks, and spots of a few pixels."""
    for i in range(gain.shape[0]):
        line = first_line + i
        for x in range(gain.shape[1]):
            wear = smooth(key, x / 5.0, line / 400.0) + 0.7 * smooth(key ^ np.uint64(1), x / 2.0, line / 2.0)
            gain[i, x] *= np.float32(1.0 + strength * wear)


@kernel
def _stones(
    stones: NDArray[np.void],
    outlines: NDArray[np.float32],
    mm: tuple[float, float],
    variation: float,
    table: NDArray[np.float32],
    first_line: int,
    first_id: int,
    light: tuple[NDArray[Any], ...],
    labels: NDArray[np.uint8],
    ids: NDArray[np.int32],
) -> None:
    lines, samples = labels.shape
    for s in range(len(stones)):
        stone, outline = stones[s], outlines[s]
        down_reach, across_reach = stone.reach / mm[0], stone.reach / mm[1]
        top = max(0, int(np.floor(stone.line - down_reach)) - first_line)
        bottom = min(lines, int(np.ceil(stone.line + down_reach)) + 1 - first_line)
        left = max(0, int(np.floor(stone.sample - across_reach)))
        right = min(samples, int(np.ceil(stone.sample + across_reach)) + 1)
        for i in range(top, bottom):
            down = (first_line + i - stone.line) * mm[0]
            for x in range(left, right):
                across = (x - stone.sample) * mm[1]
                edge = stone.radius * _bend(outline, down, across)
                away = np.sqrt(down * down + across * across)
                covered = min(1.0, 0.5 + (edge - away) / mm[1])
                if covered > 0.0:
                    relief = variation * _relief(stone.key, table, down, across, away / edge)
                    share = _second(stone.key, stone.share, down / stone.radius, across / stone.radius)
                    _lay(light, i, x, stone, covered, share, relief)
                if covered >= 0.5:
                    labels[i, x] = stone.two if share >= 0.5 else stone.one
                    ids[i, x] = first_id + s


@kernel
def _lay(
    light: tuple[NDArray[Any], ...], i: int, x: int, stone: Any, covered: float, share: float, relief: float
) -> None:
    """Put a stone's point over the belt; on its edge, its main mineral there and the belt share the pixel."""
    one, two, a, b, slope = light
    gain = covered * stone.gain * (1.0 + relief)
    slope[i, x] = stone.slope
    if covered >= 1.0:
        one[i, x], two[i, x] = stone.one, stone.two
        a[i, x], b[i, x] = gain * (1.0 - share), gain * share
    else:
        one[i, x], two[i, x] = (stone.two if share >= 0.5 else stone.one), one[i, x]
        a[i, x], b[i, x] = gain, a[i, x] * (1.0 - covered)


@kernel
def _bend(outline: NDArray[np.float32], down: float, across: float) -> float:
    """Radius towards a point, relative to the mean: 1 + sum of harmonics, by the recurrence of multiple angles."""
    away = max(np.sqrt(down * down + across * across), 1e-9)
    cosine, sine = across / away, down / away
    c, s, bend = cosine, sine, 1.0
    for k in range(len(outline)):
        c, s = c * cosine - s * sine, s * cosine + c * sine
        bend += outline[k, 0] * c + outline[k, 1] * s
    return max(bend, 0.2)


@kernel
def _second(key: np.uint64, share: float, u: float, v: float) -> float:
    """How much of a point is the second mineral, 0..1: patches with narrow transitions."""
    if share <= 0.0:
        return 0.0
    field = 0.5 + 0.5 * smooth(key, u * 1.6, v * 1.6)
    return min(1.0, max(0.0, 0.5 + (share - field) * 6.0))


@kernel
def _relief(key: np.uint64, table: NDArray[np.float32], down: float, across: float, out: float) -> float:
    """Relative brightness of a point: darker towards the edge, facets, and grain from pixel to pixel."""
    dome = np.sqrt(max(0.0, 1.0 - min(1.0, out) ** 2))
    facets = smooth(key ^ np.uint64(2), down / 7.0, across / 7.0)
    grain = normal(table, key, int(down * 64.0) * 65536 + int(across * 64.0))
    return float(EDGE * (dome - 1.0) + FACETS * facets + GRAIN * grain)
