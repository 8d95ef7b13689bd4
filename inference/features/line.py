"""Features of a line, at its rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.arrays import aligned, kept_as
from inference.features.kernels import LANES, absorption
from inference.features.windows import Placed, refuse_none
from inference.flags import UNUSABLE
from oreline.features import LEAST_DEPTH
from oreline.jit import bound
from oreline.messages import FeatureInfo

Values = NDArray[np.float32]


class LineFeatures:
    """Features of lines of a camera, with room of their own: one a lane. Compiled when constructed; its calls allocate
    nothing. `infos`: what is measured."""

    def __init__(self, wavelengths_nm: Sequence[float], samples: int) -> None:
        """Raises ConfigError where the camera's bands cover the window of no feature."""
        features = refuse_none(wavelengths_nm)
        most = max(len(one.rows) for one in features)
        self._room = (
            aligned((most, LANES), np.float32),
            aligned((most, LANES), np.float32),
            aligned((8, LANES), np.float32),
        )
        self._out = aligned((len(features), 2, samples), np.float32)
        self._tables = [_tables(one) for one in features]
        self.infos: tuple[FeatureInfo, ...] = tuple(one.info for one in features)
        values, invalid = aligned((len(wavelengths_nm), samples), np.float32), aligned((samples,), np.uint8)
        self._kernel = bound(absorption, *self._arguments(values, invalid, 0))
        self(values, invalid)

    def __call__(self, reflectance: Values, invalid: NDArray[np.uint8]) -> Values:
        """Centre in nm and depth, float32 (features, 2, samples), overwritten by the next call, of reflectance float32
        (bands, samples), C-contiguous. NaN as `absorptions` has it, and where a bit of `invalid` forbids an answer.

        Of the answers of `absorptions` they are within 0.01 nm and 2e-6 of depth, where one band is the least of its
        window by more than 1e-6.
        """
        for number in range(len(self._tables)):
            self._kernel(*self._arguments(reflectance, invalid, number))
        return self._out

    def _arguments(self, reflectance: Values, invalid: NDArray[np.uint8], number: int) -> tuple[Any, ...]:
        rows, offset, inverse, first_nm = self._tables[number]
        return (reflectance, invalid, rows, offset, inverse, first_nm, np.uint8(UNUSABLE), np.float32(LEAST_DEPTH),
                self._room, self._out[number])  # fmt: skip


def _tables(feature: Placed) -> tuple[NDArray[np.int64], Values, Values, float]:
    offset = kept_as(feature.nm - feature.nm[0], np.float32)
    with np.errstate(divide="ignore"):
        inverse = kept_as(1 / (feature.nm - feature.nm[:, None]), np.float32)
    return kept_as(feature.rows, np.int64), offset, inverse, float(feature.nm[0])
