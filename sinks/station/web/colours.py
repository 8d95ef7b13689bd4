"""False colours of the lines that pass, for pages that ask for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oreline.false_colours import bands_of
from oreline.messages import ReflectanceLine, StreamInfo
from sinks.station.passing import PassingReflectance

WHITE, BEND = 0.8, 0.6
"""The reflectance that is shown as full, and the power that brightens what is dark: always the same, so that a rock
looks the same tomorrow."""

Seen = tuple[int, NDArray[np.float32]]


class FalseColours:
    """False colours of a stream."""

    def __init__(self, passing: PassingReflectance) -> None:
        self._passing = passing

    def newest(self, info: StreamInfo) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Sequence numbers int64 (n,) and colours uint8 (n, samples, 3) of what has come since the last time; n may be
        0. A sample of which nothing is known is black."""
        bands = list(bands_of(info.wavelengths_nm))

        def look(line: ReflectanceLine) -> Seen:
            return line.stamp.seq, line.reflectance[bands].T

        seen = [one for one in self._passing.newest(info.run, look) if one[1].shape == (info.samples, 3)]
        shares = np.array([values for _, values in seen], np.float32).reshape(len(seen), info.samples, 3)
        return np.array([seq for seq, _ in seen], np.int64), coloured(shares)


def coloured(reflectance: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Reflectance as it is shown, uint8 of the same shape."""
    with np.errstate(invalid="ignore"):
        share = np.nan_to_num(np.clip(reflectance / WHITE, 0, 1)) ** BEND
    return np.asarray(255 * share + 0.5, np.uint8)
