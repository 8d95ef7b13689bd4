"""Layers by the names that people ask for them by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import numpy as np

from oreline.errors import ConfigError, nearest
from sinks.core.pictures.false_colour import false_colour
from sinks.core.pictures.layers import WAVELENGTH, Feature, Layer, groups, measured, measures, minerals
from sinks.core.scan import Scan

CODES: dict[str, Callable[[Scan], Layer]] = {"groups": groups, "minerals": minerals}
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
    ends: tuple[float, float] | None,
) -> Layer:
    """A layer of a hole: "minerals", "groups", "colour", or a measure of a feature, such as 2200W. `scans`: gives its
    scans from the first on; `output`: where their run's recordings are. `ends`: of a feature's scale of colours; None
    takes them from what was measured. Raises ConfigError for one that the hole has not."""
    first = next(iter(scans()))
    if name in CODES:
        return CODES[name](first)
    if name == COLOUR:
        found = false_colour(output, first) if output else None
        if found is None:
            raise ConfigError("no reflectance of the run was recorded: false colour needs a recorder of reflectance")
        return found
    known = measures(first)
    if name not in known:
        names = [*CODES, COLOUR, *known]
        raise ConfigError(f"there is no {name!r} to show, but {', '.join(names)}.{nearest(name, names)}")
    return Feature(name, *(ends or _ends(name, scans(), least_depth)), least_depth)


def _ends(name: str, scans: Iterable[Scan], least_depth: float) -> tuple[float, float]:
    """Ends of a scale that a few values of the first scans are within."""
    parts = [measured(scan, name, least_depth).ravel() for scan in islice(scans, LOOKED_AT)]
    values = np.concatenate([part[np.isfinite(part)][:: max(1, part.size // VALUES)] for part in parts])
    if not values.size:
        return 0.0, 1.0
    low, high = (float(end) for end in np.percentile(values, ENDS))
    least = LEAST_NM if name.endswith(WAVELENGTH) else LEAST_DEPTH
    room = max(0.0, least - (high - low)) / 2
    return low - room, high + room
