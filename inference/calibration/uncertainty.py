"""Uncertainty of a reflectance: one standard uncertainty for each element of each line.

With q = R/(rho r) the ratio of signals, h the weights of the darks in D and D_w, v_i the variance of each dark's mean,
and n the lines of the white, the law of propagation (JCGM 100:2008, equation 10) gives for R = G s, s = S - D

    u^2 = G^2 (read^2 + per_count s + sum_i (h_i - q h_w,i)^2 v_i + q^2 var(W)/n) + (u_panel R)^2,

a quadratic in R for each element: u^2 = a + b R + c R^2, with the three prepared once for a stream. Of the polynomial
of non-linearity its slope is taken as one; what an interpolation over a bad pixel gets wrong is not in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.calibration.dark_model import Dark
from inference.calibration.noise_model import NoiseModel
from inference.calibration.settings import Correction
from inference.references.reference import Reference
from oreline.jit import line_kernel

Array = NDArray[np.float64]


def terms(
    region: Reference,
    noise: NoiseModel,
    darks: tuple[Dark, Dark],
    stream_gain: float,
    warmer: Array,
    white: Array,
    gain: Array,
    correction: Correction,
) -> Array:
    """a, b and c, float64 (3, bands, samples), NaN where the gain is.

    `darks`: of the stream and of the white. `warmer`: how many counts more the stream's dark has than the primary one,
    which have noise, too. `white`: its signal, `gain`: dR/ds, both float64 (bands, samples).
    """
    amplified = stream_gain / region.white.gain
    own, both, theirs = (weighted(region, *pair) for pair in ((darks[0],) * 2, darks, (darks[1],) * 2))
    still = amplified**2 * noise.read_variance[:, None] + amplified * noise.per_count * warmer
    a = gain**2 * (np.maximum(still, 0.0) + own)
    b = gain * amplified * noise.per_count
    c = np.full(white.shape, correction.panel_uncertainty**2)
    if correction.quantity == "reflectance":
        b = b - 2.0 * gain * both / white
        c = c + (theirs + region.white.std**2 / region.white.lines) / white**2
    return np.where(np.isnan(gain), np.nan, np.stack([a, b, c]))


def weighted(region: Reference, one: Dark, other: Dark) -> Array:
    """Sum over the darks of both weights and the variance of the mean."""
    total = np.zeros(region.dark.mean.shape)
    for x, y, dark in zip(one.weights, other.weights, region.all_darks, strict=True):
        total += x * y * dark.std**2 / dark.lines
    return total


@line_kernel
def standard(values: NDArray[Any], a: NDArray[Any], b: NDArray[Any], c: NDArray[Any], out: NDArray[Any]) -> None:
    """Square root of the quadratic, all float32 (bands, samples); values below zero have the noise of zero.
    Zero times a value is added for its NaN."""
    for band in range(values.shape[0]):
        for sample in range(values.shape[1]):
            value = values[band, sample]
            lit = max(value, np.float32(0))
            variance = a[band, sample] + lit * (b[band, sample] + lit * c[band, sample]) + np.float32(0) * value
            out[band, sample] = np.sqrt(max(variance, np.float32(0))) if variance == variance else np.float32(np.nan)
