"""The world of stones on an endless belt."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.random_field import NORMAL, key_of
from hwsim.scenes.belt import BeltScene
from hwsim.sensor.sensor import Pixels
from hwsim.spectra import belt, load
from hwsim.worlds import paint_stones
from hwsim.worlds.palette import Palette
from hwsim.worlds.stones import PER_SLAB, STONE, rocks_of, slab_mm, stretch_at, throw
from hwsim.worlds.world import Truth, World

TEXTURE = 0.12
KEPT_SLABS = 256


class BeltWorld(World):
    """Stones lie wholly within the lines of the recording, or wholly beyond them."""

    scene: BeltScene

    def __init__(self, scene: BeltScene) -> None:
        self._rocks = rocks_of(scene)
        super().__init__(scene, Palette.of(scene, self._rocks, [belt(load().wavelengths_nm)]))
        self._end = float(self.way_mm(scene.lines))
        self.slab = lru_cache(KEPT_SLABS)(self._slab)

    def _paint(self, first_line: int, lines: int) -> tuple[Pixels, Truth]:
        scene, places = self.scene, (self.way_mm(np.arange(first_line, first_line + lines)), self.x_mm)
        pixels = Pixels.flat(lines, scene.preset.samples, self.palette.around)
        truth = Truth.of(first_line, pixels, self.palette.made_of)
        paint_stones.wear(key_of(scene.seed, 3), scene.variation * TEXTURE, places, pixels.a)
        stones = self.stones(float(places[0][0]), float(places[0][-1]))
        light = pixels.one, pixels.two, pixels.a, pixels.b, pixels.slope, pixels.glint
        maps = truth.ids, truth.one, truth.two, truth.share
        paint_stones.lay(stones, places, scene.variation, NORMAL, light, maps)
        shadow = np.array([surface.shadow for surface in scene.surfaces], np.float32)[stretch_at(scene, places[0])]
        if shadow.any():
            hidden = np.zeros((2, *pixels.a.shape), np.float32)
            paint_stones.shade(stones, places, hidden)
            lit = 1 - shadow[:, None] * hidden.sum(axis=0)
            np.multiply(pixels.a, lit, out=pixels.a)
            np.multiply(pixels.b, lit, out=pixels.b)
        return pixels, truth

    def stones(self, first_mm: float, last_mm: float) -> NDArray[np.void]:
        """All stones (STONE) that can be met between two places along the belt, and some beside."""
        long = slab_mm(self.scene)
        slabs = range(max(0, int(first_mm // long) - 1), int(last_mm // long) + 2)
        near = np.concatenate([self.slab(slab) for slab in slabs])
        margin = near["reach"] + 1.5 * self.scene.pitch_mm
        return near[(near["y"] > margin) & (np.abs(near["y"] - self._end) > margin)]

    def describe(self, piece: int) -> dict[str, Any]:
        """Grain size relative to the specimen, mm of water, and share of the surface under dust; and the stretch."""
        stone = self.slab((piece - 1) // PER_SLAB)[(piece - 1) % PER_SLAB]
        names = list(self.scene.stretches)
        stretch = {"stretch": names[int(stretch_at(self.scene, stone["y"]))]} if names else {}
        return self.palette.state(int(stone["one"]) // len(self._rocks)) | stretch

    def facts(self) -> dict[str, Any]:
        """ "stretches": their names, in order."""
        return {"world": "belt", "stretches": list(self.scene.stretches)}

    def _slab(self, slab: int) -> NDArray[np.void]:
        beside = [self.slab(slab - 1), self.slab(slab + 1)] if slab % 2 else [np.empty(0, STONE)]
        return throw(self.scene, slab, np.concatenate(beside))
