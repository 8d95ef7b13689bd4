"""Source of a hole's pictures and page: the folder of a hole that was scanned, or a data set of TSG."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from oreline.errors import ConfigError
from oreline.features import LEAST_DEPTH
from sinks.core.counting import samples_of
from sinks.core.depth import BoxDepth, HoleDepth
from sinks.core.qc.finding import Verdict
from sinks.core.qc.verdicts import read_verdicts
from sinks.core.samples import CoreSamples
from sinks.core.scan import Scan
from sinks.core.scan_reading import Which
from sinks.core.session import Box, Hole, Session
from sinks.core.session_file import TSG
from sinks.core.tsg import read_tsg


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A hole. `scan_of`: the scan of a box by its number. `header`: what holds for all that is made of it. `output`:
    folder of its run's recordings, None where there is none."""

    session: Session
    depth: HoleDepth
    scan_of: Callable[[int], Scan]
    header: Mapping[str, Any] = field(default_factory=dict)
    verdicts: Mapping[int, Verdict] = field(default_factory=dict)
    output: Path | None = None

    @property
    def boxes(self) -> list[int]:
        """Boxes that were scanned, in order of depth."""
        return [box.number for box in self.session.boxes if box.number in self.depth.boxes]

    @property
    def ends_m(self) -> tuple[float, float]:
        """From the first box's beginning to the last one's end."""
        return self.session.boxes[0].from_m, self.session.boxes[-1].to_m

    def scans(self) -> Iterator[Scan]:
        """All scans in order of depth, one at a time."""
        return map(self.scan_of, self.boxes)

    def samples(self, least_depth: float = LEAST_DEPTH) -> Iterator[CoreSamples]:
        """Samples of all boxes, with features that are deeper than `least_depth`."""
        return (samples_of(self.session.hole.id, scan, self.depth, least_depth) for scan in self.scans())


def is_tsg(path: Path) -> bool:
    """True for a data set of TSG, by its name."""
    return path.suffix.lower() in TSG


def source_of(path: Path, answer: str = "", masks: Sequence[str] = (), output: Path | None = None) -> Source:
    """The hole of a folder such as OUTPUT/core/HOLE, or of its session; or a data set of TSG; or with an output the
    hole of a session whose journal is in that. `answer`: "labels" or "bands", of a data set one of its own; the usual
    one where none is named. `masks`: as `read_tsg` takes them, of a data set alone. Nothing is written. Raises
    ConfigError, RecordingError, SpectraRefused."""
    if output is None and is_tsg(path):
        return _of_tsg(path, answer, masks)
    if masks or answer not in ("", *get_args(Which)):
        odd = f"masks are those of a data set of TSG: {path} is none" if masks else f"no answer {answer!r}"
        raise ConfigError(f"{odd}; answers are {' and '.join(get_args(Which))}")
    return _of_log(path, output, cast(Which, answer) if answer else None)


def _of_log(path: Path, output: Path | None, which: Which | None) -> Source:
    from sinks.core.hole_log import HoleLog  # Kernels: a data set of TSG needs none of them.

    log = HoleLog.of(path, output, which)
    scans = {(one.box, one.scan) for one in log.scans.values()}
    verdicts = {one.box: one for one in read_verdicts(log.folder) if (one.box, one.scan) in scans}
    scan_of = lru_cache(2)(lambda number: log.seen(log.scans[number]))
    return Source(log.session, log.depth, scan_of, log.header, verdicts, log.folder.output)


def _of_tsg(path: Path, answer: str, masks: Sequence[str]) -> Source:
    """A session is made up of what the data set says of its trays."""
    hole, scans, depth = read_tsg(path, answer, masks)
    by_box = {scan.box: scan for scan in scans}
    boxes = sorted((_box(box) for box in depth.boxes.values()), key=lambda box: box.from_m)
    return Source(Session(hole=Hole(id=hole), boxes=tuple(boxes)), depth, by_box.__getitem__)


def _box(box: BoxDepth) -> Box:
    ends = [
        (np.nanmin(row.depth_m - row.length_m / 2), np.nanmax(row.depth_m + row.length_m / 2))
        for row in box.rows
        if np.isfinite(row.depth_m).any()
    ]
    from_m, to_m = min(a for a, _ in ends), max(b for _, b in ends)
    return Box(number=box.box, from_m=_rounded(from_m), to_m=_rounded(to_m), rows=len(box.rows))


def _rounded(depth_m: float) -> float:
    """To a tenth of a millimetre, and not below the collar."""
    return max(0.0, math.floor(depth_m * 1e4 + 0.5) / 1e4)
