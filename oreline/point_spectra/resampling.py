"""Point spectra as a camera would see them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oreline.errors import SpectraRefused
from oreline.point_spectra.points import PointSpectra
from oreline.spectra import SIGMAS, resampler

EDGE = 0.25
"""Of a band's width: by how much its centre may lie beyond the last value, which is held, as in training; or half of
the spacing, where that is more."""
FINE = 0.5
"""Of a band's width: the spacing up to which a sum over the instrument's own values is exact to 1e-5."""
JUMP = 2.5
"""Of the usual spacing: from there on values between two neighbours are missing, if the camera's bands are narrower."""
COARSEST = 4.0
"""Of a band's width: the usual spacing from which on an instrument tells nothing of a camera's bands."""
MARGIN = 2 * COARSEST
"""Of a band's width: what lies further from the camera's bands counts for nothing."""
LEAST_FWHM = 0.5
"""Of a band's width: what is left to blur at least, however wide the instrument's own bands are."""


def resampled(
    points: PointSpectra, centres_nm: ArrayLike, fwhm_nm: float
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Reflectance at Gaussian bands `fwhm_nm` wide at `centres_nm` (bands,), float32 (n, bands), and what is to be said
    of it. NaN where a band is not covered, or too little of it is finite.

    What the instrument has blurred already is not blurred again: of known widths the rest in quadrature is. Values that
    are coarser than the camera's bands are joined by straight lines. Raises SpectraRefused where they are too coarse.
    """
    centres, notes = np.asarray(centres_nm, np.float64), []
    nm = points.wavelengths_nm
    used = (nm >= centres[0] - MARGIN * fwhm_nm) & (nm <= centres[-1] + MARGIN * fwhm_nm)
    if used.sum() < 2:
        return np.full((len(points), centres.size), np.nan, np.float32), ()
    nm, values = nm[used], points.reflectance[:, used]
    spacing = float(np.median(np.diff(nm)))
    if spacing > COARSEST * fwhm_nm:
        raise SpectraRefused(
            f"{points.path} has a value every {spacing:.3g} nm, too coarse for bands {fwhm_nm:.3g} nm wide"
        )
    own = points.fwhm_nm or 0.0
    if max(spacing, own) > fwhm_nm:
        what = f"bands {own:.3g} nm wide" if own > spacing else f"a value every {spacing:.3g} nm"
        notes.append(f"the instrument, with {what}, is coarser than the camera's bands of {fwhm_nm:.3g} nm")
    rest = max(np.sqrt(max(fwhm_nm**2 - own**2, 0.0)), LEAST_FWHM * fwhm_nm)
    edge = max(EDGE * fwhm_nm, spacing / 2)
    first, last = nm[0] - edge, nm[-1] + edge
    nm, values = _with_gaps(nm, values, max(JUMP * spacing, 2 * fwhm_nm))
    if spacing > FINE * rest:
        nm, values = _joined(nm, values, rest / 4)
    nm, values = _held(nm, values, SIGMAS * rest)
    seen = np.asarray(resampler(nm, centres, rest)(values), np.float32)
    seen[:, (centres < first) | (centres > last)] = np.nan
    return seen, tuple(notes)


def gaps(centres_nm: ArrayLike, missing: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Stretches of missing bands (bands,), each by its first and last centre in nm."""
    centres = np.asarray(centres_nm, np.float64)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]]).astype(np.int8)))
    return [(float(centres[a]), float(centres[b - 1])) for a, b in edges.reshape(-1, 2)]


def _with_gaps(
    nm: NDArray[np.float64], values: NDArray[np.float32], widest: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """With NaN at both sides of each step that is wider than `widest`, where values were left out of the file."""
    steps = np.diff(nm)
    after = np.flatnonzero(steps > widest)
    if not after.size:
        return nm, values
    inside = np.minimum(widest, steps[after]) / 4
    places = np.stack([nm[after] + inside, nm[after + 1] - inside], 1).ravel()
    at = np.repeat(after + 1, 2)
    return np.insert(nm, at, places), np.insert(values, at, np.nan, axis=1)


def _joined(
    nm: NDArray[np.float64], values: NDArray[np.float32], spacing: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    fine = np.linspace(nm[0], nm[-1], int(np.ceil((nm[-1] - nm[0]) / spacing)) + 1)
    return fine, np.stack([np.interp(fine, nm, row) for row in values]).astype(np.float32)


def _held(
    nm: NDArray[np.float64], values: NDArray[np.float32], reach: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """With the first and last value held beyond the ends, at the spacing that they have there."""
    before = _beyond(nm[1] - nm[0], reach)
    after = _beyond(nm[-1] - nm[-2], reach)
    wide = np.concatenate([nm[0] - before[::-1], nm, nm[-1] + after])
    return wide, np.pad(values, ((0, 0), (before.size, after.size)), mode="edge")


def _beyond(step: float, reach: float) -> NDArray[np.float64]:
    count = int(np.clip(np.ceil(reach / step), 1, 1000))
    return np.asarray(np.arange(1, count + 1) * max(step, reach / 1000), np.float64)
