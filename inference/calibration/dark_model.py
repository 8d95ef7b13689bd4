"""Dark model: the dark at another exposure or temperature than its reference was captured at.

A dark count is a bias and a dark current times the exposure, and the current grows with temperature:

    D = bias + current t g (1 + rate (T - T0)),

linear in all that is unknown (EMVA Standard 1288, release 4.0, section 2.3, for the current; the temperature linear
between references). Whatever is asked for is therefore a weighted sum of the darks that were captured, with one weight
a dark for all elements, and so is its variance. Which terms are fitted depends on what the darks differ in; several are
fitted by least squares, each dark counting as its lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.references.measurement import SAME_TEMPERATURE_K, Measurement
from oreline.errors import ReferenceRefused
from oreline.recordings.conditions import SAME_EXPOSURE

TEN_K = 10.0
"""The unit of warmth in the fit: that of all its columns is about one."""


@dataclass(frozen=True, eq=False)
class Dark:
    """`weights` float64 (darks,) of the darks, and `constant` in counts to be added."""

    weights: NDArray[np.float64]
    constant: float = 0.0

    def of(self, darks: Sequence[Measurement]) -> NDArray[np.float64]:
        """Counts, float64 (bands, samples)."""
        total = np.full(darks[0].mean.shape, self.constant)
        for weight, dark in zip(self.weights, darks, strict=True):
            if weight:
                total += weight * dark.mean
        return total


def dark_at(
    darks: Sequence[Measurement],
    exposure: float,
    temperature_c: float,
    *,
    black_level: float | None = None,
    limit: float = 0.1,
) -> Dark:
    """Dark at `exposure`, microseconds times gain, and `temperature_c`, NaN where it is not known.

    `darks`: the primary one first. Where all are of one exposure, another one is only served within `limit`, relative,
    or where `black_level`, counts without any exposure, is known. A dark whose exposure nobody says is taken to have
    the one that is asked for. Raises ReferenceRefused.
    """
    exposures, lines = (np.array([getattr(dark, key) for dark in darks], np.float64) for key in ("exposure", "lines"))
    exposures = np.where(np.isnan(exposures), exposure, exposures)
    used, warmth = _comparable(np.array([dark.temperature_c for dark in darks]), temperature_c)
    scaled = exposures / exposure
    many = _differ(exposures[used], SAME_EXPOSURE * exposures[used][0])
    columns = [np.ones(len(darks)), *([scaled] if many else [])]
    if _differ(warmth[used], SAME_TEMPERATURE_K) and used.sum() > len(columns):
        columns.append(scaled * warmth / TEN_K)
    wanted = np.array([1.0, *([1.0] if many else []), 0.0])[: len(columns)]
    root = np.sqrt(np.where(used, lines, 0.0))
    weights = wanted @ np.linalg.pinv(np.stack(columns, axis=1) * root[:, None]) * root
    return Dark(weights) if many else _scaled(weights, exposure, float(exposures[used][0]), black_level, limit)


def _comparable(theirs_c: NDArray[np.float64], temperature_c: float) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Darks that are of use, and how much warmer they are: those of known temperature or, where the stream's is not
    known, those as warm as the primary one."""
    known = np.isfinite(theirs_c)
    if np.isfinite(temperature_c) and known.any():
        return known, np.nan_to_num(theirs_c - temperature_c)
    return ~(np.abs(theirs_c - theirs_c[0]) > SAME_TEMPERATURE_K), np.zeros(len(theirs_c))


def _differ(values: NDArray[np.float64], by: float) -> bool:
    return bool(np.ptp(values) > by)


def _scaled(
    weights: NDArray[np.float64], exposure: float, taken: float, black_level: float | None, limit: float
) -> Dark:
    """From the one exposure at which all darks were taken to another."""
    ratio = exposure / taken
    if black_level is not None:
        return Dark(weights * ratio, black_level * (1.0 - ratio))
    if abs(ratio - 1.0) <= limit:
        return Dark(weights)
    raise ReferenceRefused(
        f"the dark was taken at {taken:g} us times gain, and one of {exposure:g} is needed: capture a dark at that "
        "exposure, or a second one at another exposure, or give inference.correction.black_level",
        "dark_exposure",
    )
