"""Lines of one kind, dark or white, summed to their mean, their spread and how often they were at full scale."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ReferenceRefused
from oreline.jit import kernel
from oreline.messages import StreamInfo


@dataclass(frozen=True, eq=False)
class Measured:
    """What `lines` lines of one kind were, each array (bands, samples).

    `mean`, `spread`: float64 counts; the spread is the standard deviation from line to line (n - 1).
    `saturated`: uint32, how many of the lines were at full scale there.
    """

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    saturated: NDArray[np.uint32]
    lines: int
    exposure_us: float
    gain: float
    temperature_c: float = math.nan
    """Of the camera; NaN where it tells none."""

    def columns(self, start: int, samples: int) -> Measured:
        """The same of `samples` columns from `start` on, as views."""
        cut = np.s_[:, start : start + samples]
        return replace(self, mean=self.mean[cut], spread=self.spread[cut], saturated=self.saturated[cut])


class ReferenceBuilder:
    """Sums lines of one kind, exactly: integers, in place, nothing allocated for a line."""

    def __init__(self, info: StreamInfo) -> None:
        shape = info.bands, info.samples
        self.info = info
        self.lines = 0
        self._sum = np.zeros(shape, np.uint64)
        self._squares = np.zeros(shape, np.uint64)
        self._saturated = np.zeros(shape, np.uint32)

    def add(self, counts: NDArray[np.uint16]) -> None:
        """Take a line, uint16 (bands, samples). Raises ReferenceRefused for one of another shape or type."""
        if counts.shape != self._sum.shape or counts.dtype != np.uint16:
            raise ReferenceRefused(
                f"a line of {counts.dtype} {counts.shape} came to a reference of uint16 {self._sum.shape}: "
                "the camera's settings changed during the capture, capture again"
            )
        _accumulate(counts, self.info.full_scale, self._sum, self._squares, self._saturated)
        self.lines += 1

    def measured(self) -> Measured:
        """The plain mean and the spread of the lines so far. Raises ReferenceRefused for fewer than two."""
        if self.lines < 2:
            raise ReferenceRefused(f"a reference of {self.lines} lines has no spread: capture 50 or more")
        if not self.info.exposure_us * self.info.gain > 0:
            raise ReferenceRefused(
                f"exposure {self.info.exposure_us:g} us and gain {self.info.gain:g} must be above zero: set them"
            )
        n = np.uint64(self.lines)
        return Measured(
            mean=self._sum / self.lines,
            spread=np.sqrt((n * self._squares - self._sum**2) / (self.lines * (self.lines - 1))),
            saturated=self._saturated.copy(),
            lines=self.lines,
            exposure_us=self.info.exposure_us,
            gain=self.info.gain,
            temperature_c=self.info.temperature_c,
        )


@kernel
def _accumulate(
    counts: NDArray[Any], full_scale: int, total: NDArray[Any], squares: NDArray[Any], saturated: NDArray[Any]
) -> None:
    for band in range(counts.shape[0]):
        for sample in range(counts.shape[1]):
            count = np.uint64(counts[band, sample])
            total[band, sample] += count
            squares[band, sample] += count * count
            saturated[band, sample] += np.uint32(counts[band, sample] >= full_scale)
