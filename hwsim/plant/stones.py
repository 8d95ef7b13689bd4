"""Stones as the plant knows them, and what they weigh.

A stone is what the camera's map of stones shows: its pixels, its place, and the minerals in it. It lies on its flattest
side, as an ellipsoid with the outline's area A: thickness h = FLATNESS * d with the diameter d = sqrt(4 A / pi) of the
circle of that area, volume = 2/3 A h, mass = density * volume. Its minerals take the shares of its volume that they
have of its pixels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwsim.plant.belt import Floats
from oreline.errors import RecordingError

FLATNESS = 0.6
"""Thickness over diameter: the limit below which BS 812-105 calls a crushed stone flaky."""
ROCK = 2700.0
"""kg/m3 of what DENSITY does not name."""
DENSITY: Mapping[str, float] = {
    "alunite": 2700.0,
    "antigorite": 2600.0,
    "buddingtonite": 2350.0,
    "calcite": 2710.0,
    "chalcedony": 2600.0,
    "chlorite": 2900.0,
    "chrysotile": 2550.0,
    "clinochlore": 2650.0,
    "dickite": 2600.0,
    "dolomite": 2860.0,
    "epidote": 3430.0,
    "gypsum": 2320.0,
    "halloysite": 2550.0,
    "hectorite": 2300.0,
    "illite": 2750.0,
    "jarosite": 3150.0,
    "kaolinite": 2620.0,
    "montmorillonite": 2350.0,
    "muscovite": 2830.0,
    "nontronite": 2300.0,
    "pyrophyllite": 2780.0,
    "siderite": 3890.0,
    "talc": 2700.0,
    "topaz": 3530.0,
    "tremolite": 3010.0,
}
"""kg/m3 of minerals: rounded middles of the ranges in handbooks of mineralogy, good to a few percent."""


@dataclass(frozen=True, slots=True)
class TrueStone:
    """A stone as it was put on the belt; lines and samples as in the recording. `species`: fraction of each mineral."""

    id: int
    species: dict[str, float]
    first_line: int
    last_line: int
    first_sample: int
    last_sample: int
    centre_line: float
    centre_sample: float
    pixels: int

    @property
    def density(self) -> float:
        """kg/m3."""
        return sum(fraction * DENSITY.get(name, ROCK) for name, fraction in self.species.items())

    def share(self, minerals: frozenset[str]) -> float:
        """Of its mass that is these minerals."""
        of = sum(part * DENSITY.get(name, ROCK) for name, part in self.species.items() if name in minerals)
        return of / self.density


@dataclass(frozen=True, slots=True)
class Truth:
    """All stones of a scene, and the encoder: count at line 0 and counts from line to line."""

    stones: tuple[TrueStone, ...]
    counts_per_line: float
    encoder_start: int


def load_truth(path: Path) -> Truth:
    """Read `<recording>_truth.json`. Raises RecordingError."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        names = TrueStone.__dataclass_fields__
        stones = tuple(TrueStone(**{name: stone[name] for name in names}) for stone in manifest["stones"])
        return Truth(stones, float(manifest["counts_per_line"]), int(manifest["encoder_start"]))
    except OSError as error:
        raise RecordingError(f"cannot read the truth {path}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise RecordingError(f"{path} is not the truth of a scene: {error!r}") from error


def masses(area_m2: Floats, density: Floats) -> Floats:
    """Mass in kg of stones with these outlines, m2, and densities, kg/m3."""
    thickness = FLATNESS * np.sqrt(4 * area_m2 / np.pi)
    return np.asarray(density * 2 / 3 * area_m2 * thickness)
