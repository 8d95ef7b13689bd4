"""The kernels of preprocessing, over float32 (bands, samples), a band at a time. They validate and allocate nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.jit import line_kernel

STD_FLOOR = 1e-6
"""A spectrum flatter than this (in reflectance) is divided by this instead of its own standard deviation."""
SLOPE_FLOOR = 1e-6
"""A spectrum that follows the reference by less than this has no scatter correction."""

Table = NDArray[Any]


@line_kernel
def gather(values: Table, band: int, mean: Table, squares: Table) -> None:
    """Take a band into the mean and the sum of squares, float32 (samples,), by Welford's update: the plain sum of
    squares loses the variance of a flat spectrum."""
    weight = np.float32(1) / np.float32(band + 1)
    for sample in range(values.shape[1]):
        value = values[band, sample]
        change = value - mean[sample]
        mean[sample] += change * weight
        squares[sample] += change * (value - mean[sample])


@line_kernel
def to_scale(squares: Table, bands: int) -> None:
    """From sums of squares to one over the standard deviation."""
    for sample in range(len(squares)):
        std = np.float32(np.sqrt(squares[sample] / np.float32(bands)))
        squares[sample] = np.float32(1) / max(std, np.float32(STD_FLOOR))


@line_kernel
def standardise(values: Table, mean: Table, scale: Table) -> None:
    """(value - mean) * scale, in place, and zero, whatever the value, where the scale is."""
    for band in range(values.shape[0]):
        for sample in range(values.shape[1]):
            values[band, sample] = (values[band, sample] - mean[sample]) * scale[sample]
    least = np.float32(1)
    for sample in range(values.shape[1]):
        least = min(least, scale[sample])
    if least == 0:
        for band in range(values.shape[0]):
            for sample in range(values.shape[1]):
                values[band, sample] = values[band, sample] if scale[sample] != 0 else np.float32(0)


@line_kernel
def snv(values: Table, mean: Table, scale: Table, out: Table) -> None:
    for sample in range(len(mean)):
        mean[sample], scale[sample] = 0, 0
    for band in range(values.shape[0]):
        for sample in range(values.shape[1]):
            out[band, sample] = values[band, sample]
        gather(out, band, mean, scale)
    to_scale(scale, values.shape[0])
    standardise(out, mean, scale)


@line_kernel
def msc(values: Table, slope: Table, level: np.float32, offset: Table, factor: Table, out: Table) -> None:
    bands, samples = values.shape
    for sample in range(samples):
        offset[sample], factor[sample] = 0, 0
    for band in range(bands):
        for sample in range(samples):
            offset[sample] += values[band, sample] / np.float32(bands)
            factor[sample] += values[band, sample] * slope[band]
    for sample in range(samples):
        steep = abs(factor[sample]) > np.float32(SLOPE_FLOOR)
        factor[sample] = np.float32(1) / factor[sample] if steep else np.float32(np.nan)
    for band in range(bands):
        for sample in range(samples):
            out[band, sample] = (values[band, sample] - offset[sample]) * factor[sample] + level


@line_kernel
def apply(values: Table, first: Table, weights: Table, out: Table) -> None:
    for band in range(out.shape[0]):
        for sample in range(out.shape[1]):
            out[band, sample] = 0
        for k in range(weights.shape[1]):
            weight = weights[band, k]
            if weight != 0:
                for sample in range(out.shape[1]):
                    out[band, sample] += weight * values[first[band] + k, sample]


@line_kernel
def continuum(values: Table, nm: Table, spectrum: Table, corners: Table, out: Table) -> None:
    """Andrew's monotone chain, a sample at a time; wavelengths rise or fall."""
    bands, samples = values.shape
    turn = np.float32(1) if nm[bands - 1] > nm[0] else np.float32(-1)
    for sample in range(samples):
        n, whole = 0, True
        for band in range(bands):
            spectrum[band] = values[band, sample]
            whole = whole and spectrum[band] == spectrum[band]
            while n > 1 and _below(nm, spectrum, corners[n - 2], corners[n - 1], band, turn):
                n -= 1
            corners[n] = band
            n += 1
        for k in range(n - 1):
            a, b = corners[k], corners[k + 1]
            rise = (spectrum[b] - spectrum[a]) / (nm[b] - nm[a])
            for band in range(a, b + 1):
                hull = spectrum[a] + rise * (nm[band] - nm[a])
                whole = whole and hull > 0
                out[band, sample] = spectrum[band] / hull
        if not whole:
            for band in range(bands):
                out[band, sample] = np.nan


@line_kernel
def _below(nm: Table, spectrum: Table, a: int, b: int, c: int, turn: np.float32) -> bool:
    """Whether b lies on or below the straight line from a to c."""
    left = (spectrum[b] - spectrum[a]) * (nm[c] - nm[a])
    right = (spectrum[c] - spectrum[a]) * (nm[b] - nm[a])
    return bool((left - right) * turn <= 0)
