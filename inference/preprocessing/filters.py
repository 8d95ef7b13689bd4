"""Filters along the bands: weights, prepared in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ModelMismatch


def savitzky_golay(
    bands: int, window: int, order: int, derivative: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """First band (bands,) and weights (bands, window) of a polynomial fitted to `window` bands, its value or
    derivative, a band being the unit; at both ends that of the last window. Raises ModelMismatch where there are fewer
    bands. Savitzky and Golay, Analytical Chemistry 36 (1964) 1627."""
    if bands < window:
        raise ModelMismatch(f"a window of {window} bands does not fit into {bands}: choose another model")
    place = np.arange(window)
    first = np.clip(np.arange(bands) - window // 2, 0, bands - window)
    fit = np.linalg.pinv(np.vander(place - window // 2, order + 1, increasing=True).astype(float))
    here = np.arange(bands) - first - window // 2
    weights = np.zeros((bands, window))
    for power in range(derivative, order + 1):
        factor = float(np.prod(np.arange(power - derivative + 1, power + 1)))
        weights += factor * here[:, None] ** float(power - derivative) * fit[power]
    return first, weights
