"""The world of drill core: one tray after the other, for as long as it is asked for."""

from __future__ import annotations

from functools import lru_cache
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.random_field import NORMAL, key_of
from hwsim.scenes.core import BOARD_MM, CoreScene
from hwsim.sensor.sensor import Pixels
from hwsim.spectra import belt, load, metal, wood
from hwsim.worlds import geology, paint_core
from hwsim.worlds.block import paint_block
from hwsim.worlds.core_facts import block_front_mm, core_facts
from hwsim.worlds.paint_core import Places
from hwsim.worlds.palette import Palette
from hwsim.worlds.tray import CLEARANCE_MM, PER_TRAY, WALL_MM, Tray, begin_of, lay_out, row_pitch_mm
from hwsim.worlds.world import Truth, World

KEPT_TRAYS = 32
TABLE, WOOD, METAL = range(3)
"""Surroundings in the palette; the table under the trays is as dark as a belt."""


class CoreWorld(World):
    """Trays lie on a dark table, their rows along the way; depth goes on from row to row and from tray to tray."""

    scene: CoreScene

    def __init__(self, scene: CoreScene) -> None:
        nm = load().wavelengths_nm
        around: list[NDArray[np.floating]] = [belt(nm), wood(), metal(nm)]
        super().__init__(scene, Palette.of(scene, geology.rocks_of(scene), around))
        self._tones = geology.tones_of(scene)
        self._begins, self._lock = [begin_of(scene)], RLock()
        self._lay_out = lru_cache(KEPT_TRAYS)(lambda number, begin: lay_out(scene, number, begin))
        self._planes = lru_cache(KEPT_TRAYS)(
            lambda from_m, to_m: (geology.contacts(scene, from_m, to_m), geology.veins(scene, from_m, to_m))
        )
        self.tray(0)

    def _paint(self, first_line: int, lines: int) -> tuple[Pixels, Truth]:
        pixels = Pixels.flat(lines, self.scene.preset.samples, self.palette.around + TABLE)
        truth = Truth.of(first_line, pixels, self.palette.made_of, depth=True)
        y = self.way_mm(np.arange(first_line, first_line + lines))
        numbers = (y // self.scene.tray_mm).astype(np.int64)
        for number in np.unique(numbers):
            start, stop = np.searchsorted(numbers, (number, number + 1))
            tray, step = self.tray(int(number)), 1 if self.scene.askew_deg else stop - start
            for first in range(start, stop, step):
                self._paint_tray(tray, y[first : first + step], slice(first, first + step), pixels, truth)
        return pixels, truth

    def tray(self, number: int) -> Tray:
        """The layout of a tray; those before it are laid out first, as they say at which depth it begins."""
        with self._lock:
            while len(self._begins) <= number:
                self._begins.append(self._lay_out(len(self._begins) - 1, self._begins[-1]).end)
            return self._lay_out(number, self._begins[number])

    def describe(self, piece: int) -> dict[str, Any]:
        """Tray and row from 0, depths in m, and as on a belt the state of the surface."""
        tray = self.tray((piece - 1) // PER_TRAY)
        one = tray.pieces[(piece - 1) % PER_TRAY]
        from_m, length = float(one["depth_m"]), float(one["end"] - one["start"])
        depths = {"depth_from_m": from_m, "depth_to_m": from_m + length / 1e3}
        return {"tray": tray.number, "row": int(one["row"])} | depths | self.palette.state(int(one["state"]))

    def facts(self) -> dict[str, Any]:
        """What `hwsim.worlds.core_facts` says of the trays of the recording."""
        places = self.way_mm(np.arange(self.lines)), self.x_mm
        return core_facts(self.scene, [self.tray(number) for number in range(self.scene.trays)], places)

    def _paint_tray(self, tray: Tray, y: NDArray[np.float64], lines: slice, pixels: Pixels, truth: Truth) -> None:
        """Paint lines of a tray; one by one where it lies askew."""
        scene, u = self.scene, y - tray.front_mm
        places = u, self.x_mm - scene.drift_mm(u[0]) if scene.askew_deg else self.x_mm
        material = self.palette.around + (WOOD if scene.tray == "wood" else METAL)
        half = (len(tray.rows_mm) * row_pitch_mm(tray.radius_mm) + WALL_MM) / 2
        sizes = scene.row_mm, BOARD_MM, tray.radius_mm + CLEARANCE_MM / 2, half
        light = tuple(getattr(pixels, name)[lines] for name in ("one", "two", "a", "b", "slope", "glint"))
        key = key_of(scene.seed, 3, tray.number)
        paint_core.furnish(places, tray.rows_mm, sizes, material, key, (light[0], light[2]))
        raised = np.zeros(light[0].shape, np.bool_)
        for block in tray.blocks:
            place = tray.rows_mm[block.row], block_front_mm(scene, tray, block), tray.radius_mm
            spectra = self.palette.around + WOOD, self.palette.around + TABLE
            raised[paint_block(places, place, block.depth_m, spectra, (light[0], light[2]))] = True
        maps = tuple(getattr(truth, name)[lines] for name in ("ids", "depth_m", "one", "two", "share"))
        lit = np.ones(light[2].shape, np.float32)
        for turned in np.unique(tray.backwards):
            self._lay(tray, bool(turned), places, (*light, *maps, lit))
        lit[raised | (maps[0] > 0)] = 1.0
        for part in light[2:4]:
            np.multiply(part, lit, out=part)

    def _lay(self, tray: Tray, turned: bool, places: Places, painted: tuple[NDArray[Any], ...]) -> None:
        """Lay the pieces of the rows that are read in one direction. Those that are read from the far end on are laid
        into lines in the order in which they are read."""
        scene, pieces = self.scene, tray.pieces[tray.backwards[tray.pieces["row"]] == turned]
        read = tuple(np.ascontiguousarray(one[::-1]) for one in painted) if turned else painted
        u = scene.row_mm - places[0][::-1] if turned else places[0]
        looks = scene.variation, 2.0 * scene.surface.shadow, float(scene.cut == "whole"), scene.row_mm
        planes = self._planes(tray.begin.depth_m, tray.end.depth_m)
        paint_core.lay(pieces, (u, places[1]), planes, self._tones, looks, NORMAL, read[:6], read[6:11], read[11])
        if turned:
            for one, laid in zip(painted, read, strict=True):
                one[:] = laid[::-1]
