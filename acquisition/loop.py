"""The acquisition loop: fetch, stamp, one copy into the ring, re-queue. It does the least possible."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

from acquisition.numbering import Numbering
from acquisition.settings import Settings, Step
from acquisition.source import CameraInfo, Frame, Source
from oreline.errors import CameraError, ConfigError
from oreline.messages import EndOfStream, Flag, Gap, Kind, RawLine, Reason, StreamInfo
from oreline.metrics import BYTES, INCIDENTS, Account, latency
from oreline.process import DRAIN_S
from oreline.stream import Outbox

FETCH_S = 0.01
OURS_S = 10.0
"""A camera time stamp this near to our clock is of our clock."""


class Acquisition:
    """One run of a camera, from its first step to the end of its stream."""

    def __init__(self, source: Source, outbox: Outbox, settings: Settings, stopping: Callable[[], bool]) -> None:
        self._source, self._outbox, self._settings = source, outbox, settings
        self._stopping = stopping
        self.account = Account("acquisition")
        self._latency = latency("acquisition")
        self._bytes = BYTES.labels("acquisition")
        self._incomplete = 0
        self._heard = 0.0
        self._numbering = _resumed(outbox)
        self._scene_ns = [0, 0]

    def run(self) -> None:
        """Go through the steps, then end the stream. Raises CameraError."""
        self._restart_gap()
        for step in self._settings.steps:
            if not self._stopping():
                self._step(step)
        numbering = self._numbering
        self._put_when_there_is_room(self.account.end(numbering.run, numbering.epoch))

    def summary(self) -> dict[str, Any]:
        """What was acquired, and how fast the scene came, from the first of its lines to the last."""
        seconds = (self._scene_ns[1] - self._scene_ns[0]) * 1e-9
        rate = (self.account.acquired - 1) / seconds if seconds > 0 else 0.0
        return {"account": self.account.summary(), "lines_per_s": rate, "latency_ms": self._latency.summary()}

    def _restart_gap(self) -> None:
        """Lines exposed between an earlier process's last line and now are lost; how many, the line rate tells."""
        info, last = self._outbox.info, self._outbox.last
        if not isinstance(last, RawLine) or info is None or info.line_rate_hz <= 0:
            return
        missed = int((time.monotonic_ns() - last.stamp.t_ns) * 1e-9 * info.line_rate_hz)
        if missed > 0:
            numbering = self._numbering
            self._put(Gap(numbering.run, numbering.epoch, numbering.next, missed, Reason.RESTART))
            numbering.next += missed

    def _step(self, step: Step) -> None:
        self._source.configure(step.features)
        self._put_when_there_is_room(self._info(self._source.describe()))
        end = None if step.lines is None else self._numbering.next + step.lines
        self._numbering.restart()
        self._source.start()
        self._heard = time.monotonic()
        try:
            while not self._stopping() and (end is None or self._numbering.next < end):
                self._turn(step)
        finally:
            self._source.stop()

    def _turn(self, step: Step) -> None:
        if self._settings.on_full == "wait" and not self._outbox.has_room():
            self._outbox.pump(1)
            self._heard = time.monotonic()
            return
        frame = self._source.fetch(FETCH_S)
        if frame is not None:
            self._take(frame, step)
            self._source.release(frame)
            self._heard = time.monotonic()
        elif time.monotonic() - self._heard > self._settings.silence_s:
            raise CameraError(
                f"no frame for {self._settings.silence_s:g} s: check the camera's trigger, cable and exposure, "
                "or that the recording is as long as the step asks"
            )
        if not self._source.waiting():
            self._outbox.pump()
            time.sleep(self._settings.gather_ms * 1e-3)

    def _take(self, frame: Frame, step: Step) -> None:
        now = time.monotonic_ns()
        t_ns = frame.t_ns if frame.t_ns is not None and abs(now - frame.t_ns) < OURS_S * 1e9 else now
        incomplete, self._incomplete = self._source.incomplete - self._incomplete, self._source.incomplete
        gaps, stamp = self._numbering.frame(frame.block_id, t_ns, frame.encoder, incomplete)
        for gap in gaps:
            self._put(gap)
        if stamp is None:
            INCIDENTS.labels("acquisition", "repeated_frame").inc()
            return
        flags = Flag.NONE if frame.encoder is not None else Flag.NO_ENCODER
        self._put(RawLine(stamp, step.sees, flags, frame.counts))
        if step.sees is Kind.SCENE:
            self._scene_ns = [self._scene_ns[0] or t_ns, t_ns]
        self._bytes.inc(frame.counts.nbytes)
        self._latency.observe_ns(time.monotonic_ns() - t_ns)

    def _put(self, message: StreamInfo | RawLine | Gap | EndOfStream) -> None:
        self._outbox.put(message)
        self.account.see(message)

    def _put_when_there_is_room(self, message: StreamInfo | EndOfStream) -> None:
        """The camera stands still, so nothing is lost by waiting; a consumer that is gone is not waited for."""
        deadline = time.monotonic() + DRAIN_S
        while not self._outbox.has_room() and time.monotonic() < deadline:
            self._outbox.pump(1)
        self._put(message)

    def _info(self, camera: CameraInfo) -> StreamInfo:
        settings, numbering = self._settings, self._numbering
        wavelengths = settings.wavelengths(camera.bands)
        if len(wavelengths) != camera.bands:
            raise ConfigError(
                f"the camera delivers {camera.bands} bands, but {len(wavelengths)} wavelengths are configured: "
                "set acquisition.preset or acquisition.wavelengths_nm for this camera"
            )
        return StreamInfo(
            run=numbering.run,
            epoch=numbering.epoch,
            seq=numbering.next,
            camera=camera.model,
            serial=camera.serial,
            wavelengths_nm=wavelengths,
            samples=camera.samples,
            offset_x=camera.offset_x,
            full_scale=camera.full_scale,
            exposure_us=camera.exposure_us,
            gain=camera.gain,
            line_rate_hz=camera.line_rate_hz,
            counts_per_line=settings.counts_per_line,
            pitch_mm=settings.pitch_mm,
        )


def _resumed(outbox: Outbox) -> Numbering:
    """Go on with the run that an earlier process left unfinished in the ring, or begin a new one."""
    last = outbox.last
    if last is None or isinstance(last, EndOfStream):
        return Numbering(secrets.token_bytes(16))
    return Numbering(outbox.run, outbox.epoch + 1, outbox.next)
