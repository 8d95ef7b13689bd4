"""Samples of every line that tell what has changed since the references: shaded ones the dark, a white strip the lamp.

What they see in each band is smoothed by a parabola over the bands, fitted by least squares: dark and lamp drift
smoothly, and the noise of a few samples would otherwise be in every spectrum. No line depends on an earlier one, so a
restart computes the same again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from inference.arrays import kept_as
from inference.calibration.chain import CorrectionTables
from oreline.errors import ConfigError

FLOOR = 0.05
"""A lamp that is weaker than this is taken for this: the line is invalid anyway."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DriftTracker:
    """As the kernel `follow` takes it. `first`: of the samples. `dark` of each, in counts, and `weights` of its signal,
    float32 (bands, samples). `smooth`: the fit, float32 (3, bands), and its basis, float32 (bands, 3)."""

    first: int
    dark: NDArray[np.float32]
    weights: NDArray[np.float32]
    smooth: tuple[NDArray[np.float32], NDArray[np.float32]]

    @classmethod
    def shade(cls, first: int, samples: int, tables: CorrectionTables) -> Self:
        """Their mean is the drift of the dark of each band, in counts."""
        usable = _seen(tables.bad == 0, first, samples, "correction.shade").astype(np.float64)
        share = usable / np.maximum(usable.sum(axis=1, keepdims=True), 1.0)
        return cls._of(first, tables, share, usable.sum(axis=1) > 0)

    @classmethod
    def strip(cls, first: int, samples: int, reflectance: float, tables: CorrectionTables) -> Self:
        """Their sum is the lamp in each band, 1 being what it was."""
        gain = _seen(np.where(tables.bad == 0, tables.gain, np.nan), first, samples, "strip")
        usable = np.isfinite(gain)
        light = np.where(usable, 1.0 / np.where(usable, gain, 1.0), 0.0)
        whole = light.sum(axis=1)
        per_count = usable / np.maximum(whole[:, None], 1e-30) / reflectance
        return cls._of(first, tables, per_count, whole / max(float(whole.max()), 1e-30))

    @classmethod
    def _of(cls, first: int, tables: CorrectionTables, weights: Array, importance: Array) -> Self:
        place = np.linspace(-1.0, 1.0, len(weights))
        basis = np.stack([np.ones_like(place), place, place**2 - 1 / 3], axis=1)[:, : min(3, len(place))]
        basis = np.pad(basis, ((0, 0), (0, 3 - basis.shape[1])))
        fit = np.linalg.pinv(basis * importance[:, None]) * importance
        dark = np.nan_to_num(tables.dark[:, first : first + weights.shape[1]])
        smooth = kept_as(fit, np.float32), kept_as(basis, np.float32)
        return cls(first, kept_as(dark, np.float32), kept_as(weights, np.float32), smooth)


def _seen(values: NDArray[np.generic], first: int, samples: int, what: str) -> NDArray[np.generic]:
    if first + samples > values.shape[1]:
        raise ConfigError(f"inference.{what} ends at sample {first + samples}, a line has {values.shape[1]}: move it")
    return values[:, first : first + samples]
