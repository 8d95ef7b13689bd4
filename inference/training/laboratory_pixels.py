"""Pixels of pure specimens under a lamp: dry or under a film of water, with a neighbour in the pixel."""

from __future__ import annotations

import numpy as np

from inference.training.chance import Chance
from inference.training.recipe import Recipe
from inference.training.seen import Drawn, Rows, Seen, filmed, overlaid
from oreline.light_model.grains import grain, mixture
from oreline.light_model.pixel import illuminated, noise_std


def laboratory_pixels(seen: Seen, chance: Chance, recipe: Recipe, rows: Rows) -> Drawn:
    """One pixel of each row."""
    ranges, n, shift = recipe.laboratory, len(rows), seen.shifts(chance, len(rows))
    minor = seen.pick(chance, n)
    share = chance.uniform(ranges.minor, n) * chance.often(ranges.mixed, n)[:, None]
    share *= seen.minor_share(rows, recipe)
    r = mixture(seen.spectra[shift, rows], seen.spectra[shift, minor], share)
    r = grain(r, chance.uniform(ranges.grain, n))
    filmed(r, seen, chance, ranges.film, recipe.film_mm)
    slope, bend = chance.normal(ranges.slope, n), chance.normal(ranges.bend, n)
    r = illuminated(r, chance.uniform(ranges.gain, n), slope, bend, seen.x)
    std = noise_std(r, chance.log_uniform(ranges.electrons, n), np.float32(ranges.read))
    overlaid(r, chance, std, ranges.offset)
    return Drawn(r, minor, share[:, 0])
