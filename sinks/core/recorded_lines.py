"""Lines of a scan from the ENVI files that a recorder beside the journal wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.recordings.envi_header import read_fields
from oreline.recordings.names import HEADER
from oreline.recordings.recording import open_recording

Span = tuple[int, int]
"""Sequence numbers [first, stop)."""
Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class RecordedLines:
    """Lines of a recording: fields of its header, centres of its bands in nm, empty where it says none, and values
    float32 (lines, bands, samples), NaN where a line is missing; a view of the file where it is whole."""

    fields: Fields
    wavelengths_nm: NDArray[np.float64]
    cube: NDArray[np.float32]


def recorded_lines(
    folder: Path, run: str, seqs: NDArray[np.int64], reference: Sequence[Span], holds: Callable[[Fields], bool]
) -> RecordedLines | None:
    """The lines `seqs` of a run, hex, from a recording in a folder whose header `holds` what is wanted; None where
    there is none. `reference`: numbers of dark and white lines, which have no line in a file."""
    files = [one for one in _files(folder, run, holds) if one[0] <= seqs[0]]
    if not files:
        return None
    first, header, fields = max(files, key=lambda one: one[0])
    recording = open_recording(header)
    cube = recording.cube
    at = seqs - first - sum(np.clip(seqs, a, b) - a for a, b in _behind(reference, first))
    whole = len(at) == at[-1] - at[0] + 1 and at[-1] < len(cube)
    lines = cube[at[0] : at[-1] + 1] if whole else np.full((len(at), *cube.shape[1:]), np.nan, np.float32)
    if not whole:
        lines[at < len(cube)] = cube[at[at < len(cube)]]
    return RecordedLines(fields, np.asarray(recording.wavelengths_nm, np.float64), lines)


def _files(folder: Path, run: str, holds: Callable[[Fields], bool]) -> Iterator[tuple[int, Path, Fields]]:
    """Recordings of a run: the number of the first line, header and its fields."""
    for header in folder.glob(f"*{HEADER}"):
        fields = read_fields(header)
        if fields.get("run") == run and fields.get("first sequence", "").isdecimal() and holds(fields):
            yield int(fields["first sequence"]), header, fields


def _behind(spans: Sequence[Span], first: int) -> Iterator[Span]:
    """What of spans lies behind a number."""
    return ((max(a, first), b) for a, b in spans if b > first)
