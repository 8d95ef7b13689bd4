"""Drill core in trays: pieces, fractures, depth blocks and what was lost, row after row.

Core is laid from the front of the first row on; a piece that does not fit is broken at the row's end. A drilling run
ends with a depth block. Where core was lost, the depth jumps by the loss while the tray stays empty for at most
LOSS_SHOWN_MM. A broken piece costs no depth: along the core, depth grows as the tape does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwsim.scenes.core import BOARD_MM, CoreScene
from hwsim.worlds import geology
from hwsim.worlds.palette import states_of
from oreline.errors import ConfigError

PIECE = np.dtype(
    [
        *(("id", "i4"), ("row", "i4"), ("start", "f8"), ("end", "f8"), ("depth_m", "f8")),
        *(("x", "f8"), ("radius", "f8")),
        *(("tilt_start", "f4"), ("tilt_end", "f4"), ("key_start", "u8"), ("key_end", "u8"), ("turn", "f4")),
        *(("gain", "f4"), ("slope", "f4"), ("shine", "f4"), ("state", "u2"), ("key", "u8")),
    ]
)
"""`start`, `end` of the axis in mm from the row's front, and the depth at `start`; centre across and radius in mm. Ends
are broken at a slope (mm along a mm across) with a roughness of their own; both sides of a fracture share them. `turn`:
of the piece about its axis, in radians."""
BLOCK_MM, LOSS_SHOWN_MM, LEAST_MM, GAP_MM = 45.0, 60.0, 12.0, 1.0
WALL_MM, CLEARANCE_MM = 5.0, 6.0
BROKEN_SHARE, BROKEN_MM = 0.12, 25.0
"""Share of the metres in which the rock is broken, and the mean length of pieces there."""
LOSS_SHARE = 1.0 / 3.0
"""Of the runs: those that lost some core."""
PER_TRAY, TRAYS = 10_000, 200_000
"""Numbers for pieces in a tray, and trays until the numbers begin again."""
GAIN_SPREAD, SLOPE_SPREAD, TILT_SPREAD, DARKER, WET_SHINE = 0.04, 0.03, 0.25, 0.1, 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Tray:
    """`front_mm`: where it begins along the way. `rows_mm`: centre of each row across; `radius_mm` of the core.
    `blocks`: (row, start in mm, depth in m) each. `losses`: (from, to) in m each. `depth_m`: at its begin and end.
    """

    number: int
    front_mm: float
    rows_mm: NDArray[np.float64]
    radius_mm: float
    pieces: NDArray[np.void]
    blocks: tuple[tuple[int, float, float], ...]
    losses: tuple[tuple[float, float], ...]
    depth_m: tuple[float, float]


def lay_out(scene: CoreScene, number: int, depth_m: float) -> Tray:
    """Fill a tray with core from `depth_m` on. Raises ConfigError where the camera does not see a single row whole."""
    radius = scene.diameters_mm[min(number, len(scene.diameters_mm) - 1)] / 2
    rows, filling = _rows(scene, radius), _Filling(scene, number, depth_m)
    for row in range(len(rows)):
        filling.fill(row)
    pieces = np.zeros(len(filling.pieces), PIECE)
    pieces["row"], pieces["start"], pieces["end"], pieces["depth_m"] = zip(*filling.pieces, strict=True)
    pieces["x"], pieces["radius"] = rows[pieces["row"]], radius
    _finish(scene, number, pieces, np.array([depth for _, _, depth in filling.blocks]))
    front, ends = number * scene.tray_mm + BOARD_MM, (depth_m, filling.depth_m)
    return Tray(number, front, rows, radius, pieces, tuple(filling.blocks), tuple(filling.losses), ends)


def _rows(scene: CoreScene, radius: float) -> NDArray[np.float64]:
    """Centres of as many rows as the camera sees, with the walls between them, about the middle of its view."""
    samples, pitch = scene.preset.samples, row_pitch_mm(radius)
    n = int((samples * scene.pixel_mm - WALL_MM) // pitch)
    if n < 1:
        width = samples * scene.pixel_mm
        raise ConfigError(f"a row for core of {2 * radius:g} mm is wider than the {width:g} mm seen: raise pixel_mm")
    return np.asarray((samples - 1) / 2 * scene.pixel_mm + pitch * (np.arange(n) - (n - 1) / 2))


def row_pitch_mm(radius: float) -> float:
    """From the centre of a row to that of the next."""
    return 2 * radius + CLEARANCE_MM + WALL_MM


class _Filling:
    """A tray while it is filled."""

    def __init__(self, scene: CoreScene, number: int, depth_m: float) -> None:
        self.scene, self.depth_m, self._at = scene, depth_m, 0.0
        self._rng = np.random.default_rng([scene.seed, 5, number])
        self.pieces: list[tuple[int, float, float, float]] = []
        self.blocks: list[tuple[int, float, float]] = []
        self.losses: list[tuple[float, float]] = []

    def fill(self, row: int) -> None:
        self._at = 0.0
        while self.scene.row_mm - self._at > LEAST_MM:
            loss_m, lost_m = _next_loss(self.scene, self.depth_m)
            block_m = _next_block(self.scene, self.depth_m)
            self._add_piece(row, min(loss_m, block_m))
            if self.depth_m == loss_m:
                self._lose(lost_m)
            elif self.depth_m == block_m:
                self.blocks.append((row, self._at, block_m))
                self._at += BLOCK_MM

    def _add_piece(self, row: int, until_m: float) -> None:
        """A piece that ends at a fracture, at the row's end, or at the depth `until_m` with room for a block behind."""
        left, room = (until_m - self.depth_m) * 1e3, self.scene.row_mm - self._at
        if room - BLOCK_MM < left < room + LEAST_MM:
            room -= BLOCK_MM
        if room < LEAST_MM:
            self._at = self.scene.row_mm
            return
        length = min(room, LEAST_MM + self._rng.exponential(_mean_length(self.scene, self.depth_m)))
        is_last = left <= room and length > left - LEAST_MM
        length = left if is_last else length
        self.pieces.append((row, self._at, self._at + length, self.depth_m))
        self._at += length + self._rng.exponential(GAP_MM)
        self.depth_m = until_m if is_last else self.depth_m + length / 1e3

    def _lose(self, lost_m: float) -> None:
        self.losses.append((self.depth_m, self.depth_m + lost_m))
        self.depth_m += lost_m
        self._at += min(lost_m * 1e3, LOSS_SHOWN_MM)


def _mean_length(scene: CoreScene, depth_m: float) -> float:
    """Of the pieces around a depth, in mm, beyond the least."""
    rng = geology.dice(scene, 9, round(depth_m))
    return BROKEN_MM if rng.random() < BROKEN_SHARE else 1e3 / scene.fractures_per_m


def _next_block(scene: CoreScene, depth_m: float) -> float:
    """Depth of the end of the run that goes on below a depth."""
    run = math.floor(depth_m / scene.run_m) + 1
    return run * scene.run_m if run * scene.run_m > depth_m else (run + 1) * scene.run_m


def _next_loss(scene: CoreScene, depth_m: float) -> tuple[float, float]:
    """Depth of the loss in that run, and how much is lost, in m; infinite where there is none below."""
    end = _next_block(scene, depth_m)
    rng = geology.dice(scene, 10, round(end / scene.run_m))
    lost = scene.run_m * min(0.5, scene.loss / LOSS_SHARE * rng.uniform(0.5, 1.5))
    at = end - scene.run_m + rng.uniform(0.1, 0.4) * scene.run_m
    return (at, lost) if rng.random() < LOSS_SHARE and lost > 0 and at > depth_m else (math.inf, 0.0)


def _finish(scene: CoreScene, number: int, pieces: NDArray[np.void], blocks_m: NDArray[np.float64]) -> None:
    """Give pieces their numbers, ends (straight at a depth block), brightness, slope, key and state of the surface."""
    n, rng = len(pieces), np.random.default_rng([scene.seed, 11, number])
    tilt = TILT_SPREAD * np.clip(rng.standard_normal(n + 1), -2.0, 2.0)
    for i, most in enumerate(0.4 * (pieces["end"] - pieces["start"]) / pieces["radius"]):
        is_straight = i + 1 < n and pieces["depth_m"][i + 1] in blocks_m
        tilt[i + 1] = 0.0 if is_straight else np.clip(tilt[i + 1], tilt[i] - most, tilt[i] + most)
    keys = rng.integers(0, 1 << 63, n + 1)
    pieces["id"] = 1 + number % TRAYS * PER_TRAY + np.arange(n)
    pieces["tilt_start"], pieces["tilt_end"] = tilt[:-1], tilt[1:]
    pieces["key_start"], pieces["key_end"] = keys[:-1], keys[1:]
    pieces["turn"], pieces["key"] = rng.uniform(0.0, 2.0 * np.pi, n), rng.integers(0, 1 << 63, n)
    pieces["gain"] = 1.0 + scene.variation * (GAIN_SPREAD * np.clip(rng.standard_normal(n), -2.5, 2.5) - DARKER)
    pieces["slope"] = scene.variation * SLOPE_SPREAD * np.clip(rng.standard_normal(n), -2.5, 2.5)
    states, _, often = states_of(scene)
    pieces["state"] = rng.choice(len(states), n, p=often[0])
    is_wet = states["water_mm"][pieces["state"]] > 0
    pieces["shine"] = scene.surface.glint * np.where(is_wet, WET_SHINE, 1.0)
