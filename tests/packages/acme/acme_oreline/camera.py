"""A camera that stands on its head: what a GenICam camera sees, the last sample first."""

from __future__ import annotations

from dataclasses import replace

from acquisition.genicam import GenicamSource
from acquisition.source import Frame


class UpsideDown(GenicamSource):
    def fetch(self, timeout_s: float) -> Frame | None:
        frame = super().fetch(timeout_s)
        return frame and replace(frame, counts=frame.counts[:, ::-1])
