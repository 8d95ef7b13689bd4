"""Layers by the names that people ask for them by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ConfigError, nearest
from sinks.core.pictures.false_colour import false_colour
from sinks.core.pictures.layers import DEPTH, WAVELENGTH, Feature, Layer, groups, measured, measures, minerals
from sinks.core.scan import Scan

CODES: dict[str, Callable[[], Layer]] = {"groups": groups, "minerals": minerals}
COLOUR = "colour"
ENDS, LOOKED_AT, VALUES = (2.0, 98.0), 20, 10_000
"""Percentiles that a scale of colours ends at, scans that are looked at for them, and about how many values of each."""
LEAST_NM, LEAST_DEPTH = 2.0, 0.02
"""Least length of such a scale."""


def layer_named(
    name: str,
    scans: Callable[[], Iterable[Scan]],
    output: Path | None,
    least_depth: float,
    told: tuple[float, float] | None,
) -> Layer:
    """A layer of a hole: "minerals", "groups", "colour", or a measure of a feature, such as 2200W. `scans`: gives its
    scans from the first on; `output`: where their run's recordings are. `told`: ends of a feature's scale of colours;
    None takes them from what was measured. Raises ConfigError for one that the hole has not."""
    if told is not None and (name in (*CODES, COLOUR) or not told[0] < told[1]):
        raise ConfigError("--ends are those of a feature's scale of colours, the lower one first: --ends 2190 2215")
    if name in CODES:
        return CODES[name]()
    if name == COLOUR:
        return _colour(scans(), output)
    known = dict.fromkeys(CODES) | {COLOUR: None}
    for scan in scans():
        if name in measures(scan):
            return Feature(name, *(told or _ends(name, scans(), least_depth)), least_depth)
        known |= dict.fromkeys(measures(scan))
    raise ConfigError(f"there is no {name!r} to show, but {', '.join(known)}.{nearest(name, list(known))}")


def _colour(scans: Iterable[Scan], output: Path | None) -> Layer:
    """As the first scan has it whose reflectance was recorded."""
    found = (false_colour(output, scan) for scan in scans) if output else iter(())
    layer = next((one for one in found if one is not None), None)
    if layer is None:
        raise ConfigError("no reflectance of the run was recorded: false colour needs a recorder of reflectance")
    return layer


def _ends(name: str, scans: Iterable[Scan], least_depth: float) -> tuple[float, float]:
    """Ends of a scale that nearly all values of the first scans are within; of a centre, where it is deep."""
    is_centre, parts = name.endswith(WAVELENGTH), list[NDArray[np.float64]]()
    for scan in islice((one for one in scans if name in measures(one)), LOOKED_AT):
        seen = measured(scan, name, least_depth)
        depth = measured(scan, name[:-1] + DEPTH, least_depth) if is_centre else np.ones_like(seen)
        both = np.stack([seen, depth])[:, np.isfinite(seen)].astype(np.float64)
        parts.append(both[:, :: max(1, both.shape[1] // VALUES)])
    values, depths = np.concatenate(parts, axis=1)
    return ends(values, depths**2, ENDS, LEAST_NM if is_centre else LEAST_DEPTH) if values.size else (0.0, 1.0)


def ends(
    values: NDArray[np.float64], weights: NDArray[np.float64], percent: tuple[float, float], least: float
) -> tuple[float, float]:
    """Percentiles of values by their weights, float64 (n,) both, at least `least` apart."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    at = [min(int(np.searchsorted(reached, part / 100)), len(values) - 1) for part in percent]
    low, high = (float(values[order[place]]) for place in at)
    room = max(0.0, least - (high - low)) / 2
    return low - room, high + room
