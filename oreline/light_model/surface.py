"""What lies on a rock: water, dust, stains."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.light_model.grains import Floats
from oreline.light_model.water import absorption_per_mm

FRESNEL, WATER_INDEX, DIFFUSE_FRESNEL = 0.02, 1.33, 0.066
"""Of water: reflectance for a beam from above, refractive index, and reflectance for diffuse light from above."""
TRAPPED = 1.0 - (1.0 - DIFFUSE_FRESNEL) / WATER_INDEX**2
"""Share of diffuse light that the surface of water reflects back from below."""


def wet(dry: NDArray[np.float64], nm: NDArray[np.float64], film_mm: float) -> NDArray[np.float64]:
    """Reflectance under a film of water, (..., bands) at `nm` (bands,): see `under_film`."""
    return under_film(dry, absorption_per_mm(nm), film_mm)


def under_film(dry: Floats, per_mm: Floats, film_mm: Any) -> Floats:
    """Reflectance under films of water that absorbs `per_mm` (1/mm), without the mirror image of the lamp.

    Light that the rock scatters is reflected back by the surface of the water, so that the rock darkens (Lekner and
    Dorf, Applied Optics 27, 1988); on each way through the film some is absorbed (Bach and Mauser, IGARSS 1994):
    (1 - F)(1 - p) T R / (1 - p T R), with T of the way down and up, F FRESNEL, p TRAPPED. `film_mm`: a number, or an
    array of the same dtype that broadcasts.
    """
    seen = dry * np.exp(-2.0 * film_mm * per_mm)
    return np.asarray((1.0 - FRESNEL) * (1.0 - TRAPPED) * seen / (1.0 - TRAPPED * seen))


def dusty(clean: Floats, dust: Floats, cover: float) -> Floats:
    """Reflectance where dust hides `cover` (0..1) of the surface: both side by side, an areal mixture."""
    return np.asarray((1.0 - cover) * clean + cover * dust)


def absorbed(clean: Floats, depth: Floats, amount: Floats) -> Floats:
    """Reflectance of a rock through whose pores or over whose grains something absorbs: R exp(-amount depth), Beer and
    Lambert's law. `depth`: the absorber's optical depth at amount 1, -log of its own relative reflectance: a stain of
    iron oxide, or the water that clays and zeolites hold."""
    return np.asarray(clean * np.exp(-amount * depth))
