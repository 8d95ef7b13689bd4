"""Camera settings by which others than their owner, acquisition, go: whose references they are, and the steps in which
they are taken."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from oreline.cameras import CAMERAS
from oreline.config import Section
from oreline.messages import Kind

FeatureValue = bool | int | float | str
Features = list[tuple[str, FeatureValue]]
Positive = Annotated[int, Field(gt=0, le=1_000_000_000_000)]


class Step(Section):
    """A stretch of the run: what the camera sees, for how many lines, and the features that bring it about."""

    kind: Literal["scene", "dark", "white"] = "scene"
    """View of the camera: the scene, or what a reference is made of."""
    lines: Positive | None = None
    """Lines of the step. None: until the process is told to stop, or the camera says that its recording has ended."""
    features: Features = []
    """[[name, value], ...], as those of all steps, and written after them."""
    settle_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    """Time to wait after its features are set, such as for a shutter that moves or a lamp that warms up."""
    after: Features = []
    """Features that are written when the step is over, such as to open the shutter again."""

    @property
    def sees(self) -> Kind:
        return Kind[self.kind.upper()]


class CameraSettings(Section):
    """The part of [acquisition] that others read, too; see `Config.part`."""

    serial: str | None = None
    """Serial number of the camera, where there are several."""
    features: Features = []
    """[[name, value], ...], written in this order, each read back."""
    steps: list[Step] = [Step()]
    """Steps of a run, in their order."""
    preset: str | None = None
    """Name in oreline.cameras, for the wavelengths of the bands."""
    wavelengths_nm: list[float] = []
    """Band centres, where no preset fits; without either, bands are numbered from 1."""
    ring_lines: Annotated[int, Field(ge=64)] = 512
    """Lines that the ring of raw lines holds."""

    def wavelengths(self, bands: int) -> tuple[float, ...]:
        """Band centres in nm, (bands,)."""
        if self.wavelengths_nm:
            return tuple(self.wavelengths_nm)
        if self.preset is not None:
            return tuple(float(nm) for nm in CAMERAS[self.preset].wavelengths_nm)
        return tuple(float(band) for band in range(1, bands + 1))
