"""Absorption: centre and depth of the features of any spectra.

Hull over the window, least of the quotient of spectrum and hull, parabola through its three bands: the method of The
Spectral Geologist's 2200W, 2200D and their like, whose values for reference rocks these are to 0.0005 nm and 1e-6 of
depth. Bands need not be even: hull and parabola are in nm. With a and b the distances from the least band to its
neighbours, and l and r the slopes of the quotient down to it and up from it, the parabola is least at
(l b - r a)/(2 (l + r)) from that band, and there c = (l b - r a)^2/(4 (a + b) (l + r)) lower than it; for even bands
that is the usual half band times (q0 - q2)/(q0 - 2 q1 + q2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.features.windows import Placed
from inference.preprocessing.kernels import continuum
from oreline.features import LEAST_DEPTH

Values = NDArray[np.float32]


def absorptions(features: Sequence[Placed], spectra: NDArray[Any]) -> Values:
    """Centre in nm and depth as a share of the hull, float32 (features, 2, samples), of `features` as `placed` finds
    them for the wavelengths of `spectra`, reflectance (bands, samples).

    NaN where there is no such feature, its depth not above LEAST_DEPTH, or where a value of its window is not finite or
    not above zero. The hull is found in float64; spectrum, hull and quotient are kept in float32, as theirs are.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        answers = [_absorption(one, np.ascontiguousarray(spectra[one.rows], np.float64)) for one in features]
    return np.stack(answers) if answers else np.empty((0, 2, spectra.shape[1]), np.float32)


def _absorption(feature: Placed, values: NDArray[np.float64]) -> Values:
    nm, of_hull = feature.nm, np.empty(values.shape)
    continuum(values, nm, np.empty(len(nm)), np.empty(len(nm), np.int64), of_hull)
    quotient = values.astype(np.float32) / (values / of_hull).astype(np.float32)
    least = np.where(np.isnan(quotient), np.inf, quotient)[1:-1].argmin(axis=0) + 1
    before, low, after = (
        np.take_along_axis(quotient, least[None] + step, 0)[0].astype(np.float64) for step in (-1, 0, 1)
    )
    a, b = nm[least] - nm[least - 1], nm[least + 1] - nm[least]
    left, right = (before - low) / a, (after - low) / b
    skew, bend = left * b - right * a, np.maximum(left + right, np.finfo(float).tiny)
    centre, depth = nm[least] + skew / bend / 2, 1 - low + skew * skew / bend / (a + b) / 4
    usable = np.all((values > 0) & np.isfinite(values), axis=0) & (depth > LEAST_DEPTH)
    return np.where(usable, np.stack([centre, depth]), np.nan).astype(np.float32)
