"""`oreline core intervals`: minerals and features of a hole, interval by interval."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from oreline.files import try_to_write, write_whole
from sinks.core.assays import read_assays
from sinks.core.intervals import Spans, steps, table_of
from sinks.core.session_in_force import take
from sinks.core.source import Source, source_of
from sinks.core.table import FROM, GROUP, NOT_ROCK, UNKNOWN, N, header_of
from sinks.core.tally import Tally
from sinks.core.trays_in_order import write_down


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made: intervals of a step, or those of a file of assays; of which answer, "" being the usual one;
    without what `masks` of a TSG file take out; with a column for each mineral that there may be, or those alone that
    there are."""

    step_m: float
    assays: Path | None
    answer: str
    masks: tuple[str, ...]
    everything: bool
    csv: Path | None
    parquet: Path | None


def make(session: Path, output: Path | None, wanted: Wanted, who: str) -> Iterator[str]:
    """Write the tables that are wanted; what they say, in words. `session`: of a hole, whose journal is in `output`; or
    alone the folder of a hole, or a data set of TSG. Raises ConfigError, RecordingError, SpectraRefused, StoreFailed,
    SystemRefused."""
    header = None if wanted.csv is None else wanted.csv.with_suffix(".json")
    try_to_write(*(path for path in (wanted.csv, header, wanted.parquet) if path is not None), reading=(session,))
    hole = session if output is None else _taken(session, output, who)
    source = source_of(hole, wanted.answer, wanted.masks)
    spans, said = _spans(source, wanted)
    yield from said
    table = _table(source, spans, wanted)
    yield from _summary(table)
    told = json.dumps(header_of(table), indent=1).encode() + b"\n"
    for path, content in ((wanted.parquet, _parquet), (wanted.csv, _csv), (header, lambda _: told)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content(table))
            yield f"written: {path}"


def _taken(session: Path, output: Path, who: str) -> Path:
    """Folder of the hole in an output, with the session taken; its boxes are the trays that passed, where nobody has
    said otherwise."""
    folder, known = take(session, output, who)
    if not folder.scans.read().all:
        write_down(folder, known, who)
    return folder.path


def _spans(source: Source, wanted: Wanted) -> tuple[Spans, tuple[str, ...]]:
    """Intervals, and what is to be said of them."""
    if wanted.assays is not None:
        return read_assays(wanted.assays, source.session.hole.id)
    return steps(*source.ends_m, wanted.step_m), ()


def _table(source: Source, spans: Spans, wanted: Wanted) -> pa.Table:
    """The table, with a summary of the hole in its header."""
    tally, hole = Tally(spans), Tally(np.array([source.ends_m]))
    for part in source.samples():
        tally.add(part)
        hole.add(part)
    (whole,) = table_of(hole).to_pylist()
    of = {"assays": wanted.assays.name} if wanted.assays is not None else {"step_m": wanted.step_m}
    summary = {name: value for name, value in whole.items() if value}
    return table_of(tally, {**source.header, **of, "summary": summary}, wanted.everything)


def _summary(table: pa.Table) -> Iterator[str]:
    """The hole in words."""
    header = header_of(table)
    whole: dict[str, Any] = header["summary"]
    n, asked = whole.get(N, 0), f"{table.num_rows} intervals from {table[FROM][0].as_py():g} m on"
    yield f"{header['hole']}: {asked}, {n} pixels of rock, {whole.get(NOT_ROCK, 0)} that are not, by {header['answer']}"
    shares = {name: value for name, value in whole.items() if name.startswith((GROUP, UNKNOWN))}
    for name in sorted(shares, key=shares.__getitem__, reverse=True):
        yield f"  {shares[name]:6.1%}  {name.removeprefix(GROUP).replace('.', ': ', 1)}"


def _parquet(table: pa.Table) -> bytes:
    out = pa.BufferOutputStream()
    pq.write_table(table, out)
    return bytes(out.getvalue())


def _csv(table: pa.Table) -> bytes:
    """As it is: a fraction to its last digit."""
    out = pa.BufferOutputStream()
    pc.write_csv(table, out)
    return bytes(out.getvalue())
