"""Columns that see less light than those beside them: dust or a scratch on the lens, or dirt on the panel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WIDEST = 9
"""Samples of the widest speck; what is wider is the shape of the light or of the scene."""


def dark_columns(profile: NDArray[np.floating], dimmer: float) -> list[tuple[int, int]]:
    """Runs of columns [first, stop) whose value in a profile (samples,), of light or of a share, is less than those to
    both of its sides by more than the share `dimmer`. NaN and 0 beyond the ends count for nothing: an end is no speck.

    A column is compared with the lesser of the greatest values within WIDEST samples to its left and to its right, so
    that a slope or a step of the light is none."""
    known = np.nan_to_num(np.asarray(profile, np.float64), nan=0.0)
    beside = np.minimum(_greatest_before(known), _greatest_before(known[::-1])[::-1])
    dark = known < (1 - dimmer) * beside
    edges = np.flatnonzero(np.diff(np.concatenate(([False], dark, [False]))))
    return [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2) if stop - first <= WIDEST]


def _greatest_before(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each, the greatest of the WIDEST values before it; 0 where there are none."""
    padded = np.concatenate((np.zeros(WIDEST), values))
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, WIDEST).max(axis=1)[: len(values)])


def told(runs: list[tuple[int, int]]) -> str:
    """Runs of columns for people."""
    return ", ".join(f"{first}" if stop - first == 1 else f"{first}-{stop - 1}" for first, stop in runs)
