"""Samples of core in order of depth, from whatever they were measured with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.messages import ClassInfo, FeatureInfo
from sinks.core.depth import Flag, Missing, Recovery

REASONS = ("too dark", "noisy", "no bands", "not in the list", "unsure")
"""Why rock has no class, in the order in which one goes before the others. What has "no bands" is aspectral."""
NOT_TOLD = "not told"


@dataclass(frozen=True, slots=True, eq=False)
class CoreSamples:
    """What was measured of a hole, or of one of its boxes; an entry is a line of a row, or a spectrum. In order of
    depth.

    `depth_m`, `sd_m`, `length_m` float64 (n,): middle, its standard uncertainty, and length of hole that it stands for.
    `box`, `row`, `line` int32 (n,): where it lies; a line is one of its box's scan. `kind` uint8 (n,): a `Kind`.
    `counts` uint32 (n, classes): its pixels of rock by class, of which `groups` names each one's group. `reasons`
    uint32 (n, reason_names): its pixels of rock without a class, by reason, the last being that none was told; "not
    rock" is not among them. `not_rock`, `masked` uint32 (n,): pixels that are wood, plastic or paint, and those of
    which nothing is known (saturated, without a reference, of a line that did not come). `measures`: what is measured
    of absorption, "2200W", a centre in nm, "2200D", a depth as a share of the hull, "crystallinity" and their like;
    `sums` float64 (n, measures, 3): number of pixels in which the feature is deep enough, sum of the measure and of its
    squares. `features`: their windows. `answer`: "labels" or "bands", or of a TSG file the name of TSG's.
    """

    hole: str
    answer: str
    depth_m: NDArray[np.float64]
    sd_m: NDArray[np.float64]
    length_m: NDArray[np.float64]
    box: NDArray[np.int32]
    row: NDArray[np.int32]
    line: NDArray[np.int32]
    kind: NDArray[np.uint8]
    classes: tuple[ClassInfo, ...]
    groups: tuple[str, ...]
    counts: NDArray[np.uint32]
    reason_names: tuple[str, ...]
    reasons: NDArray[np.uint32]
    not_rock: NDArray[np.uint32]
    masked: NDArray[np.uint32]
    measures: tuple[str, ...]
    sums: NDArray[np.float64]
    features: tuple[FeatureInfo, ...] = ()
    missing: tuple[Missing, ...] = ()
    recovery: tuple[Recovery, ...] = ()
    flags: tuple[Flag, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.depth_m)


ENTRIES = (
    "depth_m", "sd_m", "length_m", "box", "row", "line", "kind", "counts", "reasons", "not_rock", "masked", "sums",
)  # fmt: skip
"""Fields of which each entry has its own."""
