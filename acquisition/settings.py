"""Settings of a line's camera."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from acquisition.dialects import EXPOSURE, GAIN
from oreline.camera_settings import CameraSettings, Positive
from oreline.cameras import CAMERAS
from oreline.config import NAME_OR_PATH
from oreline.errors import nearest
from oreline.keys import TcpAddress
from oreline.messages import Kind


class Settings(CameraSettings):
    """[acquisition]: which camera, how it is set, and what it records in which order."""

    source: str = "genicam"
    """Kind of camera: a name in `SOURCES` of acquisition/__init__.py, or of another package's entry point."""
    producer: Annotated[str, NAME_OR_PATH] = "simcam"
    """Path of a GenTL producer (.cti); "simcam" and "viky" name the two that are installed with Oreline."""
    model: str | None = None
    """Model of the camera, where there are several."""
    id: str | None = None
    """Identifier of the camera as its GenTL producer lists it, where there are several."""
    bands: Annotated[int, Field(gt=0)] | None = None
    """Rows of a frame, where the camera's Height does not say them, as with several regions of interest."""
    full_scale: Annotated[int, Field(gt=0, le=65535)] | None = None
    """Count of a saturated pixel, where neither the camera nor its pixel format says it."""
    exposure_us: Annotated[float, Field(gt=0)] | None = None
    """Exposure of all steps, where the camera does not tell it."""
    exposure_step_us: Annotated[float, Field(gt=0)] | None = None
    """Microseconds of one, where the camera tells its exposure in steps of its own."""
    gain: Annotated[float, Field(gt=0)] | None = None
    """Gain of all steps as a factor, where the camera does not tell it."""
    gain_unit: Literal["dB", "factor"] | None = None
    """Unit of a gain that has none or one that is not known."""
    gain_step: Annotated[float, Field(gt=0)] = 1.0
    """Size of one, in `gain_unit`, where the camera tells its gain in steps of its own."""
    pitch_mm: Annotated[float, Field(gt=0)] | None = None
    """Size of a sample across the belt, for the scale of label maps; without it they have none."""
    counts_per_line: Annotated[float, Field(gt=0)] = 1.0
    """Encoder counts from one line to the next."""
    encoder: str = "ChunkEncoderValue"
    """Chunk feature with the encoder's count; where the camera has none, lines are counted instead."""
    encoder_bits: Annotated[int, Field(ge=8, le=64)] = 64
    """Width of the encoder's counter before it wraps; a wrap at 16 or 32 bits is known without it."""
    block_id_bits: Literal[16, 32, 64] = 64
    """Width of the camera's frame counter before it wraps; a wrap at 16 or 32 bits is known without it, and whether
    0 is left out, as in GigE Vision, is learned."""
    buffers: Positive = 256
    """Frames that the camera's driver may fill before they are fetched."""
    listen: TcpAddress | None = None
    """Address at which raw lines are served to an inference on another host, such as "tcp://10.0.0.5:7401"."""
    on_full: Literal["gap", "wait"] = "gap"
    """A full ring loses lines, as a live camera demands; "wait" stops fetching, for a lossless replay."""
    gather_ms: Annotated[float, Field(ge=0, le=100)] = 6.0
    """Sleep so long between looks at the camera: a wake-up for four lines costs a third less than one for each."""
    ready_s: Annotated[float, Field(ge=0)] = 30.0
    """A scene begins when inference has its reference in force and is warm; after so long it begins all the same: its
    lines wait in the ring, and nothing is sorted before they are dealt with."""
    silence_s: Annotated[float, Field(gt=0)] = 5.0
    """A camera that sends no frame for so long is lost: it is opened again."""
    temperature_s: Annotated[float, Field(gt=0)] = 5.0
    """Interval at which the camera's temperature is read."""
    temperature_step_k: Annotated[float, Field(gt=0)] = 0.5
    """Least change of that temperature that is said to those who calibrate."""
    settle_s: Annotated[float, Field(ge=0, le=30)] = 0.1
    """So long after exposure, gain and rate were set they are read again: cameras round them, or limit them by each
    other."""
    retry_s: Annotated[float, Field(ge=0)] = 2.0
    """For how long a step's features, or a start, that the camera refuses are tried again."""
    reconnect_s: Annotated[float, Field(ge=0)] = 600.0
    """For how long a lost camera is tried again before the process gives up; 0 gives up at once."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Port on 127.0.0.1 that Prometheus reads; 0 takes a free one."""

    @model_validator(mode="after")
    def _fits(self) -> Settings:
        references = sum(step.lines or 0 for step in self.steps if step.sees is not Kind.SCENE)
        if references > self.ring_lines - 64:
            raise ValueError(f"ring_lines must exceed the {references} reference lines by 64")
        if self.preset is not None and self.preset not in CAMERAS:
            raise ValueError(f"no camera preset {self.preset!r}.{nearest(self.preset, CAMERAS)}")
        if any(step.lines is None for step in self.steps[:-1]):
            raise ValueError("only the last step may go on without a number of lines")
        for key, features in (("exposure_us", EXPOSURE), ("gain", GAIN)):
            self._one_for_all(key, {feature.name for feature in features})
        return self

    def _one_for_all(self, key: str, names: set[str]) -> None:
        """Raises ValueError for a value that stands for all steps, where one of them sets another."""
        feature = next((name for step in self.steps for name, _ in step.features if name in names), None)
        if getattr(self, key) is not None and feature is not None:
            step = "exposure_step_us" if key == "exposure_us" else "gain_unit and gain_step"
            raise ValueError(f"{key} is that of all steps, but one of them sets {feature}: give {step} instead")
