"""Wavelengths of point spectra: in nanometres, rising strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.errors import SpectraRefused
from oreline.recordings.wavelengths import MICROMETRES, MICROMETRES_BELOW, NANOMETRES, Unit

LIGHT_NM = (30.0, 1e6)
"""What is called light here; a unit by which wavelengths are beyond it is not theirs."""
CAMERA_NM = (100.0, 3000.0)
"""Where no unit is said, numbers beyond these may be wavenumbers as well as nanometres."""
MOST_SEGMENTS = 6
_SAY_IT = "give --unit nm, --unit um or --unit 1/cm"


def nanometres(
    path: Path, values: NDArray[np.float64], written: Unit | None, said: Unit | None
) -> tuple[NDArray[np.float64], str]:
    """Wavelengths in nm, and in words what unit they were in and who says so: `written` in the file, `said` by the
    user, or the numbers. Raises SpectraRefused."""
    if values.size < 2 or not np.isfinite(values).all() or values.min() <= 0:
        raise SpectraRefused(f"{path}: wavelengths must be two or more numbers above 0")
    unit, words = _unit(path, values, written, said)
    nm = np.array([unit.nanometres(one) for one in values.tolist()]).round(6)
    if not LIGHT_NM[0] <= nm.min() <= nm.max() <= LIGHT_NM[1]:
        numbers = f"{values.min():g} to {values.max():g}"
        raise SpectraRefused(f"{path}: its wavelengths, {numbers}, are no light in {words}: {_SAY_IT}")
    return nm, words


def _unit(path: Path, values: NDArray[np.float64], written: Unit | None, said: Unit | None) -> tuple[Unit, str]:
    if said is not None:
        return said, f"{said.name}, as you say"
    if written is not None:
        return written, f"{written.name}, as the file says"
    if values.max() < MICROMETRES_BELOW:
        return MICROMETRES, "micrometres, by the numbers"
    if CAMERA_NM[0] <= values.min() and values.max() <= CAMERA_NM[1]:
        return NANOMETRES, "nanometres, by the numbers"
    numbers = f"{values.min():g} to {values.max():g}"
    raise SpectraRefused(f"{path} does not say the unit of its wavelengths, {numbers}: {_SAY_IT}")


def rising(
    path: Path, nm: NDArray[np.float64], values: NDArray[Any], overlaps: bool
) -> tuple[NDArray[np.float64], NDArray[Any], list[str]]:
    """Wavelengths in nm that rise strictly, their values (n, bands), and what was joined. With `overlaps` they may go
    back where one detector ends: the lower half of the overlap is the first one's. Raises SpectraRefused."""
    steps = np.diff(nm)
    if (steps > 0).sum() < (steps < 0).sum():
        nm, values, steps = nm[::-1], values[:, ::-1], -steps[::-1]
    if (steps > 0).all():
        return nm, values, []
    ends = np.flatnonzero(steps <= 0) + 1
    if not overlaps or len(ends) >= MOST_SEGMENTS:
        at = int(ends[0])
        raise SpectraRefused(
            f"{path}: wavelengths must rise or fall, but {nm[at]:g} nm follows {nm[at - 1]:g} nm "
            f"(value {at + 1} of {nm.size} from the shortest wavelength on)"
        )
    kept = np.ones(nm.size, bool)
    notes = []
    for end in ends.tolist():
        middle = (nm[end - 1] + nm[end]) / 2
        kept[:end] &= nm[:end] < middle
        kept[end:] &= nm[end:] >= middle
        notes.append(f"detectors overlap from {nm[end]:g} to {nm[end - 1]:g} nm: they are joined at {middle:g} nm")
    nm, values = nm[kept], values[:, kept]
    if nm.size < 2 or not (np.diff(nm) > 0).all():
        raise SpectraRefused(f"{path}: its detectors overlap one another out of order")
    return nm, values, notes
