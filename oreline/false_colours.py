"""False colours: which bands of a camera are shown as red, green and blue."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

COLOURS_NM = ((2330.0, 2200.0, 1650.0), (1530.0, 1410.0, 1050.0))
"""Red, green and blue for cameras of long waves and for others: in the bands of carbonates, clays and water, and
beside them."""


def bands_of(wavelengths_nm: Sequence[float]) -> tuple[int, int, int]:
    """Indices of the bands for red, green and blue; of a camera that sees none of `COLOURS_NM` whole, those at three
    places of its range."""
    nm = np.asarray(wavelengths_nm)
    triple = next((triple for triple in COLOURS_NM if nm.min() <= min(triple) and max(triple) <= nm.max()), None)
    red, green, blue = triple or np.quantile(nm, (0.78, 0.5, 0.22)).tolist()
    return _nearest(nm, red), _nearest(nm, green), _nearest(nm, blue)


def _nearest(nm: np.ndarray[tuple[int, ...], np.dtype[np.float64]], place: float) -> int:
    return int(np.abs(nm - place).argmin())
