"""Powders: mixtures of grains, side by side or among each other, and their size.

Reflectance and single-scattering albedo are related as for a deep layer of isotropic scatterers without an opposition
effect (Hapke, Journal of Geophysical Research 86, 1981, eq. 16, relative to a white whose albedo is 1; his H function
in its rational approximation), with lamps at 45 degrees and the camera straight above:

    R = w / ((1 + 2 mu0 g) (1 + 2 mu g)),   g = sqrt(1 - w),   mu0 = cos 45, mu = cos 0
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = TypeVar("Floats", NDArray[np.float32], NDArray[np.float64])

MU0, MU = math.sqrt(0.5), 1.0


def albedo(reflectance: Floats) -> Floats:
    """Single-scattering albedo 0..1 of a reflectance 0..1, elementwise: the inverse of the formula above."""
    both, product = (MU0 + MU) * reflectance, 1.0 + 4.0 * MU0 * MU * reflectance
    g = (np.sqrt(both**2 + product * (1.0 - reflectance)) - both) / product
    return np.asarray(1.0 - g**2)


def reflectance(albedo: Floats) -> Floats:
    """Reflectance 0..1 of a single-scattering albedo 0..1, elementwise."""
    g = np.sqrt(1.0 - albedo)
    return np.asarray(albedo / ((1.0 + 2.0 * MU0 * g) * (1.0 + 2.0 * MU * g)))


def intimate(fractions: Floats, pure: Floats) -> Floats:
    """Reflectance of powders whose grains lie side by side, (mixtures, bands).

    `fractions` (mixtures, minerals), rows that sum to 1: of the grains' cross-section, which for grains of one size
    and density is that of the mass. `pure`: reflectance (minerals, bands). Albedos add up by these fractions.
    """
    return reflectance(fractions @ albedo(pure))


def mixture(major: Floats, minor: Floats, share: Floats) -> Floats:
    """Reflectance of two minerals side by side in one pixel, `share` of it (0..1) the minor one: an areal mixture."""
    return major + (minor - major) * share


def blend(major: Floats, minor: Floats, share: Floats) -> Floats:
    """Reflectance of two minerals whose grains are mixed, `share` of them (0..1) the minor one's: `intimate` for
    arrays that broadcast. Reflectances beyond 0..1 are taken as 0 and 1."""
    return reflectance(mixture(albedo(major.clip(0.0, 1.0)), albedo(minor.clip(0.0, 1.0)), share))


def coarser(dry: Floats, size: float) -> Floats:
    """Reflectance with grains `size` times as large: albedo ** size, as a grain's albedo is about the transmittance
    of its inside (Hapke 1981), and that falls exponentially with the path."""
    return reflectance(albedo(dry) ** size)


def grain(reflectance: Floats, exponent: Floats) -> Floats:
    """Reflectance of coarser (exponent > 1) or finer (< 1) grains: R ** exponent, Beer and Lambert's law for a path
    `exponent` times as long, a shortcut of `coarser` for millions of pixels. Values below zero are taken as zero; NaN
    stays."""
    return np.maximum(reflectance, 0.0) ** exponent
