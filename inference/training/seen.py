"""What pixels are drawn from: spectra of a library as a camera sees them, and of what is no rock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.training.chance import Chance
from inference.training.data import OTHER, Spectra
from inference.training.recipe import Range, Recipe
from oreline.light_model.continuum import places
from oreline.light_model.surface import under_film
from oreline.light_model.water import absorption_per_mm

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """n pixels. `reflectance`: apparent, float32 (n, bands); `minor` int64 (n,): row of the second mineral; `share` of
    it among the two, float32 (n,)."""

    reflectance: Floats
    minor: Rows
    share: Floats


class Seen:
    """`spectra` float32 (shifts, rows, bands): those of the library, then those of what is no rock, from row `rocks`
    on. `x` (bands,): place in the range, -1 to 1; `water` (bands,): its absorption, 1/mm."""

    def __init__(self, spectra: Spectra, rows: Rows, other: float) -> None:
        self.spectra = np.concatenate([spectra.seen, spectra.not_rock], axis=1)
        self.rocks, bands = spectra.seen.shape[1:]
        self.x, self.water = places(bands), absorption_per_mm(spectra.nm).astype(np.float32)
        self._rows = rows
        self._sums = np.cumsum(balanced(spectra.target[rows], spectra.specimen[rows], other))

    def pick(self, chance: Chance, n: int) -> Rows:
        """n rows of the library: classes alike often, specimens within a class alike often."""
        at = np.searchsorted(self._sums, chance.rng.random(n) * self._sums[-1], side="right")
        return np.asarray(self._rows[np.minimum(at, len(self._rows) - 1)])

    def pick_not_rock(self, chance: Chance, n: int) -> Rows:
        """n rows of what is no rock."""
        return np.asarray(self.rocks + chance.any_of(self.spectra.shape[1] - self.rocks, n))

    def shifts(self, chance: Chance, n: int) -> Rows:
        """By which each pixel's camera is off."""
        return chance.any_of(len(self.spectra), n)

    def minor_share(self, rows: Rows, recipe: Recipe) -> Floats:
        """How much of its usual share a second mineral has, (n, 1)."""
        return np.where(rows < self.rocks, 1.0, recipe.not_rock_minor).astype(np.float32)[:, None]


def balanced(target: Rows, specimen: NDArray[np.str_], other: float) -> NDArray[np.float64]:
    """How often each row is drawn, (n,), rows of OTHER together `other` of the time."""
    weights, classes = np.zeros(len(target)), np.unique(target)
    for one in classes:
        of_class = target == one
        rocks, rock = np.unique(specimen[of_class], return_inverse=True)
        weights[of_class] = 1.0 / len(rocks) / np.bincount(rock)[rock]
    if OTHER in classes and len(classes) > 1:
        unknown = target == OTHER
        weights[unknown] *= other / weights[unknown].sum()
        weights[~unknown] *= (1.0 - other) / weights[~unknown].sum()
    return np.asarray(weights / weights.sum())


def filmed(reflectance: Floats, seen: Seen, chance: Chance, share: float, film_mm: Range) -> None:
    """Put a film of water over `share` of the pixels, in place."""
    under = np.flatnonzero(chance.often(share, len(reflectance)))
    reflectance[under] = under_film(reflectance[under], seen.water, chance.log_uniform(film_mm, len(under)))


def overlaid(reflectance: Floats, chance: Chance, std: Floats, offset: float) -> None:
    """Add the detector's noise of `std` and a drift of its dark, in place."""
    reflectance += chance.noise(std, reflectance.shape)
    reflectance += chance.normal(offset, len(reflectance))
