"""Illumination: checked by a strip of white at the edge of the belt, and by the dark where there is none at all."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from inference.flags import Quality
from oreline.config import Section
from oreline.jit import kernel
from oreline.messages import Flag

NO_LIGHT = 0.004
"""Mean reflectance below which a line saw nothing, in every sample: the blackest belt gives several times as much."""
_SATURATED = np.uint8(Quality.SATURATED)
NO_SAMPLE, EVERY_SAMPLE = slice(0, 0), slice(None)


class WhiteStrip(Section):
    """[inference.strip]: samples that always see a strip of known white. They are not labelled."""

    first: Annotated[int, Field(ge=0)]
    """First sample of the strip, from 0."""
    samples: Annotated[int, Field(gt=0)]
    """Samples of the strip."""
    reflectance: Annotated[float, Field(gt=0, le=1.5)] = 0.99
    """Reflectance of the strip."""
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


class Illumination(NamedTuple):
    """Finding about a line's light. `flag`: what is wrong with it, NONE where nothing is. `unlabelled`: samples that
    are to have no label, those of the strip always."""

    flag: Flag
    unlabelled: slice


class IlluminationCheck:
    """Check of lines, one at a time."""

    def __init__(self, strip: WhiteStrip | None) -> None:
        self._strip = strip

    def judge(self, mean: NDArray[np.float32], invalid: NDArray[np.uint8], lamp: float = 1.0) -> Illumination:
        """Judge a line by its mean reflectance, float32 (samples,), NaN where that is not known, and its `Quality`
        bits, uint8 (samples,). `lamp`: the light that the mean was corrected for. A strip that is saturated says
        nothing."""
        if _brightest(mean) < NO_LIGHT:
            return Illumination(Flag.NO_LIGHT, EVERY_SAMPLE)
        strip = self._strip
        if strip is None:
            return Illumination(Flag.NONE, NO_SAMPLE)
        seen = slice(strip.first, strip.end)
        if np.any(invalid[seen] & _SATURATED):
            return Illumination(Flag.NONE, seen)
        off = abs(lamp * float(np.mean(mean[seen])) / strip.reflectance - 1.0)
        flag = Flag.NONE if off <= strip.tolerance else Flag.LAMP
        return Illumination(flag, seen if off <= strip.limit else EVERY_SAMPLE)


@kernel
def _brightest(mean: NDArray[Any]) -> float:
    """NaN counts as dark."""
    most = np.float32(-np.inf)
    for sample in range(mean.size):
        most = max(most, mean[sample]) if mean[sample] == mean[sample] else most
    return float(most)
