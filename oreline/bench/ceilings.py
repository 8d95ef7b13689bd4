"""Ceilings of the machine: copy, multiply and add; and what the fastest camera asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from oreline.bench.case import LINE_BYTES, Case, repeated
from oreline.cameras import CAMERAS
from oreline.jit import kernel

MEMCPY, FMA, CAMERA = "memcpy", "FMA peak fp32", "camera at full rate"
CALIBRATED_BYTES = LINE_BYTES + 2 * LINE_BYTES
"""Calibration reads a line of uint16 and writes one of float32."""
SOURCES = 32
"""Lines come from another process: sources are taken in turn from as many as one cache holds, not from the last one."""
LANES, CHAINS, STEPS = 16, 8, 20_000
"""Of the peak: as many independent chains as two units with a latency of four cycles need, in the widest vectors."""


def cases(_folder: Path, _quick: bool) -> list[Case]:
    """memcpy counts bytes read and bytes written, and moves as many as calibration does: it copies half of them."""
    sources = np.ones((SOURCES, CALIBRATED_BYTES // 2), np.uint8)
    target = np.empty(CALIBRATED_BYTES // 2, np.uint8)
    values = np.full(CHAINS * LANES, 0.3, np.float32)
    flop = 2.0 * values.size * STEPS
    return [
        Case(MEMCPY, repeated(lambda i: np.copyto(target, sources[i % SOURCES]), 64), CALIBRATED_BYTES / 1e9, "GB/s"),
        Case(FMA, repeated(lambda _: multiply_add(values, STEPS), 16, 2), flop / 1e9, "GFLOP/s", line=False),
        Case(CAMERA, lambda: 1 / CAMERAS["nir224"].line_rate_hz, 1, "lines/s"),
    ]


@kernel
def multiply_add(values: NDArray[Any], steps: int) -> None:
    """x*x + 0.2, `steps` times over, which no compiler can shorten, of float32 (CHAINS * LANES,)."""
    _chains(values, steps)  # type: ignore[call-arg]


@intrinsic
def _chains(_typing: Any, values: Any, steps: Any) -> Any:
    """Written in vectors: of a loop over floats LLVM makes vectors of half the width, which reach half the peak."""

    def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(ir.FloatType(), LANES)
        start = builder.bitcast(context.make_array(values)(context, builder, arguments[0]).data, vector.as_pointer())
        places = [builder.gep(start, [ir.IntType(64)(chain)]) for chain in range(CHAINS)]
        read = [builder.load(place, align=4) for place in places]
        chains = [cgutils.alloca_once_value(builder, x) for x in read]  # type: ignore[no-untyped-call]
        with cgutils.for_range(builder, arguments[1]):
            for chain in chains:
                x = builder.load(chain)
                square = builder.fmul(x, x, flags=["contract"])
                builder.store(builder.fadd(square, vector([0.2] * LANES), flags=["contract"]), chain)
        for place, chain in zip(places, chains, strict=True):
            builder.store(builder.load(chain), place, align=4)
        return context.get_dummy_value()

    return types.void(values, steps), build
