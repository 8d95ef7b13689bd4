"""Samples of core, as tests export them."""

from __future__ import annotations

import numpy as np

from oreline.messages import ClassInfo
from oreline.palette import colour_of, group_of
from sinks.core.depth import Kind
from sinks.core.samples import REASONS, CoreSamples

MINERALS = ("muscovite", "kaolinite", "calcite", "sepiolite")


def samples(boxes: int = 2, rows: int = 3, lines: int = 40, hole: str = "OR001") -> CoreSamples:
    """Lines of boxes that follow one another, some with nothing but wood, some without a mineral."""
    n = boxes * rows * lines
    random = np.random.default_rng(19)
    counts = random.multinomial(30, [0.6, 0.25, 0.1, 0.05], n).astype(np.uint32)
    reasons = np.zeros((n, len(REASONS) + 1), np.uint32)
    reasons[:, 2] = random.integers(0, 9, n)
    not_rock = np.zeros(n, np.uint32)
    counts[5:9], reasons[5:9], not_rock[5:9] = 0, 0, 30
    counts[20:24], reasons[20:24, 3] = 0, 25
    sums = np.zeros((n, 2, 3))
    sums[:, 0, 0] = np.where(np.arange(n) % 3, 10, 0)
    sums[:, 0, 1] = sums[:, 0, 0] * (2200 + np.arange(n) % 10)
    sums[:, 1, :2] = sums[:, 0, :1] * [1, 0.25]
    at = np.arange(n)
    return CoreSamples(
        hole=hole, answer="labels",
        depth_m=65.9 + (at + 0.5) * 0.005, sd_m=np.full(n, 0.01), length_m=np.full(n, 0.005),
        box=(at // (rows * lines) + 1).astype(np.int32), row=(at // lines % rows + 1).astype(np.int32),
        line=(at % lines).astype(np.int32), kind=np.full(n, Kind.ROCK, np.uint8),
        classes=tuple(ClassInfo(name, colour_of(name, (0, 0, 0))) for name in MINERALS),
        groups=tuple(group_of(name) for name in MINERALS), counts=counts, reason_names=(*REASONS, "not told"),
        reasons=reasons, not_rock=not_rock, masked=np.zeros(n, np.uint32), measures=("2200W", "2200D"), sums=sums,
    )  # fmt: skip
