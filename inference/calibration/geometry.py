"""Smile and keystone: which place on the sensor each band of each sample should have been seen at, and a sparse
operator that brings it there.

An element at band b and sample x sees the light of b + smile and x + keystone. The value at (b, x) is therefore to be
looked up where place + shift = wanted place, first across (keystone), then along the bands (smile), each time by the
cubic through the four nearest elements (Lagrange), at the sensor's edge through the last four. Each step is a matrix of
few diagonals: `weights[d]` belongs to the element `offsets[d]` further on. What lies more than half an element beyond
the edge was not seen by the sensor and is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from inference.calibration.settings import Correction
from oreline.errors import ConfigError, RecordingError
from oreline.messages import StreamInfo
from oreline.recordings.recording import open_recording

NODES, STEPS, EDGE = 4, 8, 0.5

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Diagonals:
    """out[i] = sum over d of weights[d, i] * in[i + offsets[d]] along `axis` of (bands, samples): 0 bands, 1 samples.

    `offsets` int64 (diagonals,); `weights` float64 (diagonals, bands, samples), NaN where the sensor saw nothing.
    """

    offsets: NDArray[np.int64]
    weights: Array
    axis: Literal[0, 1]

    @classmethod
    def of(cls, shift: Array, axis: Literal[0, 1]) -> Self:
        """The operator that takes back `shift`, float64 (bands, samples) in elements along `axis`."""
        moved = np.moveaxis(shift, axis, 1)
        place = _origin(moved)
        n = moved.shape[1]
        nodes = min(NODES, n)
        base = np.clip(np.floor(place).astype(np.int64) - (nodes // 2 - 1), 0, n - nodes)
        seen = (place >= -EDGE) & (place <= n - 1 + EDGE)
        weights = np.where(seen, _lagrange(place - base, nodes), np.nan)
        away = base - np.arange(n)
        offsets = np.unique(away + np.arange(nodes)[:, None, None])
        table = np.zeros((len(offsets), *moved.shape))
        for node in range(nodes):
            for d, offset in enumerate(offsets):
                table[d] += np.where(away + node == offset, weights[node], 0.0)
        return cls(offsets, np.ascontiguousarray(np.moveaxis(table, 2, axis + 1)), axis)

    def squared(self) -> Self:
        """The same for variances of independent elements."""
        return replace(self, weights=self.weights**2)

    def __call__(self, values: Array) -> Array:
        """Resample float64 (bands, samples). NaN makes NaN of what it would have been used for."""
        out, n = np.zeros(values.shape), values.shape[self.axis]
        place = np.arange(n)
        for offset, weights in zip(self.offsets, self.weights, strict=True):
            shifted = np.take(values, np.clip(place + offset, 0, n - 1), axis=self.axis)
            out += np.where(weights == 0.0, 0.0, weights * shifted)
        return out


def _origin(shift: Array) -> Array:
    """Place p where p + shift(p) = i, for each i of the last axis, by fixed point; the shift between elements is
    linear."""
    n = shift.shape[1]
    wanted = np.broadcast_to(np.arange(n, dtype=np.float64), shift.shape)
    rows = np.arange(shift.shape[0])[:, None]
    place = wanted
    for _ in range(STEPS):
        inside = np.clip(place, 0, n - 1)
        low = np.minimum(np.floor(inside).astype(np.int64), max(n - 2, 0))
        part, high = inside - low, np.minimum(low + 1, n - 1)
        place = wanted - (shift[rows, low] * (1 - part) + shift[rows, high] * part)
    return np.asarray(place)


def _lagrange(t: Array, nodes: int) -> Array:
    """Weights of the values at 0, 1 .. nodes - 1 for the value at t, (nodes, ...)."""
    return np.stack([
        np.prod([(t - k) / (j - k) for k in range(nodes) if k != j], axis=0) if nodes > 1 else np.ones_like(t)
        for j in range(nodes)
    ])  # fmt: skip


def operators(correction: Correction, info: StreamInfo) -> tuple[Diagonals | None, Diagonals | None]:
    """Operators that take back smile and keystone of a stream, None where there is none. Raises ConfigError."""
    shape = info.bands, info.samples
    if correction.geometry is not None:
        smile, keystone = _shifts(correction.geometry, info)
    else:
        whole = correction.geometry_samples
        sensor, first = (whole, info.offset_x) if whole else (info.samples, 0)
        if sensor < first + info.samples:
            raise ConfigError(
                f"inference.correction.geometry_samples is {sensor}, the stream reads up to sample "
                f"{first + info.samples - 1}: give the samples of the whole sensor"
            )
        across, along = np.linspace(-1.0, 1.0, sensor), np.linspace(-1.0, 1.0, info.bands)
        smile = np.broadcast_to(_polynomial(correction.smile_bands, across[first : first + info.samples]), shape)
        keystone = np.broadcast_to(_polynomial(correction.keystone_pixels, along)[:, None], shape)
    return (
        Diagonals.of(smile, 0) if np.any(smile) else None,
        Diagonals.of(keystone, 1) if np.any(keystone) else None,
    )


def _polynomial(coefficients: tuple[float, ...], place: Array) -> Array:
    return np.asarray(np.polynomial.polynomial.polyval(place, coefficients or (0.0,)))


def _shifts(path: Path, info: StreamInfo) -> tuple[Array, Array]:
    try:
        cube = open_recording(path).cube
    except RecordingError as error:
        raise ConfigError(f"no geometry: {error}") from None
    end = info.offset_x + info.samples
    if cube.shape[:2] != (2, info.bands) or cube.shape[2] < end:
        raise ConfigError(
            f"{path} has {cube.shape[0]} lines, {cube.shape[1]} bands and {cube.shape[2]} samples: a geometry has "
            f"2 lines, smile and keystone, of {info.bands} bands and at least {end} samples"
        )
    smile, keystone = np.asarray(cube[:, :, info.offset_x : end], np.float64)
    if not (np.isfinite(smile).all() and np.isfinite(keystone).all()):
        raise ConfigError(f"{path} holds shifts that are not numbers: mend it")
    return smile, keystone
