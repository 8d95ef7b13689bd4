"""Absorption bands made as weak as those of rock, and the smooth stain of iron that lies over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.answers import Reflectance
from inference.preprocessing.steps import Continuum, preprocessed

DEPTHS = (0.2, 0.1, 0.06, 0.03)
WINDOW_NM = (2080.0, 2450.0)
"""Where the depth of a spectrum's deepest band is told, below the hull over this window."""
STAIN = 1.2
SMOOTH_ABOVE_NM = 1330.0
"""From here up the stain of iron is its own hull: what lies below it are other minerals in the specimens."""
HALVINGS = 14

Floats = NDArray[np.float32]


def has_window(nm: Sequence[float] | NDArray[np.float64]) -> bool:
    """Whether bands at `nm` see the window."""
    return bool(nm[0] <= WINDOW_NM[0] and nm[-1] >= WINDOW_NM[1])


def depth_of(reflectance: Reflectance, nm: Floats) -> Floats:
    """Depth of the deepest band in the window, 1 - R/hull, (bands, n) -> (n,)."""
    inside = (nm >= WINDOW_NM[0]) & (nm <= WINDOW_NM[1])
    return np.asarray(1.0 - quotient(reflectance[inside], nm[inside]).min(axis=0))


def quotient(reflectance: Reflectance, nm: Floats) -> Reflectance:
    """R over its upper convex hull."""
    return preprocessed((Continuum(),), nm.tolist(), np.maximum(reflectance, np.float32(1e-4)))


def weakened(reflectance: Reflectance, nm: Floats, depth: float) -> tuple[Reflectance, NDArray[np.bool_]]:
    """Spectra (bands, n) whose bands are weakened alike, hull * (R/hull)**p, until the deepest in the window has this
    depth; and where (n,) it was as deep at all, the others being left as they are."""
    ratio = quotient(reflectance, nm)
    hull = reflectance / ratio
    low, high = np.zeros(reflectance.shape[1], np.float32), np.ones(reflectance.shape[1], np.float32)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        deeper = depth_of(np.asarray(hull * ratio**middle, np.float32), nm) > depth
        low, high = np.where(deeper, low, middle), np.where(deeper, middle, high)
    return np.asarray(hull * ratio**high, np.float32), depth_of(reflectance, nm) >= depth


def stained(iron: Reflectance, nm: Floats) -> Reflectance:
    """What a smooth stain leaves of the light, (bands, 1), from spectra of goethite (bands, m); 1 where there are
    none."""
    if iron.shape[1] == 0:
        return np.ones((len(nm), 1), np.float32)
    above = nm >= SMOOTH_ABOVE_NM
    smooth = iron.copy()
    smooth[above] /= quotient(iron[above], nm[above])
    return np.asarray((smooth / smooth.max(axis=0)).mean(axis=1, keepdims=True) ** np.float32(STAIN))
