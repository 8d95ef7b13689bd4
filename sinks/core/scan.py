"""Scan of a box: what the lines of a run say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer
from oreline.messages import FeatureInfo


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """One box as it was seen, line by line.

    `box`: its number. `run`: of the stream, hex. `seqs` int64 (lines,): sequence numbers. `along_mm` float64 (lines,):
    way from its first line, by the encoder. `pixel_mm`: size of a sample across. `codes` uint8 (lines, samples): of
    `answer`, besides UNKNOWN, BACKGROUND and INVALID. `reasons` uint8 (lines, samples): of an unknown, an index into
    `reason_names`, 255 where none is told. `rock` bool (lines, samples): core, as against tray, table and blocks.
    `missing` bool (lines,): no line came here, nothing is known of it. `features` float32 (lines, features, 2,
    samples): centre in nm and depth, NaN where there is none; None where they were not made. `provenance`: model,
    references, software and the hashes of what it was made from.
    """

    box: int
    run: str
    seqs: NDArray[np.int64]
    along_mm: NDArray[np.float64]
    pixel_mm: float
    answer: Answer
    codes: NDArray[np.uint8]
    reasons: NDArray[np.uint8]
    reason_names: tuple[str, ...]
    rock: NDArray[np.bool_]
    missing: NDArray[np.bool_]
    features: NDArray[np.float32] | None = None
    feature_infos: tuple[FeatureInfo, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
