"""The journal of a run as arrays, while it is written, too."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.errors import RecordingError
from oreline.messages import BACKGROUND, UNKNOWN, ClassInfo, Gap, LayerInfo

JOURNAL = "journal.sqlite"
NUMBERS = "seq", "encoder", "t_ns", "flags"


@dataclass(frozen=True, eq=False)
class Labels:
    """Lines of a run that have the same samples, classes and layers, in order.

    `seq`, `encoder`, `t_ns`: int64 (lines,), of each line's stamp; a number that `seq` leaves out is in one of `gaps`.
    `time`: datetime64[ns] (lines,), UTC when it was exposed, NaT where an earlier release did not know. `flags`: int64
    (lines,), sums of `oreline.messages.Flag`. `labels`: uint8 (lines, samples), an index into `classes`, or UNKNOWN,
    BACKGROUND, INVALID of `oreline.messages`. `confidence`: uint8 (lines, samples), the label's probability times 255.
    `layers`: by name, uint8 (lines, planes, samples), as `legends` describes them. `info`: description of the stream at
    the first line, by the fields of `StreamInfo`. `part` of `parts`: which of the run's pieces this is, from 0.
    `depth_m`: float64 (lines, samples), down the hole, NaN where no core lies; None of what is no box of core.
    """

    run: str
    part: int
    parts: int
    info: Mapping[str, Any] = field(repr=False)
    classes: tuple[ClassInfo, ...]
    gaps: tuple[Gap, ...] = field(repr=False)
    seq: NDArray[np.int64] = field(repr=False)
    encoder: NDArray[np.int64] = field(repr=False)
    t_ns: NDArray[np.int64] = field(repr=False)
    time: NDArray[np.datetime64] = field(repr=False)
    flags: NDArray[np.int64] = field(repr=False)
    labels: NDArray[np.uint8] = field(repr=False)
    confidence: NDArray[np.uint8] = field(repr=False)
    layers: Mapping[str, NDArray[np.uint8]] = field(repr=False)
    legends: tuple[LayerInfo, ...] = field(repr=False, default=())
    depth_m: NDArray[np.float64] | None = field(repr=False, default=None)

    @property
    def names(self) -> dict[int, str]:
        """Names of classes by their labels; what is no class has no name."""
        return {index: one.name for index, one in enumerate(self.classes)}


def journal(
    path: str | Path,
    run: str | None = None,
    *,
    part: int | None = None,
    first: int | None = None,
    stop: int | None = None,
) -> Labels:
    """Lines of a journal, or of the one in the output folder of a line.

    `run`: the beginning of its id in hex; the newest where None. `first`, `stop`: sequence numbers [first, stop), for a
    journal that memory has no room for: a line takes twice its samples in bytes. `part`: a run has several where the
    camera or the model changed in it; None: that in which `first` lies, or else the last. Raises RecordingError where
    there is no journal, no such run or no such part.
    """
    path = Path(path)
    path = path / JOURNAL if path.is_dir() else path
    reading = importlib.import_module("sinks.log.reading")
    with reading.reading(path) as db:
        chosen = _run(reading, db, path, run)
        parts = reading.segments(db, chosen)
        if part is None:
            part = next((i for i, one in enumerate(parts) if first is not None and one.start <= first < one.stop), -1)
        if not -len(parts) <= part < len(parts):
            raise RecordingError(f"{path}: run {chosen.hex()} has {len(parts)} parts, and no part {part}")
        own = parts[part]
        start = max(first or 0, own.start)
        wanted = replace(own, start=start, stop=own.stop if stop is None else min(stop, own.stop))
        rows = [row for some in reading.lines(db, chosen, wanted) for row in some]
        gaps = tuple(reading.gaps(db, chosen))
        info = reading.stream_at(db, chosen, max(own.start, start))
    columns = dict(zip(reading.COLUMNS, zip(*rows, strict=True), strict=True)) if rows else {}
    seq, encoder, t_ns, flags = (np.array(columns.get(name, ()), np.int64) for name in NUMBERS)
    return Labels(
        chosen.hex(), part % len(parts), len(parts), info, own.classes, gaps, seq, encoder, t_ns,
        _times(columns.get("wall_ns", ())), flags,
        _bytes(columns.get("labels", ()), own.samples, BACKGROUND),
        _bytes(columns.get("confidence", ()), own.samples, 0),
        _layers(columns.get("layers", ()), own.samples, own.layers),
        own.layers,
    )  # fmt: skip


def _run(reading: Any, db: Any, path: Path, wanted: str | None) -> bytes:
    """The one run that is meant."""
    runs = [bytes(row[0]) for row in db.execute("SELECT run FROM runs ORDER BY rowid")]
    meant = runs[-1:] if wanted is None else [run for run in runs if run.hex().startswith(wanted)]
    if len(meant) == 1 and reading.segments(db, meant[0]):
        return meant[0]
    there = ", ".join(run.hex()[:12] for run in runs) or "none yet"
    raise RecordingError(f"{path} holds {len(meant)} runs {wanted or ''}: name one of {there}")


def _times(wall_ns: Any) -> NDArray[np.datetime64]:
    """NaT is the least int64."""
    least = np.iinfo(np.int64).min
    return np.array([least if ns is None else ns for ns in wall_ns], np.int64).view("datetime64[ns]")


def _bytes(blobs: Any, width: int, blank: int) -> NDArray[np.uint8]:
    """Rows of bytes, uint8 (lines, width); blank where there are none."""
    whole = b"".join(bytes([blank]) * width if blob is None else blob for blob in blobs)
    return np.frombuffer(whole, np.uint8).reshape(-1, width)


def _layers(blobs: Any, samples: int, infos: tuple[LayerInfo, ...]) -> dict[str, NDArray[np.uint8]]:
    """Planes by the names of their layers."""
    planes = sum(info.planes for info in infos)
    values = _bytes(blobs if planes else (), planes * samples, UNKNOWN).reshape(-1, planes, samples) if planes else None
    found, at = dict[str, NDArray[np.uint8]](), 0
    for info in infos:
        assert values is not None
        found[info.name] = values[:, at : at + info.planes]
        at += info.planes
    return found
