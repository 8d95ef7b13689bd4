"""The stream that a line will have, as far as its file tells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oreline.errors import ConfigError
from oreline.messages import ClassInfo, LayerInfo


@dataclass
class Expected:
    """The stream as far as it is known; None where the file does not tell.

    `views`: what the camera can be told to see; `kinds`: those of the steps. `classes`: of the labels, and `layers`
    beside them, empty where there are none. `streams`: those that inference makes here. `raw`: whether the camera may
    be here. `files`: those that are made before a sink begins.
    """

    camera: str = "of this line"
    serial: str | None = None
    bands: int | None = None
    samples: int | None = None
    views: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    exposure_us: float | None = None
    line_rate_hz: float | None = None
    counts_per_line: float | None = None
    wavelengths_nm: tuple[float, ...] | None = None
    classes: tuple[ClassInfo, ...] | None = None
    layers: tuple[LayerInfo, ...] | None = None
    streams: tuple[str, ...] | None = None
    uncertainty: bool = True
    raw: bool = True
    files: frozenset[Path] = frozenset()

    def must_have(self, stream: str) -> None:
        """Raises ConfigError where inference is here and does not make that stream."""
        if self.streams is not None and stream not in self.streams:
            raise ConfigError(
                f"it reads {stream}, which nothing makes: add {stream!r} to inference.streams"
                + (", and name a model in inference.model" if stream == "labels" else "")
            )
