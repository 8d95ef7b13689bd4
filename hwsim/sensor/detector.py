"""The fixed pattern of a detector: how sensitive each pixel is, and which are bad.

The statistics of sensitivity are those of the radiometric calibration of a Specim FENIX (its SWIR detector, 276 bands x
384 samples, in the public data of hylite): stripes along the bands of 0.6 % that are correlated by half from one sample
to the next, a smooth wave of 0.3 % over tens of pixels, and 0.56 % from pixel to pixel with far outliers, 0.4 % of the
pixels beyond 5 standard deviations, as Student's t with 5 degrees of freedom has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hwsim.scenes.optics import Optics

GOOD, HOT, DEAD, BLINKING = range(4)
"""Values of the map of bad pixels."""
STRIPES, WAVE, WAVE_BANDS, WAVE_SAMPLES, PIXELS, TAIL = 0.006, 0.003, 15, 31, 0.0056, 5
HOT_LEVEL, BLINK_LEVEL = (0.2, 1.2), (0.03, 0.15)
"""Dark current of a bad pixel under the reference conditions: from, to, in full scales."""


def nonuniformity(rng: np.random.Generator, bands: int, samples: int) -> NDArray[np.float64]:
    """Sensitivity relative to the mean, less 1: (bands, samples)."""
    white = rng.standard_normal(samples + 1)
    stripes = STRIPES * (white[1:] + white[:-1]) / np.sqrt(2.0)
    knots = rng.standard_normal((bands // WAVE_BANDS + 2, samples // WAVE_SAMPLES + 2))
    wave = WAVE * 1.5 * _stretched(_stretched(knots, bands, WAVE_BANDS).T, samples, WAVE_SAMPLES).T
    grain = PIXELS / 1.077 * rng.standard_t(TAIL, (bands, samples))
    pattern: NDArray[np.float64] = np.maximum(stripes + wave + grain, -0.5)
    return pattern


def _stretched(knots: NDArray[np.float64], n: int, step: int) -> NDArray[np.float64]:
    """Rows between rows: linear interpolation, n rows of them, a knot every `step`; it leaves 2/3 of the spread."""
    place = np.arange(n) / step
    low = place.astype(np.intp)
    share = (place - low)[:, None]
    return knots[low] * (1.0 - share) + knots[low + 1] * share


@dataclass(frozen=True, slots=True, eq=False)
class Flaws:
    """Bad pixels. `kinds`: uint8 (bands, samples), GOOD, HOT, DEAD or BLINKING. `level`: the dark current of hot and
    blinking ones in counts, float32 (bands, samples), 0 elsewhere; that of a blinking pixel comes and goes.

    The blinking ones by band: those of band b are `sample[first[b] : first[b + 1]]`.
    """

    kinds: NDArray[np.uint8]
    level: NDArray[np.float32]
    first: NDArray[np.int64]
    sample: NDArray[np.int64]

    @classmethod
    def of(cls, rng: np.random.Generator, optics: Optics, shape: tuple[int, int], full_scale: int) -> Self:
        """Draw them in the shares that the optics give, for `shape` (bands, samples)."""
        dice, spread = rng.random((2, *shape))
        steps = np.cumsum([optics.hot, optics.dead, optics.blinking])
        kinds = np.select([dice < step for step in steps], [HOT, DEAD, BLINKING], GOOD).astype(np.uint8)
        level = np.zeros(shape, np.float32)
        for kind, (low, high) in ((HOT, HOT_LEVEL), (BLINKING, BLINK_LEVEL)):
            level[kinds == kind] = full_scale * (low + (high - low) * spread[kinds == kind])
        band, sample = np.nonzero(kinds == BLINKING)
        return cls(kinds, level, np.searchsorted(band, np.arange(shape[0] + 1)), sample.astype(np.int64))
