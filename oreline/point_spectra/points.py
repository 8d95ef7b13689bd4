"""Point spectra: what every format is read into, and its way from there to nanometres and fractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oreline.errors import SpectraRefused
from oreline.point_spectra.reflectance import fractions
from oreline.point_spectra.wavelengths import nanometres, rising
from oreline.recordings.wavelengths import NANOMETRES, Unit

MOST_WAVELENGTHS = 20_000


@dataclass(frozen=True, slots=True)
class Said:
    """What a user says of a file in place of the file: whether it is in percent, and its unit of wavelength; None
    leaves that to the file."""

    percent: bool | None = None
    unit: Unit | None = None


@dataclass(frozen=True, eq=False)
class PointSpectra:
    """n spectra of one file, on one set of wavelengths.

    `wavelengths_nm` float64 (bands,), rising strictly. `reflectance` float32 (n, bands), a fraction of what a white
    panel reflects, NaN where it is deleted, missing or no number. `unit`, `scale`: what the file's own wavelengths and
    reflectances are, and who says so. `fwhm_nm`: width of the instrument's bands, None where it is not known.
    `columns`: what else the file knows of each spectrum, text or numbers (n,), NaN or "" where it is missing.
    `notes`: what was assumed, put together or left out, each a sentence.
    """

    path: Path
    format: str
    names: tuple[str, ...]
    wavelengths_nm: NDArray[np.float64]
    reflectance: NDArray[np.float32]
    unit: str
    scale: str
    fwhm_nm: float | None = None
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class Raw:
    """Spectra as they stand in a file. `wavelengths` (bands,) and `values` (n, bands) in its own units; `unit` None and
    `percent` None where it does not say them. `overlaps`: whether wavelengths may go back where a detector ends."""

    names: Sequence[str]
    wavelengths: ArrayLike
    values: ArrayLike
    unit: Unit | None = NANOMETRES
    percent: bool | None = False
    overlaps: bool = False
    fwhm_nm: float | None = None
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    notes: Sequence[str] = ()


def points_of(path: Path, form: str, raw: Raw, said: Said) -> PointSpectra:
    """Spectra in nanometres and fractions, of the format `form`. Raises SpectraRefused where a unit is not said and two
    are possible, where wavelengths do not rise or fall, and where the numbers are no reflectance."""
    values, wavelengths = np.array(raw.values, ndmin=2), np.asarray(raw.wavelengths, np.float64)
    if not values.size or wavelengths.shape != values.shape[1:]:
        raise SpectraRefused(f"{path} has {values.shape[1]} values a spectrum for {wavelengths.size} wavelengths")
    if wavelengths.size > MOST_WAVELENGTHS:
        raise SpectraRefused(f"{path} has {wavelengths.size} wavelengths, more than {MOST_WAVELENGTHS}: average some")
    nm, unit = nanometres(path, wavelengths, raw.unit, said.unit)
    nm, values, joints = rising(path, nm, values, raw.overlaps)
    reflectance, scale, notes = fractions(path, values, raw.percent, said.percent)
    return PointSpectra(
        path, form, tuple(map(_printable, raw.names)), nm, reflectance, unit, scale,
        raw.fwhm_nm, dict(raw.columns), (*raw.notes, *joints, *notes),
    )  # fmt: skip


def _printable(name: str) -> str:
    """A name as a terminal may show it."""
    return "".join(letter if letter.isprintable() else " " for letter in name)
