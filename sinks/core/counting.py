"""Counting of a scan: pixels of each line of its rows, by class and by why there is none, and sums of features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from oreline.features import CRYSTALLINITY, LEAST_DEPTH
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo, FeatureInfo
from sinks.core.depth import HoleDepth, RowDepth, RowFind
from sinks.core.samples import ENTRIES, NOT_TOLD, REASONS, CoreSamples
from sinks.core.scan import NOT_ROCK, Scan, is_not_rock

_AS_REASON = {"no bands": "no bands", "other bands": "not in the list"}
"""Groups of the second answer that say why there is no mineral."""

BLOCK = 4096
"""Lines that are counted at a time."""

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Legend:
    """What is counted of a scan: codes that are minerals, and by reason the codes that say it."""

    codes: tuple[int, ...]
    classes: tuple[ClassInfo, ...]
    groups: tuple[str, ...]
    reason_names: tuple[str, ...]
    said_by: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, scan: Scan) -> Self:
        answer = scan.answer
        codes = [code for code, group in enumerate(answer.groups) if group not in (NOT_ROCK, *_AS_REASON)]
        names = tuple(dict.fromkeys((*REASONS, *(name for name in scan.reason_names if name != NOT_ROCK))))
        said = [tuple(c for c, group in enumerate(answer.groups) if _AS_REASON.get(group) == name) for name in names]
        return cls(
            tuple(codes), tuple(answer.classes[code] for code in codes), tuple(answer.groups[code] for code in codes),
            (*names, NOT_TOLD), (*said, ()),
        )  # fmt: skip


def samples_of(hole: str, scan: Scan, depth: HoleDepth, least_depth: float = LEAST_DEPTH) -> CoreSamples:
    """Samples of the box that `scan` saw, by the depths of its hole; none where it has no depth. A feature counts in
    pixels where it is deeper than `least_depth`, a share of the hull; it was not recorded where it is not deeper than
    LEAST_DEPTH."""
    rows = depth.boxes[scan.box].rows if scan.box in depth.boxes else ()
    legend = _Legend.of(scan)
    blocks = ((row, lines) for row in rows for lines in _blocks(row))
    parts = [_counted(scan, row, lines, legend, least_depth) for row, lines in blocks] or [_nothing(scan, legend)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in ENTRIES}
    order = np.argsort(joined["depth_m"], kind="stable")
    return CoreSamples(
        hole=hole,
        answer=scan.which,
        **{name: values[order] for name, values in joined.items()},
        classes=legend.classes,
        groups=legend.groups,
        reason_names=legend.reason_names,
        measures=measures_of(scan.feature_infos),
        features=scan.feature_infos,
        missing=depth.missing,
        recovery=depth.recovery,
        flags=(*depth.flags, *scan.flags),
        provenance={**scan.provenance, "least_depth": least_depth},
    )


def measures_of(features: Sequence[FeatureInfo]) -> tuple[str, ...]:
    """What is measured by features: the centre (W) and the depth (D) of each, and crystallinity where its two are."""
    names = [one.name for one in features]
    both = [name + what for name in names if name not in CRYSTALLINITY for what in "WD"]
    return (*both, *(["crystallinity"] if set(CRYSTALLINITY) <= set(names) else []))


def _blocks(row: RowDepth) -> Iterator[NDArray[np.intp]]:
    """Lines of a row that have a depth, as many at a time as memory has room for."""
    lines = np.flatnonzero(np.isfinite(row.depth_m))
    return (lines[first : first + BLOCK] for first in range(0, len(lines), BLOCK))


def _counted(
    scan: Scan, row: RowDepth, lines: NDArray[np.intp], legend: _Legend, least_depth: float
) -> dict[str, Array]:
    """Entries of these lines of a row, by their fields."""
    across = _width(row.find, lines)
    cells = row.find.cells(scan.codes.shape[1])[lines, across]
    codes, reasons = np.where(cells, scan.codes[lines, across], np.uint8(BACKGROUND)), scan.reasons[lines, across]
    wood, masked = is_not_rock(codes, reasons, scan.answer, scan.reason_names), codes == INVALID
    rock = scan.rock[lines, across] & ~wood & ~masked & (codes != BACKGROUND)
    unknown = rock & (codes == UNKNOWN)
    by_code = _by_code(codes, rock & ~unknown)
    why = _reasons(_by_code(reasons, unknown), by_code, scan, legend)
    return {
        "depth_m": row.depth_m[lines], "sd_m": row.sd_m[lines], "length_m": row.length_m[lines],
        "box": np.full(len(lines), scan.box, np.int32), "row": np.full(len(lines), row.find.row, np.int32),
        "line": lines.astype(np.int32), "kind": row.find.kind[lines],
        "counts": by_code[:, list(legend.codes)].astype(np.uint32), "reasons": why.astype(np.uint32),
        "not_rock": _sum(wood), "masked": _sum(masked), "sums": _measured(scan, lines, across, rock, least_depth),
    }  # fmt: skip


def _reasons(unknown: Array, by_code: Array, scan: Scan, legend: _Legend) -> Array:
    """Pixels (lines, reason_names) without a mineral, by why: from those that are unknown, by the reason that they tell
    (lines, 256), and from those whose code is no mineral."""
    told = [by_code[:, list(codes)].sum(axis=1) for codes in legend.said_by]
    total = sum(told) + unknown.sum(axis=1)
    for place, name in enumerate(legend.reason_names):
        if name in scan.reason_names:
            told[place] = told[place] + unknown[:, scan.reason_names.index(name)]
    return np.stack([*told[:-1], total - sum(told[:-1])], axis=1)


def _nothing(scan: Scan, legend: _Legend) -> dict[str, Array]:
    """The fields of no entry."""
    lines = len(scan.seqs)
    none, nowhere = np.zeros(lines, np.int32), np.full(lines, np.nan)
    find = RowFind(1, none, none, none.astype(np.uint8), none.astype(np.float32), backwards=False)
    return _counted(scan, RowDepth(find, nowhere, nowhere, nowhere), np.empty(0, np.intp), legend, 1.0)


def _width(find: RowFind, lines: NDArray[np.intp]) -> slice:
    """Samples that hold the row in all of these lines."""
    return slice(int(find.first[lines].min()), int(find.stop[lines].max())) if len(lines) else slice(0, 0)


def _by_code(codes: NDArray[np.uint8], which: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of pixels (lines, 256) of each code in each line, of those that count."""
    at = np.arange(len(codes))[:, None] * 256 + codes
    return np.bincount(at[which], minlength=256 * len(codes)).reshape(-1, 256)


def _sum(which: NDArray[np.bool_]) -> NDArray[np.uint32]:
    return np.asarray(which.sum(axis=1, dtype=np.uint32))


def _measured(
    scan: Scan, lines: NDArray[np.intp], across: slice, rock: NDArray[np.bool_], least_depth: float
) -> NDArray[np.float64]:
    """Number, sum and sum of squares (lines, measures, 3) of what is measured in pixels of rock."""
    if scan.features is None:
        return np.zeros((len(lines), 0, 3))
    names = [one.name for one in scan.feature_infos]
    measured, deep = list[Array](), dict[str, Array]()
    for place, name in enumerate(names):
        nm, depth = np.moveaxis(scan.features[lines, place, :, across].astype(np.float64), 1, 0)
        there = rock & (depth > least_depth)
        deep[name] = np.where(there, depth, np.nan)
        if name not in CRYSTALLINITY:
            measured += [np.where(there, nm, np.nan), deep[name]]
    if set(CRYSTALLINITY) <= set(names):
        measured.append(deep[CRYSTALLINITY[0]] / deep[CRYSTALLINITY[1]])
    return np.stack([_sums(values) for values in measured], axis=1)


def _sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(values)
    values = np.where(known, values, 0.0)
    return np.stack([known.sum(axis=1), values.sum(axis=1), (values * values).sum(axis=1)], axis=1).astype(np.float64)
