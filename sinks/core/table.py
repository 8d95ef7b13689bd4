"""Interval table: the columns' names, which every export reads and none invents.

A table is a pyarrow.Table, a row an interval in order of depth, with what holds for all of it in its metadata.
"""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

HOLE, FROM, TO, N, RECOVERY, NOT_ROCK, MASKED, DEPTH_SD, FLAGS = (
    "hole",
    "from_m",
    "to_m",
    "n",
    "recovery",
    "not_rock",
    "masked",
    "depth_sd_m",
    "flags",
)
MINERAL, GROUP, UNKNOWN, FEATURE = "mineral.", "group.", "unknown.", "feature."
"""Beginnings of the names of columns with fractions of the rock, and of features: NAME, NAME.n, NAME.sd; and
crystallinity.class."""
_HEADER = b"oreline"


def with_header(table: pa.Table, header: dict[str, Any]) -> pa.Table:
    """The table with a header: JSON under "oreline" in its metadata."""
    return table.replace_schema_metadata({_HEADER: json.dumps(header).encode()})


def header_of(table: pa.Table) -> dict[str, Any]:
    """Header of a table: how losses were laid, method and windows of features, thresholds, model, references, software
    and hashes; colours of classes and groups under "colours"."""
    told: dict[str, Any] = json.loads((table.schema.metadata or {}).get(_HEADER, b"{}"))
    return told


def words_of(value: Any) -> str:
    """A value of a header for people."""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {words_of(one)}" for key, one in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(words_of, value)) or "none"
    return "not set" if value is None else ("no", "yes")[value] if isinstance(value, bool) else str(value)
