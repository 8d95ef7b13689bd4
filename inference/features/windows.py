"""Windows of the features, and the bands of a camera that each is measured by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ConfigError
from oreline.features import FEATURES
from oreline.messages import FeatureInfo

FEWEST = 5
"""Bands: the hull's two ends, and three for the parabola."""
WIDEST = 0.25
"""Of a window, what may lie between two bands."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A feature's window on a camera: `rows`, its bands from the shortest wavelength on, int64, and their `nm`,
    float64."""

    info: FeatureInfo
    rows: NDArray[np.int64]
    nm: NDArray[np.float64]


def placed(nm: Sequence[float] | NDArray[Any], features: Sequence[FeatureInfo] = FEATURES) -> tuple[Placed, ...]:
    """Those of the features whose windows are covered by bands at `nm`, in any order: from the band nearest to a
    window's first wavelength to that nearest to its last, both within half a band, at least FEWEST, without a hole."""
    at = np.asarray(nm, np.float64)
    order = np.argsort(at)
    found = (_placed(at[order], order, info) for info in features)
    return tuple(one for one in found if one is not None)


def refuse_none(nm: Sequence[float]) -> tuple[Placed, ...]:
    """The same. Raises ConfigError where there is none."""
    there = placed(nm)
    if not there:
        raise ConfigError(
            f"bands from {min(nm):.0f} to {max(nm):.0f} nm cover the window of no feature ({words(FEATURES)}): "
            'leave "features" out of inference.streams'
        )
    return there


def left_out(there: Sequence[Placed]) -> str:
    """Words on the features that are not among those that are there, empty where all are."""
    names = {one.info.name for one in there}
    missing = [one for one in FEATURES if one.name not in names]
    return f"the camera's bands do not cover the window of {words(missing)}: not measured" if missing else ""


def words(features: Sequence[FeatureInfo]) -> str:
    """Features by name and window, for people."""
    return ", ".join(f"{one.name} of {one.first_nm:g}-{one.last_nm:g} nm" for one in features)


def _placed(nm: NDArray[np.float64], order: NDArray[np.intp], info: FeatureInfo) -> Placed | None:
    if not len(nm):
        return None
    first, last = (int(np.abs(nm - end).argmin()) for end in (info.first_nm, info.last_nm))
    inside = nm[first : last + 1]
    if len(inside) < FEWEST:
        return None
    gap = float(np.diff(inside).max())
    off = max(abs(inside[0] - info.first_nm), abs(inside[-1] - info.last_nm))
    if off > gap / 2 or gap > WIDEST * (info.last_nm - info.first_nm):
        return None
    return Placed(info, order[first : last + 1].astype(np.int64), inside)
