"""Drill core in trays: pieces, fractures, depth blocks and what was lost, row after row.

Core is laid from the beginning of the first row on; a piece that does not fit is broken at the row's end. A drilling
run ends with a depth block, which lies in the next row where it found no place. Where core was lost, the depth jumps by
the loss while some of the tray stays empty. A broken piece costs no depth: along the core, depth grows as the tape
does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwsim.scenes.core import BOARD_MM, CoreScene
from hwsim.worlds import geology
from hwsim.worlds.paint_core import ROUGH_MM
from hwsim.worlds.palette import states_of
from hwsim.worlds.runs import Run, run_at, run_of
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
BLOCK_MM, LEAST_MM, GAP_MM = 45.0, 12.0, 1.0
WALL_MM, CLEARANCE_MM = 5.0, 6.0
BROKEN_MM = 25.0
"""Mean length of pieces where the rock is broken."""
SPARE_MM = 30.0
"""Of a row, for gaps between pieces yet to be laid."""
PER_TRAY, TRAYS = 10_000, 200_000
"""Numbers for pieces in a tray, and trays until the numbers begin again."""
GAIN_SPREAD, SLOPE_SPREAD, TILT_SPREAD, DARKER, WET_SHINE = 0.04, 0.03, 0.25, 0.1, 3.0


class Block(NamedTuple):
    """A depth block: its row, where it begins along the row in mm, and the depth that is written on it."""

    row: int
    start_mm: float
    depth_m: float


class Loss(NamedTuple):
    """Core that is missing, between two depths; the row, and the place along it in mm, at which it would lie."""

    row: int
    at_mm: float
    from_m: float
    to_m: float


class Place(NamedTuple):
    """Where laying stands: the depth of the next core, and the run whose block comes next."""

    depth_m: float
    run: int


@dataclass(frozen=True, slots=True, eq=False)
class Tray:
    """`front_mm`: where it begins along the way. `rows_mm`: centre of each row across, in the order in which they are
    read; `backwards` (rows,): those that are read from the tray's far end on. Places along a row are in mm from where
    it begins. `radius_mm` of the core. `runs` int64 (pieces,): the drilling run that each piece came with. `begin`,
    `end`: where laying stood.
    """

    number: int
    front_mm: float
    rows_mm: NDArray[np.float64]
    backwards: NDArray[np.bool_]
    radius_mm: float
    pieces: NDArray[np.void]
    runs: NDArray[np.int64]
    blocks: tuple[Block, ...]
    losses: tuple[Loss, ...]
    begin: Place
    end: Place


def begin_of(scene: CoreScene) -> Place:
    """Where the first tray begins."""
    return Place(scene.depth_m, run_at(scene, scene.depth_m))


def lay_out(scene: CoreScene, number: int, begin: Place) -> Tray:
    """Fill a tray with core. Raises ConfigError where the camera does not see a single row whole."""
    radius = scene.diameter_mm(number) / 2
    rows, filling = _rows(scene, radius), _Filling(scene, number, begin)
    for row in range(len(rows)):
        filling.fill(row, last=row == len(rows) - 1)
    pieces = np.zeros(len(filling.pieces), PIECE)
    pieces["row"], pieces["start"], pieces["end"], pieces["depth_m"] = zip(*filling.pieces, strict=True)
    pieces["x"], pieces["radius"] = rows[pieces["row"]], radius
    _finish(scene, number, pieces, filling.ends)
    front, backwards = (
        number * scene.tray_mm + BOARD_MM,
        np.array([scene.is_backwards(row) for row in range(len(rows))]),
    )
    laid = tuple(filling.blocks), tuple(filling.losses), begin, Place(filling.depth_m, filling.run)
    return Tray(number, front, rows, backwards, radius, pieces, np.array(filling.runs), *laid)


def _rows(scene: CoreScene, radius: float) -> NDArray[np.float64]:
    """Centres of as many rows as the camera sees, with the walls between them, about the middle of its view, in the
    order in which they are read."""
    samples, pitch = scene.preset.samples, row_pitch_mm(radius)
    aside = 2 * abs(float(scene.drift_mm(0.0)))
    n = int((samples * scene.pixel_mm - WALL_MM - aside) // pitch)
    if n < 1:
        width = samples * scene.pixel_mm
        raise ConfigError(f"a row for core of {2 * radius:g} mm is wider than the {width:g} mm seen: raise pixel_mm")
    rows = np.asarray((samples - 1) / 2 * scene.pixel_mm + pitch * (np.arange(n) - (n - 1) / 2))
    return rows if scene.rows_begin == "top" else rows[::-1].copy()


def row_pitch_mm(radius: float) -> float:
    """From the centre of a row to that of the next."""
    return 2 * radius + CLEARANCE_MM + WALL_MM


class _Filling:
    """A tray while it is filled. `ends`: how many pieces lie before each block."""

    def __init__(self, scene: CoreScene, number: int, begin: Place) -> None:
        self.scene, self.depth_m, self.run, self._at = scene, begin.depth_m, begin.run, 0.0
        self._rng = np.random.default_rng([scene.seed, 5, number])
        self._begin_mm, self._end_mm = (ROUGH_MM, scene.row_mm - ROUGH_MM) if scene.fits else (0.0, scene.row_mm)
        self.pieces: list[tuple[int, float, float, float]] = []
        self.runs: list[int] = []
        self.blocks: list[Block] = []
        self.losses: list[Loss] = []
        self.ends: list[int] = []

    def fill(self, row: int, *, last: bool) -> None:
        self._at = self._begin_mm
        while self._end_mm - self._at > LEAST_MM:
            run = run_of(self.scene, self.run)
            lost = run.lost if run.lost and run.lost[0] >= self.depth_m else None
            end_m = run.to_m - (run.stub_m if self._has_room_for(run, last=last) else 0.0)
            until_m = lost[0] if lost else end_m
            if self.depth_m < until_m:
                self._add_piece(row, until_m)
            if lost and self.depth_m == lost[0]:
                self._lose(row, *lost)
            if self.depth_m == end_m:
                self._end(row, run.to_m)

    def _add_piece(self, row: int, until_m: float) -> None:
        """A piece that ends at a fracture, at the row's end, or at the depth `until_m` with room for a block behind."""
        left, room = (until_m - self.depth_m) * 1e3, self._end_mm - self._at
        if room - BLOCK_MM < left < room + LEAST_MM:
            room -= BLOCK_MM
        if room < LEAST_MM:
            self._at = self._end_mm
            return
        length = min(room, LEAST_MM + self._rng.exponential(_mean_length(self.scene, self.depth_m)))
        is_last = left <= room and length > left - LEAST_MM
        length = left if is_last else length
        self.pieces.append((row, self._at, self._at + length, self.depth_m))
        self.runs.append(self.run)
        self._at += length + self._rng.exponential(GAP_MM)
        self.depth_m = until_m if is_last else self.depth_m + length / 1e3

    def _lose(self, row: int, from_m: float, to_m: float) -> None:
        self.losses.append(Loss(row, self._at, from_m, to_m))
        self.depth_m = to_m
        self._at += min((to_m - from_m) * 1e3, self.scene.loss_shown_mm)

    def _end(self, row: int, depth_m: float) -> None:
        """Lay the block of a run's end, or leave it for the next row."""
        if self._end_mm - self._at < BLOCK_MM:
            self._at = self._end_mm
            return
        self.blocks.append(Block(row, self._at, depth_m))
        self.ends.append(len(self.pieces))
        self._at += BLOCK_MM
        self.run += 1

    def _has_room_for(self, run: Run, *, last: bool) -> bool:
        """False of a run whose stub the tray's last row could not hold behind the block: no tray ends in a stub."""
        if self.depth_m > run.to_m - run.stub_m:
            return False
        left_mm = (run.to_m - self.depth_m) * 1e3
        return not last or self._end_mm - self._at > left_mm + BLOCK_MM + SPARE_MM


def _mean_length(scene: CoreScene, depth_m: float) -> float:
    """Of the pieces around a depth, in mm, beyond the least."""
    rng = geology.dice(scene, 9, round(depth_m))
    return BROKEN_MM if rng.random() < scene.broken else 1e3 / scene.fractures_per_m


def _finish(scene: CoreScene, number: int, pieces: NDArray[np.void], ends: list[int]) -> None:
    """Give pieces their numbers, ends (straight at a depth block between two), brightness, slope, key and state of the
    surface."""
    n, rng = len(pieces), np.random.default_rng([scene.seed, 11, number])
    tilt = TILT_SPREAD * np.clip(rng.standard_normal(n + 1), -2.0, 2.0)
    straight = {*ends} & {*range(n)}
    straight |= {0, n, *(np.flatnonzero(np.diff(pieces["row"])) + 1).tolist()} if scene.fits else set()
    tilt[0] *= 0 not in straight
    for i, most in enumerate(0.4 * (pieces["end"] - pieces["start"]) / pieces["radius"]):
        tilt[i + 1] = 0.0 if i + 1 in straight else np.clip(tilt[i + 1], tilt[i] - most, tilt[i] + most)
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
