"""What rock is made of beside its minerals with bands, taken from the rows that a network learns from.

The library's quartz, feldspars and iron oxides hold a little clay, whose bands a network would learn as theirs: where
clays absorb, they are replaced by their convex hull.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.preprocessing.steps import Continuum, preprocessed
from inference.training.data import Spectra
from inference.training.minerals import ALTERATION, DILUENTS, HYDROUS, STAINS, WITHOUT_BANDS

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Window = tuple[float, float]

CLAY: tuple[Window, ...] = ((2080.0, 2500.0),)
CLAY_AND_HYDROXYL: tuple[Window, ...] = ((1330.0, 1640.0), *CLAY)
BEYOND_IRON: tuple[Window, ...] = ((1330.0, 1850.0), (1840.0, 2500.0))
WATER_1400: Window = (1370.0, 1560.0)
WATER_1900: Window = (1830.0, 2090.0)
FEWEST_BANDS = 4
LEAST = np.float32(1e-4)


@dataclass(frozen=True, slots=True, eq=False)
class EndMembers:
    """All float32 (number, bands), any number of which may be 0. `diluents`: reflectance; `stains`, `at_1400`,
    `at_1900`: optical depths; `cleaned`: reflectance of the rows without bands, whose place `clean_of` (rows of the
    library,) tells, -1 for none. `alteration`: rows of each mineral. `missing`: what the library has nothing for."""

    diluents: Floats
    stains: Floats
    at_1400: Floats
    at_1900: Floats
    cleaned: Floats
    clean_of: Rows
    alteration: tuple[Rows, ...]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, spectra: Spectra, rows: Rows) -> EndMembers:
        """End members among `rows`, which must hold none that is judged by."""
        nm, clean, mineral = np.array(spectra.nm), spectra.clean, spectra.mineral
        chosen = [rows[np.isin(mineral[rows], list(names))] for names in (DILUENTS, STAINS, HYDROUS, WITHOUT_BANDS)]
        diluents, stains, hydrous, plain = chosen
        iron = without(clean[stains], nm, BEYOND_IRON)
        clean_of = np.full(len(mineral), -1)
        clean_of[plain] = np.arange(len(plain))
        of_alteration = [rows[mineral[rows] == name] for name in ALTERATION]
        found = dict(
            zip(("diluents", "iron oxides", "hydrous minerals", "minerals without bands"), chosen, strict=True)
        )
        return cls(
            diluents=without(clean[diluents], nm, CLAY),
            stains=_depth(iron / iron.max(axis=1, keepdims=True, initial=LEAST)),
            at_1400=_depth(_alone(clean[hydrous], nm, WATER_1400)),
            at_1900=_depth(_alone(clean[hydrous], nm, WATER_1900)),
            cleaned=without(clean[plain], nm, CLAY_AND_HYDROXYL),
            clean_of=clean_of,
            alteration=tuple(one for one in of_alteration if len(one)),
            missing=tuple(name for name, one in found.items() if not len(one)),
        )


def without(spectra: Floats, nm: NDArray[np.float64], windows: tuple[Window, ...]) -> Floats:
    """Spectra (n, bands) of which the bands within windows are replaced by the hull over them."""
    clean = np.maximum(spectra, LEAST)
    for window in windows:
        clean = clean / _alone(clean, nm, window)
    return clean


def _alone(spectra: Floats, nm: NDArray[np.float64], window: Window) -> Floats:
    """Quotient to the hull within a window, (n, bands), and 1 beside it and where there are too few bands for it."""
    quotient = np.ones_like(spectra)
    inside = (nm >= window[0]) & (nm <= window[1])
    if len(spectra) and inside.sum() >= FEWEST_BANDS:
        seen = np.maximum(spectra[:, inside], LEAST)
        quotient[:, inside] = preprocessed((Continuum(),), nm[inside].tolist(), seen.T).T
    return quotient


def _depth(transmittance: Floats) -> Floats:
    return -np.log(np.maximum(transmittance, LEAST))
