"""Settings: a line's configuration of calibration and labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from inference import models
from inference.backends import Precision
from inference.calibration.settings import Correction
from inference.illumination import WhiteStrip
from inference.references.limits import Limits
from oreline.config import NAME_OR_PATH, Section
from oreline.keys import TcpAddress

Stream = Literal["labels", "reflectance", "features"]


class Settings(Section):
    """[inference]: which model, which reference, which streams it makes."""

    model: Annotated[str | None, NAME_OR_PATH] = None
    """Name of a model that comes with Oreline or with another package, or the folder of one; None where only
    reflectance is wanted."""
    reference: Path | None = None
    """Folder of a reference to begin with; otherwise the chosen one of the line's references."""
    precision: Precision = "float32"
    """In which the network computes. "bfloat16" is two to eight times as fast, on processors with AVX-512 or AMX for it
    only, and may label samples that lie between two classes otherwise; "float32" gives the same labels on every
    machine."""
    limits: Limits = Limits()
    """Limits of a reference: what is refused, and from when on a new one is wanted."""
    panel: Path | None = None
    """Certificate of the white panel, text of wavelength in nm and reflectance, for references taken from now on."""
    coefficients: Path | None = None
    """Radiometric coefficients of the camera, radiance of a count and microsecond: ENVI of one line, or text whose
    second column has one a band; for references taken from now on."""
    coefficients_unit: Annotated[str, Field(max_length=64)] = "W m-2 sr-1 nm-1"
    """Unit of the radiance that they give."""
    strip: WhiteStrip | None = None
    """Samples that see a strip of white beside the belt, to watch the lamp by; None where there is none."""
    layers: list[str] | None = None
    """Layers that stand beside the labels, by their names, see [models](models.md#layers); none with []. By default all
    that the model has but "probability"."""
    streams: list[Stream] = ["labels"]
    """Streams that inference makes: "labels", "reflectance", "features" (wavelength and depth of absorptions)."""
    listen: dict[Stream, TcpAddress] = {}
    """By stream, where it is served to sinks on other hosts, such as { labels = "tcp://10.0.0.5:7402" }."""
    remote: TcpAddress | None = None
    """Address where acquisition listens, on another host; otherwise it is on this one."""
    uncertainty: bool = False
    """Whether a line of reflectance says how sure it is: a standard uncertainty for each element."""
    correction: Correction = Correction()
    """The steps from counts to reflectance."""
    lanes: Annotated[int, Field(ge=1, le=64)] = 2
    """Lines of a backlog that are dealt with side by side; a line that comes alone needs one."""
    ring_lines: Annotated[int, Field(ge=64)] = 8192
    """Label lines that are kept for a sink that is away."""
    reflectance_ring_lines: Annotated[int, Field(ge=64)] = 128
    """Reflectance lines that are kept for a sink that is away."""
    features_ring_lines: Annotated[int, Field(ge=64)] = 256
    """Lines of features that are kept for a sink that is away."""
    largest_line: Annotated[int, Field(gt=0)] = 640 * 360
    """Bands times samples of the largest line whose reflectance is passed on."""
    widest_line: Annotated[int, Field(gt=0)] = 4096
    """Samples of the widest line."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Port on 127.0.0.1 that Prometheus reads; 0 takes a free one."""

    @model_validator(mode="after")
    def _made(self) -> Settings:
        for stream in self.listen:
            if stream not in self.streams:
                raise ValueError(f"listen.{stream}: add {stream!r} to streams, or leave it out")
        if self.model is not None and self.correction.quantity != "reflectance":
            raise ValueError("a model reads reflectance: leave out model, or correction.quantity")
        if "features" in self.streams and self.correction.quantity != "reflectance":
            raise ValueError(
                'features are those of reflectance: leave "features" out of streams, or correction.quantity'
            )
        return self

    def model_folder(self) -> Path | None:
        """Folder of the model. Raises ModelError."""
        return None if self.model is None else models.folder(self.model)
