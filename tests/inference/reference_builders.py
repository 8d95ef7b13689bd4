"""Streams and references made up for tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inference.references.measurement import MeasurementBuilder
from inference.references.reference import Reference
from oreline.messages import StreamInfo

INFO = StreamInfo(
    run=bytes(16), epoch=1, seq=0, camera="SimCam", serial="S1", wavelengths_nm=tuple(np.linspace(1000.0, 2500.0, 12)),
    samples=40, offset_x=0, full_scale=4095, exposure_us=1000.0, gain=1.0, line_rate_hz=450.0, counts_per_line=1.0,
    pitch_mm=1.0,
)  # fmt: skip


def stream(**changes: object) -> StreamInfo:
    """A stream of 12 bands and 40 samples at 12 bits, changed as asked."""
    return replace(INFO, **changes)  # type: ignore[arg-type]


def built(info: StreamInfo, lines: NDArray[np.uint16]) -> MeasurementBuilder:
    """A builder that was given lines (n, bands, samples)."""
    builder = MeasurementBuilder(info)
    for line in lines:
        builder.add(line)
    return builder


def some_lines(info: StreamInfo, level: float, n: int = 9, *, seed: int = 1) -> NDArray[np.uint16]:
    """Noisy lines around a level that differs from element to element, clipped to what the sensor can say."""
    rng = np.random.default_rng(seed)
    shape = info.bands, info.samples
    mean = level * rng.uniform(0.8, 1.2, shape)
    return np.clip(rng.normal(mean, 3.0, (n, *shape)), 0, info.full_scale).astype(np.uint16)


def a_reference(info: StreamInfo = INFO, *, dark: float = 300.0, white: float = 2500.0) -> Reference:
    """A plausible reference of a stream."""
    return Reference.combine(
        built(info, some_lines(info, dark, seed=1)), built(info, some_lines(info, white, seed=2)), captured="today"
    )
