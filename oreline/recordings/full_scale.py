"""Full scale: the count of a saturated pixel, by one function for all who ask."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.errors import RecordingError
from oreline.recordings.exclusions import LARGEST, missing
from oreline.recordings.recording import Recording

SENSOR_BITS = (8, 10, 12, 14, 16)


@dataclass(frozen=True, slots=True)
class FullScale:
    """`count`: of a saturated pixel. `note`: how that was found, "" where the headers say it."""

    count: int
    note: str = ""


def full_scale_of(recordings: Mapping[str, Recording]) -> FullScale:
    """The full scale of recordings of one camera, by kind, "scene" among them.

    It is what their headers say. Where none does, or a reference has counts beyond it, it follows from the counts, all
    of which are read: the least usual depth that holds the largest one; where the lowest bits of all are zero, as of a
    camera whose counts were shifted up, without those. Raises RecordingError where headers say different things.
    """
    said = {kind: one.full_scale for kind, one in recordings.items() if one.full_scale}
    if len(set(said.values())) > 1:
        words = ", ".join(f"{recordings[kind].path.name} {count}" for kind, count in said.items())
        raise RecordingError(f"the headers say different full scales: {words}; they are not of one camera setting")
    count = next(iter(said.values()), 0)
    most = max((_largest(one) for kind, one in recordings.items() if kind != "scene"), default=0)
    if 0 < count <= LARGEST and most <= count:
        return FullScale(count)
    found = _by_counts(recordings.values())
    words = f"no header says the full scale: {found} by the counts"
    if count:
        words = f"the headers say a full scale of {count}, but there are counts up to {most}: {found} by the counts"
    return FullScale(found, words)


def _largest(recording: Recording) -> int:
    """The largest value, rounded up; 0 where none is a number."""
    highest = (float(np.max(piece, initial=0, where=_is_data(recording, piece))) for piece in recording.pieces())
    return math.ceil(max(highest, default=0.0))


def _by_counts(recordings: Iterable[Recording]) -> int:
    largest, used = 0, 0
    for recording in recordings:
        largest = max(largest, _largest(recording))
        used |= _bits_used(recording)
    bits = next((bits for bits in SENSOR_BITS if largest < 1 << bits), SENSOR_BITS[-1])
    unused = (used & -used).bit_length() - 1 if used and bits == SENSOR_BITS[-1] else 0
    return (1 << bits) - (1 << unused)


def _bits_used(recording: Recording) -> int:
    """The bits that are set in any count; none where they may be averages."""
    if recording.dtype.kind == "f":
        return 0
    used = (np.bitwise_or.reduce(piece[_is_data(recording, piece)], axis=None) for piece in recording.pieces())
    return reduce(or_, map(int, used), 0)


def _is_data(recording: Recording, piece: NDArray[Any]) -> NDArray[np.bool_]:
    finite = np.asarray(np.isfinite(piece))
    return finite if recording.ignored is None else finite & ~missing(piece, recording.ignored)
