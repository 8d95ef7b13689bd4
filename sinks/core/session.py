"""Session of a hole: what a technician knows of it before and while its boxes are scanned."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from oreline.config import Section
from sinks.core.contradictions import contradictions

CORE_MM = {
    "BQ": 36.4, "BQTK": 40.7, "NQ": 47.6, "NQ2": 50.6, "NQ3": 45.0, "HQ": 63.5, "HQ3": 61.1, "PQ": 85.0, "PQ3": 83.0
}  # fmt: skip
"""Diameters of core by the driller's name for its size."""
Metres = Annotated[float, Field(ge=0, le=20_000, allow_inf_nan=False, strict=True)]
Counted = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
Row = Annotated[int, Field(ge=1, le=50, strict=True)]
Way = Annotated[float, Field(gt=0, le=20_000, allow_inf_nan=False)]


def _printed(text: str) -> str:
    """Text in one line, without blanks around it."""
    plain = text.replace("\xa0", " ").replace("\u202f", " ").strip()
    if not plain.isprintable():
        raise ValueError(f"it has letters that cannot be printed (got {text!r}): write it in one line")
    return plain


def _size(core: object) -> object:
    """A size of core by its name in capitals, or its diameter."""
    named = core.strip().upper().replace("-", "") if isinstance(core, str) else core
    if isinstance(named, bool) or not (named in CORE_MM or (isinstance(named, float | int) and 10 <= named <= 200)):
        sizes = ", ".join(CORE_MM)
        raise ValueError(f"no size of core {core!r}: give one of {sizes}, or its diameter as a number in mm, 10 to 200")
    return named


def _by(key: str) -> AfterValidator:
    """Rows in the order of a column; those that are alike there stay in theirs."""
    return AfterValidator(lambda rows: tuple(sorted(rows, key=attrgetter(key))))


class Survey(Section):
    """Direction of the hole at a depth."""

    depth_m: Metres
    """Depth down the hole."""
    azimuth_deg: Annotated[float, Field(ge=0, le=360)]
    """Direction over ground, clockwise from north."""
    dip_deg: Annotated[float, Field(ge=-90, le=90)]
    """Below the horizon is negative: -90 goes straight down."""


class Hole(Section):
    """A drill hole, and where it begins."""

    id: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), AfterValidator(_printed)]
    """Name of the hole."""
    x: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    """Easting of the collar, in m."""
    y: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    """Northing of the collar, in m."""
    z: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    """Height of the collar, in m."""
    crs: Annotated[str, AfterValidator(_printed)] = ""
    """Coordinates that x and y are in, such as EPSG:28355."""
    max_depth_m: Metres | None = None
    """Depth of the hole's end; None: that of the last box."""
    survey: Annotated[tuple[Survey, ...], _by("depth_m")] = ()
    """Directions by depth; none: the hole is taken to be vertical, which is said."""


class Block(Section):
    """A depth block: a driller's mark at the end of a run."""

    row: Row
    """Row of its box, counted from 1 as they are read."""
    depth_m: Metres
    """Depth that is written on it."""
    at_mm: Annotated[float, Field(ge=0, le=20_000)] | None = None
    """Where it lies, from the row's beginning as it is read; None: the blocks of a row are taken as they are found."""


class Box(Section):
    """A box of core."""

    number: Counted
    """Number of the box in its hole."""
    from_m: Metres
    """Depth at which its core begins."""
    to_m: Metres
    """Depth at which its core ends."""
    rows: Row
    """Rows of core that lie side by side in it."""
    core: Annotated[
        Literal["BQ", "BQTK", "NQ", "NQ2", "NQ3", "HQ", "HQ3", "PQ", "PQ3"] | float, BeforeValidator(_size)
    ] = "HQ"
    """Size of the core: the driller's name for it, or its diameter in mm."""
    cut: Literal["whole", "half"] = "whole"
    """Whole core, or half of it with its sawn face up."""
    blocks: Annotated[tuple[Block, ...], _by("row")] = ()
    """Its depth blocks, those of a row in order of depth."""


class Run(Section):
    """A drilling run."""

    from_m: Metres
    """Depth at which it begins."""
    to_m: Metres
    """Depth at which it ends."""
    recovered_m: Metres | None = None
    """Length of core that was measured; None: as it is seen."""


class Loss(Section):
    """Depths between which core is missing."""

    from_m: Metres
    """Depth at which core begins to be missing."""
    to_m: Metres
    """Depth at which it goes on."""


class Session(Section):
    """What is known of a hole: its boxes, and how core lies in them."""

    hole: Hole
    """The hole."""
    boxes: Annotated[tuple[Box, ...], _by("from_m")] = ()
    """Its boxes, in order of depth."""
    runs: Annotated[tuple[Run, ...], _by("from_m")] = ()
    """Its drilling runs; none: from one block to the next."""
    rows_begin: Literal["top", "bottom"] = "top"
    """Where a box's first row lies: "top" is at the camera's first sample, "bottom" at its last."""
    direction: Literal["left-right", "right-left", "snake", "snake-right"] = "left-right"
    """How a row is read, left being the first line that was scanned; a "snake" turns with each row, and begins at the
    left, a "snake-right" at the right."""
    spread: Literal["rock", "tray"] = "rock"
    """What takes depth: "rock" between box ends and blocks, or the way of the "tray" from a box's beginning to its end,
    as TSG does it, blocks and empty tray too."""
    loss: Literal["base", "top", "placed"] = "base"
    """Where core that is missing from a run is taken to be missing."""
    losses: Annotated[tuple[Loss, ...], _by("from_m")] = ()
    """Where it is missing, for "placed"; of runs without one it is missing at the base."""
    tray: Literal["wood", "metal"] = "wood"
    """What trays are of. In one of "metal", which has no absorption bands, only what has some is taken for core where
    rows and gaps are looked for; wood and plastic have labels of their own."""
    block_tolerance_m: Annotated[float, Field(ge=0, le=1)] = 0.01
    """How well blocks are placed and read."""
    row_mm: Way | None = None
    """Length of a row; None: as it is seen."""
    pixel_mm: Annotated[float, Field(gt=0, le=100)] | None = None
    """Size of a sample across; None: `acquisition.pitch_mm` of the line."""
    line_mm: Annotated[float, Field(gt=0, le=100)] | None = None
    """Way from line to line, for as many counts of the encoder as the line's file says; None: as `pixel_mm`."""
    continuous: bool = False
    """Core that passes without boxes: a row a scan, whose depth goes on with its length from the box's `from_m` and
    from each block; `to_m` ties nothing."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if found := contradictions(self):
            raise ValueError("\n  ".join(found))
        return self
