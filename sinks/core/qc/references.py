"""References of a line, by what lies in their folder: their age, and how the light has changed since the one before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.errors import OrelineError
from oreline.recordings.recording import open_recording
from sinks.core.qc.columns import dark_columns, told
from sinks.core.qc.finding import Finding, Level, graded, percent
from sinks.core.qc.limits import QcLimits

MANIFEST = "reference.json"
DIM = 0.02
"""Share of the greatest light of a band, below which it is not compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Light of a reference. `at`: when its white was taken. `counts` float64 (bands, samples): of the white above the
    dark, by exposure and gain. `setting`: what must be the same where two are compared."""

    id: str
    at: datetime
    counts: NDArray[np.float64]
    setting: tuple[object, ...]


def read_light(folder: Path) -> Light | None:
    """Light of the reference in a folder; None where that is none, or was damaged."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        dark, white = (open_recording(folder / f"{name}.hdr").cube[0] for name in ("dark", "white"))
        how = told["measurements"]["white"]
        exposure = (how["exposure_us"] or 1.0) * how["gain"]
        at = datetime.fromisoformat(how["captured"] or told["captured"])
        setting = told["camera"], told["serial"], told["x_start"], white.shape
    except (OSError, ValueError, KeyError, TypeError, OrelineError):
        return None
    counts = np.asarray(white, np.float64) - np.asarray(dark, np.float64)
    return Light(told["id"], at if at.tzinfo else at.replace(tzinfo=UTC), counts / exposure, setting)


def history(folder: Path, until: datetime) -> list[Light]:
    """Lights of all references in the folder of a line whose white was taken before a moment, oldest first."""
    found = [read_light(path.parent) for path in sorted(folder.glob(f"*/{MANIFEST}")) if not path.parent.is_symlink()]
    return sorted((one for one in found if one is not None and one.at <= until), key=lambda one: one.at)


def of_reference(folder: Path, identity: str, at: datetime, limits: QcLimits) -> list[Finding]:
    """Findings on the reference that a box's lines were made with, at the moment of its last line. `folder`: of the
    line's references; `identity`: empty where lines name none."""
    lights = history(folder, at)
    used = next((one for one in lights if one.id == identity), None)
    if used is None:
        return [Finding("no_reference", Level.LOOK, {})]
    before = [one for one in lights if one.at < used.at and one.setting == used.setting]
    return [*age(used.at, at, limits), *(drift(before[-1], used, limits) if before else ()), *dirt(used, limits)]


def age(taken: datetime, at: datetime, limits: QcLimits) -> Iterator[Finding]:
    """A reference that is too old."""
    hours = (at - taken).total_seconds() / 3600
    if hours > limits.reference_h:
        yield Finding("reference_age", Level.LOOK, {"hours": f"{hours:.1f}"})


def drift(before: Light, now: Light, limits: QcLimits) -> Iterator[Finding]:
    """Change of the light since the reference before, and of its colour."""
    ratios = _by_band(before.counts, now.counts)
    if not len(ratios):
        return
    change = float(np.median(ratios)) - 1
    yield from graded("reference_drift", abs(change), limits.drift, np.inf, change=f"{100 * change:+.1f} %")
    tilt = float(np.abs(ratios / (1 + change) - 1).max())
    yield from graded("reference_tilt", tilt, limits.tilt, np.inf, change=percent(tilt))


def dirt(light: Light, limits: QcLimits) -> Iterator[Finding]:
    """Columns of a white that see less light than those beside them, in the middle of all bands: the reflectance of
    what lies there is too high or too low ever after."""
    columns = dark_columns(np.median(light.counts, axis=0), limits.dark_column)
    if columns:
        yield Finding("dust", Level.LOOK, {"columns": told(columns)})


def _by_band(before: NDArray[np.float64], now: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median over samples of the light now by that before, float64 (bands,), of bands that have light in both."""
    level = np.median(before, axis=1)
    lit = (level > DIM * level.max(initial=0.0)) & (np.median(now, axis=1) > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.nanmedian(np.where(before[lit] > 0, now[lit] / before[lit], np.nan), axis=1)
    return np.asarray(ratios[np.isfinite(ratios)])
