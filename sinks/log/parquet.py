"""A run as a table: one row a line, in row groups of a few thousand, so that memory stays flat however long it was."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from oreline.files import replacing
from oreline.messages import BACKGROUND, INVALID, UNKNOWN
from sinks.log.reading import COLUMNS, INCIDENT_COLUMNS, Segment, gaps, incidents, lines, segments

_TYPES = {
    "seq": pa.int64(),
    "epoch": pa.int64(),
    "block_id": pa.int64(),
    "t_ns": pa.int64(),
    "encoder": pa.int64(),
    "flags": pa.int32(),
    "model": pa.string(),
    "calibration": pa.string(),
    "latency_us": pa.int64(),
    "labels": pa.list_(pa.uint8()),
    "confidence": pa.list_(pa.uint8()),
    "wall_ns": pa.timestamp("ns", tz="UTC"),
}
_INCIDENT_TYPES = {
    "time": pa.timestamp("ms", tz="UTC"),
    "n": pa.int64(),
    "run": pa.binary(),
    "seq": pa.int64(),
    "t_ns": pa.int64(),
    "boot": pa.binary(),
    "number": pa.int64(),
}
_SPECIAL = {"unknown": UNKNOWN, "background": BACKGROUND, "invalid": INVALID}


def export(db: sqlite3.Connection, run: bytes, path: Path) -> None:
    """Write a run to `path`, in place of what is there, in one step.

    The columns are the journal's, with labels and confidence as list<uint8> (samples,), and `fraction.NAME`, float32:
    the share of a line's samples with that class (or unknown, background, invalid; NaN where the class was not in the
    model of that line). The file's metadata has `oreline`: JSON with run, classes by segment, and gaps.
    """
    parts = segments(db, run)
    names = list(dict.fromkeys([info.name for part in parts for info in part.classes] + list(_SPECIAL)))
    schema = pa.schema(
        [*_TYPES.items(), *((f"fraction.{name}", pa.float32()) for name in names)],
        metadata={"oreline": json.dumps(_about(db, run, parts))},
    )
    with replacing(path) as draft, pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for part in parts:
            for rows in lines(db, run, part):
                writer.write_table(_table(rows, part, names, schema))


def export_incidents(db: sqlite3.Connection, path: Path) -> bool:
    """Write all incidents to `path` as they happened, in one step. Returns whether there are any."""
    schema = pa.schema([(name, _INCIDENT_TYPES.get(name, pa.string())) for name in INCIDENT_COLUMNS])
    batches = incidents(db)
    rows = next(batches, None)
    if rows is None:
        return False
    with replacing(path) as draft, pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        while rows:
            columns = dict(zip(INCIDENT_COLUMNS, zip(*rows, strict=True), strict=True))
            columns["time"] = tuple(map(datetime.fromisoformat, columns["time"]))
            writer.write_table(
                pa.table({k: pa.array(v, schema.field(k).type) for k, v in columns.items()}, schema=schema)
            )
            rows = next(batches, None)
    return True


def is_incidents(path: Path) -> bool:
    """True of a file that `export_incidents` has made."""
    try:
        return tuple(pq.read_schema(path).names) == INCIDENT_COLUMNS
    except (OSError, pa.ArrowInvalid):
        return False


def _table(rows: list[tuple[Any, ...]], part: Segment, names: list[str], schema: pa.Schema) -> pa.Table:
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    lists = {name: _lists(columns[name]) for name in ("labels", "confidence")}
    plain = {name: pa.array(columns[name], _TYPES[name]) for name in COLUMNS if name not in lists}
    fractions = _fractions(columns["labels"])
    index = {info.name: i for i, info in enumerate(part.classes)} | _SPECIAL
    absent = np.full(len(rows), np.nan, np.float32)
    shares = {f"fraction.{name}": fractions[:, index[name]] if name in index else absent for name in names}
    return pa.table({**plain, **lists, **shares}, schema=schema)


def _lists(blobs: tuple[bytes, ...]) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum([len(blob) for blob in blobs])]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.frombuffer(b"".join(blobs), np.uint8)))


def _fractions(blobs: tuple[bytes, ...]) -> NDArray[np.float32]:
    """Share of each label in each line, (lines, 256)."""
    lengths = np.array([len(blob) for blob in blobs])
    row = np.repeat(np.arange(len(blobs)), lengths)
    cells = row * 256 + np.frombuffer(b"".join(blobs), np.uint8)
    counts = np.bincount(cells, minlength=256 * len(blobs)).reshape(-1, 256)
    shares: NDArray[np.float32] = (counts / np.maximum(lengths, 1)[:, None]).astype(np.float32)
    return shares


def _about(db: sqlite3.Connection, run: bytes, parts: list[Segment]) -> dict[str, Any]:
    return {
        "run": run.hex(),
        "segments": [{"first": part.start, "classes": [info.name for info in part.classes]} for part in parts],
        "gaps": [{"first": gap.first, "n": gap.n, "reason": gap.reason.name.lower()} for gap in gaps(db, run)],
    }
