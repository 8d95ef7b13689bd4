"""Robust means, which a passing stone or a cosmic ray does not shift.

They are looked for where each shows. A stone, or a hand, changes all bands of some samples for some lines: it shows in
the mean over the bands, whose noise is small. A cosmic ray hits few elements in one line: it shows in the element. What
neither look rejects is averaged plainly, so lines without an outlier have exactly their plain mean. Fewer lines than
`LEAST` cannot say which of them is the outlier, and nothing is rejected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.jit import kernel

LEAST = 10
SIGMAS = 8.0
"""Standard deviations beyond which a value is an outlier, if it is off by `SHARE` as well."""
SHARE = 0.1
"""Share of the count beyond which a value is an outlier: dust and the grain of a panel that slides by are less, and
belong to its mean."""
FLOOR = 0.5
"""Least standard deviation in counts: a sensor may be quieter than a step of its converter."""
STD_OVER_MAD = 1.4826
"""Standard deviation over median absolute deviation, of normal noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Of the lines that are no outliers: how many, their sum and that of their squares, int64 (bands, samples). Of all
    lines: how many were at full scale, uint32 (bands, samples)."""

    n: NDArray[np.int64]
    total: NDArray[np.int64]
    squares: NDArray[np.int64]
    saturated: NDArray[np.uint32]

    def plus(self, other: Sums) -> Sums:
        return Sums(
            self.n + other.n, self.total + other.total, self.squares + other.squares, self.saturated + other.saturated
        )


def robust_std(values: NDArray[Any], axis: int = 0) -> NDArray[np.float64]:
    """Standard deviation along an axis by the median absolute deviation, as of normal noise; float64."""
    off = np.abs(values - np.median(values, axis=axis, keepdims=True))
    return np.asarray(STD_OVER_MAD * np.median(off, axis=axis))


def sums(block: NDArray[np.uint16], means: NDArray[np.float64], full_scale: int) -> Sums:
    """Sum a block.

    block: uint16 (lines, bands, samples). means: over its bands, float64 (lines, samples).
    """
    n, total, squares = (np.zeros(block.shape[1:], np.int64) for _ in range(3))
    saturated = np.zeros(block.shape[1:], np.uint32)
    low, high = np.empty(block.shape[1:], np.uint16), np.empty(block.shape[1:], np.uint16)
    kept = _kept(means)
    _sum(block, kept, full_scale, n, total, squares, saturated, low, high)
    if len(block) >= LEAST:
        sigma = _expected(n, total, squares)
        suspects = np.ascontiguousarray(np.argwhere(high - low > SIGMAS * sigma))
        _reject(block, kept, suspects, sigma, n, total, squares)
    return Sums(n, total, squares, saturated)


def _expected(n: NDArray[np.int64], total: NDArray[np.int64], squares: NDArray[np.int64]) -> NDArray[np.float64]:
    """Standard deviation that the noise of an element has at least: its band's, less where there is less light."""
    mean = total / np.maximum(n, 1)
    variance = np.maximum((squares - mean * total) / np.maximum(n - 1, 1), 0.0)
    light = mean / np.maximum(mean.mean(axis=1, keepdims=True), 1.0)
    band = np.median(variance, axis=1, keepdims=True)
    return np.asarray(np.maximum(np.sqrt(band * np.minimum(light, 1.0)), FLOOR))


def _kept(means: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Samples that see what those of the other lines do, bool (lines, samples)."""
    if len(means) < LEAST:
        return np.ones(means.shape, np.bool_)
    middle, own = np.median(means, axis=0), robust_std(means)
    sigma = np.maximum(np.maximum(own, np.median(own)), FLOOR)
    return np.asarray(np.abs(means - middle) <= np.maximum(SIGMAS * sigma, SHARE * middle))


@kernel
def _sum(
    block: NDArray[Any],
    kept: NDArray[Any],
    full_scale: int,
    n: NDArray[Any],
    total: NDArray[Any],
    squares: NDArray[Any],
    saturated: NDArray[Any],
    low: NDArray[Any],
    high: NDArray[Any],
) -> None:
    low[:], high[:] = 65_535, 0
    for line in range(block.shape[0]):
        for band in range(block.shape[1]):
            for sample in range(block.shape[2]):
                count = block[line, band, sample]
                saturated[band, sample] += np.uint32(count >= full_scale)
                if kept[line, sample]:
                    n[band, sample] += 1
                    total[band, sample] += np.int64(count)
                    squares[band, sample] += np.int64(count) * np.int64(count)
                    low[band, sample] = min(low[band, sample], count)
                    high[band, sample] = max(high[band, sample], count)


@kernel
def _reject(
    block: NDArray[Any],
    kept: NDArray[Any],
    suspects: NDArray[Any],
    sigma: NDArray[Any],
    n: NDArray[Any],
    total: NDArray[Any],
    squares: NDArray[Any],
) -> None:
    """Take the outliers of elements that may have one out of their sums."""
    for band, sample in suspects:
        values = block[:, band, sample].astype(np.float64)[kept[:, sample]]
        middle = np.median(values)
        own = STD_OVER_MAD * np.median(np.abs(values - middle))
        limit = max(SIGMAS * max(sigma[band, sample], own), SHARE * middle)
        for value in values[np.abs(values - middle) > limit]:
            n[band, sample] -= 1
            total[band, sample] -= np.int64(value)
            squares[band, sample] -= np.int64(value) * np.int64(value)
