"""The kernels that take smile and keystone back, over float32 (bands, samples). They validate and allocate nothing.

An operator of inference.calibration.geometry is a matrix of few diagonals: `offsets`, int64 (diagonals,), and
`weights`, float32 (diagonals, bands, samples).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.flags import Quality
from oreline.jit import line_kernel

Table = NDArray[Any]

_NEGATIVE = np.uint8(Quality.NEGATIVE)
_SPOILS = np.uint8(Quality.SATURATED | Quality.NO_DATA)


@line_kernel
def across(values: Table, offsets: Table, weights: Table, out: Table) -> None:
    """The operator of inference.calibration.geometry along the samples, float32 (bands, samples). Places are unsigned:
    what might be below zero Numba would count from the end, and could not compute in vectors."""
    samples = values.shape[1]
    for band in range(values.shape[0]):
        for sample in range(samples):
            out[band, sample] = 0
        for d in range(len(offsets)):
            here, there = np.uint64(max(0, -offsets[d])), np.uint64(max(0, offsets[d]))
            for k in range(np.uint64(samples) - here - there):
                out[band, here + k] += weights[d, band, here + k] * values[band, there + k]


@line_kernel
def along(values: Table, offsets: Table, weights: Table, out: Table) -> None:
    """The same along the bands."""
    bands, samples = values.shape
    for band in range(bands):
        for sample in range(samples):
            out[band, sample] = 0
        for d in range(len(offsets)):
            source = band + offsets[d]
            if 0 <= source < bands:
                for sample in range(samples):
                    out[band, sample] += weights[d, band, sample] * values[source, sample]


@line_kernel
def scaled(values: Table, gain: Table, light: Table, out: Table) -> None:
    """values * gain * light of the band."""
    for band in range(values.shape[0]):
        for sample in range(values.shape[1]):
            out[band, sample] = values[band, sample] * (gain[band, sample] * light[band])


@line_kernel
def spread(invalid: Table, before: Table, offsets: Table, used: Table) -> None:
    """A sample that is saturated or holds no data spoils all that are made of it. That a signal was below zero says
    nothing."""
    samples = len(invalid)
    for sample in range(samples):
        before[sample] = invalid[sample]
    for sample in range(samples):
        invalid[sample] &= ~_NEGATIVE
        for d in range(len(offsets)):
            source = sample + offsets[d]
            if used[d, sample] and 0 <= source < samples:
                invalid[sample] |= before[source] & _SPOILS
