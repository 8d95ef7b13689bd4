"""Samples of core in order of depth, from whatever they were measured with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.messages import ClassInfo, FeatureInfo
from sinks.core.depth import Flag, Missing, Recovery


@dataclass(frozen=True, slots=True, eq=False)
class CoreSamples:
    """What was measured of a hole; an entry is a line of a row, or a spectrum. In order of depth.

    `depth_m`, `sd_m`, `length_m` float64 (n,): middle, its standard uncertainty, and length of hole that it stands for.
    `box`, `row`, `line` int32 (n,): where it lies; a line is one of its box's scan. `counts` uint32 (n, classes): its
    pixels of rock by class, of which `groups` names each one's group. `reasons` uint32 (n, reason_names): its pixels of
    rock without a class, by reason, the last being that none was told; "not rock" is not among them. `not_rock`,
    `masked` uint32 (n,): pixels that are wood, plastic or paint, and those that were not looked at (edges, shadow,
    saturated). `feature_sums` float64 (n, features, 3): number of pixels in which it is deep enough, sum of centres
    in nm and of their squares; `feature_depths` float64 (n, features): sum of depths. `answer`: "labels" or "bands".
    """

    hole: str
    answer: str
    depth_m: NDArray[np.float64]
    sd_m: NDArray[np.float64]
    length_m: NDArray[np.float64]
    box: NDArray[np.int32]
    row: NDArray[np.int32]
    line: NDArray[np.int32]
    classes: tuple[ClassInfo, ...]
    groups: tuple[str, ...]
    counts: NDArray[np.uint32]
    reason_names: tuple[str, ...]
    reasons: NDArray[np.uint32]
    not_rock: NDArray[np.uint32]
    masked: NDArray[np.uint32]
    features: tuple[FeatureInfo, ...] = ()
    feature_sums: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0, 3)))
    feature_depths: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    missing: tuple[Missing, ...] = ()
    recovery: tuple[Recovery, ...] = ()
    flags: tuple[Flag, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
