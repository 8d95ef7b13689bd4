"""Shares of a run's rock: by class, by group, by whose absorption bands it shows, and by why what is unknown is."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.messages import BACKGROUND, UNKNOWN, ClassInfo
from sinks.log.pages import filled
from sinks.log.reading import COLUMNS, Segment, lines, segments

SHARED = {"group": "groups", "bands_group": "bands", "reason": "reasons"}
"""Layers of which the shares are told, and under which names."""
_LABELS, _LAYERS = map(COLUMNS.index, ("labels", "layers"))


def shares(db: sqlite3.Connection, run: bytes) -> dict[str, dict[str, float]]:
    """Shares of the samples that are rock, neither belt nor invalid, the largest first: `classes`, unknown included;
    and of what lines tell beside labels `groups`, `bands`, of the second answer's groups, and `reasons`."""
    counts = {name: Counter[str]() for name in ("classes", *SHARED.values())}
    for part in segments(db, run):
        for rows in lines(db, run, part):
            _count(rows, part, counts)
    rock = max(1, counts["classes"].total())
    return {
        name: {of: n / rock for of, n in one.most_common() if n} for name, one in counts.items() if one.total()
    }  # fmt: skip


def _count(rows: list[tuple[Any, ...]], part: Segment, counts: dict[str, Counter[str]]) -> None:
    labels, _ = filled([row[_LABELS] for row in rows], (part.samples,), BACKGROUND)
    _add(counts["classes"], labels, part.classes)
    counts["classes"]["unknown"] += int((labels == UNKNOWN).sum())
    if not part.layers:
        return
    planes = sum(layer.planes for layer in part.layers)
    told, _ = filled([row[_LAYERS] for row in rows], (planes, part.samples), UNKNOWN)
    at = 0
    for layer in part.layers:
        if layer.name in SHARED:
            _add(counts[SHARED[layer.name]], told[:, at], layer.legend)
        at += layer.planes


def _add(count: Counter[str], codes: NDArray[np.uint8], legend: tuple[ClassInfo, ...]) -> None:
    found = np.bincount(codes.ravel(), minlength=256)
    count.update({info.name: int(found[code]) for code, info in enumerate(legend) if found[code]})
