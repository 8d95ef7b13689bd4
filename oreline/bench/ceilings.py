"""What the machine can do at most: copy, multiply and add; and what the fastest camera asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.bench.case import LINE_BYTES, Case, repeated
from oreline.cameras import CAMERAS
from oreline.jit import kernel

MEMCPY, FMA, CAMERA = "memcpy", "FMA peak fp32", "camera at full rate"
CALIBRATED_BYTES = LINE_BYTES + 2 * LINE_BYTES
"""Calibration reads a line of uint16 and writes one of float32."""
SOURCES = 32
"""Lines come from another process: sources are taken in turn from as many as one cache holds, not from the last one."""
VALUES, CHAIN, SWEEPS = 2048, 7, 400


def cases(_folder: Path, _quick: bool) -> list[Case]:
    """memcpy counts bytes read and bytes written, and moves as many as calibration does: it copies half of them."""
    sources = np.ones((SOURCES, CALIBRATED_BYTES // 2), np.uint8)
    target = np.empty(CALIBRATED_BYTES // 2, np.uint8)
    values = np.full(VALUES, 0.3, np.float32)
    flop = 2.0 * VALUES * CHAIN * SWEEPS
    return [
        Case(MEMCPY, repeated(lambda i: np.copyto(target, sources[i % SOURCES]), 64), CALIBRATED_BYTES / 1e9, "GB/s"),
        Case(FMA, repeated(lambda _: multiply_add(values, SWEEPS), 16, 2), flop / 1e9, "GFLOP/s", line=False),
        Case(CAMERA, lambda: 1 / CAMERAS["nir224"].line_rate_hz, 1, "lines/s"),
    ]


@kernel
def multiply_add(values: NDArray[Any], sweeps: int) -> None:
    """x*x + a, over and over, which no compiler can shorten: a short chain a value in a register, many values whose
    chains do not depend on each other."""
    a = np.float32(0.2)
    for _ in range(sweeps):
        for i in range(values.size):
            value = values[i]
            for _ in range(CHAIN):
                value = value * value + a
            values[i] = value
