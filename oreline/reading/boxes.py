"""Boxes of drill core as arrays, with the depth of what lies in them."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ConfigError
from oreline.reading.journals import Labels, journal


def core_box(hole: str | Path, number: int) -> Labels:
    """Lines of a box's scan in force, with `depth_m`.

    `hole`: its folder, OUTPUT/core/HOLE of a line with a sink of kind `core`. All its boxes are looked at, for a run of
    core goes on from one to the next. Raises ConfigError where there is no such hole or box, or its session contradicts
    what was scanned, and RecordingError where its journal cannot be read.
    """
    folder = importlib.import_module("sinks.core.hole_folder").HoleFolder.at(Path(hole))
    log = importlib.import_module("sinks.core.hole_log").HoleLog(folder)
    if number not in log.scans:
        raise ConfigError(f"box {number} has not been scanned: there are {', '.join(map(str, log.scans))}")
    at = log.scans[number]
    seqs = log.seen(at).seqs
    lines = journal(folder.output, at.run, first=at.first_seq, stop=at.last_seq + 1)
    depth = _depths(log.depth.boxes[number].rows, (len(seqs), lines.labels.shape[1]))
    return replace(lines, depth_m=depth[np.searchsorted(seqs, lines.seq)])


def _depths(rows: Any, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Depth in m of each pixel, float64 `shape`, NaN where no core lies."""
    depths = np.full(shape, np.nan)
    for row in rows:
        cells = row.find.cells(shape[1])
        depths[cells] = np.broadcast_to(row.depth_m[:, None], shape)[cells]
    return depths
