"""Stones of a run as a table, one row a stone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from oreline.files import replacing
from sinks.log.stones import UNKNOWN

CHUNK = 4096
_TYPES = {
    "number": pa.int64(),
    "first_line": pa.int64(),
    "last_line": pa.int64(),
    "first_sample": pa.int32(),
    "stop_sample": pa.int32(),
    "pixels": pa.int64(),
    "decision": pa.string(),
    "why": pa.string(),
    "measure": pa.float64(),
    "valves": pa.list_(pa.uint16()),
    "product": pa.int16(),
    "cut": pa.bool_(),
    "clump": pa.bool_(),
    "t_ns": pa.int64(),
    "encoder": pa.int64(),
    "epoch": pa.int64(),
    "recipe": pa.string(),
    "model": pa.string(),
    "reference": pa.string(),
    "wall_ns": pa.timestamp("ns", tz="UTC"),
}
_COLUMNS = (*_TYPES, "counts")


def export_stones(db: sqlite3.Connection, run: bytes, path: Path) -> bool:
    """Write the stones of a run to `path`, in place of what is there, in one step. Returns whether anybody told of any.

    The columns are the journal's, `pixels.NAME` is the number of samples of each class, and of `unknown`.
    """
    if not db.execute("SELECT 1 FROM stone_runs WHERE run = ?", (run,)).fetchone():
        return False
    names = _names(db, run)
    schema = pa.schema([*_TYPES.items(), *((f"pixels.{name}", pa.uint32()) for name in names)])
    with replacing(path) as draft, pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for rows in _rows(db, run):
            writer.write_table(_table(rows, names, schema))
    return True


def _names(db: sqlite3.Connection, run: bytes) -> list[str]:
    told = db.execute("SELECT info FROM stone_streams WHERE run = ? ORDER BY seq", (run,)).fetchall()
    classes = [info["name"] for (text,) in told for info in json.loads(text)["classes"]]
    return list(dict.fromkeys([*classes, UNKNOWN]))


def _rows(db: sqlite3.Connection, run: bytes) -> Iterator[list[tuple[Any, ...]]]:
    cursor = db.execute(f"SELECT {', '.join(_COLUMNS)} FROM timed_stones WHERE run = ? ORDER BY number", (run,))  # noqa: S608
    while rows := cursor.fetchmany(CHUNK):
        yield rows


def _table(rows: list[tuple[Any, ...]], names: list[str], schema: pa.Schema) -> pa.Table:
    columns = {name: list(values) for name, values in zip(_COLUMNS, zip(*rows, strict=True), strict=True)}
    counts = [json.loads(text) for text in columns.pop("counts")]
    columns["valves"] = [json.loads(text) for text in columns["valves"]]
    columns |= {name: [bool(value) for value in columns[name]] for name in ("cut", "clump")}
    columns |= {f"pixels.{name}": [one.get(name, 0) for one in counts] for name in names}
    return pa.table({name: pa.array(values, schema.field(name).type) for name, values in columns.items()}, schema)
