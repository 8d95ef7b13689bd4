"""The temperature of the camera, read now and then."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from acquisition.source import Source
from oreline.errors import FeatureError
from oreline.metrics import TEMPERATURE

SILENT_S = 0.1
"""A camera that has sent nothing for so long may not be there."""


class Thermometer:
    """`celsius`: what the camera said last, NaN where it has said nothing."""

    def __init__(self, source: Source, every_s: float, incident: Callable[[str], None]) -> None:
        """`incident` is told of failures: when the camera answers again, since one that is lost is another matter."""
        self.celsius = math.nan
        self._source, self._every_s, self._incident = source, every_s, incident
        self._read_s, self._failed = 0.0, False

    def read_now_and_then(self, last_frame_s: float) -> bool:
        """Read where it is time and the camera is there; returns whether. `last_frame_s`: by `time.monotonic`."""
        now = time.monotonic()
        if now - self._read_s < self._every_s or now - last_frame_s > SILENT_S:
            return False
        self.read()
        return True

    def read(self) -> None:
        self._read_s = time.monotonic()
        try:
            celsius = self._source.temperature()
        except FeatureError:
            self._failed = True
            return
        if self._failed:
            self._incident("register_error")
            self._failed = False
        if celsius is not None:
            self.celsius = celsius
            TEMPERATURE.set(celsius)

    def forget(self) -> None:
        """The camera is lost: that is why it did not answer."""
        self._failed = False
        TEMPERATURE.read = None
