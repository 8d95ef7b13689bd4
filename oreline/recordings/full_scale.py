"""Full scale: the count of a saturated pixel, by one function for all who ask."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np

from oreline.errors import RecordingError
from oreline.recordings.exclusions import LARGEST, missing
from oreline.recordings.recording import Recording

SENSOR_BITS = (8, 10, 12, 14, 16)


@dataclass(frozen=True, slots=True)
class FullScale:
    """`count`: of a saturated pixel. `note`: how that was found, "" where the headers say it."""

    count: int
    note: str = ""


def full_scale_of(scene: Recording | None, references: Iterable[Recording]) -> FullScale:
    """The full scale of recordings of one camera.

    It is what their headers say. Where none does, or a reference has counts beyond it, it follows from the counts, all
    of which are read: the least usual depth that holds the largest one; where the lowest bits of all are zero, as of a
    camera whose counts were shifted up, without those. Raises RecordingError where headers say different things.
    """
    references = list(references)
    count = _said([*filter(None, [scene]), *references])
    seen = [_seen(one) for one in references]
    most = max((largest for largest, _ in seen), default=0)
    if 0 < count <= LARGEST and most <= count:
        return FullScale(count)
    found = _by_counts([*seen, _seen(scene)] if scene else seen)
    words = f"no header says the full scale: {found} by the counts"
    if count:
        words = f"the headers say a full scale of {count}, but there are counts up to {most}: {found} by the counts"
    return FullScale(found, words)


def _said(recordings: Iterable[Recording]) -> int:
    """What the headers say, 0 where none does. Raises RecordingError."""
    said = [(one.path.name, one.full_scale) for one in recordings if one.full_scale]
    if len({count for _, count in said}) > 1:
        words = ", ".join(f"{name} {count}" for name, count in said)
        raise RecordingError(f"the headers say different full scales: {words}; they are not of one camera setting")
    return said[0][1] if said else 0


def _seen(recording: Recording) -> tuple[int, int]:
    """The largest value, rounded up, 0 where none is a number; and the bits that are set in any count, none where they
    may be averages."""
    largest, bits = 0.0, 0
    for piece in recording.pieces():
        is_data = np.isfinite(piece) & ~missing(piece, recording.ignored)
        largest = max(largest, float(np.max(piece, initial=0, where=is_data)))
        if piece.dtype.kind != "f":
            bits |= int(np.bitwise_or.reduce(piece, axis=None, initial=0, where=is_data))
    return math.ceil(largest), bits


def _by_counts(seen: list[tuple[int, int]]) -> int:
    largest, used = max(largest for largest, _ in seen), reduce(or_, (bits for _, bits in seen))
    bits = next((bits for bits in SENSOR_BITS if largest < 1 << bits), SENSOR_BITS[-1])
    unused = (used & -used).bit_length() - 1 if used and bits == SENSOR_BITS[-1] else 0
    return (1 << bits) - (1 << unused)
