"""Scan of a box: what the lines of a run say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer
from oreline.messages import UNKNOWN, FeatureInfo
from sinks.core.depth import Flag

NOT_ROCK = "not rock"
"""Group and reason of what is wood, plastic or paint."""
NO_BANDS = "no bands"
"""Group and reason of what has no absorption bands to name it by."""
NO_REASON = 255


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """One box as it was seen, line by line.

    `box`: its number. `run`: of the stream, hex. `seqs` int64 (lines,): sequence numbers. `along_mm` float64 (lines,):
    way from its first line, by the encoder. `pixel_mm`: size of a sample across. `which`: "labels" or "bands", what is
    answered. `codes` uint8 (lines, samples): of `answer`, besides UNKNOWN, BACKGROUND and INVALID; all INVALID in a
    line that is missing. `reasons` uint8 (lines, samples): of an unknown, an index into `reason_names`, 255 where none
    is told. `rock` bool (lines, samples): core, as against tray, table and blocks. `missing` bool (lines,): no line
    came here, nothing is known of it. `features` float32 (lines, features, 2, samples): centre in nm and depth, NaN
    where there is none; None where they were not made. `flags`: what should be known of it. `provenance`: model,
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
    which: str = "labels"
    flags: tuple[Flag, ...] = ()


def core_in(scan: Scan, tray: str) -> NDArray[np.bool_]:
    """Where core lies, bool (lines, samples), as against a tray of "wood" or "metal". Metal has no absorption bands,
    and labels cannot tell it from rock without any: there, only what has bands is core."""
    if tray != "metal":
        return scan.rock
    return scan.rock & ~_says(NO_BANDS, scan.codes, scan.reasons, scan.answer, scan.reason_names)


def is_not_rock(
    codes: NDArray[np.uint8], reasons: NDArray[np.uint8], answer: Answer, reason_names: tuple[str, ...]
) -> NDArray[np.bool_]:
    """Where samples are wood, plastic or paint, by their class or by why they have none; shaped as `codes`."""
    return _says(NOT_ROCK, codes, reasons, answer, reason_names)


def _says(
    what: str, codes: NDArray[np.uint8], reasons: NDArray[np.uint8], answer: Answer, reason_names: tuple[str, ...]
) -> NDArray[np.bool_]:
    """Where a group or the reason of an unknown is `what`."""
    table = np.zeros(256, np.bool_)
    table[[code for code, group in enumerate(answer.groups) if group == what]] = True
    why = reason_names.index(what) if what in reason_names else NO_REASON
    told: NDArray[np.bool_] = table[codes] | ((codes == UNKNOWN) & (reasons == why) & (why != NO_REASON))
    return told
