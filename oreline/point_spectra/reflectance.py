"""Reflectance of point spectra: a fraction, NaN where it is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.errors import SpectraRefused

DELETED_BELOW = -100.0
"""Numbers below this stand for no value: -999, -9999, USGS's -1.23e34, TSG's -3.4e38. No reflectance is, in percent
neither."""
RUN = 5
"""So many equal numbers in a row that are not above 0 stand for no value either: some programs write -1 or 0."""
FRACTION_TO, PERCENT_FROM, PERCENT_TO = 1.5, 3.0, 160.0
"""Where no unit is said: up to the first the brightest numbers are fractions, from the second to the third they are
percent; between the first two they could be either."""
BRIGHTEST, DARKEST = 95.0, 10.0
"""Percentiles of all numbers: single ones beyond them may be noise, or metal."""
DARKEST_PERCENT = 1.0
"""Soot is brighter: what is said to be percent and is not above it may be fractions."""
LARGEST, LEAST = 2.5, -0.05
"""Reflectance against a white panel: of fresh snow 1, of a facet that mirrors the lamp 2. What is beyond is another
quantity."""
WILDEST = 10.0
"""Single values beyond it are missing: where the white reference is almost dark, their ratio is a matter of chance."""
BEYOND = 1e30


def fractions(
    path: Path, values: NDArray[Any], written: bool | None, said: bool | None
) -> tuple[NDArray[np.float32], str, list[str]]:
    """Reflectance (n, bands) as fractions, in words what it was and who says so, and what of it was deleted. `written`,
    `said`: whether it is percent, by the file and by the user. Raises SpectraRefused where it is no reflectance."""
    values = values.copy() if values.dtype == np.float32 else values.astype(np.float64)
    values[~((values > DELETED_BELOW) & (values < np.inf))] = np.nan
    percent, words = _percent(path, values, written, said)
    values = values.astype(np.float64) / 100.0 if percent else values
    reflectance = np.clip(values, -BEYOND, BEYOND).astype(np.float32)
    notes = _delete_runs(reflectance)
    _refuse_other_quantities(path, reflectance)
    reflectance[np.abs(reflectance) > WILDEST] = np.nan
    missing = int(np.isnan(reflectance).sum())
    if missing:
        notes.append(f"{missing} of {reflectance.size} values are deleted or missing")
    return reflectance, words, notes


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


def _refuse_other_quantities(path: Path, reflectance: NDArray[np.float32]) -> None:
    finite = reflectance[np.isfinite(reflectance)]
    if not finite.size:
        raise SpectraRefused(f"{path} holds no reflectance: each of its values is deleted, missing or none above 0")
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
