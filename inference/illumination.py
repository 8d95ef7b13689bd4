"""Watching the light: a strip of white at the edge of the belt, and the dark where there is none at all."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from inference.flags import Quality
from oreline.config import Section
from oreline.jit import kernel
from oreline.messages import INVALID, Flag

NO_LIGHT = 0.004
"""Mean reflectance below which a line saw nothing, in every sample: the blackest belt gives several times as much."""
_SATURATED = np.uint8(Quality.SATURATED)


class WhiteStrip(Section):
    """[inference.strip]: samples that always see a strip of known white. They are not labelled."""

    first: Annotated[int, Field(ge=0)]
    samples: Annotated[int, Field(gt=0)]
    reflectance: Annotated[float, Field(gt=0, le=1.5)] = 0.99
    tolerance: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """A line whose light is off by more is flagged."""
    limit: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """A line whose light is off by more gets no labels."""
    correct: bool = False
    """Whether a line is corrected for what its light is off by, up to that limit."""

    @property
    def end(self) -> int:
        """The first sample after it."""
        return self.first + self.samples


class IlluminationCheck:
    """Judges lines, one at a time."""

    def __init__(self, strip: WhiteStrip | None) -> None:
        self._strip = strip

    def judge(
        self,
        mean: NDArray[np.float32],
        invalid: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        confidence: NDArray[np.uint8],
        lamp: float = 1.0,
    ) -> Flag:
        """What is wrong with the light of a line, its mean reflectance being `mean`, float32 (samples,), and `invalid`
        its `Quality` bits, uint8 (samples,). `lamp`: the light that the mean was corrected for. A strip that is
        saturated says nothing.

        Where nothing can be concluded, `labels` become INVALID and `confidence` 0, both uint8 (samples,), in place;
        so they do on the strip, always.
        """
        if _brightest(mean) < NO_LIGHT:
            labels[:], confidence[:] = INVALID, 0
            return Flag.NO_LIGHT
        strip = self._strip
        if strip is None:
            return Flag.NONE
        seen = np.s_[strip.first : strip.end]
        labels[seen], confidence[seen] = INVALID, 0
        if np.any(invalid[seen] & _SATURATED):
            return Flag.NONE
        off = abs(lamp * float(np.mean(mean[seen])) / strip.reflectance - 1.0)
        if not off <= strip.limit:
            labels[:], confidence[:] = INVALID, 0
        return Flag.NONE if off <= strip.tolerance else Flag.LAMP


@kernel
def _brightest(mean: NDArray[Any]) -> float:
    """NaN counts as dark."""
    most = np.float32(-np.inf)
    for sample in range(mean.size):
        most = max(most, mean[sample]) if mean[sample] == mean[sample] else most
    return float(most)
