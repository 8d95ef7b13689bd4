"""Scene of drill core in trays."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, field_validator

from hwsim.scenes.base import Count, Factor, Positive, SceneBase, Share, Surfaces, known_mineral
from oreline.config import Section

BOARD_MM, BETWEEN_MM = 15.0, 45.0
"""Thickness of a tray's end boards, and the scanner's table between two trays."""
SIZES_MM = {"BQ": 36.4, "NQ": 47.6, "HQ": 63.5, "PQ": 85.0}
"""Diameters of core by the driller's name for its size."""


class Lithology(Section):
    """A rock: minerals mixed grain by grain, in parts that need not sum to 1."""

    name: str
    """Name of the rock."""
    minerals: dict[str, Positive] = Field(min_length=1)
    """Parts by mineral; names of `hwsim.spectra`."""
    tone: Factor = 1.0
    """Factor on its brightness: opaque minerals without bands, which the library does not hold."""

    @field_validator("minerals")
    @classmethod
    def _known_minerals(cls, parts: dict[str, float]) -> dict[str, float]:
        return {known_mineral(name): part for name, part in parts.items()}


LITHOLOGIES = (
    Lithology(name="phyllic porphyry", minerals={"muscovite": 0.5, "chalcedony": 0.4, "kaolinite": 0.1}),
    Lithology(name="andesite", minerals={"clinochlore": 0.55, "epidote": 0.3, "calcite": 0.15}, tone=0.55),
    Lithology(name="argillic tuff", minerals={"kaolinite": 0.55, "montmorillonite": 0.25, "chalcedony": 0.2}),
    Lithology(name="dolomitic marble", minerals={"dolomite": 0.75, "talc": 0.25}, tone=0.9),
)


class CoreScene(SceneBase):
    """Drill core in trays, which pass under a pushbroom camera row beside row, as a core scanner takes them."""

    world: Literal["core"] = "core"
    """"belt" for stones on a belt, "core" for drill core in trays."""
    name: str = Field(default="core", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """Name of the recording."""
    pixel_mm: Positive = 1.0
    """Size of a pixel across the tray."""
    trays: Count = 2
    """Trays of the recording; live, the next tray always follows."""
    tray: Literal["wood", "metal"] = "wood"
    """Material of the trays."""
    row_mm: Annotated[float, Field(ge=100)] = 1000.0
    """Length of a row of a tray; as many rows lie side by side as the camera sees whole."""
    diameters_mm: tuple[Annotated[float, Field(ge=10, le=200)], ...] = Field(default=(63.5, 47.6), min_length=1)
    """Diameters of the core, tray by tray; the last holds for all that follow. A size may be named: "PQ" is 85.0, "HQ"
    63.5, "NQ" 47.6, "BQ" 36.4."""
    cut: Literal["whole", "half"] = "whole"
    """Whole core, or half core, which shows its sawn face."""
    askew_deg: Annotated[float, Field(ge=-2, le=2)] = 0.0
    """How far trays lie askew: their rows drift across the view, to later samples where it is above 0."""
    rows_begin: Literal["top", "bottom"] = "top"
    """Where the first row of a tray lies: "top" is at the camera's first sample, "bottom" at its last."""
    direction: Literal["left-right", "right-left", "snake", "snake-right"] = "left-right"
    """How a row is to be read, left being what the camera sees first; a "snake" turns with each row, and begins at the
    left or the right."""
    hole: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "SIM1"
    """Name of the hole in the session file."""
    first_box: Count = 1
    """Number of the first tray in the hole."""
    depth_m: float = 100.0
    """Depth down the hole at which the first tray begins."""
    run_m: Positive = 1.5
    """Length of a drilling run: a depth block lies at its end."""
    loss: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    """Share of the core that is missing; about every third run has lost some."""
    loss_at: Literal["inside", "top", "base", "mixed"] = "inside"
    """Where in its run core is missing; "mixed": each run by itself."""
    loss_shown_mm: Annotated[float, Field(ge=0)] = 60.0
    """Length of tray that is left empty for it, at most; at 0 what lies above and below is pushed together."""
    stubs: Share = 0.0
    """Share of the runs without a loss whose foot comes with the next run, which so has more core than it drilled."""
    fits: bool = False
    """Core is broken straight where a row ends, and lies in it whole. Otherwise it is broken as it comes, and the
    tray's boards hide what of a slanted end reaches under them."""
    fractures_per_m: Positive = 5.0
    """Fractures a metre where the rock is sound; some metres are broken."""
    broken: Share = 0.12
    """Share of the metres in which it is broken."""
    told: tuple[Literal["places", "losses", "runs"], ...] = ()
    """What the session file tells beside boxes and blocks: the blocks' places in their rows, the losses, and the runs
    with the core that was recovered."""

    lithologies: tuple[Lithology, ...] = Field(default=LITHOLOGIES, min_length=1)
    """The rocks of the hole; those of even and of odd number take turns."""
    unit_m: Positive = 1.0
    """Mean thickness of a unit of one lithology."""
    gradual_share: Share = 0.4
    """Share of contacts between units over which one rock turns into the other."""
    contact_m: Positive = 0.3
    """Length of core over which a gradual contact goes."""
    veins_per_m: Annotated[float, Field(ge=0, le=100)] = 4.0
    """Mean number of veins a metre."""
    vein_mm: Positive = 5.0
    """Median thickness of a vein."""
    vein_minerals: tuple[str, ...] = ("calcite", "gypsum")
    """Minerals of veins, in equal parts."""
    surface: Surfaces = Surfaces(grain_spread=0.1, dust=0.03, shadow=0.3, glint=0.1)
    """Grain size, water, dust, shadows and glints."""

    @field_validator("diameters_mm", mode="before")
    @classmethod
    def _sizes(cls, sizes: object) -> object:
        return [SIZES_MM.get(size, size) for size in sizes] if isinstance(sizes, (list, tuple)) else sizes

    @field_validator("vein_minerals")
    @classmethod
    def _known_veins(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(known_mineral, names))

    @property
    def all_minerals(self) -> tuple[str, ...]:
        """Every mineral of the scene; a label of the truth is an index into it."""
        in_rocks = tuple(name for rock in self.lithologies for name in rock.minerals)
        return tuple(dict.fromkeys(in_rocks + self.vein_minerals))

    def diameter_mm(self, tray: int) -> float:
        """Of the core in a tray, counted from 0."""
        return self.diameters_mm[min(tray, len(self.diameters_mm) - 1)]

    def drift_mm(self, along_mm: ArrayLike) -> NDArray[np.float64]:
        """How far across the rows of a tray have drifted at a way from its front, in its shape; 0 in the middle."""
        drift = math.tan(math.radians(self.askew_deg)) * (np.asarray(along_mm) - self.row_mm / 2)
        return np.asarray(drift, np.float64)

    def is_backwards(self, row: int) -> bool:
        """True of a row, counted from 0 as they are read, whose core begins at the tray's far end."""
        match self.direction:
            case "snake" | "snake-right":
                return (row % 2 == 1) == (self.direction == "snake")
            case _:
                return self.direction == "right-left"

    @property
    def tray_mm(self) -> float:
        """From the front of a tray to the front of the next."""
        return self.row_mm + 2 * BOARD_MM + BETWEEN_MM

    @property
    def lines(self) -> int:
        """Of the recording: its trays at the nominal speed."""
        return math.ceil(self.trays * self.tray_mm / self.pitch_mm)
