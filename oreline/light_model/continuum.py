"""Smooth continua: what scattering, weathering and calibration do to a spectrum without any mineral's name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oreline.light_model.grains import Floats


def places(bands: int) -> NDArray[np.float32]:
    """Place of each band in the range, -1 at the first to 1 at the last, float32 (bands,)."""
    return np.linspace(-1.0, 1.0, bands, dtype=np.float32)


def bumps(x: NDArray[np.float32], number: int) -> NDArray[np.float32]:
    """Smooth bells at evenly spaced places of -1 to 1, float32 (number, bands): (1 - d)^2 (1 + 2 d) with d the distance
    over twice the spacing, which is 1 at the centre with no slope, and 0 from the second neighbour on."""
    centres = np.linspace(-1.0, 1.0, number)
    distance = np.minimum(np.abs(x[None, :] - centres[:, None]) * (number - 1) / 4.0, 1.0)
    return ((1.0 - distance) ** 2 * (1.0 + 2.0 * distance)).astype(np.float32)


def tilt(slope: Floats, bend: Floats, x: Floats) -> Floats:
    """Slope and bend over the range, zero on average: slope x + bend (x^2 - 1/3)."""
    return slope * x + bend * (x * x - np.float32(1.0 / 3.0))
