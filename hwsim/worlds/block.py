"""Depth blocks: wood with the depth written on it, to be read from the front of the row on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwsim.worlds.tray import BLOCK_MM

DIGITS = {
    "0": (7, 5, 5, 5, 7),
    "1": (2, 6, 2, 2, 7),
    "2": (7, 1, 7, 4, 7),
    "3": (7, 1, 7, 1, 7),
    "4": (5, 5, 7, 1, 1),
    "5": (7, 4, 7, 1, 7),
    "6": (7, 4, 7, 5, 7),
    "7": (7, 1, 1, 1, 1),
    "8": (7, 5, 7, 5, 7),
    "9": (7, 5, 7, 1, 7),
    ".": (0, 0, 0, 0, 2),
    "-": (0, 0, 7, 0, 0),
}
"""Five rows of three dots, a bit each."""
MARGIN = 1
INK, BRIGHT = 0.8, 1.25

Floats = NDArray[np.float64]


def paint_block(
    places: tuple[Floats, Floats],
    place: tuple[float, float, float],
    depth_m: float,
    spectra: tuple[int, int],
    light: tuple[NDArray[np.uint16], NDArray[np.float32]],
) -> tuple[slice, slice]:
    """Paint a block into an empty tray; returns the pixels that it covers.

    places: along the row (lines,) and across (samples,) in mm. place: centre across, start along, radius of the core.
    spectra: wood and ink. light: `one` and `a` of `Pixels`.
    """
    u, x = places
    centre, start, radius = place
    lines, samples = (
        np.searchsorted(u, (start, start + BLOCK_MM)),
        np.searchsorted(x, (centre - radius, centre + radius)),
    )
    at = slice(*lines), slice(*samples)
    dots = written(depth_text(depth_m))
    down = ((x[at[1]] - centre + radius) / (2 * radius) * len(dots)).astype(int).clip(0, len(dots) - 1)
    along = ((u[at[0]] - start) / BLOCK_MM * dots.shape[1]).astype(int).clip(0, dots.shape[1] - 1)
    inked = dots[np.ix_(down, along)].T
    light[0][at], light[1][at] = np.where(inked, spectra[1], spectra[0]), np.where(inked, INK, BRIGHT)
    return at


def depth_text(depth_m: float) -> str:
    """A depth in whole decimetres or, where it is none, centimetres."""
    tenths = f"{depth_m:.1f}"
    return tenths if abs(depth_m - float(tenths)) < 0.005 else f"{depth_m:.2f}"


def written(text: str) -> NDArray[np.bool_]:
    """Dots of digits, (5 + margins, 4 a digit + margins)."""
    glyphs = [[[bits >> place & 1 for place in (2, 1, 0)] for bits in DIGITS[letter]] for letter in text]
    line = np.hstack([np.pad(np.array(glyph, bool), ((0, 0), (0, 1))) for glyph in glyphs])
    return np.pad(line, ((2 * MARGIN, 2 * MARGIN), (2 * MARGIN, MARGIN)))
