"""Intervals: minerals, groups, features and what is not known, over lengths of a hole.

Fractions are of the pixels of rock. They are whole multiples of 2^-32, dealt out so that minerals and what is unknown
sum to exactly 1, in whatever order, and a group is exactly the sum of its minerals.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from oreline.errors import ConfigError
from oreline.features import CRYSTALLINITY, CRYSTALLINITY_CUTS, LEAST_DEPTH, METHOD
from oreline.palette import colour_of_group
from sinks.core.samples import CoreSamples
from sinks.core.table import (
    DEPTH_SD,
    FEATURE,
    FLAGS,
    FROM,
    GROUP,
    HOLE,
    MASKED,
    MINERAL,
    NOT_ROCK,
    RECOVERY,
    TO,
    UNKNOWN,
    N,
    with_header,
)  # fmt: skip
from sinks.core.tally import BROKEN, CORE_M, HOLE_M, UNSEEN, Tally

ONE = 1 << 32
"""Parts that a fraction is counted in."""
MOST = 1_000_000
"""Intervals of a table."""
LEAST_SHARE = 0.01
"""Share of an interval that may be unseen before that is said."""
_NO_COLOUR = (136, 136, 136)

Array = NDArray[Any]
Spans = NDArray[np.float64]
"""Intervals (m, 2): from and to in m; what lies at `to` is in the next."""


def steps(from_m: float, to_m: float, step_m: float) -> Spans:
    """Intervals of a step that cover from `from_m` to `to_m`, beginning at whole multiples of it. Raises ConfigError
    where the step is none, or there would be too many."""
    if not 0 < step_m < math.inf:
        raise ConfigError(f"a step of {step_m:g} m is none: give one above 0, such as 0.1")
    first, last = math.floor(from_m / step_m + 1e-9), math.ceil(to_m / step_m - 1e-9)
    if last - first > MOST:
        raise ConfigError(f"a step of {step_m:g} m makes {last - first} intervals, more than {MOST}: take a longer one")
    edges = np.round(np.arange(first, max(last, first + 1) + 1) * step_m, 9)
    return np.stack([edges[:-1], edges[1:]], axis=1)


def intervals(
    parts: Iterable[CoreSamples], spans: Spans, header: Mapping[str, Any] | None = None, everything: bool = False
) -> pa.Table:
    """Table of a hole's samples, part after part, over intervals in their order. `header`: what else holds for all of
    it. Minerals that are nowhere in it have columns only with `everything`."""
    tally = Tally(spans)
    for part in parts:
        tally.add(part)
    return table_of(tally, header, everything)


def table_of(tally: Tally, header: Mapping[str, Any] | None = None, everything: bool = False) -> pa.Table:
    """The table of what was summed; a row an interval. Fractions, recovery and features are null where there is nothing
    that they could be of."""
    lost_m = np.array([_lost(tally, span) for span in tally.spans])
    seen_m, core_m = (tally.sums.get(name, np.zeros(len(lost_m))) for name in (HOLE_M, CORE_M))
    known_m = seen_m + lost_m
    fractions, n = _fractions(tally, everything)
    blank = np.zeros(len(n), np.int64)
    columns: dict[str, Any] = {
        HOLE: [tally.hole] * len(n),
        FROM: tally.spans[:, 0],
        TO: tally.spans[:, 1],
        N: n,
        RECOVERY: _known(np.round(core_m / np.where(known_m > 0, known_m, 1), 9), known_m > 0),
        MASKED: tally.sums.get(MASKED, blank),
        NOT_ROCK: tally.sums.get(NOT_ROCK, blank),
        DEPTH_SD: _known(tally.sd_m, np.isfinite(tally.sd_m)),
        **fractions,
        **_features(tally),
        FLAGS: [_words(tally, at, known_m[at]) for at in range(len(n))],
    }
    return with_header(pa.table(columns), {**_said(tally), **(header or {})})


def _fractions(tally: Tally, everything: bool) -> tuple[dict[str, pa.Array], NDArray[np.int64]]:
    """Fractions by column, minerals, groups and what is unknown, and the number of pixels of rock."""
    sums = {name: sum_ for name, sum_ in tally.sums.items() if name.startswith((MINERAL, UNKNOWN))}
    if not sums:
        return {}, np.zeros(len(tally.spans), np.int64)
    n = np.sum(list(sums.values()), axis=0)
    parts = dict(zip(sums, _dealt(np.stack(list(sums.values()), axis=1), n).T, strict=True))
    shown = [name for name in sums if everything or name.startswith(UNKNOWN) or sums[name].any()]
    groups = dict.fromkeys(tally.groups[name.removeprefix(MINERAL)] for name in shown if name.startswith(MINERAL))
    grouped = {
        GROUP + group: sum(parts[MINERAL + name] for name, own in tally.groups.items() if own == group)
        for group in groups
    }
    minerals = {name: parts[name] for name in shown if name.startswith(MINERAL)}
    unknown = {name: parts[name] for name in shown if name.startswith(UNKNOWN)}
    return {name: _known(part / ONE, n > 0) for name, part in {**minerals, **grouped, **unknown}.items()}, n


def _dealt(counts: NDArray[np.int64], n: NDArray[np.int64]) -> NDArray[np.int64]:
    """Parts of ONE (m, k) that are as `counts` (m, k) of `n` (m,), and sum to it where n is not 0: rounded down, and
    what is left over goes to those that lost most."""
    of = np.maximum(n, 1)[:, None]
    parts, rest = counts * ONE // of, counts * ONE % of
    left = np.where(n > 0, ONE - parts.sum(axis=1), 0)
    place = np.argsort(np.argsort(-rest, axis=1, kind="stable"), axis=1)
    return parts + (place < left[:, None])


def _features(tally: Tally) -> dict[str, pa.Array]:
    """Mean, number of pixels and standard deviation by column, and the class of crystallinity."""
    columns: dict[str, pa.Array] = {}
    for name, sums in tally.sums.items():
        if not name.startswith(FEATURE):
            continue
        n, total, squares = sums.T
        mean = total / np.maximum(n, 1)
        spread = np.sqrt(np.maximum(squares - n * mean * mean, 0) / np.maximum(n - 1, 1))
        columns |= {name: _known(mean, n > 0), f"{name}.n": n.astype(np.int64), f"{name}.sd": _known(spread, n > 1)}
        if name == FEATURE + "crystallinity":
            columns[f"{name}.class"] = _known(np.searchsorted(CRYSTALLINITY_CUTS, mean, "right") + 1, n > 0)
    return columns


def _known(values: Array, known: NDArray[np.bool_]) -> pa.Array:
    return pa.array(values, mask=~known)


def _lost(tally: Tally, span: Array) -> float:
    """Length of core, in m, that is missing from an interval."""
    return math.fsum(max(0.0, min(span[1], one.to_m) - max(span[0], one.from_m)) for one in tally.missing)


def _words(tally: Tally, at: int, known_m: float) -> str:
    """What whoever reads an interval should know, "" for nothing."""
    (first, last), boxes = tally.spans[at], sorted(tally.boxes[at])
    losses = [one for one in tally.missing if one.from_m < last and one.to_m > first]
    words = [f"core lost {one.from_m:.2f}-{one.to_m:.2f} m ({one.how})" for one in losses]
    if len(boxes) > 1:
        words.append(f"boxes {', '.join(map(str, boxes))}")
    if BROKEN in tally.sums and tally.sums[BROKEN][at]:
        words.append("broken")
    if unseen := int(tally.sums[UNSEEN][at]) if UNSEEN in tally.sums else 0:
        words.append(f"{unseen} lines not seen")
    if known_m < (last - first) * (1 - LEAST_SHARE):
        words.append(f"{known_m:.2f} of {last - first:.2f} m scanned" if known_m else "not scanned")
    return "; ".join([*words, *tally.words[at]])


def _said(tally: Tally) -> dict[str, Any]:
    """The header, from what the samples say of themselves."""
    found = dict.fromkeys(tally.groups.values())
    return {
        "hole": tally.hole,
        "answer": tally.answer,
        "fractions": "of the pixels of rock; not rock and masked are counted apart",
        "features": {info.name: {"window_nm": [info.first_nm, info.last_nm]} for info in tally.features.values()},
        "feature_method": METHOD,
        "crystallinity": {"is": "depth of {} / depth of {}".format(*CRYSTALLINITY), "cuts": list(CRYSTALLINITY_CUTS)},
        "colours": {
            "minerals": {name: list(info.colour) for name, info in tally.classes.items()},
            "groups": {name: list(colour_of_group(name, _NO_COLOUR)) for name in found},
        },
        "groups": tally.groups,
        "missing": [asdict(one) for one in tally.missing],
        "recovery": [{**asdict(one), "share": one.share} for one in tally.recovery],
        "flags": [asdict(one) for one in tally.flags],
        **tally.provenance,
        "least_depth": max(tally.provenance.get("least_depth", [LEAST_DEPTH])),
    }
