"""Wavelengths of a camera, checked on a standard: where its absorption features are, and where they should be.

A feature is placed by its absorbance, the logarithm of the continuum by the reflectance, with the parabola through the
deepest band and its neighbours: exact for a band of the shape of a bell, whatever the sampling. The continuum is the
straight line between the shoulders of the feature within its window.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from oreline.config import Section, validated
from oreline.errors import ConfigError, RecordingError, nearest
from oreline.point_spectra.formats import read_points
from oreline.recordings.names import HEADER, TIFF_SUFFIXES
from oreline.recordings.recording import open_recording
from oreline.text import decode
from sinks.core.qc.limits import QcLimits

LEAST_DEPTH = 0.02
"""Of a feature that can be placed."""
LONG_NM, LONGER = 2000.0, 1.5
"""From there on a place may be off by half as much again, as pharmacopoeias have it."""
Nm = Annotated[float, Field(gt=300, lt=3000)]


class Feature(Section):
    """Absorption feature of a standard."""

    nm: Nm
    """Where it lies."""
    window_nm: tuple[Nm, Nm]
    """Over which its continuum is taken."""
    u_nm: Annotated[float, Field(ge=0)] = 0.0
    """How well that place is known."""


class Standard(Section):
    """A material whose features are known."""

    title: str
    """What it is."""
    source: str
    """Who says so: a certificate by its number."""
    certified: bool = True
    """False where places are those of the material, and not of this piece."""
    features: Annotated[tuple[Feature, ...], Field(min_length=1)]
    """Its features."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A feature as it was measured: NaN where it was not found. `limit_nm`: how far it may be off."""

    nm: float
    measured_nm: float
    depth: float
    limit_nm: float

    @property
    def off_nm(self) -> float:
        return self.measured_nm - self.nm

    @property
    def passes(self) -> bool:
        return abs(self.off_nm) <= self.limit_nm


@dataclass(frozen=True, slots=True)
class WavelengthCheck:
    """Check of a camera's wavelengths. `spread_nm`: how far columns differ, half of what 95 % of them span."""

    standard: Standard
    features: tuple[Placed, ...]
    spread_nm: float = math.nan

    @property
    def passes(self) -> bool:
        return all(one.passes for one in self.features)

    @property
    def worst_nm(self) -> float:
        """The largest distance of a feature from its place; infinite where one was not found."""
        return max(math.inf if math.isnan(one.off_nm) else abs(one.off_nm) for one in self.features)


@cache
def shipped() -> dict[str, Standard]:
    """Standards that come with this release, by name."""
    told = tomllib.loads((files("sinks.core.qc") / "standards.toml").read_text(encoding="utf-8"))
    return {name: validated(Standard, table, f"standard {name}") for name, table in told.items()}


def find_standard(name: str) -> Standard:
    """A standard by its name, or by the file of its certificate: TOML as a table of standards.toml. Raises
    ConfigError."""
    if name in shipped():
        return shipped()[name]
    path = Path(name)
    if path.suffix != ".toml":
        raise ConfigError(f"no standard {name!r}: take one of {', '.join(shipped())}, or a file of its certificate,"
                          f" such as panel.toml.{nearest(name, shipped())}")  # fmt: skip
    try:
        return validated(Standard, tomllib.loads(decode(path.read_bytes())), str(path))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None


def place(
    nm: NDArray[np.float64], reflectance: NDArray[np.floating], window: tuple[float, float]
) -> tuple[float, float]:
    """Place in nm and depth of the feature in a window, of reflectance (bands,) at rising wavelengths (bands,). NaN
    where there is none, or the window holds fewer than five bands or values that are no reflectance."""
    inside = (nm >= window[0]) & (nm <= window[1])
    x, y = nm[inside], np.asarray(reflectance, np.float64)[inside]
    if len(x) < 5 or not (np.isfinite(y) & (y > 0)).all():
        return math.nan, math.nan
    low = int(np.argmin(y / np.interp(x, x[[0, -1]], y[[0, -1]])))
    if not 0 < low < len(x) - 1:
        return math.nan, math.nan
    left, right = int(np.argmax(y[:low])), low + 1 + int(np.argmax(y[low + 1 :]))
    line = y[left] + (x - x[left]) * (y[right] - y[left]) / (x[right] - x[left])
    absorbance = np.log(line / y)
    low = left + 1 + int(np.argmax(absorbance[left + 1 : right])) if right - left > 1 else low
    return _vertex(x[low - 1 : low + 2], absorbance[low - 1 : low + 2])


def _vertex(x: NDArray[np.float64], absorbance: NDArray[np.float64]) -> tuple[float, float]:
    """Where three values are greatest, by the parabola through their logarithms: a bell's own place."""
    if len(x) < 3 or absorbance.min() <= 0:
        return math.nan, math.nan
    a, b, c = np.polyfit(x - x[1], np.log(absorbance), 2)
    if a >= 0:
        return math.nan, math.nan
    at = -b / (2 * a)
    depth = 1 - math.exp(-math.exp(c - b * b / (4 * a)))
    within = x[0] <= x[1] + at <= x[2] and depth >= LEAST_DEPTH
    return (float(x[1] + at), depth) if within else (math.nan, math.nan)


def check_wavelengths(
    nm: NDArray[np.float64], reflectance: NDArray[np.floating], standard: Standard, limits: QcLimits
) -> WavelengthCheck:
    """Check by reflectance (bands, samples) of a standard. Features beyond the wavelengths are left out. Raises
    ConfigError where none is within."""
    known = [one for one in standard.features if nm[0] <= one.window_nm[0] and one.window_nm[1] <= nm[-1]]
    if not known:
        raise ConfigError(f"no feature of {standard.title} lies within {nm[0]:.0f} to {nm[-1]:.0f} nm: take another")
    mean = np.nanmean(reflectance, axis=1)
    placed = [Placed(one.nm, *place(nm, mean, one.window_nm), _limit(one, limits)) for one in known]
    return WavelengthCheck(standard, tuple(placed), _spread(nm, reflectance, known))


def _limit(feature: Feature, limits: QcLimits) -> float:
    return limits.wavelength_nm * (LONGER if feature.nm >= LONG_NM else 1.0) + feature.u_nm


def _spread(nm: NDArray[np.float64], reflectance: NDArray[np.floating], features: list[Feature]) -> float:
    """Half of the span of 95 % of the columns' own places about their middle: smile, and noise."""
    off = []
    for feature in features:
        places = np.array([place(nm, column, feature.window_nm)[0] for column in reflectance.T])
        off.append(places[np.isfinite(places)] - (np.nanmedian(places) if np.isfinite(places).any() else 0.0))
    all_of_them = np.concatenate(off)
    if len(all_of_them) < 2:
        return math.nan
    low, high = np.percentile(all_of_them, (2.5, 97.5))
    return float(high - low) / 2


def read_standard(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wavelengths (bands,), rising, and reflectance float64 (bands, samples), mean of the lines, of a standard as it
    was recorded: an ENVI file of reflectance, or a file of point spectra. Raises OrelineError."""
    if path.suffix.lower() not in (HEADER, *TIFF_SUFFIXES):
        points = read_points(path)
        return points.wavelengths_nm, np.asarray(points.reflectance, np.float64).T
    recording = open_recording(path)
    if recording.dtype.kind != "f":
        raise RecordingError(f"{path} holds counts: give reflectance, as `oreline replay FILE --reflectance OUT.hdr`"
                             " writes it")  # fmt: skip
    if len(recording.wavelengths_nm) != recording.bands:
        raise RecordingError(f"{path} does not say the wavelengths of its bands")
    total, lines = np.zeros((recording.bands, recording.samples)), 0
    for piece in recording.pieces():
        total, lines = total + np.nansum(piece, axis=0, dtype=np.float64), lines + len(piece)
    nm = np.asarray(recording.wavelengths_nm, np.float64)
    order = np.argsort(nm)
    return nm[order], total[order] / max(1, lines)
