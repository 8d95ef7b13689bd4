"""Kernels that decide on each sample of a line. They go row by row over all samples, so that their loops run in
vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.flags import UNUSABLE
from oreline.jit import kernel
from oreline.messages import BACKGROUND, INVALID, UNKNOWN

GROUP, GROUP_CONFIDENCE, BANDS, BANDS_GROUP, BANDS_CONFIDENCE, SECOND, SHARE, REASON = range(8)
PLANES = 8
"""Of what is decided beside the label; `numbers` are those of GROUP_CONFIDENCE, BANDS_CONFIDENCE and SHARE."""
MORE_THAN_HALF = np.float32(0.5)
"""Of the probability, before something is said to be no rock."""
IS_NOT_ROCK, IS_DARK, IS_NOISY, HAS_NO_BANDS, IS_NOT_LISTED, IS_UNSURE = range(6)
"""Places in `inference.classification.layers.REASONS`."""
Table = NDArray[Any]


@kernel
def answered(labels: Table, confidence: Table) -> bool:
    """Whether the network gave a number for each sample of a line that was asked for."""
    whole = True
    for s in range(labels.size):
        whole &= labels[s] != UNKNOWN or confidence[s] != 0
    return whole


@kernel
def softmax(logits: Table, first: int, stop: int, told: bool, out: Table, top: Table, inverse: Table) -> None:
    """Softmax of the rows from `first` to `stop`, which is `inverse` times exp(logits - `top`), the largest of them;
    NaN for a sample of which any is. `told`: whether it is written `out` for each row. exp(y) as
    (1 + z + z^2/2 + z^3/6)^256, z = y/256, which for y in -20..0 is within 2e-4 and calls nothing."""
    samples = logits.shape[1]
    top[:] = logits[first]
    for c in range(first + 1, stop):
        for s in range(samples):
            top[s] = logits[c, s] if logits[c, s] > top[s] else top[s]
    total = np.zeros(samples, np.float32)
    for c in range(first, stop):
        for s in range(samples):
            total[s] += _exp(logits[c, s] - top[s])
    for s in range(samples):
        inverse[s] = np.float32(1) / total[s]
    for c in range(first, stop if told else first):
        for s in range(samples):
            out[c, s] = _exp(logits[c, s] - top[s]) * inverse[s]


@kernel
def _exp(below: np.float32) -> np.float32:
    z = (np.float32(-64.0) if below < np.float32(-64.0) else below) * np.float32(1 / 256)
    e = np.float32(1) + z * (np.float32(1) + z * (np.float32(0.5) + z * np.float32(1 / 6)))
    for _ in range(8):
        e *= e
    return e


@kernel
def _largest(values: Table, first: int, stop: int, best: Table, which: Table) -> None:
    """Of the rows from `first` to `stop`, the largest value of each sample and its row; the first where several are."""
    for s in range(best.size):
        best[s], which[s] = values[first, s], first
    for row in range(first + 1, stop):
        for s in range(best.size):
            larger = values[row, s] > best[s]
            which[s] = row if larger else which[s]
            best[s] = values[row, s] if larger else best[s]


@kernel
def _summed(values: Table, first: int, group: Table, sums: Table) -> None:
    """The sums of the rows from `first` on by the group of each."""
    sums[:] = np.float32(0)
    for row in range(group.size):
        of = group[row]
        for s in range(sums.shape[1]):
            sums[of, s] += values[first + row, s]


@kernel
def _byte(share: np.float32) -> np.uint8:
    """0..1 as 0..255; 0 where it is not a number."""
    part = min(share, np.float32(1)) if share >= np.float32(0) else np.float32(0)
    return np.uint8(part * np.float32(255) + np.float32(0.5))


@kernel
def decide(
    logits: Table,
    top: Table,
    inverse: Table,
    probability: Table,
    mean: Table,
    invalid: Table,
    class_group: Table,
    groups: int,
    belt: bool,
    places: Table,
    below: Table,
    labels: Table,
    confidence: Table,
    numbers: Table,
    planes: Table,
) -> None:
    """Labels, their groups, and why the unknown are, of what `softmax` has made of the rows of classes and strangers.
    `groups`: number of them, 0 where they are not asked for, and `probability` neither."""
    samples, classes = mean.size, class_group.size
    best, which = np.empty(samples, np.float32), np.empty(samples, np.int32)
    _largest(logits, 0, classes, best, which)
    sums = np.empty((max(groups, 1), samples), np.float32)
    large, group = np.zeros(samples, np.float32), np.zeros(samples, np.int32)
    if groups > 0:
        _summed(probability, 0, class_group, sums)
        _largest(sums, 0, groups, large, group)
    for s in range(samples):
        other = logits[places[0], s] if places[0] >= 0 else best[s]
        refused = places[1] >= 0 and _exp(logits[places[1], s] - top[s]) * inverse[s] > MORE_THAN_HALF
        share = _exp(best[s] - top[s]) * inverse[s]
        labels[s], confidence[s] = UNKNOWN, 0
        planes[GROUP, s], planes[REASON, s] = UNKNOWN, IS_UNSURE
        if share >= np.float32(0):
            confidence[s] = max(_byte(share), np.uint8(1))
        numbers[0, s] = large[s]
        if refused:
            planes[REASON, s] = IS_NOT_ROCK
        elif share >= below[0]:
            labels[s], planes[REASON, s] = which[s], UNKNOWN
            if groups > 0:
                planes[GROUP, s] = class_group[which[s]]
                numbers[0, s] = sums[class_group[which[s]], s]
        else:
            if large[s] >= below[2]:
                planes[GROUP, s] = group[s]
            if mean[s] < below[3]:
                planes[REASON, s] = IS_DARK
            elif other > best[s]:
                planes[REASON, s] = IS_NOT_LISTED
        if belt and mean[s] < below[1]:
            labels[s], confidence[s] = BACKGROUND, 0
        if invalid[s] & UNUSABLE or not np.isfinite(mean[s]):
            labels[s], confidence[s] = INVALID, 0
        if labels[s] == BACKGROUND or labels[s] == INVALID:
            planes[GROUP, s], planes[REASON, s], numbers[0, s] = UNKNOWN, UNKNOWN, 0
        planes[GROUP_CONFIDENCE, s] = _byte(numbers[0, s])


@kernel
def decide_bands(
    probability: Table,
    first: int,
    name_group: Table,
    is_species: Table,
    groups: int,
    places: Table,
    below: Table,
    labels: Table,
    numbers: Table,
    planes: Table,
) -> None:
    """The second answer, from the probabilities of its names, which begin at the row `first`, and what it says of why a
    label is unknown."""
    samples, names = labels.size, name_group.size
    most, name = np.empty(samples, np.float32), np.empty(samples, np.int32)
    _largest(probability, first, first + names, most, name)
    sums = np.empty((groups, samples), np.float32)
    _summed(probability, first, name_group, sums)
    one, other = np.full(samples, np.float32(-1)), np.full(samples, np.float32(-1))
    group, second = np.full(samples, -1, np.int32), np.full(samples, -1, np.int32)
    for g in range(groups):
        if g == places[3] or g == places[4]:
            continue
        for s in range(samples):
            larger = sums[g, s] > one[s]
            group[s] = g if larger else group[s]
            one[s] = sums[g, s] if larger else one[s]
    own, species = np.full(samples, np.float32(-1)), np.full(samples, -1, np.int32)
    for n in range(names):
        for s in range(samples):
            larger = name_group[n] == group[s] and probability[first + n, s] > own[s]
            species[s] = n if larger else species[s]
            own[s] = probability[first + n, s] if larger else own[s]
    for g in range(groups):
        if g == places[2] or g == places[3] or g == places[4]:
            continue
        for s in range(samples):
            larger = g != group[s] and sums[g, s] > other[s]
            second[s] = g if larger else second[s]
            other[s] = sums[g, s] if larger else other[s]
    for s in range(samples):
        planes[BANDS, s] = planes[BANDS_GROUP, s] = planes[SECOND, s] = UNKNOWN
        numbers[1, s], numbers[2, s] = max(one[s], np.float32(0)), 0
        at = name_group[name[s] - first]
        apart = at == places[3] or (at == places[4] and most[s] > MORE_THAN_HALF)
        if labels[s] == BACKGROUND or labels[s] == INVALID:
            numbers[1, s] = 0
        elif apart:
            planes[BANDS, s], planes[BANDS_GROUP, s], numbers[1, s] = name[s] - first, at, most[s]
        elif one[s] >= below[4] and group[s] != places[2]:
            planes[BANDS_GROUP, s] = group[s]
            if own[s] >= below[5] and is_species[species[s]]:
                planes[BANDS, s] = species[s]
            if second[s] >= 0:
                planes[SECOND, s], numbers[2, s] = second[s], other[s] / (one[s] + other[s])
        if labels[s] == UNKNOWN and planes[REASON, s] > IS_NOISY:
            if apart and at == places[3]:
                planes[REASON, s] = HAS_NO_BANDS
            elif not apart and group[s] >= 0 and group[s] == places[2]:
                planes[REASON, s] = IS_NOT_LISTED
        planes[BANDS_CONFIDENCE, s], planes[SHARE, s] = _byte(numbers[1, s]), _byte(numbers[2, s])


@kernel
def noise(reflectance: Table, out: Table) -> None:
    """Noise of a band as a share of its reflectance, float32 (samples,): the standard deviation that explains how bands
    differ from the mean of their neighbours. Some 64 bands are looked at, which tells it to a tenth."""
    bands, samples = reflectance.shape
    step = max(1, bands // 64)
    out[:] = np.float32(0)
    seen = 0
    for b in range(1, bands - 1, step):
        seen += 1
        for s in range(samples):
            middle = reflectance[b, s]
            bend = (reflectance[b - 1, s] + reflectance[b + 1, s]) / middle - np.float32(2)
            out[s] += bend * bend
    for s in range(samples):
        out[s] = np.sqrt(out[s] / np.float32(6 * max(seen, 1)))


@kernel
def tell_noisy(reflectance: Table, above: np.float32, reasons: Table) -> None:
    """Noise is looked for only where it would be the reason: what goes before it is known."""
    wanted = False
    for s in range(reasons.size):
        wanted |= reasons[s] > IS_NOISY and reasons[s] != UNKNOWN
    if not wanted:
        return
    found = np.empty(reasons.size, np.float32)
    noise(reflectance, found)
    for s in range(reasons.size):
        if reasons[s] > IS_NOISY and reasons[s] != UNKNOWN and not found[s] <= above:
            reasons[s] = IS_NOISY


@kernel
def to_bytes(shares: Table, out: Table) -> None:
    """Each 0..1 as 0..255."""
    for row in range(shares.shape[0]):
        for s in range(shares.shape[1]):
            out[row, s] = _byte(shares[row, s])
