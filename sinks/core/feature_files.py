"""Features of lines, from the ENVI files in which a recorder of features keeps them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.messages import FeatureInfo
from sinks.core.recorded_lines import Span, recorded_lines

WINDOWS = "feature windows"
"""Field of their headers."""
_WINDOW = re.compile(r"(\S+) of ([\d.]+)-([\d.]+) nm")


def features_of(
    folder: Path, run: str, seqs: NDArray[np.int64], reference: Sequence[Span] = ()
) -> tuple[tuple[FeatureInfo, ...], NDArray[np.float32] | None]:
    """Features that were recorded in a folder of the lines `seqs` of a run, hex: float32 (lines, features, 2, samples),
    NaN where a line is missing, and a view of the file where it is whole; (), None where none were. `reference`:
    numbers of dark and white lines, which have no line in a file."""
    found = recorded_lines(folder, run, seqs, reference, lambda fields: WINDOWS in fields)
    if found is None:
        return (), None
    windows = tuple(FeatureInfo(name, float(a), float(b)) for name, a, b in _WINDOW.findall(found.fields[WINDOWS]))
    return windows, found.cube.reshape(len(seqs), len(windows), 2, -1)
