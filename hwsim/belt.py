"""What a scene of stones on a belt is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from hwsim.spectra import load
from oreline.cameras import CameraPreset, camera_preset
from oreline.config import Section

Count = Annotated[int, Field(gt=0)]
Positive = Annotated[float, Field(gt=0)]
Factor = Annotated[float, Field(ge=0, le=10)]
Share = Annotated[float, Field(ge=0, le=1)]

MINERALS = (
    "kaolinite",
    "muscovite",
    "montmorillonite",
    "alunite",
    "jarosite",
    "calcite",
    "dolomite",
    "clinochlore",
    "epidote",
    "talc",
    "topaz",
)
WASTE = ("chalcedony",)


class BeltScene(Section):
    """Stones of known minerals on a dark belt, as a pushbroom camera counts them."""

    camera: str = "swir288"
    """A preset of `oreline.cameras`."""
    name: str = Field(default="belt", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """Of the recording."""
    lines: Count = 9000
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 1

    minerals: tuple[str, ...] = Field(default=MINERALS, min_length=1)
    """What stones are made of, in equal parts; names of `hwsim.spectra`."""
    waste: tuple[str, ...] = WASTE
    """What the other stones are made of."""
    waste_share: Share = 0.1
    """Of all stones."""
    mixed_share: Share = 0.15
    """Of all stones: those with patches of a second mineral."""

    cover: Annotated[float, Field(gt=0, le=0.4)] = 0.25
    """Share of the belt under stones. No two stones touch, so above about 0.3 some find no place."""
    size_mm: Positive = 30.0
    """Median diameter; sizes are log-normal, cut at 0.4 and 2.5 times the median."""
    size_spread: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Standard deviation of the logarithm of the diameter."""
    pixel_mm: Positive = 1.5
    """Size of a pixel across the belt."""
    line_mm: Positive | None = None
    """Belt's way from line to line: speed over line rate. None: as `pixel_mm`, so that pixels are square."""
    variation: Factor = 1.0
    """Scales what makes two pixels of one mineral differ: brightness, slope, grain, shading, wear."""

    lamp_k: Annotated[float, Field(ge=1000, le=6000)] = 3000.0
    """Colour temperature of the lamps."""
    white_level: Annotated[float, Field(gt=0, le=2)] = 0.8
    """Where the exposure puts a perfect reflector: share of full scale, at the brightest band and sample."""
    dark_counts: Annotated[float, Field(ge=0)] = 180.0
    """Mean count behind the shutter: offset and dark current."""
    full_well_e: Positive = 1e6
    """Electrons at full scale; shot noise is their square root, taken as normal."""
    read_noise_e: Annotated[float, Field(ge=0)] = 250.0
    noise: Factor = 1.0
    """Scales shot and read noise; 0 is a perfect sensor."""
    bits: Annotated[int, Field(ge=8, le=16)] = 12

    dark_lines: Count = 100
    white_lines: Count = 100
    counts_per_line: Positive = 1.0
    """Encoder counts; the truth tells it to the plant."""
    encoder_start: int = 0
    """Encoder count at line 0."""

    @field_validator("camera")
    @classmethod
    def _known_camera(cls, name: str) -> str:
        return camera_preset(name).name

    @field_validator("minerals", "waste")
    @classmethod
    def _known_minerals(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            load().index(name)
        if len(set(names)) < len(names):
            raise ValueError("a mineral is named twice")
        return names

    @property
    def preset(self) -> CameraPreset:
        return camera_preset(self.camera)

    @property
    def pitch_mm(self) -> float:
        """From line to line."""
        return self.line_mm or self.pixel_mm

    @property
    def all_minerals(self) -> tuple[str, ...]:
        """Every mineral of the scene; a label of the truth is an index into it."""
        return tuple(dict.fromkeys(self.minerals + self.waste_used))

    @property
    def waste_used(self) -> tuple[str, ...]:
        """`waste`, or nothing where no stone is."""
        return self.waste if self.waste_share else ()

    @property
    def full_scale(self) -> int:
        return (1 << self.bits) - 1
