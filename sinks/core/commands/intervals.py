"""`oreline core intervals`: minerals and features of a hole, interval by interval."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from oreline.files import try_to_write, write_whole
from sinks.core.commands.check import flag_words
from sinks.core.depth import Flag, HoleDepth
from sinks.core.source import source_of
from sinks.core.table import FROM, GROUP, NOT_ROCK, UNKNOWN, N, header_of
from sinks.core.whole_table import spans_of, whole_table


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made: intervals of a step, or those of a file of assays; of which answer, "" being the usual one;
    without what `masks` of a TSG file take out; of features that are deeper than `least_depth`; with a column for each
    mineral that there may be, or those alone that there are."""

    step_m: float
    assays: Path | None
    answer: str
    masks: tuple[str, ...]
    least_depth: float
    everything: bool
    csv: Path | None
    parquet: Path | None


def make(session: Path, output: Path | None, wanted: Wanted) -> Iterator[str]:
    """Write the tables that are wanted; what they say, in words. `session`: of a hole, whose journal is in `output`; or
    alone the folder of a hole, or a data set of TSG. Raises ConfigError, RecordingError, SpectraRefused, StoreFailed,
    SystemRefused."""
    header = None if wanted.csv is None else wanted.csv.with_suffix(".json")
    try_to_write(*(path for path in (wanted.csv, header, wanted.parquet) if path is not None), reading=(session,))
    source = source_of(session, wanted.answer, wanted.masks, output)
    spans, said = spans_of(source, wanted.step_m, wanted.assays)
    yield from said
    table = whole_table(source, spans, wanted.assays, wanted.everything, wanted.least_depth)
    yield from _summary(table)
    yield from _laid(source.depth)
    yield from (f"take note: {flag_words(Flag(**flag))}" for flag in header_of(table)["flags"])
    told = json.dumps(header_of(table), indent=1).encode() + b"\n"
    for path, content in ((wanted.parquet, _parquet), (wanted.csv, _csv), (header, lambda _: told)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content(table))
            yield f"written: {path}"


def _summary(table: pa.Table) -> Iterator[str]:
    """The hole in words."""
    header = header_of(table)
    whole: dict[str, Any] = header["summary"]
    n, asked = whole.get(N, 0), f"{table.num_rows} intervals from {table[FROM][0].as_py():g} m on"
    pixels = f"in all of the hole {n} pixels of rock, {whole.get(NOT_ROCK, 0)} that are not"
    yield f"{header['hole']}: {asked}; {pixels}, by {header['answer']}"
    shares = {name: value for name, value in whole.items() if name.startswith((GROUP, UNKNOWN))}
    for name in sorted(shares, key=shares.__getitem__, reverse=True):
        yield f"  {shares[name]:6.1%}  {name.removeprefix(GROUP).replace('.', ': ', 1)}"


def _laid(depth: HoleDepth) -> Iterator[str]:
    """How much of the core was found."""
    shares = [run.share for run in depth.recovery]
    if shares:
        lost = sum(one.to_m - one.from_m for one in depth.missing)
        yield f"recovery {min(shares):.0%} to {max(shares):.0%} in {len(shares)} runs, {lost:.2f} m of core are missing"


def _parquet(table: pa.Table) -> bytes:
    out = pa.BufferOutputStream()
    pq.write_table(table, out)
    return bytes(out.getvalue())


def _csv(table: pa.Table) -> bytes:
    """As it is: a fraction to its last digit."""
    out = pa.BufferOutputStream()
    pc.write_csv(table, out)
    return bytes(out.getvalue())
