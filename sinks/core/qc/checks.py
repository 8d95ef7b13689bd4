"""Checks of a scanned box, each a pure function of what was seen: nothing wrong, or findings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oreline.messages import INVALID, UNKNOWN, Flag
from sinks.core.depth import RowFind
from sinks.core.qc.columns import dark_columns, told
from sinks.core.qc.finding import Finding, Level, graded, percent
from sinks.core.qc.limits import QcLimits
from sinks.core.scan import Scan

NOT_ROCK = "not rock"
NOISY = frozenset({"too dark", "noisy"})
"""Reasons of an unknown that are nothing that the rock can help."""
END_SAMPLES = 2
"""At each end of the field of view; rock that lies there goes on beyond it."""
END_LINES = 3
AT_AN_END, SHARE_AT_AN_END = 3, 0.05
"""Core in all of the first or last lines, in samples and as a share of what its lines have, which shows that the box
did not begin or end there: less is noise, or specks of a metal tray."""
HALF_STEP = 0.5
OUTSIDE = 0.1
"""Share of the core that may lie outside the rows of its box: of seven rows that were taken for six, a seventh does."""
STRIPED = 0.5
"""Share of its rows that have a dark column, from which on the gaps of other rows are what is dark."""
MOSTLY = 0.9
"""Share of the lines in which a column lies in a row, as a tray may lie askew."""


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """What stands beside the labels of a scan's lines: `flags` uint16 (lines,), bits of `Flag`; `encoder` int64
    (lines,), its counts; both 0 where a line is missing. `counts_per_line`: what the encoder should go from a line to
    the next, 0 where it has none. `wall_ns`: when the box's last line came, on the wall's clock; 0 where the
    journal does not know."""

    flags: NDArray[np.uint16]
    encoder: NDArray[np.int64]
    counts_per_line: float
    wall_ns: int


def of_scan(scan: Scan, passage: Passage, rows: Iterable[RowFind], limits: QcLimits) -> list[Finding]:
    """All that a scan alone tells: light, edges, columns, lines, encoder, and what the rock is."""
    if not scan.rock.any():
        return [Finding("no_rock", Level.RESCAN, {})]
    came, rows = ~scan.missing, tuple(rows)
    return [
        *light(passage.flags[came]),
        *saturation(scan, limits),
        *edges(scan, limits),
        *outside(scan, rows),
        *stripes(scan, rows, limits),
        *missing_lines(scan, limits),
        *encoder_steps(scan.seqs[came], passage.encoder[came], passage.flags[came], passage.counts_per_line, limits),
        *unknown(scan, limits),
    ]


def light(flags: NDArray[np.uint16]) -> Iterator[Finding]:
    """Lines, uint16 (lines,) of their flags, without light, under a dim lamp, or made with a stale reference."""
    dark = _count((flags & Flag.NO_LIGHT) != 0)
    if dark:
        yield Finding("no_light", Level.RESCAN, {"n": str(dark)})
    for check, flag, level in (("lamp", Flag.LAMP, Level.RESCAN), ("reference_stale", Flag.STALE, Level.LOOK)):
        share = _count((flags & flag) != 0) / max(1, len(flags))
        if share:
            yield Finding(check, level, {"share": percent(share)})


def saturation(scan: Scan, limits: QcLimits) -> Iterable[Finding]:
    """Samples that were too bright, against all of the rock; those that are missing with their line are none."""
    bad = _count(scan.codes[~scan.missing] == INVALID)
    share = bad / max(1, bad + _count(scan.rock))
    return graded("saturated", share, limits.saturated, 10 * limits.saturated, share=percent(share))


def edges(scan: Scan, limits: QcLimits) -> Iterator[Finding]:
    """Rock at the ends of the field of view, across and along: what lies beyond was not seen."""
    came = scan.rock[~scan.missing]
    for sample, end in ((0, came[:, :END_SAMPLES]), (came.shape[1] - 1, came[:, -END_SAMPLES:])):
        share = float(end.any(axis=1).mean())
        if share > limits.edge_lines:
            yield Finding("edge", Level.RESCAN, {"sample": str(sample), "share": percent(share)})
    widths = came.sum(axis=1)
    least = max(AT_AN_END, SHARE_AT_AN_END * float(np.median(widths[widths > 0])))
    for check, lines in (("front", came[:END_LINES]), ("back", came[-END_LINES:])):
        if _count(np.asarray(lines.all(axis=0))) > least:
            yield Finding(check, Level.RESCAN, {})


def outside(scan: Scan, rows: Sequence[RowFind]) -> Iterable[Finding]:
    """Core that lies in no row: the box has more of them, or others."""
    inside = np.zeros_like(scan.rock)
    for row in rows:
        inside |= row.cells(scan.rock.shape[1])
    share = _count(scan.rock & ~inside) / max(1, _count(scan.rock))
    return graded("rows", share, OUTSIDE, math.inf, share=percent(share), rows=str(len(rows))) if rows else ()


def stripes(scan: Scan, rows: Sequence[RowFind], limits: QcLimits) -> Iterator[Finding]:
    """Columns within rows that show rock in far fewer lines than those beside them: dust in few of the rows; in most of
    them, the gaps between rows of another box."""
    found = [_dark_in(scan, row, limits) for row in rows]
    n = sum(map(bool, found))
    if n > 1 and n > STRIPED * len(rows):
        yield Finding("stripes", Level.RESCAN, {"n": str(n), "rows": str(len(rows))})
    elif n:
        yield Finding("dust", Level.LOOK, {"columns": told([run for runs in found for run in runs])})


def _dark_in(scan: Scan, row: RowFind, limits: QcLimits) -> list[tuple[int, int]]:
    """Runs of columns [first, stop) of a row that are dark in all lines."""
    came = ~scan.missing
    columns = np.flatnonzero(row.cells(scan.rock.shape[1])[came].mean(axis=0) > MOSTLY)
    dark = dark_columns(scan.rock[came][:, columns].mean(axis=0), 1 - limits.dark_column)
    return [(int(columns[first]), int(columns[stop - 1]) + 1) for first, stop in dark]


def missing_lines(scan: Scan, limits: QcLimits) -> Iterator[Finding]:
    """Lines that nobody got; the box is to be scanned again where a stretch of them is long."""
    n = _count(scan.missing)
    if n:
        mm = _longest(scan.missing) * _line_mm(scan.along_mm)
        level = Level.RESCAN if mm > limits.missing_mm else Level.LOOK
        yield Finding("missing", level, {"n": str(n), "mm": f"{mm:.1f}"})


def encoder_steps(
    seqs: NDArray[np.int64], encoder: NDArray[np.int64], flags: NDArray[np.uint16], step: float, limits: QcLimits
) -> Iterable[Finding]:
    """Lines, by their numbers and the encoder's counts int64 (lines,), between which that went half a step more or less
    than `step` a line, in whichever direction most of it goes, or that are flagged for it."""
    wrong = (flags & (Flag.ENCODER | Flag.NO_ENCODER)) != 0
    if step and len(seqs) > 1:
        steps = np.diff(encoder) * (1 if encoder[-1] >= encoder[0] else -1)
        wrong[1:] |= np.abs(steps / np.diff(seqs) - abs(step)) > HALF_STEP * abs(step)
    share = float(wrong.mean()) if len(wrong) else 0.0
    return graded("encoder", share, limits.encoder_steps, 10 * limits.encoder_steps, share=percent(share))


def unknown(scan: Scan, limits: QcLimits) -> Iterator[Finding]:
    """Rock without a mineral, and rock of which nothing can be told. What is no rock is in neither."""
    unsaid = scan.rock & (scan.codes == UNKNOWN)
    names = np.array([*scan.reason_names, ""] if scan.reason_names else [""])
    of = names[np.minimum(scan.reasons, len(names) - 1)]
    rock = _count(scan.rock & (of != NOT_ROCK) | (scan.rock & ~unsaid))
    without = _count(unsaid & (of != NOT_ROCK)) / max(1, rock)
    noisy = _count(unsaid & np.isin(of, list(NOISY))) / max(1, rock)
    yield from graded("noisy", noisy, limits.noisy, 3 * limits.noisy, share=percent(noisy))
    yield from graded("unknown", without, limits.unknown, math.inf, share=percent(without))


def _count(which: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(which))


def _longest(missing: NDArray[np.bool_]) -> int:
    bounds = np.flatnonzero(np.diff(np.concatenate(([False], missing, [False]))))
    return int((bounds[1::2] - bounds[::2]).max(initial=0))


def _line_mm(along_mm: NDArray[np.float64]) -> float:
    steps = np.abs(np.diff(along_mm))
    return float(np.nanmedian(steps)) if len(steps) else 0.0
