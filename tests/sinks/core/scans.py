"""Scans and depths that are made up, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.answers import answer_of
from oreline.messages import BACKGROUND, UNKNOWN, ClassInfo, LayerInfo
from sinks.core.depth import BoxDepth, Flag, HoleDepth, Kind, Missing, Recovery, RowDepth, RowFind
from sinks.core.scan import Scan

GREY = (128, 128, 128)
NAMES = ("kaolinite", "muscovite", "other kaolin", "no bands", "not rock")
GROUPS = ("kaolin", "white mica", "no bands", "not rock", "other bands")
KAOLINITE, MUSCOVITE, OTHER_KAOLIN, NO_BANDS, WOOD, KAOLIN = range(6)
"""Codes of the answer; the last is the group alone."""
REASON_NAMES = ("not rock", "too dark", "noisy", "no bands", "not in the list", "unsure")


def infos(names: Sequence[str]) -> tuple[ClassInfo, ...]:
    return tuple(ClassInfo(name, GREY) for name in names)


ANSWER = answer_of(
    "bands", (), (LayerInfo("bands", legend=infos(NAMES)), LayerInfo("bands_group", legend=infos(GROUPS)))
)


def a_scan(codes: NDArray[np.uint8], reasons: NDArray[np.uint8] | None = None, box: int = 1, **more: Any) -> Scan:
    """A scan of codes (lines, samples), 1 mm a line and a sample."""
    reasons = np.full(codes.shape, 255, np.uint8) if reasons is None else reasons
    lines = np.arange(len(codes))
    told = {"provenance": {"model": "bands 1"}, "which": "bands", **more}
    return Scan(
        box, "ab" * 16, lines, lines * 1.0, 1.0, ANSWER, codes, reasons, REASON_NAMES,
        (codes != BACKGROUND) & (codes != WOOD), np.zeros(len(codes), np.bool_), **told,
    )  # fmt: skip


def one_row(
    depth_m: NDArray[np.float64], samples: tuple[int, int], row: int = 1, kind: NDArray[np.uint8] | None = None
) -> RowDepth:
    """A row, a mm of hole a line where it has a depth."""
    there = np.isfinite(depth_m)
    kind = np.where(there, Kind.ROCK, Kind.EMPTY).astype(np.uint8) if kind is None else kind
    first, stop = (np.full(len(depth_m), sample, np.int32) for sample in samples)
    find = RowFind(row, first, stop, kind, there.astype(np.float32), backwards=False)
    return RowDepth(find, depth_m, np.where(there, 0.005, np.nan), np.where(there, 0.001, 0.0))


def a_hole(
    *rows: RowDepth,
    box: int = 1,
    missing: tuple[Missing, ...] = (),
    recovery: tuple[Recovery, ...] = (),
    flags: tuple[Flag, ...] = (),
) -> HoleDepth:
    return HoleDepth({box: BoxDepth(box, rows)}, missing, recovery, flags)


def metres(from_m: float, lines: int) -> NDArray[np.float64]:
    """Depths of lines that stand for a mm each."""
    return from_m + (np.arange(lines) + 0.5) / 1000


def rock(lines: int, samples: int, seed: int = 0) -> NDArray[np.uint8]:
    """Codes of every kind that rock has."""
    draw = np.random.default_rng(seed)
    return draw.choice(
        np.array([KAOLINITE, MUSCOVITE, OTHER_KAOLIN, NO_BANDS, KAOLIN, UNKNOWN], np.uint8), (lines, samples)
    )
