"""A run as a table: one row a line, in row groups of a few thousand, so that memory stays flat however long it was."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
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
SHARED = "group", "bands_group", "reason"
"""Layers of which the shares are columns, too."""
_SPECIAL = {"unknown": UNKNOWN, "background": BACKGROUND, "invalid": INVALID}


def export(db: sqlite3.Connection, run: bytes, path: Path) -> None:
    """Write a run to `path`, in place of what is there, in one step.

    The columns are the journal's, with labels and confidence as list<uint8> (samples,), and `fraction.NAME`, float32:
    the share of a line's samples with that class (or unknown, background, invalid; NaN where the class was not in the
    model of that line). `layer.NAME` is list<uint8> (planes x samples,), plane after plane, null of a line without it;
    for SHARED layers there is `fraction_LAYER.NAME` as well. The file's metadata has `oreline`: JSON with run, classes
    and layers by segment, and gaps.
    """
    parts = segments(db, run)
    names = list(dict.fromkeys([info.name for part in parts for info in part.classes] + list(_SPECIAL)))
    layers = list(dict.fromkeys(layer.name for part in parts for layer in part.layers))
    schema = pa.schema(
        [
            *_TYPES.items(),
            *((f"fraction.{name}", pa.float32()) for name in names),
            *((f"layer.{name}", _TYPES["labels"]) for name in layers),
            *((name, pa.float32()) for name in dict.fromkeys(_shared(parts))),
        ],
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
    planes = columns.pop("layers")
    lists = {name: _lists(columns[name]) for name in ("labels", "confidence")}
    plain = {name: pa.array(columns[name], _TYPES[name]) for name in columns if name not in lists}
    fractions = _fractions(columns["labels"])
    index = {info.name: i for i, info in enumerate(part.classes)} | _SPECIAL
    absent = np.full(len(rows), np.nan, np.float32)
    shares = {f"fraction.{name}": fractions[:, index[name]] if name in index else absent for name in names}
    told = _layers(planes, part, schema)
    return pa.table({**plain, **lists, **shares, **told}, schema=schema)


def _shared(parts: Iterable[Segment]) -> list[str]:
    """Columns of the shares of what layers name."""
    layers = [layer for part in parts for layer in part.layers if layer.name in SHARED]
    return [f"fraction_{layer.name}.{info.name}" for layer in layers for info in layer.legend]


def _layers(blobs: tuple[bytes | None, ...], part: Segment, schema: pa.Schema) -> dict[str, pa.Array]:
    """Columns of the layers, and of the shares of what they name, which are NaN where nothing is told."""
    there = np.array([blob is not None for blob in blobs])
    size = sum(layer.planes for layer in part.layers) * part.samples
    cube = np.frombuffer(b"".join(blob for blob in blobs if blob is not None), np.uint8).reshape(-1, max(size, 1))
    names = [name for name in schema.names if name.startswith(("layer.", "fraction_"))]
    told: dict[str, pa.Array] = {name: pa.nulls(len(blobs), schema.field(name).type) for name in names}
    told |= {name: pa.array(np.full(len(blobs), np.nan, np.float32)) for name in names if name.startswith("fraction_")}
    at = 0
    for layer in part.layers:
        values = cube[:, at : at + layer.planes * part.samples]
        at += layer.planes * part.samples
        told[f"layer.{layer.name}"] = _lists(tuple(row.tobytes() for row in values), there)
        for code, info in enumerate(layer.legend if layer.name in SHARED else ()):
            share = np.full(len(blobs), np.nan, np.float32)
            share[there] = (values == code).mean(axis=1)
            told[f"fraction_{layer.name}.{info.name}"] = pa.array(share)
    return told


def _lists(blobs: tuple[bytes, ...], there: NDArray[np.bool_] | None = None) -> pa.Array:
    """A list of each; `there`: which rows have one, the others are null."""
    lengths = np.zeros(len(blobs) if there is None else len(there), np.int64)
    lengths[slice(None) if there is None else there] = [len(blob) for blob in blobs]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    missing = None if there is None else pa.array(~there)
    values = pa.array(np.frombuffer(b"".join(blobs), np.uint8))
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=missing)


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
        "segments": [
            {"first": part.start, "classes": [info.name for info in part.classes], "layers": _told(part)}
            for part in parts
        ],
        "gaps": [{"first": gap.first, "n": gap.n, "reason": gap.reason.name.lower()} for gap in gaps(db, run)],
    }


def _told(part: Segment) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "planes": one.planes, "scale": one.scale, "legend": [info.name for info in one.legend]}
        for one in part.layers
    ]
