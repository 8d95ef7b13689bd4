"""The kernels of calibration, a band at a time in camera order. They validate nothing and allocate nothing.

tables: `word`, `fine`, `levels` of packed_tables, and room for what `_scale` makes of them and of `moving`, float32
(3, bands). curve: c1, c2, c3 for a signal in counts, float32 (3,). patches: the elements that are computed apart.
`first` int64 (bands + 1,): those of band b are first[b] to before first[b + 1]. `places` int32 (4, n): the sample, the
bands that its value is made of, and its own. `signals` float32 (5, n): the weight and the dark of one and of the other,
and its gain. moving: what is taken off the signal of each band, in counts, and the factor on its light, float32 (2,
bands). limits: full scale, and the flags that all lines share.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.calibration.packed_tables import DARK_MASK, GAIN_MASK, HALF
from inference.calibration.prefetch import prefetch
from inference.flags import UNUSABLE, Quality
from inference.preprocessing.kernels import gather, standardise, to_scale
from oreline.jit import line_kernel

Table = NDArray[Any]
Tables = tuple[Table, Table, Table, Table]
Group = tuple[Any, ...]

AHEAD = 3
"""Bands that are asked for before they are needed."""
_NEGATIVE = np.uint8(Quality.NEGATIVE)
_SATURATED = np.uint8(Quality.SATURATED)
_NO_DATA = np.uint8(Quality.NO_DATA)
_UNUSABLE = np.uint8(UNUSABLE)


@line_kernel
def _gain(word: np.uint32) -> np.float32:
    mantissa = np.uint32(np.uint32(word >> np.uint32(8)) & np.uint32(GAIN_MASK))
    return np.uint32(mantissa | np.uint32(HALF)).view(np.float32)


@line_kernel
def _signal(
    count: np.uint16, word: np.uint32, fine: np.uint8, factor: np.float32, off: np.float32, step: np.float32
) -> np.float32:
    """Times the scale of the gain. Each step is cast: Numba would go on in 64 bits, at half the speed."""
    dark = np.int32(np.uint32(np.uint32(word << np.uint32(8)) & np.uint32(DARK_MASK)) | np.uint32(fine))
    return np.float32(np.int32(count)) * factor - off - np.float32(dark) * step


@line_kernel
def _scale(levels: Table, moving: Table, scales: Table) -> None:
    """Factors of a count of each band and of its dark, and what is taken off it.

    The scale of the gain, which is above zero, is in all three, so that the signal has it: a multiplication less for
    each element. They are kept in memory since the compiler would take the common factor out again.
    """
    for band in range(scales.shape[1]):
        factor = levels[2, band] * moving[1, band]
        scales[0, band] = factor
        scales[1, band] = (levels[0, band] + moving[0, band]) * factor
        scales[2, band] = levels[1, band] * factor


@line_kernel
def _rows(
    counts: Table, word: Table, fine: Table, scales: Table, curve: Table | None, begin: int, end: int, out: Table
) -> tuple[np.uint16, np.int32]:
    """Bands from `begin` to before `end`: many arrays are many words on the stack, so one call for many bands.

    The highest count, and a number below zero where a signal is: the bits of the least, which compilers can search for
    in vectors.
    """
    top, least = np.uint16(0), np.int32(0)
    for band in range(begin, end):
        _ask(counts, band + AHEAD)
        factor, off, step = scales[0, band], scales[1, band], scales[2, band]
        for sample in range(counts.shape[1]):
            count = counts[band, sample]
            s = _signal(count, word[band, sample], fine[band, sample], factor, off, step)
            value = s * _gain(word[band, sample])
            if curve is not None:
                s1 = s / factor
                value *= np.float32(1) + s1 * (curve[0] + s1 * (curve[1] + s1 * curve[2]))
            out[band, sample] = value
            top, least = max(top, count), min(least, np.float32(s).view(np.int32))
    return top, least


@line_kernel
def _gathered_row(
    counts: Table, word: Table, fine: Table, scales: Table, band: int, out: Table, mean: Table, squares: Table
) -> tuple[np.uint16, np.int32]:
    """A band of `_rows`, where nothing is bent, and `gather` in one loop, a fifth faster."""
    factor, off, step = scales[0, band], scales[1, band], scales[2, band]
    weight = np.float32(1) / np.float32(band + 1)
    top, least = np.uint16(0), np.int32(0)
    for sample in range(counts.shape[1]):
        count = counts[band, sample]
        s = _signal(count, word[band, sample], fine[band, sample], factor, off, step)
        value = s * _gain(word[band, sample])
        out[band, sample] = value
        change = value - mean[sample]
        mean[sample] += change * weight
        squares[sample] += change * (value - mean[sample])
        top, least = max(top, count), min(least, np.float32(s).view(np.int32))
    return top, least


@line_kernel
def _patch(
    counts: Table, curve: Table, moving: Table, begin: int, end: int, places: Table, signals: Table, out: Table
) -> np.int32:
    """The elements that are computed apart, from `begin` to before `end`. Below zero where a signal is."""
    least = np.int32(0)
    for k in range(begin, end):
        x, one, two, band = places[0, k], places[1, k], places[2, k], places[3, k]
        s = signals[0, k] * (np.float32(counts[one, x]) - signals[1, k] - moving[0, one])
        s += signals[2, k] * (np.float32(counts[two, x]) - signals[3, k] - moving[0, two])
        s *= np.float32(1) + s * (curve[0] + s * (curve[1] + s * curve[2]))
        out[band, x] = s * signals[4, k] * moving[1, band]
        if s < 0:
            least = np.int32(-1)
    return least


@line_kernel
def _saturated(
    counts: Table, full_scale: np.uint16, first: Table, places: Table, signals: Table, invalid: Table
) -> None:
    """Elements whose value is not made of their own count do not count."""
    for band in range(counts.shape[0]):
        k, end = first[band], first[band + 1]
        if k == end:
            for sample in range(counts.shape[1]):
                invalid[sample] |= np.uint8(counts[band, sample] >= full_scale)
            continue
        for sample in range(counts.shape[1]):
            apart = k < end and places[0, k] == sample
            own = not apart or (places[1, k] == band and signals[0, k] == 1)
            k += apart
            if own and counts[band, sample] >= full_scale:
                invalid[sample] |= _SATURATED


@line_kernel
def negative(values: Table, invalid: Table) -> None:
    """Flag the samples of float32 (bands, samples) that are below zero anywhere."""
    for band in range(values.shape[0]):
        for sample in range(values.shape[1]):
            invalid[sample] |= _NEGATIVE if values[band, sample] < 0 else np.uint8(0)


@line_kernel
def empty(values: Table, mean: Table, invalid: Table, variate: bool) -> None:
    """NaN for the samples that hold no data, whatever count stands for that; their variate is zero already."""
    for sample in range(len(mean)):
        invalid[sample] &= ~_SATURATED if invalid[sample] & _NO_DATA else np.uint8(255)
        mean[sample] = np.float32(np.nan) if invalid[sample] & _NO_DATA else mean[sample]
    for band in range(0 if variate else values.shape[0]):
        for sample in range(len(mean)):
            values[band, sample] = np.float32(np.nan) if invalid[sample] & _NO_DATA else values[band, sample]


@line_kernel
def _ask(counts: Table, band: int) -> None:
    """A line comes from another process, through the slowest cache or from memory, and a processor that fetches ahead
    by itself stops at each page, three bands on."""
    if band < counts.shape[0]:
        for sample in range(0, counts.shape[1], 32):
            prefetch(counts, band * counts.shape[1] + sample)  # type: ignore[call-arg]


@line_kernel
def finish(values: Table, invalid: Table, mean: Table, squares: Table) -> None:
    """From reflectance and its moments to the variate, in place; zero where nothing is to be concluded."""
    to_scale(squares, values.shape[0])
    for sample in range(len(squares)):
        if invalid[sample] & _UNUSABLE:
            squares[sample] = np.float32(0)
    standardise(values, mean, squares)


@line_kernel
def reflect(
    counts: Table, tables: Tables, curve: Table, patches: Group, moving: Table, limits: tuple[np.uint16, Table],
    out: Table, mean: Table, scale: Table, invalid: Table, moments: bool, variate: bool,
) -> None:  # fmt: skip
    """Corrected values float32 (bands, samples) and `Quality` bits uint8 (samples,); with `moments`, mean and sum of
    squares of each sample too, float32 (samples,), and with `variate` the standard normal variate in place of values.

    The line's highest count and the sign of its lowest signal spare a second look at nearly every line. Groups are
    taken apart here, once: in Numba each look into a group costs an atomic operation an array.
    """
    word, fine, levels, scales = tables
    first, places, signals = patches
    full_scale, flags = limits
    for sample in range(len(mean)):
        mean[sample], scale[sample], invalid[sample] = 0, 0, flags[sample]
    top, least = np.uint16(0), np.int32(0)
    _scale(levels, moving, scales)
    bent = curve[0] != 0 or curve[1] != 0 or curve[2] != 0
    if not moments:
        if bent:
            top, least = _rows(counts, word, fine, scales, curve, 0, counts.shape[0], out)
        else:
            top, least = _rows(counts, word, fine, scales, None, 0, counts.shape[0], out)
        least = min(least, _patch(counts, curve, moving, 0, len(places[0]), places, signals, out))
    for band in range(counts.shape[0] if moments else 0):
        begin, end = first[band], first[band + 1]
        if not bent and begin == end:
            _ask(counts, band + AHEAD)
            high, low = _gathered_row(counts, word, fine, scales, band, out, mean, scale)
        else:
            high, low = _rows(counts, word, fine, scales, curve, band, band + 1, out)
            low = min(low, _patch(counts, curve, moving, begin, end, places, signals, out))
            gather(out, band, mean, scale)
        top, least = max(top, high), min(least, low)
    if top >= full_scale:
        _saturated(counts, full_scale, first, places, signals, invalid)
    if least < 0:
        negative(out, invalid)
    if variate:
        finish(out, invalid, mean, scale)


@line_kernel
def settle(features: Table, invalid: Table, mean: Table) -> None:
    """Zero for samples that are unusable or not finite, of which the latter have NaN for a mean from now on."""
    for band in range(features.shape[0]):
        for sample in range(len(mean)):
            mean[sample] += np.float32(0) * features[band, sample]
    whole = True
    for sample in range(len(mean)):
        whole &= mean[sample] == mean[sample] and invalid[sample] & _UNUSABLE == 0
    for band in range(0 if whole else features.shape[0]):
        for sample in range(len(mean)):
            usable = mean[sample] == mean[sample] and invalid[sample] & _UNUSABLE == 0
            features[band, sample] = features[band, sample] if usable else np.float32(0)


@line_kernel
def follow(
    counts: Table, first: int, dark: Table, weights: Table, drift: Table, fit: Table, basis: Table,
    full_scale: np.uint16, out: Table,
) -> bool:  # fmt: skip
    """Signal of the samples from `first` on: the weighted sum of their signals in each band, smoothed along the bands.

    dark, weights: float32 (bands, samples). smooth: what fits coefficients to bands, float32 (coefficients, bands), and
    the basis, float32 (bands, coefficients). Returns False, and leaves `out`, where a count is at full scale.
    """
    one, two, three, top = np.float32(0), np.float32(0), np.float32(0), np.uint16(0)
    start = np.uint64(first)
    for band in range(counts.shape[0]):
        seen, off = np.float32(0), drift[band]
        for k in range(np.uint64(weights.shape[1])):
            count, weight = counts[band, start + k], weights[band, k]
            seen += weight * (np.float32(np.int32(count)) - dark[band, k] - off)
            top = max(top, count if weight != 0 else np.uint16(0))
        one += fit[0, band] * seen
        two += fit[1, band] * seen
        three += fit[2, band] * seen
    if top >= full_scale:
        return False
    for band in range(len(out)):
        out[band] = one * basis[band, 0] + two * basis[band, 1] + three * basis[band, 2]
    return True


@line_kernel
def moments(values: Table, invalid: Table, mean: Table, squares: Table, variate: bool) -> None:
    """Mean and sum of squares of float32 (bands, samples), as `reflect` makes them, and with `variate` that."""
    for sample in range(len(mean)):
        mean[sample], squares[sample] = 0, 0
    for band in range(values.shape[0]):
        gather(values, band, mean, squares)
    if variate:
        finish(values, invalid, mean, squares)


@line_kernel
def lamp(light: Table, seen: bool, floor: float) -> float:
    """From the lamp in each band, 1 being what it was, to what makes up for it, in place; and the mean of the lamp."""
    mean = np.float32(0)
    for band in range(len(light)):
        strength = max(light[band], np.float32(floor)) if seen else np.float32(1)
        mean += strength / np.float32(len(light))
        light[band] = np.float32(1) / strength
    return float(mean)
