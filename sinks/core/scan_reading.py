"""Scan of a box, read from the journal of the run that saw it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer, answer_of, place
from oreline.errors import ConfigError
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, LayerInfo, Reason
from sinks.core.box_scans import BoxScan
from sinks.core.depth import Flag
from sinks.core.feature_files import features_of
from sinks.core.recorded_lines import Span
from sinks.core.scan import NO_REASON, Scan, is_not_rock
from sinks.log.journal import JOURNAL
from sinks.log.pages import filled
from sinks.log.reading import COLUMNS, Segment, gaps, lines, reading, segments, stream_at

Which = Literal["labels", "bands"]
UNSURE = "unsure"
_SEQ, _ENCODER, _MODEL, _REFERENCE, _LABELS, _LAYERS = map(
    COLUMNS.index, ("seq", "encoder", "model", "calibration", "labels", "layers")
)


@dataclass(eq=False)
class _Lines:
    """Lines of a scan while they are read; those that do not come stay INVALID."""

    seqs: NDArray[np.int64]
    codes: NDArray[np.uint8]
    reasons: NDArray[np.uint8]
    encoder: NDArray[np.float64]
    models: dict[str, None] = field(default_factory=dict)
    references: dict[str, None] = field(default_factory=dict)


def read_scan(
    output: Path,
    at: BoxScan,
    which: Which | None = None,
    pixel_mm: float | None = None,
    line_mm: float | None = None,
) -> Scan:
    """Scan of a box from the journal in `output`, the folder of a run. `which`: the answer; None takes "bands" where
    the model tells them. `pixel_mm`: size of a sample; None takes what the run says of it.
    `line_mm`: way for as many counts as the encoder has a line; None: a sample is as long as it is wide. Raises
    RecordingError where there is no journal, ConfigError where the lines are not there or do not tell the answer.
    """
    with reading(output / JOURNAL) as db:
        run = bytes.fromhex(at.run)
        part, about = _segment(db, run, at), stream_at(db, run, at.first_seq)
        which = which or ("labels" if place(part.layers, "bands") is None else "bands")
        answer = answer_of(which, part.classes, part.layers)
        reference = [(gap.first, gap.first + gap.n) for gap in gaps(db, run) if gap.reason is Reason.REFERENCE]
        read = _empty(reference, at, part)
        for rows in lines(db, run, part):
            _take(read, rows, part, answer)
    missing, names = np.isnan(read.encoder), _reason_names(part.layers)
    if missing.all():
        raise ConfigError(f"{at.name}: none of lines {at.first_seq} to {at.last_seq} came, the journal has only a gap")
    wood = is_not_rock(read.codes, read.reasons, answer, names)
    size = pixel_mm or float(about["pitch_mm"] or 0)
    infos, features = features_of(output, at.run, read.seqs, reference)
    return Scan(
        box=at.box,
        run=at.run,
        seqs=read.seqs,
        along_mm=_along(read, float(about["counts_per_line"]), line_mm or size or 1.0),
        pixel_mm=size or 1.0,
        answer=answer,
        codes=read.codes,
        reasons=read.reasons,
        reason_names=names,
        rock=(read.codes != BACKGROUND) & (read.codes != INVALID) & ~wood,
        missing=missing,
        features=features,
        feature_infos=infos,
        provenance=_provenance(read, at),
        which=which,
        flags=tuple(_flags(read, size, at.box)),
    )


def _segment(db: sqlite3.Connection, run: bytes, at: BoxScan) -> Segment:
    """The lines of a scan. Raises ConfigError where the run has none there, or tells them in two ways."""
    parts = [one for one in segments(db, run) if one.start <= at.last_seq and one.stop > at.first_seq]
    if not parts or parts[0].start > at.first_seq:
        raise ConfigError(
            f"{at.name}: the journal has no line {at.first_seq} of run {at.run[:12]}: is it of that output?"
        )
    if len(parts) > 1:
        change = f"classes, layers or samples changed at line {parts[1].start}"
        raise ConfigError(f"{at.name}: {change}, while it was scanned: scan it again")
    return replace(parts[0], start=at.first_seq, stop=at.last_seq + 1)


def _empty(reference: Sequence[Span], at: BoxScan, part: Segment) -> _Lines:
    """Room for the lines of a scan, of which dark and white ones are none."""
    seqs = np.arange(at.first_seq, at.last_seq + 1)
    for first, stop in reference:
        seqs = seqs[(seqs < first) | (seqs >= stop)]
    shape = len(seqs), part.samples
    blank = np.full(shape, NO_REASON, np.uint8)
    return _Lines(seqs, np.full(shape, INVALID, np.uint8), blank, np.full(len(seqs), np.nan))


def _take(read: _Lines, rows: list[tuple[Any, ...]], part: Segment, answer: Answer) -> None:
    at = np.searchsorted(read.seqs, [row[_SEQ] for row in rows])
    planes = sum(layer.planes for layer in part.layers)
    labels, _ = filled([row[_LABELS] for row in rows], (part.samples,), BACKGROUND)
    layers = filled([row[_LAYERS] for row in rows], (planes, part.samples), UNKNOWN)[0] if planes else None
    read.codes[at] = answer.codes(labels, layers)
    read.encoder[at] = [row[_ENCODER] for row in rows]
    read.models |= dict.fromkeys(row[_MODEL] for row in rows)
    read.references |= dict.fromkeys(row[_REFERENCE] for row in rows)
    why, names = place(part.layers, "reason"), _reason_names(part.layers)
    if layers is None or why is None:
        return
    reasons = layers[:, why]
    if UNSURE in names:
        untold = (reasons >= len(names)) & (read.codes[at] == UNKNOWN) & (labels != UNKNOWN)
        reasons = np.where(untold, np.uint8(names.index(UNSURE)), reasons)
    read.reasons[at] = np.where(reasons < len(names), reasons, np.uint8(NO_REASON))


def _reason_names(layers: Sequence[LayerInfo]) -> tuple[str, ...]:
    return next((tuple(info.name for info in layer.legend) for layer in layers if layer.name == "reason"), ())


def _along(read: _Lines, counts_per_line: float, line_mm: float) -> NDArray[np.float64]:
    """Way from the first line, whichever way the encoder counts; lines that are missing lie evenly between others, as
    far apart as they should at the ends."""
    there = np.isfinite(read.encoder)
    seqs, ends = read.seqs[there], read.seqs[[0, -1]]
    way = np.abs(read.encoder[there] - read.encoder[there][0]) / counts_per_line * line_mm
    beyond = way[[0, -1]] + (ends - seqs[[0, -1]]) * line_mm
    known = np.concatenate([beyond[:1], way, beyond[1:]])
    spread = np.interp(read.seqs, np.concatenate([ends[:1], seqs, ends[1:]]), known)
    return np.asarray(spread - beyond[0])


def _provenance(read: _Lines, at: BoxScan) -> dict[str, Any]:
    return {
        "model": list(read.models),
        "reference": list(read.references),
        "software": f"oreline {metadata.version('oreline')}",
        "scans": [{"box": at.box, "run": at.run, "first_seq": at.first_seq, "last_seq": at.last_seq}],
    }


def _flags(read: _Lines, pixel_mm: float, box: int) -> list[Flag]:
    """What whoever reads its numbers should know."""
    words = []
    if not pixel_mm:
        words.append("no pixel size is set: a sample is taken as 1 mm")
    if len(read.models) > 1:
        words.append(f"labelled by {len(read.models)} models")
    return [Flag(one, box) for one in words]
