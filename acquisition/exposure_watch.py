"""Exposure and gain, which a camera may change by itself: by its automatic, or when it settles late."""

from __future__ import annotations

import math
from collections.abc import Callable

from acquisition.source import Source
from oreline.errors import FeatureError
from oreline.messages import StreamInfo

SAME = 1e-3
"""Exposures and gains that differ by less are alike."""


class ExposureWatch:
    """Compares what the camera says now with what was said of it."""

    def __init__(self, source: Source, incident: Callable[[str, str, int], None]) -> None:
        """`incident` is told of changes: kind, words, and the next line."""
        self._source, self._incident = source, incident

    def news(self, info: StreamInfo | None, following: int) -> dict[str, float]:
        """Fields of `info` that are no longer so. Of a camera that does not answer, others tell."""
        try:
            now = self._source.exposed()
        except FeatureError:
            return {}
        if info is None or all(map(_same, now, (info.exposure_us, info.gain))):
            return {}
        words = (
            f"the camera exposes {now.us:g} us at a gain of {now.gain:g}, though it was set to {info.exposure_us:g} us "
            f"and {info.gain:g}: switch off what sets it by itself, or raise acquisition.settle_s"
        )
        self._incident("exposure_changed", words, following)
        return {"exposure_us": now.us, "gain": now.gain}


def _same(now: float, described: float) -> bool:
    return math.isclose(now, described, rel_tol=SAME)
