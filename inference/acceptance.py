"""Whether a new reference is to be believed, beside the one that is in force: a shutter sticks, light leaks in, a panel
gets dirty or is moved, a lamp dies, and none of that may become the measure of all that follows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.reference import Reference

LEAK = 0.005
"""Share of the panel's light in the dark, from which on it is a leak."""
LIT = 0.2
"""The same, from which on the shutter was open."""
LEVEL = 0.3
"""By how much the panel may be brighter or darker than last time, relative."""
DIRT = 0.1
"""By how much some samples of the panel may be darker or brighter than their surroundings, relative."""
SURROUNDINGS = 61
"""Samples whose median is a sample's surroundings, where there is no earlier panel to compare with."""


def doubts(new: Reference, old: Reference | None) -> list[str]:
    """What speaks against a reference, each in words; nothing where it is good.

    `old`: the one in force. Where it is of another camera or region, the new one is only compared with itself.
    """
    if old is None or not _comparable(new, old):
        light = _light(new)
        profile = np.median(light, axis=0)
        return [*_lit(new.dark.mean, light), *_dirt(profile / _smoothed(profile))]
    before, exposure = _light(old), new.exposure_of(new.white) / old.exposure_of(old.white)
    ratio = np.median(_light(new) / np.maximum(before * exposure, 1.0), axis=0)
    level = float(np.median(ratio))
    dark_ratio = new.exposure_of(new.dark) / old.exposure_of(old.white)
    return [
        *_leak(new.dark.mean - old.dark.mean, before * dark_ratio),
        *([] if abs(level - 1) <= LEVEL else [f"the panel has {level:.0%} of the light it had last time"]),
        *_dirt(ratio / level if level > 0 else ratio),
    ]


def _comparable(new: Reference, old: Reference) -> bool:
    return (new.serial, new.wavelengths_nm, new.x_start, new.samples, new.full_scale) == (
        old.serial, old.wavelengths_nm, old.x_start, old.samples, old.full_scale,
    )  # fmt: skip


def _light(reference: Reference) -> NDArray[np.float64]:
    return reference.white.mean - reference.dark.mean


def _lit(dark: NDArray[np.float64], light: NDArray[np.float64]) -> list[str]:
    """Without an earlier dark: one that has the shape of the light."""
    return ["the dark is as bright as the panel: the shutter did not close"] if dark.mean() > light.mean() else []


def _leak(more: NDArray[np.float64], light: NDArray[np.float64]) -> list[str]:
    """What the dark has more than last time, as a share of the light; a warmer sensor has another spectrum."""
    own = light - light.mean()
    share = float((more * own).sum() / max((own * own).sum(), 1.0))
    if share > LIT:
        return [f"the dark has {share:.0%} of the panel's light in it: the shutter did not close"]
    return [f"the dark has {share:.1%} of the panel's light in it: light leaks in"] if share > LEAK else []


def _dirt(ratio: NDArray[np.float64]) -> list[str]:
    off = np.flatnonzero(np.abs(ratio - 1) > DIRT)
    if off.size == 0:
        return []
    worst = float(ratio[off][np.abs(ratio[off] - 1).argmax()])
    return [
        f"samples {off[0]}..{off[-1]} of the panel have {worst:.0%} of the light they should: it is dirty or tilted"
    ]


def _smoothed(values: NDArray[Any]) -> NDArray[Any]:
    """Median of each sample's surroundings."""
    half = min(SURROUNDINGS // 2, (len(values) - 1) // 2)
    padded = np.pad(values, half, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    return np.asarray(np.maximum(np.median(windows, axis=1), 1.0))
