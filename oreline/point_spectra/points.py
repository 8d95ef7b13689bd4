"""Point spectra: what every format is read into, and what is done alike with the numbers of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oreline.errors import SpectraRefused
from oreline.recordings.wavelengths import MICROMETRES, MICROMETRES_BELOW, NANOMETRES, Unit

DELETED_BELOW = -100.0
"""Numbers below this stand for no value: -999, -9999, USGS's -1.23e34, TSG's -3.4e38. No reflectance is, in percent
neither."""
RUN = 5
"""So many equal numbers in a row that are not above 0 stand for no value either: some programs write -1 or 0."""
FRACTION_TO, PERCENT_FROM, PERCENT_TO = 1.5, 3.0, 160.0
"""Where no unit is said: up to the first the brightest numbers are fractions, from the second to the third they are
percent; between the first two they could be either. The brightest is what one number in a hundred exceeds."""
BRIGHTEST = 99.0
DARKEST_PERCENT = 1.0
"""Soot is brighter: what is said to be percent and is not above it may be fractions."""
LARGEST = 2.5
"""Reflectance against a white panel: of fresh snow 1, of a facet that mirrors the lamp 2. More is another quantity."""
WILDEST = 10.0
"""Single values beyond it are missing: where the white reference is almost dark, their ratio is a matter of chance."""
BEYOND = 1e30
LIGHT_NM = (30.0, 1e6)
"""What is called light here; a unit by which wavelengths are beyond it is not theirs."""
MOST_WAVELENGTHS = 20_000
CAMERA_NM = (100.0, 3000.0)
"""Where no unit is said, numbers beyond these may be wavenumbers as well as nanometres."""
DARKEST, LEAST = 10.0, -0.05
"""A tenth of all values may be noise about 0, but not below this."""
MOST_SEGMENTS = 6


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
    values = np.array(raw.values, ndmin=2)
    values = values if values.dtype == np.float32 else values.astype(np.float64)
    wavelengths = np.asarray(raw.wavelengths, np.float64)
    if not values.size or wavelengths.shape != values.shape[1:]:
        raise SpectraRefused(f"{path} has {values.shape[1]} values a spectrum for {wavelengths.size} wavelengths")
    if wavelengths.size > MOST_WAVELENGTHS:
        raise SpectraRefused(f"{path} has {wavelengths.size} wavelengths, more than {MOST_WAVELENGTHS}: average some")
    values[~((values > DELETED_BELOW) & (values < np.inf))] = np.nan
    unit, unit_words = _unit(path, wavelengths, raw.unit, said.unit)
    nm = np.array([unit.nanometres(one) for one in wavelengths.tolist()]).round(6)
    if not LIGHT_NM[0] <= nm.min() <= nm.max() <= LIGHT_NM[1]:
        raise SpectraRefused(
            f"{path}: its wavelengths, {wavelengths.min():g} to {wavelengths.max():g}, are no light in {unit_words}: "
            "give --unit nm, --unit um or --unit 1/cm"
        )
    nm, values, joints = _rising(path, nm, values, raw.overlaps)
    percent, scale_words = _percent(path, values, raw.percent, said.percent)
    values = values.astype(np.float64) / 100.0 if percent else values
    reflectance = np.clip(values, -BEYOND, BEYOND).astype(np.float32)
    notes = _delete_runs(reflectance)
    _refuse_other_quantities(path, reflectance)
    reflectance[np.abs(reflectance) > WILDEST] = np.nan
    missing = int(np.isnan(reflectance).sum())
    if missing:
        notes.append(f"{missing} of {reflectance.size} values are deleted or missing")
    return PointSpectra(
        path, form, tuple(map(_printable, raw.names)), nm, reflectance, unit_words, scale_words,
        raw.fwhm_nm, dict(raw.columns), (*raw.notes, *joints, *notes),
    )  # fmt: skip


def _printable(name: str) -> str:
    """A name as a terminal may show it."""
    return "".join(letter if letter.isprintable() else " " for letter in name)


def _delete_runs(values: NDArray[np.float32]) -> list[str]:
    """Make NaN of equal numbers in a row that stand for no value, and say which they are."""
    if values.shape[1] < RUN:
        return []
    same = (values[:, 1:] == values[:, :-1]) & (values[:, 1:] <= 0)
    starts = np.lib.stride_tricks.sliding_window_view(same, RUN - 1, axis=1).all(axis=2)
    rows, columns = np.nonzero(starts)
    found = np.unique(values[rows, columns])[:4].tolist()
    for behind in range(RUN):
        values[rows, columns + behind] = np.nan
    return [f"runs of {', '.join(f'{one:g}' for one in found)} are taken as deleted values"] if found else []


def _unit(path: Path, values: NDArray[np.float64], written: Unit | None, said: Unit | None) -> tuple[Unit, str]:
    if values.size < 2 or not np.isfinite(values).all() or values.min() <= 0:
        raise SpectraRefused(f"{path}: wavelengths must be two or more numbers above 0")
    if said is not None:
        return said, f"{said.name}, as you say"
    if written is not None:
        return written, f"{written.name}, as the file says"
    if values.max() < MICROMETRES_BELOW:
        return MICROMETRES, "micrometres, by the numbers"
    if CAMERA_NM[0] <= values.min() and values.max() <= CAMERA_NM[1]:
        return NANOMETRES, "nanometres, by the numbers"
    raise SpectraRefused(
        f"{path} does not say the unit of its wavelengths, {values.min():g} to {values.max():g}: give --unit nm, "
        "--unit um or --unit 1/cm"
    )


def _rising(
    path: Path, nm: NDArray[np.float64], values: NDArray[Any], overlaps: bool
) -> tuple[NDArray[np.float64], NDArray[Any], list[str]]:
    """Wavelengths that rise strictly; of each overlap of two detectors, the lower half is the first one's."""
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


def _percent(path: Path, values: NDArray[Any], written: bool | None, said: bool | None) -> tuple[bool, str]:
    words = ("fractions", "percent")
    if said is not None:
        return said, f"{words[said]}, as you say"
    finite = values[np.isfinite(values)]
    brightest = float(np.percentile(finite, BRIGHTEST)) if finite.size else 0.0
    if written and 0 < brightest <= DARKEST_PERCENT:
        raise SpectraRefused(
            f"{path} says that its reflectance is in percent, and it is up to {brightest:.3g}, as fractions are: give "
            "--percent or --fraction"
        )
    if written is not None:
        return written, f"{words[written]}, as the file says"
    if brightest <= FRACTION_TO:
        return False, "fractions, by the numbers"
    if brightest > PERCENT_TO:
        raise _other_quantity(path, brightest)
    if brightest >= PERCENT_FROM:
        return True, "percent, by the numbers"
    raise SpectraRefused(
        f"{path} does not say whether its reflectance, up to {brightest:.3g}, is a fraction or percent: give "
        "--fraction or --percent"
    )


def _refuse_other_quantities(path: Path, reflectance: NDArray[np.float32]) -> None:
    finite = reflectance[np.isfinite(reflectance)]
    if not finite.size:
        raise SpectraRefused(f"{path} holds no value that is a number")
    brightest, darkest = np.percentile(finite, (BRIGHTEST, DARKEST)).tolist()
    if brightest > LARGEST:
        raise _other_quantity(path, brightest)
    if darkest < LEAST:
        raise SpectraRefused(
            f"{path}: a tenth of its values is below {darkest:.3g}, which no reflectance is: save it as reflectance, "
            "not as a derivative, an absorbance or normalised"
        )


def _other_quantity(path: Path, brightest: float) -> SpectraRefused:
    return SpectraRefused(
        f"{path}: a reflectance of {brightest:.4g} is beyond what any surface has, so these are counts, radiance "
        "or on another scale: save it as reflectance, a fraction or percent"
    )
