"""Clean laboratory spectra made into what a line's camera sees: each draw one pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.training.data import OTHER, SHIFTS_NM, Spectra
from oreline.light_model.grains import grain, mixture
from oreline.light_model.pixel import illuminated, noise_std


@dataclass(frozen=True, slots=True)
class Recipe:
    """Ranges by which a pixel strays from its mineral. Standard deviations, or the ends of a uniform range."""

    mixed: float = 0.5
    """Share of the pixels that hold a second mineral,"""
    minor: tuple[float, float] = (0.0, 0.2)
    """and how much of it."""
    grain: tuple[float, float] = (0.75, 1.35)
    gain: tuple[float, float] = (0.4, 1.2)
    slope: float = 0.1
    bend: float = 0.05
    offset: float = 0.005
    """Dark drift, in reflectance."""
    electrons: tuple[float, float] = (1e4, 4e5)
    """At white, log-uniform: a signal-to-noise ratio of 70 to 450 at a reflectance of 0.5."""
    read: float = 60.0
    shift_nm: tuple[int, int] = (SHIFTS_NM[0], SHIFTS_NM[-1])


class Sampler:
    """Draws pixels of the given rows: classes alike often, specimens within a class alike often."""

    def __init__(self, spectra: Spectra, rows: NDArray[np.int64], seed: int, recipe: Recipe = Recipe()) -> None:
        self._spectra, self._rows, self._recipe = spectra, rows, recipe
        self._rng = np.random.default_rng(seed)
        self._weights = _balanced(spectra.target[rows], spectra.specimen[rows])
        self._x = np.linspace(-1.0, 1.0, spectra.seen.shape[2], dtype=np.float32)[:, None]

    def draw(self, n: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Features of n pixels, float32 (features, n), and what they are, int64 (n,)."""
        rows = self._rng.choice(self._rows, n, p=self._weights)
        return self._spectra.prepared(self.apparent(rows)), self._spectra.target[rows]

    def apparent(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Apparent reflectance of one pixel a row, float32 (bands, n)."""
        rng, recipe, n = self._rng, self._recipe, len(rows)
        other = rng.choice(self._rows, n, p=self._weights)
        share = self._uniform(recipe.minor, n) * (rng.random(n) < recipe.mixed)
        shift = rng.integers(0, len(SHIFTS_NM), n)
        r = mixture(self._spectra.seen[shift, rows].T, self._spectra.seen[shift, other].T, share)
        r = grain(r, self._uniform(recipe.grain, n))
        r = illuminated(
            r, self._uniform(recipe.gain, n), self._normal(recipe.slope, n), self._normal(recipe.bend, n), self._x
        )
        electrons = np.exp(self._uniform((np.log(recipe.electrons[0]), np.log(recipe.electrons[1])), n))
        r += noise_std(r, electrons, np.float32(recipe.read)) * rng.standard_normal(r.shape, dtype=np.float32)
        r += self._normal(recipe.offset, n)
        return r

    def _uniform(self, ends: tuple[float, float], n: int) -> NDArray[np.float32]:
        return self._rng.uniform(*ends, n).astype(np.float32)

    def _normal(self, std: float, n: int) -> NDArray[np.float32]:
        return self._rng.normal(0.0, std, n).astype(np.float32)


OTHER_SHARE = 0.25
"""Share of the pixels that are no class, from which the network learns to be unsure."""


def _balanced(target: NDArray[np.int64], specimen: NDArray[np.str_]) -> NDArray[np.float64]:
    weights = np.zeros(len(target))
    classes = sorted(set(target.tolist()))
    for one in classes:
        of_class = target == one
        rocks = sorted(set(specimen[of_class].tolist()))
        for rock in rocks:
            chosen = of_class & (specimen == rock)
            weights[chosen] = 1.0 / len(rocks) / chosen.sum()
        known = len(classes) - (OTHER in classes)
        weights[of_class] *= OTHER_SHARE if one == OTHER else (1.0 - OTHER_SHARE * (OTHER in classes)) / known
    normalised: NDArray[np.float64] = weights / weights.sum()
    return normalised
