"""From recordings to what the simulated camera maps: raw files of little-endian uint16, BIL.

A recording that already is one is played where it lies. Any other is converted once, piece by piece; the copy is named
after what it was made from and used again as long as that has not changed.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.camera.sim_camera import Source
from oreline.errors import RecordingError
from oreline.guard import refusal
from oreline.recordings.exclusions import LARGEST, counted, no_data_count
from oreline.recordings.finding import RecordingSet
from oreline.recordings.fit import refuse_unlike
from oreline.recordings.recording import Recording

VIEWS = ("scene", "dark", "white")
"""What a simulated camera can look at."""


def prepare(recordings: RecordingSet, folder: Path) -> dict[str, Source]:
    """The sources of a camera: "scene" and, where they exist, "dark" and "white". Copies go to `folder`.

    Raises RecordingError for values that are no counts of 16 bits: fractions, NaN, negative or above 65,535; and for
    references that were taken in another way than the scene, for a camera shows all three as taken alike.
    """
    seen = {kind: one for kind, one in recordings.present().items() if kind in VIEWS}
    for kind, recording in seen.items():
        refuse_unlike(recordings.scene, recording, kind)
    return {kind: _source(recording, folder) for kind, recording in seen.items()}


def _source(recording: Recording, folder: Path) -> Source:
    in_place = recording.interleave == "bil" and recording.dtype == np.dtype("<u2") and recording.offset % 2 == 0
    path = recording.path if in_place and recording.strides else _converted(recording, folder)
    offset = recording.offset if path == recording.path else 0
    shape = recording.lines, recording.bands, recording.samples
    return Source(path, offset, *shape, recording.x_start, recording.stamps)


def _converted(recording: Recording, folder: Path) -> Path:
    path = folder / f"{recording.path.stem}-{_identity(recording)}.raw"
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    try:
        with draft.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, recording.lines * recording.bands * recording.samples * 2)
            no_data = no_data_count(recording)
            for piece in recording.pieces():
                file.write(_counts(recording, piece, no_data).data)
        draft.replace(path)
    except OSError as error:
        raise refusal(error, path) from None
    finally:
        draft.unlink(missing_ok=True)
    return path


def _identity(recording: Recording) -> str:
    """Changes whenever the recording may have: its file, its time and size, or what its header says."""
    status = recording.path.stat()
    said = (recording.path.absolute(), status.st_size, status.st_mtime_ns, recording)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _counts(recording: Recording, piece: NDArray[Any], no_data: int | None) -> NDArray[np.uint16]:
    """`piece` as counts, C-contiguous, with `no_data` where the header says there is none. Raises RecordingError where
    that would change a value."""
    piece = counted(piece, recording.ignored, no_data)
    if recording.dtype.kind == "f" and not (np.isfinite(piece).all() and (np.trunc(piece) == piece).all()):
        raise RecordingError(f"{recording.path} holds fractions or NaN: a camera plays raw counts, not reflectance")
    low, high = piece.min(), piece.max()
    if low < 0 or high > LARGEST:
        raise RecordingError(
            f"{recording.path} holds values from {low:g} to {high:g}: a camera plays counts from 0 to {LARGEST}"
        )
    return np.ascontiguousarray(piece, "<u2")
