"""Tally: sums of samples over intervals of a hole, part after part, each of which is let go of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.messages import ClassInfo, FeatureInfo
from sinks.core.depth import Flag, Kind, Missing, Recovery
from sinks.core.samples import CoreSamples
from sinks.core.table import FEATURE, MASKED, MINERAL, NOT_ROCK, UNKNOWN

HOLE_M, CORE_M, BROKEN, UNSEEN = "hole_m", "core_m", "broken", "unseen"
"""Sums of the length of hole that core was seen of, of that core itself, and numbers of its lines that are broken and
that are masked from end to end, as those that did not come."""

Array = NDArray[Any]


class Tally:
    """Sums over `spans`, intervals (m, 2) in m, of which each takes what lies from its first depth on to before its
    last; they may overlap.

    `sums`: by name, int64 or float64 (m,): pixels by "mineral.NAME", "unknown.REASON", "not_rock" and "masked";
    lengths and lines by HOLE_M, CORE_M, BROKEN and UNSEEN; by "feature.NAME" (m, 3), as `CoreSamples.sums`. `sd_m`
    float64 (m,): the largest, -inf where there is none. `boxes`, `words`: those of each interval, and what is to be
    said of it. All else is what parts say of themselves.
    """

    def __init__(self, spans: NDArray[np.float64]) -> None:
        self.spans = spans
        self.sums: dict[str, Array] = {}
        self.sd_m = np.full(len(spans), -np.inf)
        self.boxes: list[set[int]] = [set() for _ in spans]
        self.words: list[dict[str, None]] = [{} for _ in spans]
        self.hole, self.answer = "", ""
        self.classes: dict[str, ClassInfo] = {}
        self.groups: dict[str, str] = {}
        self.features: dict[str, FeatureInfo] = {}
        self.missing: dict[Missing, None] = {}
        self.recovery: dict[Recovery, None] = {}
        self.flags: dict[Flag, None] = {}
        self.provenance: dict[str, list[Any]] = {}

    def add(self, part: CoreSamples) -> None:
        """Take a part of the hole."""
        self._note(part)
        ends = np.searchsorted(part.depth_m, self.spans)
        at = np.flatnonzero(ends[:, 1] > ends[:, 0])
        bounds = ends[at].ravel()
        for name, values in _by_name(part):
            zero = np.zeros((len(self.spans), *values.shape[1:]), values.dtype)
            self.sums.setdefault(name, zero)[at] += _over(np.add, values, bounds)
        for name, weights in ((HOLE_M, part.length_m), (CORE_M, part.length_m * _longer(part))):
            self.sums[name] = self.sums.get(name, 0.0) + _covered(part, weights, self.spans)
        self.sd_m[at] = np.fmax(self.sd_m[at], _over(np.fmax, part.sd_m, bounds))
        for interval, first, stop in zip(at.tolist(), *ends[at].T.tolist(), strict=True):
            self.boxes[interval].update(np.unique(part.box[first:stop]).tolist())
        for flag in part.flags:
            here = _over(np.add, _touched(part, flag), bounds) > 0
            for interval in at[here].tolist():
                self.words[interval][flag.words] = None

    def _note(self, part: CoreSamples) -> None:
        self.hole, self.answer = part.hole, part.answer
        self.classes |= {info.name: info for info in part.classes}
        self.groups |= {info.name: group for info, group in zip(part.classes, part.groups, strict=True)}
        self.features |= {info.name: info for info in part.features}
        self.missing |= dict.fromkeys(part.missing)
        self.recovery |= dict.fromkeys(part.recovery)
        self.flags |= dict.fromkeys(part.flags)
        for key, value in part.provenance.items():
            known = self.provenance.setdefault(key, [])
            known += [one for one in (value if isinstance(value, list | tuple) else [value]) if one not in known]


def _by_name(part: CoreSamples) -> Iterator[tuple[str, Array]]:
    for place, info in enumerate(part.classes):
        yield MINERAL + info.name, part.counts[:, place].astype(np.int64)
    for place, name in enumerate(part.reason_names):
        yield UNKNOWN + name, part.reasons[:, place].astype(np.int64)
    for place, name in enumerate(part.measures):
        yield FEATURE + name, part.sums[:, place]
    yield NOT_ROCK, part.not_rock.astype(np.int64)
    yield MASKED, part.masked.astype(np.int64)
    yield BROKEN, (part.kind == Kind.BROKEN).astype(np.int64)
    known = part.counts.sum(axis=1) + part.reasons.sum(axis=1) + part.not_rock
    yield UNSEEN, ((part.masked > 0) & (known == 0)).astype(np.int64)


def _over(how: np.ufunc, values: Array, bounds: NDArray[np.intp]) -> Array:
    """Values reduced over [first, stop) pairs, which are not empty."""
    if not len(bounds):
        return values[:0]
    return np.asarray(how.reduceat(np.concatenate([values, np.zeros_like(values[:1])]), bounds, axis=0)[::2])


def _covered(part: CoreSamples, weights: NDArray[np.float64], spans: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of `weights` (n,), spread over the lengths that entries stand for, what lies in each interval."""
    if not len(part):
        return np.zeros(len(spans))
    ends = np.stack([part.depth_m - part.length_m / 2, part.depth_m + part.length_m / 2], axis=1).ravel()
    sums = np.cumsum(weights)
    below = np.stack([np.concatenate([[0.0], sums[:-1]]), sums], axis=1).ravel()
    return np.asarray(np.diff(np.interp(spans, np.maximum.accumulate(ends), below), axis=1)[:, 0])


def _longer(part: CoreSamples) -> NDArray[np.float64]:
    """Length of core by length of hole, (n,): more than 1 in runs that brought more core than they drilled."""
    factor = np.ones(len(part))
    for run in part.recovery:
        lost = sum(max(0.0, min(run.to_m, one.to_m) - max(run.from_m, one.from_m)) for one in part.missing)
        inside = (part.depth_m >= run.from_m) & (part.depth_m < run.to_m)
        if run.to_m - run.from_m > lost:
            factor[inside] = run.recovered_m / (run.to_m - run.from_m - lost)
    return factor


def _touched(part: CoreSamples, flag: Flag) -> NDArray[np.int64]:
    """1 for each entry that a flag is about; one about the whole hole is about none."""
    here = (part.box == flag.box) & ((part.row == flag.row) | (flag.row is None))
    return np.asarray(here, np.int64)
