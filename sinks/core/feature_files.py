"""Features of lines, from the ENVI files in which a recorder of features keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.messages import FeatureInfo
from oreline.recordings.envi_header import read_fields
from oreline.recordings.names import HEADER
from oreline.recordings.recording import open_recording

WINDOWS = "feature windows"
"""Field of their headers."""
_WINDOW = re.compile(r"(\S+) of ([\d.]+)-([\d.]+) nm")

Span = tuple[int, int]
"""Sequence numbers [first, stop)."""


def features_of(
    folder: Path, run: str, seqs: NDArray[np.int64], reference: Sequence[Span] = ()
) -> tuple[tuple[FeatureInfo, ...], NDArray[np.float32] | None]:
    """Features that were recorded in a folder of the lines `seqs` of a run, hex: float32 (lines, features, 2, samples),
    NaN where a line is missing, and a view of the file where it is whole; (), None where none were. `reference`:
    numbers of dark and white lines, which have no line in a file."""
    files = [one for one in _files(folder, run) if one[0] <= seqs[0]]
    if not files:
        return (), None
    first, header, windows = max(files)
    cube = open_recording(header).cube
    at = seqs - first - sum(np.clip(seqs, a, b) - a for a, b in _behind(reference, first))
    whole = len(at) == at[-1] - at[0] + 1 and at[-1] < len(cube)
    lines = cube[at[0] : at[-1] + 1] if whole else np.full((len(at), *cube.shape[1:]), np.nan, np.float32)
    if not whole:
        lines[at < len(cube)] = cube[at[at < len(cube)]]
    return windows, lines.reshape(len(at), len(windows), 2, -1)


def _files(folder: Path, run: str) -> Iterator[tuple[int, Path, tuple[FeatureInfo, ...]]]:
    """Files of features of a run: the number of the first line, header, and what they hold."""
    for header in folder.glob(f"*{HEADER}"):
        fields = read_fields(header)
        if WINDOWS in fields and fields.get("run") == run and fields.get("first sequence", "").isdecimal():
            windows = [FeatureInfo(name, float(a), float(b)) for name, a, b in _WINDOW.findall(fields[WINDOWS])]
            yield int(fields["first sequence"]), header, tuple(windows)


def _behind(spans: Sequence[Span], first: int) -> Iterator[Span]:
    """What of spans lies behind a number."""
    return ((max(a, first), b) for a, b in spans if b > first)
