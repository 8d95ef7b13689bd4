"""Pixels of rock: one or two minerals with bands, diluted in what has none, stained, damp, under a smooth continuum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.training.chance import Chance, Column
from inference.training.end_members import EndMembers
from inference.training.recipe import Recipe
from inference.training.recipe import Rock as Ranges
from inference.training.seen import Drawn, Floats, Rows, Seen, filmed, overlaid
from oreline.light_model.continuum import bumps, tilt
from oreline.light_model.grains import blend, grain, mixture
from oreline.light_model.surface import absorbed

Chosen = NDArray[np.bool_]
BUMPS = 9


class RockPixels:
    """Draws pixels of rock from what is `seen` and the end members of the same rows."""

    def __init__(self, seen: Seen, members: EndMembers, recipe: Recipe) -> None:
        self._seen, self._members, self._recipe, self._ranges = seen, members, recipe, recipe.in_rock
        self._bumps = bumps(seen.x, BUMPS)
        beyond = seen.spectra.shape[1] - seen.rocks
        self._clean_of = np.concatenate([members.clean_of, np.full(beyond, -1)])

    def __call__(self, chance: Chance, rows: Rows) -> Drawn:
        """One pixel of each row. A row without bands is cleaned, alone, and neither diluted nor stained."""
        banded = self._clean_of[rows] < 0
        r, minor, share = self._minerals(chance, rows, banded)
        self._dilute(r, chance, np.flatnonzero(banded), rows)
        r = grain(r, np.exp(chance.normal(self._ranges.grain, len(rows))))
        self._stain(r, chance, banded & (rows < self._seen.rocks))
        self._dampen(r, chance)
        filmed(r, self._seen, chance, self._ranges.film, self._recipe.film_mm)
        r *= self._continuum(chance, len(rows))
        snr = chance.log_uniform(self._ranges.snr, len(rows))
        overlaid(r, chance, r.mean(axis=1, keepdims=True) / snr, self._ranges.offset)
        return Drawn(r, minor, share[:, 0])

    def _minerals(self, chance: Chance, rows: Rows, banded: Chosen) -> tuple[Floats, Rows, Column]:
        """Reflectance of the minerals with bands, row of the second, its share."""
        n, seen, ranges = len(rows), self._seen, self._ranges
        minor, shift = self._second(chance, n), seen.shifts(chance, n)
        major = seen.spectra[shift, rows]
        major[~banded] = self._members.cleaned[self._clean_of[rows[~banded]]]
        share = chance.uniform(ranges.minor, n) * seen.minor_share(rows, self._recipe)
        share[~(banded & (self._clean_of[minor] < 0) & chance.often(ranges.mixed, n))] = 0.0
        return mixed(chance, ranges, major, seen.spectra[shift, minor], share), minor, share

    def _second(self, chance: Chance, n: int) -> Rows:
        """Rows of second minerals, the minerals of alteration alike often."""
        minor, by_mineral = self._seen.pick(chance, n), self._members.alteration
        if by_mineral:
            together = np.flatnonzero(chance.often(self._ranges.alteration, n))
            which, place = chance.any_of(len(by_mineral), len(together)), chance.rng.random(len(together))
            minor[together] = [by_mineral[a][int(b * len(by_mineral[a]))] for a, b in zip(which, place, strict=True)]
        return minor

    def _dilute(self, r: Floats, chance: Chance, at: Rows, rows: Rows) -> None:
        """Dilute the pixels `at`, in place."""
        n, ranges = len(at), self._ranges
        share = chance.log_uniform(ranges.mineral, n)
        share[chance.often(ranges.undiluted, n)] = 1.0
        foreign = rows[at] >= self._seen.rocks
        share[foreign] = np.maximum(share[foreign], np.float32(self._recipe.not_rock_least))
        r[at] = mixed(chance, ranges, self._diluents(chance, n), r[at], share)

    def _diluents(self, chance: Chance, n: int) -> Floats:
        """Reflectance of what has no bands, (n, bands)."""
        ranges, library = self._ranges, self._members.diluents
        grey = chance.uniform(ranges.greys, n) * (1.0 + chance.normal(ranges.grey_slope, n) * self._seen.x)
        if len(library):
            of_library = np.flatnonzero(~chance.often(ranges.grey, n))
            grey[of_library] = library[chance.any_of(len(library), len(of_library))]
        return grey

    def _stain(self, r: Floats, chance: Chance, banded: Chosen) -> None:
        """Stain some of the pixels with iron oxides, in place."""
        stains, ranges = self._members.stains, self._ranges
        at = np.flatnonzero(banded & chance.often(ranges.stained, len(r)))
        if len(stains):
            depth = stains[chance.any_of(len(stains), len(at))]
            r[at] = absorbed(r[at], depth, chance.uniform(ranges.stain, len(at)))

    def _dampen(self, r: Floats, chance: Chance) -> None:
        """Let some of the pixels hold water, in place."""
        members, ranges = self._members, self._ranges
        at = np.flatnonzero(chance.often(ranges.hydrous, len(r)))
        if len(members.at_1900):
            which, amount = chance.any_of(len(members.at_1900), len(at)), chance.uniform(ranges.water, len(at))
            depth = members.at_1900[which] + chance.uniform((0.0, 1.0), len(at)) * members.at_1400[which]
            r[at] = absorbed(r[at], depth, amount)

    def _continuum(self, chance: Chance, n: int) -> Floats:
        """A gain and a smooth continuum for each pixel, (n, bands)."""
        ranges = self._ranges
        heights = chance.noise(np.array([[ranges.bumps]], np.float32), (n, BUMPS))
        curve = tilt(chance.normal(ranges.slope, n), chance.normal(ranges.bend, n), self._seen.x)
        return chance.uniform(ranges.gain, n) * np.exp(curve + heights @ self._bumps)


def mixed(chance: Chance, ranges: Ranges, major: Floats, minor: Floats, share: Column) -> Floats:
    """Reflectance of two things, `share` of them the minor one: grain by grain in some pixels, else by area."""
    r = mixture(major, minor, share)
    grains = np.flatnonzero(chance.often(ranges.intimate, len(r)))
    r[grains] = blend(major[grains], minor[grains], share[grains])
    return r
