"""Holes whose page is made: of boxes that are dealt out by a rule, any number of them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from oreline.messages import UNKNOWN
from sinks.core.counting import samples_of
from sinks.core.depth import BoxDepth, Flag, HoleDepth, Missing, Recovery
from sinks.core.intervals import intervals, steps
from sinks.core.page.told import Told
from sinks.core.pictures.layers import groups, minerals
from sinks.core.qc.finding import Finding, Level, Verdict
from sinks.core.scan import Scan
from sinks.core.session import Block, Box, Hole, Session
from tests.sinks.core.pictures.holes import plain

BOX_M, FROM_M = 5.0, 100.0


def told(boxes: int = 2, line_m: float = 0.005, samples: int = 20, step_m: float = 1.0) -> Told:
    """Kaolinite, muscovite in the second of each five metres, a tenth unknown; the last 0.4 m of each box are lost."""

    @lru_cache(2)
    def box(number: int) -> tuple[Scan, BoxDepth]:
        lines = round((BOX_M - 0.4) / line_m)
        rng = np.random.default_rng(number)
        codes = np.where((np.arange(lines) * line_m % BOX_M // 1 == 1)[:, None], 1, np.zeros((lines, samples), int))
        codes[rng.random(codes.shape) < 0.1] = UNKNOWN
        scan, depth = plain(codes.tolist())
        (row,) = depth.rows
        at = FROM_M + (number - 1) * BOX_M + (np.arange(lines) + 0.5) * line_m
        row = replace(row, depth_m=at, length_m=np.full(lines, line_m))
        return replace(scan, box=number, pixel_mm=2.0), BoxDepth(number, (row,))

    ends = [FROM_M + number * BOX_M for number in range(boxes + 1)]
    lost = tuple(Missing(end - 0.4, end, "base") for end in ends[1:])
    recovery = tuple(Recovery(end - BOX_M, end, BOX_M - 0.4) for end in ends[1:])
    flags = (Flag("recovery is 92 %", 1), Flag("the survey <is> missing"))
    hole = HoleDepth({number: box(number)[1] for number in range(1, boxes + 1)}, lost, recovery, flags)
    listed = tuple(
        Box(number=n + 1, from_m=a, to_m=a + BOX_M, rows=1, core=40.0, blocks=(Block(row=1, depth_m=a + BOX_M),))
        for n, a in enumerate(ends[:-1])
    )
    session = Session(hole=Hole(id="PE<257>D"), boxes=listed)
    parts = [samples_of("PE<257>D", box(number)[0], hole) for number in hole.boxes]
    fine, table = (intervals(parts, steps(ends[0], ends[-1], step)) for step in (step_m / 10, step_m))
    verdicts = {1: Verdict(1, 1, (Finding("dust", Level.LOOK, {"columns": "12", "n": "1", "share": "1 %"}),))}
    return Told(
        session, hole, lambda number: box(number)[0], fine, table, [groups(), minerals()], ends[0], ends[-1],
        2.0, verdicts, {"made by": "oreline"},
    )  # fmt: skip
