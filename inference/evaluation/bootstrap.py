"""How sure a figure is: specimens drawn anew, with repetition, many times over.

Rows of one specimen are alike, so that specimens are drawn, not rows. Two models are compared under the same draws, and
what is uncertain because of the rocks falls out of their difference. Efron and Tibshirani, An Introduction to the
Bootstrap, 1993.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
SEED = 1
INTERVAL = (2.5, 97.5)
"""Percentiles."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: the mean over seeds, its `spread` (standard deviation from seed to seed, or from network to network
    where every network is asked the same; 0 for one), and the ends of the 95 % interval over specimens. NaN where it is
    not defined."""

    mean: float
    spread: float
    low: float
    high: float


def weights(unit: NDArray[np.str_], draws: int = DRAWS) -> Floats:
    """How often each row counts, (1 + draws, n), for rows of `unit` (n,): first the sample as it is, then the draws.
    As many units are drawn alike, whatever is measured on them; of no rows there are none to draw."""
    names, index = np.unique(unit, return_inverse=True)
    if not names.size:
        return np.ones((1 + draws, 0))
    rng = np.random.default_rng([SEED, len(names)])
    drawn = rng.multinomial(len(names), np.full(len(names), 1.0 / len(names)), draws)
    return np.concatenate([np.ones((1, len(unit))), drawn[:, index]])


def mean_of(value: Floats, weight: Floats) -> Floats:
    """Mean of `value` (n,) under each row of weights (draws, n), those that are NaN left out; NaN where none counts."""
    there = np.isfinite(value)
    with np.errstate(invalid="ignore"):
        return np.asarray((weight[:, there] @ value[there]) / weight[:, there].sum(axis=1))


def correlation(a: Floats, b: Floats, weight: Floats) -> Floats:
    """Pearson's correlation of `a` and `b` (n,) under each row of weights, pairs with a NaN left out."""
    there = np.isfinite(a) & np.isfinite(b)
    a, b, weight = a[there], b[there], weight[:, there]
    mean_a, mean_b = mean_of(a, weight), mean_of(b, weight)
    covariance = mean_of(a * b, weight) - mean_a * mean_b
    variances = (mean_of(a * a, weight) - mean_a**2) * (mean_of(b * b, weight) - mean_b**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(covariance / np.sqrt(np.maximum(variances, 0.0)))


def figure(sampled: Floats) -> Figure:
    """A figure of what came out, (seeds, 1 + draws)."""
    there = np.isfinite(sampled)
    with np.errstate(invalid="ignore"):
        over = np.where(there, sampled, 0.0).sum(axis=0) / there.sum(axis=0)
    low, high = np.nanpercentile(over[1:], INTERVAL) if np.isfinite(over[1:]).any() else (np.nan, np.nan)
    return Figure(float(over[0]), float(sampled[:, 0].std()), float(low), float(high))


def difference(ours: Floats, theirs: Floats) -> Figure:
    """The first less the second of two models, each (seeds, 1 + draws) under the same draws."""
    seeds = min(len(ours), len(theirs))
    return figure(ours[:seeds] - theirs[:seeds])
