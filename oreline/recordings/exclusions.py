"""What of a recording is not to be believed, by its header: bad bands, and a value that stands for no data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.errors import RecordingError
from oreline.recordings.recording import Recording

LARGEST = 65_535


def bad_bands(recordings: Iterable[Recording]) -> tuple[int, ...]:
    """Bands, from 0, that any of the recordings calls bad."""
    return tuple(sorted({band for recording in recordings for band in recording.bad_bands}))


def longest_run(bands: Iterable[int]) -> int:
    """How many of rising band numbers are side by side at most."""
    runs = groupby(enumerate(bands), lambda pair: pair[1] - pair[0])
    return max((len(list(run)) for _, run in runs), default=0)


def no_data_count(recording: Recording) -> int | None:
    """The count that stands for no data where a recording is played as counts: its own value where that is a count, or
    else the least count that it does not hold (then all values are read). None where nothing stands for no data.

    Raises RecordingError where every count is taken.
    """
    value = recording.ignored
    if value is None or not _can_hold(recording.dtype, value):
        return None
    if value in range(LARGEST + 1):
        return int(value)
    held = np.zeros(LARGEST + 1, np.bool_)
    for piece in recording.pieces():
        held[piece[(piece >= 0) & (piece <= LARGEST)].astype(np.uint16)] = True
    if held.all():
        raise RecordingError(f"{recording.path} has no data where it holds {value:g}, and no count is free for that")
    return int(np.argmin(held))


def notes_of(bad: Sequence[int], recording: Recording) -> list[str]:
    """What is said of bad bands and of the scene's value for no data."""
    notes = []
    if bad:
        bands = "1 band is" if len(bad) == 1 else f"{len(bad)} bands are"
        notes.append(f"{bands} bad by 'bbl', from band {bad[0]} on: made of neighbours, NaN where many are in a row")
    if recording.ignored is not None and _can_hold(recording.dtype, recording.ignored):
        notes.append(f"samples that hold {recording.ignored:g} in any band have no data: they are NaN, and invalid")
    return notes


def missing(values: NDArray[Any], ignored: float | None) -> NDArray[np.bool_]:
    """Where values are the one that stands for no data, if any does, as they were rounded in their own type."""
    if ignored is None or (np.isnan(ignored) and values.dtype.kind != "f"):
        return np.zeros(values.shape, np.bool_)
    if np.isnan(ignored):
        return np.asarray(np.isnan(values))
    own = np.float64(ignored).astype(values.dtype) if values.dtype.kind == "f" else ignored
    return np.asarray(values == own)


def counted(values: NDArray[Any], ignored: float | None, no_data: int | None) -> NDArray[Any]:
    """Values with the count `no_data`, see `no_data_count`, where they stand for none."""
    return values if no_data is None else np.where(missing(values, ignored), np.uint16(no_data), values)


def _can_hold(dtype: np.dtype[Any], value: float) -> bool:
    if dtype.kind == "f":
        return True
    return bool(value == np.trunc(value)) and bool(np.iinfo(dtype).min <= value <= np.iinfo(dtype).max)
