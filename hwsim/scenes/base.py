"""Settings that every scene shares: the camera and its light, the surfaces, and how they move under it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from hwsim.scenes.optics import Optics
from hwsim.spectra import load
from oreline.cameras import CameraPreset, camera_preset
from oreline.config import Section

Count = Annotated[int, Field(gt=0, le=1_000_000_000)]
Positive = Annotated[float, Field(gt=0)]
Factor = Annotated[float, Field(ge=0, le=10)]
Share = Annotated[float, Field(ge=0, le=1)]


def known_mineral(name: str) -> str:
    """The name. Raises ConfigError with the nearest one where the simulator has no such spectrum."""
    load().index(name)
    return name


class Surfaces(Section):
    """Grain, water, dust and shadows that the light meets on its way into a rock and out of it; at 0, none."""

    grain_spread: Share = 0.0
    """Standard deviation of the logarithm of the grain size, relative to the specimen that was measured: coarser
    grains have deeper bands."""
    wet_share: Share = 0.0
    """Share of stones or pieces of core that are wet."""
    water_mm: Positive = 0.1
    """Thickness of the film of water on them; each has between half and twice as much."""
    dust: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Mean share of the surface that is under dust; each stone has between none and twice as much."""
    dust_mineral: str = "kaolinite"
    """Mineral of the dust."""
    shadow: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Share of the light that is missing where one of the two rows of lamps is hidden; twice as much for both."""
    glint: Share = 0.0
    """Reflectance that a facet adds which mirrors a lamp; three times as much where it is wet."""

    _known = field_validator("dust_mineral")(known_mineral)


class Motion(Section):
    """Way of the belt or tray from line to line, relative to the nominal one; the encoder follows it."""

    ramp_lines: Annotated[int, Field(ge=0)] = 0
    """Lines that it takes to reach the nominal speed."""
    ramp_from: Annotated[float, Field(ge=0.05, le=1)] = 1.0
    """Speed at line 0, relative to the nominal one."""
    jitter: Annotated[float, Field(ge=0, le=0.3)] = 0.0
    """Standard deviation of the speed, relative."""


class SceneBase(Section):
    """Settings that every scene shares."""

    camera: str = "swir288"
    """A preset of `oreline.cameras`."""
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 1
    """Seed of all that is random: the same seed gives the same bytes."""

    pixel_mm: Positive = 1.5
    """Size of a pixel across the belt."""
    line_mm: Positive | None = None
    """Belt's way from line to line: speed over line rate. None: as `pixel_mm`, so that pixels are square."""
    strip_samples: Annotated[int, Field(ge=0)] = 0
    """The first samples see a strip of the white panel beside the belt or tray, by which the lamp can be watched."""
    variation: Factor = 1.0
    """Scales what makes two pixels of one mineral differ: brightness, slope, grain, shading, wear."""
    surface: Surfaces = Surfaces()
    """Grain size, water, dust, shadows and glints."""
    motion: Motion = Motion()
    """Speed profile of the belt or tray."""

    lamp_k: Annotated[float, Field(ge=1000, le=6000)] = 3000.0
    """Colour temperature of the lamps."""
    white_level: Annotated[float, Field(gt=0, le=2)] = 0.8
    """Count of a perfect reflector as a share of full scale, at the brightest band and sample."""
    dark_counts: Annotated[float, Field(ge=0)] = 180.0
    """Mean count behind the shutter: offset and dark current."""
    full_well_e: Positive | None = None
    """Electrons at full scale; shot noise is their square root, taken as normal. None: the camera's."""
    read_noise_e: Annotated[float, Field(ge=0)] | None = None
    """Standard deviation of the read noise, in electrons. None: the camera's."""
    noise: Factor = 1.0
    """Scales shot and read noise; 0 is a perfect sensor."""
    bits: Annotated[int, Field(ge=8, le=16)] | None = None
    """Bits of a count. None: the camera's."""
    optics: Optics = Optics()
    """Imperfections of the camera and its lamps."""

    dark_lines: Count = 100
    """Lines of the dark reference beside the recording."""
    white_lines: Count = 100
    """Lines of the white reference beside the recording."""
    counts_per_line: Positive = 1.0
    """Encoder counts at the nominal speed; the truth tells it to the plant."""
    encoder_start: int = 0
    """Encoder count at line 0."""

    @field_validator("camera")
    @classmethod
    def _known_camera(cls, name: str) -> str:
        return camera_preset(name).name

    @property
    def surfaces(self) -> tuple[Surfaces, ...]:
        """What surfaces there are, one stretch of the recording after the other."""
        return (self.surface,)

    @property
    def preset(self) -> CameraPreset:
        return camera_preset(self.camera)

    @property
    def pitch_mm(self) -> float:
        """From line to line, at the nominal speed."""
        return self.line_mm or self.pixel_mm

    @property
    def full_scale(self) -> int:
        return (1 << (self.bits or self.preset.bits)) - 1
