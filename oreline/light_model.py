"""The forward model of light, in reflectance, elementwise on float32 arrays that broadcast.

What differs between two pixels of one mineral: the grain (longer paths through coarser grains deepen absorption), the
lamp and the facet (gain and slope), the neighbours in the pixel (linear mixture), and the noise of the detector.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def grain(reflectance: Floats, exponent: Floats) -> Floats:
    """Reflectance of coarser (exponent > 1) or finer (< 1) grains: R ** exponent, Beer and Lambert's law for a path
    `exponent` times as long. Values below zero are taken as zero; NaN stays."""
    positive = np.maximum(reflectance, np.float32(0.0))
    return np.power(positive, exponent, dtype=np.float32)


def mixture(major: Floats, minor: Floats, share: Floats) -> Floats:
    """Two minerals side by side in one pixel, `share` of it (0..1) the minor one."""
    return major + (minor - major) * share


def illuminated(reflectance: Floats, gain: Floats, slope: Floats, bend: Floats, x: Floats) -> Floats:
    """Apparent reflectance under a lamp and a facet: R * gain * (1 + slope x + bend (x^2 - 1/3)).

    x: the band's place in the range, -1 at the first to 1 at the last, shaped to broadcast against the rest.
    """
    third = np.float32(1.0 / 3.0)
    return reflectance * (gain * (np.float32(1.0) + slope * x + bend * (x * x - third)))


def noise_std(reflectance: Floats, electrons: Floats | np.float32, read: np.float32) -> Floats:
    """Standard deviation of apparent reflectance: sqrt(R N + r^2)/N, Poisson's and the amplifier's noise together.

    electrons: N, what a white of reflectance 1 collects; read: r, electrons. At R = 0.5 the signal-to-noise ratio is
    about sqrt(N/2), 100 for N = 20,000.
    """
    signal = np.maximum(reflectance, np.float32(0.0)) * electrons
    return np.asarray(np.sqrt(signal + read * read) / electrons, np.float32)
