"""Pixels to learn from: half of them rock, half of them specimens in a laboratory, and some no rock at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.training.chance import Chance
from inference.training.data import Spectra
from inference.training.end_members import EndMembers
from inference.training.laboratory_pixels import laboratory_pixels
from inference.training.recipe import USUAL, Recipe
from inference.training.rock_pixels import RockPixels
from inference.training.seen import Drawn, Floats, Rows, Seen


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """n pixels. `reflectance`: apparent, float32 (bands, n). `major`, `minor` int64 (n,): rows of their minerals, those
    of what is no rock behind those of the library; `share` of the minor one float32 (n,); `rock` bool (n,)."""

    reflectance: Floats
    major: Rows
    minor: Rows
    share: Floats
    rock: NDArray[np.bool_]


class Sampler:
    """Draws pixels of the given rows of a library. Same arguments, same pixels."""

    def __init__(self, spectra: Spectra, rows: Rows, seed: int, recipe: Recipe = USUAL) -> None:
        self._seen, self._recipe, self._chance = Seen(spectra, rows, recipe.other), recipe, Chance(seed)
        self._rock = RockPixels(self._seen, EndMembers.of(spectra, rows), recipe)

    def draw(self, n: int) -> Pixels:
        """n pixels of rows that are drawn too."""
        chance, recipe, major = self._chance, self._recipe, self._seen.pick(self._chance, n)
        foreign = np.flatnonzero(chance.often(recipe.not_rock, n))
        major[foreign] = self._seen.pick_not_rock(chance, len(foreign))
        return self.of(major, chance.often(recipe.rock, n))

    def of(self, major: Rows, rock: NDArray[np.bool_]) -> Pixels:
        """One pixel of each row, rock or in the laboratory."""
        parts = [(np.flatnonzero(~rock), self._laboratory), (np.flatnonzero(rock), self._rocks)]
        reflectance = np.empty((len(self._seen.x), len(major)), np.float32)
        minor, share = np.empty(len(major), np.int64), np.empty(len(major), np.float32)
        for at, draw in parts:
            if len(at):
                drawn = draw(major[at])
                reflectance[:, at], minor[at], share[at] = drawn.reflectance.T, drawn.minor, drawn.share
        return Pixels(reflectance, major, minor, share, rock)

    def _laboratory(self, rows: Rows) -> Drawn:
        return laboratory_pixels(self._seen, self._chance, self._recipe, rows)

    def _rocks(self, rows: Rows) -> Drawn:
        return self._rock(self._chance, rows)
