"""Noise model of a count: the photon transfer of the camera, estimated from the dark and white references themselves.

    variance of a count = read ** 2 + per_count * signal,

with the signal S - D in counts; 1/per_count is the number of electrons a count. The white's variance has a third term,
since lamps flicker and panels are moved: (flicker * signal) ** 2. It is fitted, and left out of the camera's noise. The
fit is over medians of elements of similar signal, so that bad pixels do not matter. Janesick, Photon Transfer (SPIE
2007), chapter 5; EMVA Standard 1288, release 4.0, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from inference.references.reference import Reference

BINS = 24
LEAST_IN_BIN = 16

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NoiseModel:
    """Noise in counts at the gain of the white reference. `read_variance`: float64 (bands,), of a count behind the
    shutter, that of the dark current and of rounding included. `per_count`: variance for each count of signal.
    `flicker`: of the light while the white was taken, relative standard deviation."""

    read_variance: Array
    per_count: float
    flicker: float

    @classmethod
    def estimate(cls, reference: Reference) -> Self:
        """From means and standard deviations of dark and white, NaN where one is not known. Elements that were
        saturated are left out."""
        dark, white = reference.dark, reference.white
        if not (dark.has_std and white.has_std):
            return cls(np.full(len(dark.mean), np.nan), np.nan, np.nan)
        read = np.median(dark.std**2, axis=1) / median_of_variance(dark.lines)
        read *= (white.gain / dark.gain) ** 2
        signal = white.mean - dark.mean
        good = np.isfinite(signal) & (signal > 0) & (white.saturated == 0)
        more = (white.std**2 / median_of_variance(white.lines) - read[:, None])[good]
        shot, flicker = _fit(*_medians(signal[good], more))
        return cls(read, shot, flicker)

    def variance(self, signal: Array) -> Array:
        """Of a count whose signal is float64 (bands, samples), in counts squared, without the lamp's flicker."""
        return np.asarray(self.read_variance[:, None] + self.per_count * np.maximum(signal, 0.0))


def median_of_variance(lines: int) -> float:
    """Median of a variance estimated from normal noise in `lines` lines, as a share of the true one: that of chi
    squared by its degrees of freedom, (1 - 2/9n)^3. Wilson and Hilferty, PNAS 17 (1931) 684."""
    return (1.0 - 2.0 / (9.0 * max(lines - 1, 1))) ** 3


def _medians(signal: Array, variance: Array) -> tuple[Array, Array]:
    """Medians over elements of similar signal, as many in each; whole counts are sorted in a fifteenth of the time."""
    order = np.argsort(signal.clip(0, 65_535).astype(np.uint16), kind="stable")
    bins = max(1, min(BINS, len(order) // LEAST_IN_BIN))
    parts = np.array_split(order, bins) if len(order) else []
    return (
        np.array([np.median(signal[part]) for part in parts]),
        np.array([np.median(variance[part]) for part in parts]),
    )


def _fit(signal: Array, variance: Array) -> tuple[float, float]:
    """Variance = shot signal + flicker^2 signal^2, neither negative, each bin weighted by its own expected error."""
    if not len(signal):
        return 0.0, 0.0
    weight = 1.0 / np.maximum(signal, 1.0)
    both = np.stack([signal, signal**2], axis=1) * weight[:, None]
    shot, square = np.linalg.lstsq(both, variance * weight, rcond=None)[0] if len(signal) > 1 else (-1.0, -1.0)
    if shot < 0 or square < 0:
        shot, square = max(0.0, float(np.mean(variance * weight))), 0.0
    return float(shot), float(np.sqrt(square))
