"""Table of a whole hole: at a step, or at the intervals of its assays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from oreline.errors import ConfigError
from oreline.features import LEAST_DEPTH
from sinks.core.assays import read_assays
from sinks.core.intervals import Spans, steps, table_of
from sinks.core.source import Source
from sinks.core.tally import Tally


def spans_of(source: Source, step_m: float, assays: Path | None) -> tuple[Spans, tuple[str, ...]]:
    """Intervals of a hole, and what is to be said of them. Raises ConfigError."""
    if assays is not None:
        found = read_assays(assays, source.session.hole.id)
        return found.spans, (*found.notes, *_outside(assays, found.spans, source.ends_m))
    return steps(*source.ends_m, step_m), ()


def _outside(assays: Path, spans: Spans, ends_m: tuple[float, float]) -> Iterator[str]:
    """What is to be said of intervals that lie where no box is. Raises ConfigError where all of them do."""
    top, base = ends_m
    count = int(np.count_nonzero((spans[:, 1] <= top) | (spans[:, 0] >= base)))
    if count == len(spans):
        raise ConfigError(
            f"{assays}: none of its intervals, {spans.min():g} to {spans.max():g} m, lies in the hole's boxes, "
            f"{top:g} to {base:g} m: see whether its depths are in feet, and name them so, as FROM_FT"
        )
    if count:
        yield f"{count} intervals lie outside of the hole's boxes, {top:g} to {base:g} m"


def whole_table(
    source: Source, spans: Spans, assays: Path | None, everything: bool = False, least_depth: float = LEAST_DEPTH
) -> pa.Table:
    """The table, with a summary of the hole in its header; `everything`: a column for each mineral that there may be;
    `least_depth`: what features are deeper than. Raises ConfigError, RecordingError."""
    tally, hole = Tally(spans), Tally(np.array([source.ends_m]))
    for part in source.samples(least_depth):
        tally.add(part)
        hole.add(part)
    (whole,) = table_of(hole).to_pylist()
    of = {"step_m": float(np.ptp(spans[0]).round(9))} if assays is None else {"assays": assays.name}
    summary = {name: value for name, value in whole.items() if value}
    return table_of(tally, {**source.header, **of, "summary": summary}, everything)
