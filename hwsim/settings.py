"""Settings of the simulated camera."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from hwsim.camera.dialects import known
from hwsim.camera.faults import Fault
from hwsim.render.scene import Scene
from oreline.config import Section

Positive = Annotated[float, Field(gt=0)]


class Settings(Section):
    """[simulator]: a recording that is played as a camera, or a scene that is rendered, ahead or live."""

    recording: Path | None = None
    """A recording's file, or the folder that holds one with its references."""
    references: bool = True
    """False: of a recording, only the scene is played, whatever lies beside it."""
    exposure_us: Positive | None = None
    """What the camera says of its exposure while it plays a recording; otherwise what its header says, or 90 % of the
    period of a line."""
    gain: Positive | None = None
    """The same of its gain, a factor."""
    full_scale: Annotated[int, Field(gt=0, le=65_535)] | None = None
    """Count of a saturated pixel of a recording; otherwise that of its headers, or by its counts."""
    scene: Scene | None = None
    """Scene that is rendered where there is no recording; kept, and used again while the settings are the same."""
    live: bool = False
    """Render the scene line by line while it is seen, for ever: exposure, gain, shutter, target and triggers act on
    the light. Otherwise it is rendered ahead, into a recording whose light is what it is."""
    folder: str = "scene"
    """Folder, inside the line's output folder, for what is rendered or converted."""
    serial: str = "SIM0001"
    """Serial number that hosts see."""
    frame_rate: Positive = 100.0
    """Lines a second at speed 1."""
    speed: Positive | Literal["max", "step"] = 1.0
    """ "max": as fast as they are taken, losing none. "step": of a recording, as many as the standard input says."""
    patient: bool = False
    """A line for which the host has no buffer waits for one; a real camera would lose it."""
    loop: bool = False
    """Play the recording over and over."""
    start_line: Annotated[int, Field(ge=0)] = 0
    """First line of a recording to play, at every start of the acquisition."""
    counts_per_line: Positive = 1.0
    """Encoder counts from line to line of a recording that has none; a live scene knows its own."""
    dialect: Annotated[str, AfterValidator(known)] | None = None
    """Speak as the cameras of some maker do, in features of other names and units; see docs/reference/cameras.md."""
    faults: tuple[Fault, ...] = ()
    """Faults and when they begin; what the camera did of them is written to faults.json."""

    @model_validator(mode="after")
    def _one(self) -> Settings:
        if (self.recording is None) == (self.scene is None):
            raise ValueError("give either recording or scene")
        if self.live and self.scene is None:
            raise ValueError("only a scene can be live: give scene instead of recording")
        if self.live and self.speed == "step":
            raise ValueError('a live scene goes at its own pace: speed = "step" needs a recording')
        return self
