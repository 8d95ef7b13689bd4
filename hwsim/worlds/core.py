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
from hwsim.worlds.palette import Palette
from hwsim.worlds.tray import CLEARANCE_MM, PER_TRAY, WALL_MM, Tray, lay_out, row_pitch_mm
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
        self._starts, self._lock = [scene.depth_m], RLock()
        self._lay_out = lru_cache(KEPT_TRAYS)(lambda number, depth_m: lay_out(scene, number, depth_m))
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
            self._paint_tray(self.tray(int(number)), y[start:stop], slice(start, stop), pixels, truth)
        return pixels, truth

    def tray(self, number: int) -> Tray:
        """The layout of a tray; those before it are laid out first, as they say at which depth it begins."""
        with self._lock:
            while len(self._starts) <= number:
                self._starts.append(self._lay_out(len(self._starts) - 1, self._starts[-1]).depth_m[1])
            return self._lay_out(number, self._starts[number])

    def describe(self, piece: int) -> dict[str, Any]:
        """Tray and row from 0, depths in m, and as on a belt the state of the surface."""
        tray = self.tray((piece - 1) // PER_TRAY)
        one = tray.pieces[(piece - 1) % PER_TRAY]
        from_m, length = float(one["depth_m"]), float(one["end"] - one["start"])
        depths = {"depth_from_m": from_m, "depth_to_m": from_m + length / 1e3}
        return {"tray": tray.number, "row": int(one["row"])} | depths | self.palette.state(int(one["state"]))

    def facts(self) -> dict[str, Any]:
        """ "rows": where each lies and from which depth to which it goes; "losses": depths between which core is
        missing; "blocks": the depth blocks."""
        trays = [self.tray(number) for number in range(self.scene.trays)]
        way = self.way_mm(np.arange(self.lines))
        return {
            "world": "core",
            "rows": [row for tray in trays for row in self._rows(tray, way)],
            "losses": [{"depth_from_m": a, "depth_to_m": b} for tray in trays for a, b in tray.losses],
            "blocks": [{"tray": t.number, "row": row, "depth_m": depth} for t in trays for row, _, depth in t.blocks],
        }

    def _rows(self, tray: Tray, way: NDArray[np.float64]) -> list[dict[str, Any]]:
        ends = tray.front_mm, tray.front_mm + self.scene.row_mm
        first, last = np.searchsorted(way, ends[0]), np.searchsorted(way, ends[1], "right") - 1
        reach = tray.radius_mm
        rows = []
        for row, centre in enumerate(tray.rows_mm):
            pieces = tray.pieces[tray.pieces["row"] == row]
            left, right = np.searchsorted(self.x_mm, (centre - reach, centre + reach))
            place = {"first_line": first, "last_line": last, "first_sample": left, "last_sample": right - 1}
            end = pieces[-1]["depth_m"] + (pieces[-1]["end"] - pieces[-1]["start"]) / 1e3
            depths = {"depth_from_m": float(pieces[0]["depth_m"]), "depth_to_m": float(end)}
            rows.append({"tray": tray.number, "row": row} | {name: int(at) for name, at in place.items()} | depths)
        return rows

    def _paint_tray(self, tray: Tray, y: NDArray[np.float64], lines: slice, pixels: Pixels, truth: Truth) -> None:
        scene, places = self.scene, (y - tray.front_mm, self.x_mm)
        material = self.palette.around + (WOOD if scene.tray == "wood" else METAL)
        half = (len(tray.rows_mm) * row_pitch_mm(tray.radius_mm) + WALL_MM) / 2
        sizes = scene.row_mm, BOARD_MM, tray.radius_mm + CLEARANCE_MM / 2, half
        light = tuple(getattr(pixels, name)[lines] for name in ("one", "two", "a", "b", "slope", "glint"))
        key = key_of(scene.seed, 3, tray.number)
        paint_core.furnish(places, tray.rows_mm, sizes, material, key, (light[0], light[2]))
        raised = np.zeros(light[0].shape, np.bool_)
        for row, start, depth in tray.blocks:
            place = tray.rows_mm[row], start, tray.radius_mm
            spectra = self.palette.around + WOOD, self.palette.around + TABLE
            raised[paint_block(places, place, depth, spectra, (light[0], light[2]))] = True
        maps = tuple(getattr(truth, name)[lines] for name in ("ids", "depth_m", "one", "two", "share"))
        lit = np.ones(light[2].shape, np.float32)
        looks = scene.variation, 2.0 * scene.surface.shadow, float(scene.cut == "whole"), scene.row_mm
        paint_core.lay(tray.pieces, places, self._planes(*tray.depth_m), self._tones, looks, NORMAL, light, maps, lit)
        lit[raised | (maps[0] > 0)] = 1.0
        for part in light[2:4]:
            np.multiply(part, lit, out=part)
