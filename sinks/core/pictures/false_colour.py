"""False colour of a hole, where its reflectance was recorded: three bands, stretched alike over all of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sinks.core.pictures.layers import Colour, Pixels
from sinks.core.reflectance_files import reflectance_of
from sinks.core.scan import Scan

PLACES = (0.8, 0.5, 0.2)
"""Of red, green and blue between a camera's first wavelength and its last."""
ENDS = (2.0, 98.0)
"""Percentiles of the rock's reflectance that are black and full."""


def false_colour(output: Path, scan: Scan) -> Colour | None:
    """The layer, as one of the hole's scans has it; None where its reflectance was not recorded in `output`."""
    found = reflectance_of(output, scan)
    if found is None:
        return None
    nm = found.wavelengths_nm
    bands = [int(np.abs(nm - (nm.min() + place * np.ptp(nm))).argmin()) for place in PLACES]
    rock = found.cube[:, bands].swapaxes(1, 2)[scan.rock]
    known = rock[np.isfinite(rock).all(axis=1)]
    low, high = np.percentile(known, ENDS, axis=0) if len(known) else (np.zeros(3), np.ones(3))

    def look(one: Scan) -> Pixels:
        seen = reflectance_of(output, one)
        if seen is None:
            return np.zeros((*one.codes.shape, 3), np.uint8)
        return stretched(seen.cube[:, bands].swapaxes(1, 2), low, high)

    red, green, blue = (float(nm[band]) for band in bands)
    return Colour((red, green, blue), look)


def stretched(values: NDArray[np.floating], low: NDArray[np.floating], high: NDArray[np.floating]) -> Pixels:
    """Values (..., 3) from `low` to `high` as uint8; black where there is none."""
    share = (values - low) / np.maximum(high - low, 1e-6)
    return np.asarray(np.rint(255 * np.clip(np.nan_to_num(share, nan=0.0), 0, 1)), np.uint8)
