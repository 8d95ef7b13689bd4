"""From the spectra of pure, dry, clean powders to those of rocks: mixtures, grain size, water and dust.

Reflectance and single-scattering albedo are related as for a deep layer of isotropic scatterers without an opposition
effect (Hapke, Journal of Geophysical Research 86, 1981, eq. 16, relative to a white whose albedo is 1; his H function
in its rational approximation), with lamps at 45 degrees and the camera straight above:

    R = w / ((1 + 2 mu0 g) (1 + 2 mu g)),   g = sqrt(1 - w),   mu0 = cos 45, mu = cos 0
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hwsim.spectra.water import absorption_per_mm

Floats = NDArray[np.float64]

MU0, MU = math.sqrt(0.5), 1.0
FRESNEL, WATER_INDEX, DIFFUSE_FRESNEL = 0.02, 1.33, 0.066
"""Of water: reflectance for a beam from above, refractive index, and reflectance for diffuse light from above."""
TRAPPED = 1.0 - (1.0 - DIFFUSE_FRESNEL) / WATER_INDEX**2
"""Share of diffuse light that the surface of water reflects back from below."""


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


def coarser(dry: Floats, size: float) -> Floats:
    """Reflectance with grains `size` times as large: albedo ** size, as a grain's albedo is about the transmittance
    of its inside (Hapke 1981), and that falls exponentially with the path."""
    return reflectance(albedo(dry) ** size)


def wet(dry: Floats, nm: Floats, film_mm: float) -> Floats:
    """Reflectance under a film of water, (..., bands) at `nm` (bands,), without the mirror image of the lamp.

    Light that the rock scatters is reflected back by the surface of the water, so that the rock darkens (Lekner and
    Dorf, Applied Optics 27, 1988); on each way through the film some is absorbed (Bach and Mauser, IGARSS 1994):
    (1 - F)(1 - p) T R / (1 - p T R), with T of the way down and up, F FRESNEL, p TRAPPED.
    """
    seen = dry * np.exp(-2.0 * film_mm * absorption_per_mm(nm))
    return np.asarray((1.0 - FRESNEL) * (1.0 - TRAPPED) * seen / (1.0 - TRAPPED * seen))


def dusty(clean: Floats, dust: Floats, cover: float) -> Floats:
    """Reflectance where dust hides `cover` (0..1) of the surface: both side by side, an areal mixture."""
    return np.asarray((1.0 - cover) * clean + cover * dust)
