"""What a pixel adds to its rock: the lamp, the facet, and the noise of the detector."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oreline.light_model.continuum import tilt

Floats = NDArray[np.float32]


def illuminated(reflectance: Floats, gain: Floats, slope: Floats, bend: Floats, x: Floats) -> Floats:
    """Apparent reflectance under a lamp and a facet: R * gain * (1 + slope x + bend (x^2 - 1/3)).

    x: the band's place in the range, -1 at the first to 1 at the last, shaped to broadcast against the rest.
    """
    return reflectance * (gain * (np.float32(1.0) + tilt(slope, bend, x)))


def noise_std(reflectance: Floats, electrons: Floats | np.float32, read: np.float32) -> Floats:
    """Standard deviation of apparent reflectance: sqrt(R N + r^2)/N, Poisson's and the amplifier's noise together.

    electrons: N, what a white of reflectance 1 collects; read: r, electrons. At R = 0.5 the signal-to-noise ratio is
    about sqrt(N/2), 100 for N = 20,000.
    """
    signal = np.maximum(reflectance, np.float32(0.0)) * electrons
    return np.asarray(np.sqrt(signal + read * read) / electrons, np.float32)
