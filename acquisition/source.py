"""Sources: a camera as the acquisition process sees it. One file a kind implements `Source`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from acquisition.retry import Wait, let_pass


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """The camera as it is set now. Height of the image is bands, width is samples;
    `most_samples` is the widest that it can be set to. `triggered`: whether a line waits for a pulse."""

    model: str
    serial: str
    bands: int
    samples: int
    most_samples: int
    offset_x: int
    full_scale: int
    exposure_us: float
    gain: float
    line_rate_hz: float
    triggered: bool


class Exposed(NamedTuple):
    """Exposure in us, 0 where nobody tells it, and gain as a factor."""

    us: float
    gain: float


@dataclass(frozen=True, slots=True)
class Frame:
    """One line, its counts (bands, samples) borrowed from the camera's buffer until it is released.

    `block_id` as the camera numbers frames; `t_ns` by the camera's clock, None where it has none; `encoder` None where
    the frame carries none.
    """

    counts: NDArray[Any]
    block_id: int
    t_ns: int | None
    encoder: int | None
    token: Any


class Source(Protocol):
    """A camera that was opened. Every method raises CameraError or one of its kinds."""

    incomplete: int
    """Frames that came in parts and were discarded, since the source was made."""

    def configure(self, features: Sequence[tuple[str, Any]], wait: Wait = let_pass) -> None:
        """Write features in order and read each back; all failures are reported together. `wait`: by which the camera
        is given time, where it needs some; who is about to stop looks at nothing more."""

    def describe(self) -> CameraInfo:
        """The camera as it is set now."""

    def exposed(self) -> Exposed:
        """Exposure and gain now, which it may change by itself. Raises FeatureError."""

    def temperature(self) -> float | None:
        """Of the device, in degrees Celsius; None where it tells none. Raises FeatureError."""

    def start(self) -> None:
        """Begin to acquire; the camera numbers its frames anew. Raises CameraLost."""

    def fetch(self, timeout_s: float) -> Frame | None:
        """The next frame, or None where none came in time. Raises CameraLost."""

    def waiting(self) -> int:
        """Frames that can be fetched at once."""

    def ended(self) -> bool:
        """True where the camera says that it has played a recording to its end; what it has sent may still be waiting.
        One that does not answer, or plays no recording, has not."""

    def release(self, frame: Frame) -> None:
        """Give the frame's buffer back to the camera."""

    def stop(self) -> None:
        """End acquiring; the camera stays open."""

    def reopen(self) -> None:
        """Open the camera again after it was lost; its settings are gone."""

    def close(self) -> None:
        """Let the camera go."""
