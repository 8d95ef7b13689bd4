"""Checks of the white panel by its light across the samples: it is all there, level and clean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.references.limits import Limits

SURROUNDINGS = 61
"""Samples whose median is a sample's surroundings, where there is no earlier panel to compare with."""
BARE = 0.5
"""Share of the light below which a sample at the edge sees no panel."""


def panel_faults(across: NDArray[np.float64], limits: Limits, *, compared: bool) -> list[tuple[str, str]]:
    """Codes and words of what is wrong with a panel.

    across: its light, float64 (samples,); `compared`: against an earlier one, whose light had the same shape. Otherwise
    the shape of the light is not known, so that no tilt can be told.
    """
    level = float(np.percentile(across, 75))
    if level <= 0:
        return []
    first, stop = _edges(across / level)
    seen = across[first:stop] / np.median(across[first:stop])
    faults = [] if stop - first == len(across) else [_partial(first, stop, len(across))]
    slope = _slope(seen)
    if compared and abs(slope[-1] - slope[0]) > limits.tilt:
        sides = f"{slope[0]:.0%} at one side to {slope[-1]:.0%} at the other"
        faults.append(
            ("tilted", f"the panel's light goes from {sides}, against last time: it is tilted, or a lamp is out")
        )
    return [*faults, *_dirt(seen / (slope if compared else _smoothed(seen)), first, limits)]


def _edges(relative: NDArray[np.float64]) -> tuple[int, int]:
    """First sample that sees the panel, and one past the last."""
    bright = np.flatnonzero(relative >= BARE)
    return int(bright[0]), int(bright[-1]) + 1


def _partial(first: int, stop: int, samples: int) -> tuple[str, str]:
    return (
        "partial",
        f"only samples {first}..{stop - 1} of 0..{samples - 1} see the panel: move it under the whole line",
    )


def _slope(seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Straight line through the samples, fitted to the medians of their thirds, which dirt does not bend."""
    thirds = np.array_split(np.arange(len(seen)), 3)
    if len(seen) < 3:
        return np.full(len(seen), np.median(seen))
    left, right = thirds[0], thirds[-1]
    rise = (np.median(seen[right]) - np.median(seen[left])) / (right.mean() - left.mean())
    centre = np.arange(len(seen)) - (len(seen) - 1) / 2
    return np.asarray(np.median(seen) + rise * centre)


def _dirt(ratio: NDArray[np.float64], start: int, limits: Limits) -> list[tuple[str, str]]:
    off = np.flatnonzero(np.abs(ratio - 1) > limits.panel)
    if off.size == 0:
        return []
    worst = float(ratio[off][np.abs(ratio[off] - 1).argmax()])
    where = f"samples {start + off[0]}..{start + off[-1]}"
    return [("dirty", f"{where} of the panel have {worst:.0%} of the light they should: it is dirty or damaged")]


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median of each sample's surroundings."""
    half = min(SURROUNDINGS // 2, (len(values) - 1) // 2)
    padded = np.pad(values, half, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    return np.asarray(np.maximum(np.median(windows, axis=1), 1e-9))
