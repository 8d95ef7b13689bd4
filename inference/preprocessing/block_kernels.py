"""The kernel of blocks side by side, over float32 (bands, samples), LANES samples at a time: what lies between stays in
the cache, and each sample goes through the same instructions wherever it stands, for a vector is always whole where
something is summed. It validates and allocates nothing.

room: logs, float32 (bands, LANES); slopes, float32 (bands of the widest window, LANES); moments, float32 (MOMENTS,
LANES). What is behind the end of a line there is thrown away. Unsigned numbers spare a look at each index.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.preprocessing.kernels import gather, to_scale
from oreline.jit import line_kernel

Table = NDArray[Any]
Room = tuple[Table, Table, Table]

LANES = 64
"""Samples that go together: a multiple of what a processor's vectors hold, however often its compiler unrolls."""
FOUR = 4
"""Weights of a filter that go together."""
SNV, LOG, DERIVATIVE, LOG_MEAN, LOG_CONTRAST, LOG_SPREADS = range(6)
"""What may be wanted: three blocks and three sorts of scalars."""
MEAN, SCALE, MEAN_LOG, UNKNOWN, SLOPE, SPREAD, SCALAR = range(7)
MOMENTS = 7
"""Of a sample: mean reflectance, one over its standard deviation, mean logarithm; 0, or NaN where a band is not finite;
of a window, mean slope and standard deviation; and a scalar on its way out."""

_ROOT_HALF = np.int32(0x3F3504F3)
_LN2 = np.float32(0.6931472)


@line_kernel
def log(value: np.float32) -> np.float32:
    """ln of a normal float32 above zero, within 3e-7 of itself; any number of what is none.

    value = 2^e (1 + f), f from sqrt(1/2) - 1 to sqrt(2) - 1; ln(1 + f) = f - f^2/2 + f^3 P(f), P having been fitted for
    the least of largest relative errors, 3e-8.
    """
    bits = np.float32(value).view(np.int32)
    e = np.int32(np.int32(bits - _ROOT_HALF) >> np.int32(23))
    f = np.int32(bits - np.int32(e << np.int32(23))).view(np.float32) - np.float32(1)
    p = np.float32(-0.14267476) + f * np.float32(0.08700361)
    p = np.float32(0.14914787) + f * p
    p = np.float32(-0.16577587) + f * p
    p = np.float32(0.19963062) + f * p
    p = np.float32(-0.25001338) + f * p
    p = np.float32(0.3333391) + f * p
    return np.float32(e) * _LN2 + (f + f * f * (f * p - np.float32(0.5)))


@line_kernel
def _take(values: Table, first: np.uint64, count: np.uint64, floor: np.float32, logs: Table, moments: Table) -> None:
    """Logarithms of reflectance that is `floor` at least, and the moments of both."""
    bands = values.shape[0]
    for lane in range(LANES):
        moments[MEAN, lane], moments[SCALE, lane], moments[MEAN_LOG, lane] = 0, 0, 0
    for band in range(bands):
        for lane in range(count):
            value = values[band, first + lane]
            logs[band, lane] = floor if value < floor else value
        gather(logs, band, moments[MEAN], moments[SCALE])
        weight = np.float32(1) / np.float32(band + 1)
        for lane in range(LANES):
            one = log(logs[band, lane])
            logs[band, lane] = one
            moments[MEAN_LOG, lane] += (one - moments[MEAN_LOG, lane]) * weight
    to_scale(moments[SCALE], bands)
    for lane in range(LANES):
        moments[UNKNOWN, lane] = np.float32(0) * moments[MEAN, lane]
        moments[MEAN_LOG, lane] += moments[UNKNOWN, lane]


@line_kernel
def _snv(values: Table, first: np.uint64, count: np.uint64, floor: np.float32, moments: Table, out: Table) -> None:
    for band in range(values.shape[0]):
        for lane in range(count):
            value = values[band, first + lane]
            value = floor if value < floor else value
            out[band, first + lane] = (value - moments[MEAN, lane]) * moments[SCALE, lane]


@line_kernel
def _centred(logs: Table, first: np.uint64, count: np.uint64, gain: np.float32, moments: Table, out: Table) -> None:
    for band in range(logs.shape[0]):
        for lane in range(count):
            out[band, first + lane] = (logs[band, lane] - moments[MEAN_LOG, lane]) * gain


@line_kernel
def _slopes(logs: Table, taps: Table, weights: Table, begin: int, end: int, slopes: Table, moments: Table) -> None:
    """The derivative in the bands from `begin` to before `end`, its mean and its standard deviation."""
    for lane in range(LANES):
        moments[SLOPE, lane], moments[SPREAD, lane] = 0, 0
    for band in range(begin, end):
        row = np.uint64(band - begin)
        for lane in range(LANES):
            slopes[row, lane] = 0
        for k in range(0, taps.shape[1], FOUR):
            one, two, three, four = taps[band, k], taps[band, k + 1], taps[band, k + 2], taps[band, k + 3]
            a, b, c, d = weights[band, k], weights[band, k + 1], weights[band, k + 2], weights[band, k + 3]
            for lane in range(LANES):
                near, far = b * logs[two, lane] + c * logs[three, lane], a * logs[one, lane] + d * logs[four, lane]
                slopes[row, lane] += near + far
        gather(slopes, band - begin, moments[SLOPE], moments[SPREAD])
    for lane in range(LANES):
        moments[SPREAD, lane] = np.float32(np.sqrt(moments[SPREAD, lane] / np.float32(end - begin)))


@line_kernel
def _spread_out(
    slopes: Table, begin: int, end: int, first: np.uint64, count: np.uint64, damping: np.float32, moments: Table,
    out: Table,
) -> None:  # fmt: skip
    for lane in range(LANES):
        spread = moments[SPREAD, lane] + damping
        moments[SPREAD, lane] = np.float32(1) / spread + moments[UNKNOWN, lane]
    for band in range(begin, end):
        row = np.uint64(band - begin)
        for lane in range(count):
            out[band, first + lane] = slopes[row, lane] * moments[SPREAD, lane]


@line_kernel
def _scalar(first: np.uint64, count: np.uint64, moments: Table, out: Table) -> None:
    """The logarithm of the scalar, in place of which it leaves that."""
    for lane in range(LANES):
        moments[SCALAR, lane] = log(moments[SCALAR, lane]) + moments[UNKNOWN, lane]
    for lane in range(count):
        out[first + lane] = moments[SCALAR, lane]


@line_kernel
def side_by_side(
    values: Table, floor: np.float32, gain: np.float32, derivative: tuple[Table, Table, Table, np.float32],
    floors: Table, places: Table, room: Room, out: Table,
) -> None:  # fmt: skip
    """Blocks and scalars of `values`, float32 (bands, samples), to the rows of `out` from those on that `places` names,
    int64 (6,), below zero for what is not wanted.

    derivative: bands that go into each and their weights, (bands, a multiple of FOUR), the ends of its windows, int64
    (windows + 1,), and what is added to a spread that divides. floors: of mean, contrast and spread, float32 (3,).
    """
    taps, weights, ends, damping = derivative
    logs, slopes, moments = room
    for start in range(0, values.shape[1], LANES):
        first, count = np.uint64(start), np.uint64(min(LANES, values.shape[1] - start))
        _take(values, first, count, floor, logs, moments)
        if places[SNV] >= 0:
            _snv(values, first, count, floor, moments, out[places[SNV] :])
        if places[LOG] >= 0:
            _centred(logs, first, count, gain, moments, out[places[LOG] :])
        if places[LOG_MEAN] >= 0:
            for lane in range(LANES):
                moments[SCALAR, lane] = max(moments[MEAN, lane], floors[0])
            _scalar(first, count, moments, out[places[LOG_MEAN]])
        if places[LOG_CONTRAST] >= 0:
            for lane in range(LANES):
                contrast = np.float32(1) / (moments[SCALE, lane] * moments[MEAN, lane])
                moments[SCALAR, lane] = max(contrast, floors[1])
            _scalar(first, count, moments, out[places[LOG_CONTRAST]])
        for window in range(len(ends) - 1 if places[DERIVATIVE] >= 0 else 0):
            begin, end = ends[window], ends[window + 1]
            _slopes(logs, taps, weights, begin, end, slopes, moments)
            if places[LOG_SPREADS] >= 0:
                for lane in range(LANES):
                    moments[SCALAR, lane] = moments[SPREAD, lane] + floors[2]
                _scalar(first, count, moments, out[places[LOG_SPREADS] + window])
            _spread_out(slopes, begin, end, first, count, damping, moments, out[places[DERIVATIVE] :])
