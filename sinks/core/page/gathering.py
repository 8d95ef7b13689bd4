"""The page of a hole, gathered from its source: one pass over its scans for the intervals, then its mosaics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oreline.features import LEAST_DEPTH
from sinks.core.intervals import steps, table_of
from sinks.core.page.told import Told
from sinks.core.pictures import ink
from sinks.core.pictures.layers import Layer
from sinks.core.source import Source
from sinks.core.tally import Tally

DRAWN, WRITTEN = 1000, 250
"""About how many intervals are drawn, and written down."""
LEAST_M = 0.1


def gather(
    source: Source,
    layers: Sequence[Layer],
    made: Mapping[str, str],
    step_m: float | None = None,
    least_depth: float = LEAST_DEPTH,
) -> Told:
    """What a page tells. `step_m`: of the intervals that are written down; None takes a round one."""
    from_m, to_m = source.ends_m
    length = to_m - from_m
    drawn = max(LEAST_M, ink.round_step(length / DRAWN))
    written = step_m or max(10 * LEAST_M, ink.round_step(length / WRITTEN))
    fine, table = (Tally(steps(from_m, to_m, step)) for step in (min(drawn, written), written))
    for part in source.samples(least_depth):
        fine.add(part)
        table.add(part)
    header = {**source.header, "step_m": written, "least_depth": least_depth}
    tables, pixel_mm = (table_of(fine, header), table_of(table, header)), source.scan_of(source.boxes[0]).pixel_mm
    return Told(
        source.session, source.depth, source.scan_of, *tables, layers, from_m, to_m, pixel_mm, source.verdicts, made
    )  # fmt: skip
