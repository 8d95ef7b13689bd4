"""What a line's configuration says of the simulated camera."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from hwsim.scene import BeltScene
from oreline.config import Section

Positive = Annotated[float, Field(gt=0)]


class Settings(Section):
    """[simulator]: a recording that is played as a camera, or a scene that is rendered into one first."""

    recording: Path | None = None
    """A recording's file, or the folder that holds one with its references."""
    scene: BeltScene | None = None
    """Rendered where there is no recording; kept, and used again while the settings are the same."""
    folder: Path = Path("scene")
    """For what is rendered or converted, inside the line's output folder."""
    serial: str = "SIM0001"
    frame_rate: Positive = 100.0
    """Lines a second at speed 1."""
    speed: Positive | Literal["max"] = 1.0
    """ "max": as fast as they are taken, losing none."""
    patient: bool = False
    """A line for which the host has no buffer waits for one; a real camera would lose it."""
    loop: bool = False
    counts_per_line: Positive = 1.0

    @model_validator(mode="after")
    def _one(self) -> Settings:
        if (self.recording is None) == (self.scene is None):
            raise ValueError("give either recording or scene")
        return self
