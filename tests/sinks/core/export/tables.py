"""A hole with its intervals, as tests export it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from oreline.config import validated
from sinks.core.export.rules import Hole, ruled
from sinks.core.session import Session
from sinks.core.table import with_header

HEADER = {
    "loss": "base",
    "depth": {"method": "ties at blocks"},
    "model": {"name": "swir288", "sha256": "ab" * 32},
    "features": {"2200W": [2120.0, 2245.0]},
    "groups": {"calcite": "carbonate"},
    "colours": {"minerals": {"calcite": [45, 15, 237]}},
}


def session(name: str = "OR001", **hole: Any) -> Session:
    told = {
        "hole": {"id": name, "x": 512345.25, "y": 6789012.5, "z": 301.75, "crs": "EPSG:28355", **hole},
        "boxes": [{"number": 1, "from_m": 65.9, "to_m": 69.486, "rows": 5}],
    }
    return validated(Session, told, "session")


def intervals(from_m: Any, to_m: Any, name: str = "OR001") -> pa.Table:
    """Thirds and elevenths, an interval without rock, and what every table has beside them."""
    n = len(from_m)
    third, rest = 1 / 3, np.arange(n) / 11 % 0.5
    rock = np.arange(n) % 7 != 3
    told = [
        {"muscovite": third, "white mica": third, "calcite": rest[i], "no bands": 1 - third - rest[i]} for i in range(n)
    ]
    share = {
        key: [one[key] if seen else None for one, seen in zip(told, rock, strict=True)]
        for key in ("muscovite", "white mica", "calcite", "no bands")
    }
    return with_header(
        pa.table(
            {
                "hole": [name] * n,
                "from_m": np.asarray(from_m, float),
                "to_m": np.asarray(to_m, float),
                "n": np.where(rock, 100 + np.arange(n), 0),
                "recovery": [1.02 if seen else 0.0 for seen in rock],
                "mineral.muscovite": share["muscovite"],
                "mineral.calcite": share["calcite"],
                "group.white mica": share["white mica"],
                "unknown.no bands": share["no bands"],
                "feature.2200W": [2205.123456 + i if seen else None for i, seen in enumerate(rock)],
                "feature.2200W.n": np.where(rock, 7, 0),
                "flags": ["" if i % 5 else "two boxes, one interval" for i in range(n)],
            }
        ),
        HEADER,
    )


def tenths(first: int, last: int, step: float = 0.1) -> tuple[Any, Any]:
    """Intervals of a step, as floats that are a little off."""
    edges = np.arange(first, last + 1) * step
    return edges[:-1], edges[1:]


def hole(*spans: Any, name: str = "OR001", **said: Any) -> Hole:
    return ruled(session(name, **said), intervals(*(spans or tenths(659, 695)), name=name))
