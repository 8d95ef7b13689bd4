"""The acquisition loop: fetch, stamp, one copy into the ring, re-queue. It does the least possible."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from acquisition.exposure_watch import ExposureWatch
from acquisition.extra_steps import ExtraSteps
from acquisition.numbering import Numbering
from acquisition.retry import let_pass, never, retry
from acquisition.settings import Settings
from acquisition.source import CameraInfo, Frame, Source
from acquisition.stamping import Stamping
from acquisition.stream_info import described
from acquisition.temperature import Thermometer
from oreline import moment
from oreline.camera_settings import Features, Step
from oreline.errors import CameraError, CameraLost, FeatureError, OrelineError
from oreline.incidents import report
from oreline.messages import EndOfStream, Gap, Kind, RawLine, StreamInfo
from oreline.metrics import BYTES, CALIBRATING, CAMERA_RATE, Account, latency
from oreline.process import DRAIN_S
from oreline.service import Service
from oreline.stream import Outbox

FETCH_S = 0.01
LONGEST_S = 0.01
"""Consumers are heard so often at least, though frames wait without end."""
FETCHES = 3
"""Failures of the same fetch after which the camera is lost."""
QUIET_S = 0.25
"""A camera that has sent nothing for so long is asked, so often, whether its recording has ended."""
NOT_READY = (
    "inference was not ready for the scene within {:g} s: it begins all the same, and nothing is sorted until it is. "
    "What inference says tells why; if it only needs longer, raise acquisition.ready_s"
)
SETTING_S = 30.0
"""A camera may take so long to be opened, set or started."""


class Acquisition:
    """One run of a camera, from its first step to the end of its stream."""

    def __init__(
        self,
        source: Source,
        outbox: Outbox,
        settings: Settings,
        service: Service,
        extra: ExtraSteps | None = None,
    ) -> None:
        """`extra`: steps that are to come in between, looked for now and then in a scene."""
        self._source, self._outbox, self._settings = source, outbox, settings
        self._service = service
        self._between: list[Step] = []
        self._extra = extra or ExtraSteps()
        self.account = Account("acquisition")
        self._latency = latency("acquisition")
        self._bytes = BYTES.labels("acquisition")
        self._frames = 0
        self._last_frame_s = self._rested_s = self._looked_s = 0.0
        self._ended = False
        self._numbering = _resumed(outbox, settings.block_id_bits)
        self._stamping = Stamping(self._numbering, settings.counts_per_line, settings.encoder_bits)
        self._set_back = self._extra.resume(self._numbering.run, self._numbering.next)
        self._triggered = False
        self._scene_ns = [0, 0]
        self._info: StreamInfo | None = None
        self._exposure = ExposureWatch(source, self.account.incident)
        self._thermometer = Thermometer(source, settings.temperature_s, self.account.incident)

    def run(self) -> None:
        """Go through the steps, then end the stream, also where the camera has ended them. Raises CameraError."""
        try:
            self._go_through(self._settings.steps)
            self._complete_references()
        except OrelineError:
            self._end()
            raise
        self._end()

    def _complete_references(self) -> None:
        """Dark and white that no scene follows are complete where one is announced all the same; where they were
        stopped it is not."""
        if self._info is not None and self._info.kind is not Kind.SCENE and not self._stopping():
            self._room_is_made()
            self._put(replace(self._info, seq=self._numbering.next, kind=Kind.SCENE, clock=moment.now()))

    def _stopping(self) -> bool:
        """True where no more is wanted, or no more will come."""
        return self._ended or self._service.is_set()

    def _end(self) -> None:
        """End the stream, unless nobody makes room for that: the lines before it stay, and the line's next start ends
        it. One that was not begun has no end: nobody would know of what."""
        numbering = self._numbering
        if self._outbox.run == numbering.run and self._room_is_made():
            self._put(self.account.end(numbering.run, numbering.epoch, numbering.next))

    def summary(self) -> dict[str, Any]:
        """Lines that were acquired, the rate of the scene from its first line to its last, and what went wrong.
        `numbers`: those that this run has given out, by this process and those before it."""
        seconds = (self._scene_ns[1] - self._scene_ns[0]) * 1e-9
        rate = (self.account.acquired - 1) / seconds if seconds > 0 else 0.0
        account, late = self.account.summary(), self._latency.summary()
        run = {"run": self._numbering.run.hex(), "numbers": self._numbering.next}
        return {**run, "account": account, "lines_per_s": rate, "latency_ms": late, "incidents": self.account.incidents}

    def _go_through(self, steps: list[Step]) -> None:
        """The steps that an earlier process has not done, each up to the line where it ends; the camera is set as those
        before have set it."""
        started, begin, unset = self._done, 0, 0
        for number, step in enumerate(steps):
            end = None if step.lines is None else begin + step.lines
            if not self._stopping() and self._room(end) > 0:
                begun = begin < started
                if step.sees is Kind.SCENE and begun:
                    self._resume()
                features = [feature for so_far in steps[unset : number + 1] for feature in so_far.features]
                self._step(step, end, [*self._set_back, *features], steps[: number + 1], begun=begun)
                self._set_back, unset = [], number + 1
            begin = end or 0

    def _resume(self) -> None:
        """Of a scene that an earlier process had begun, what was exposed since its last line is lost; how much that is,
        the first line will tell."""
        last_ns = self._outbox.last_line_ns
        if last_ns is not None:
            self._stamping.away(last_ns)

    def _step(self, step: Step, end: int | None, features: Features, so_far: list[Step], *, begun: bool) -> None:
        """One step, through losses of the camera: after each it is brought back and set as `so_far` has set it. A scene
        that was not begun before begins when inference is ready for it."""
        try:
            self._set(step, features)
            if step.sees is Kind.SCENE and not begun:
                self._await_inference()
            self._start()
            while not self._stopping() and (room := self._room(end)) > 0:
                try:
                    self._turn(step, room)
                except CameraLost as loss:
                    self._return(loss, so_far)
                if self._between and step.sees is Kind.SCENE:
                    self._take_extra_steps(step, so_far)
        finally:
            self._source.stop()
        if step.after:
            self._configure(step.after, never)

    def _room(self, end: int | None) -> int:
        """Lines that are left of a step that ends there, those that were taken in between not counted."""
        return sys.maxsize if end is None else end - self._done

    @property
    def _done(self) -> int:
        """Lines that have been, those that were taken in between not counted."""
        return self._numbering.next - self._extra.lines

    def _take_extra_steps(self, step: Step, so_far: list[Step]) -> None:
        """The steps that were asked for; then this one goes on, for as many lines as it lacks."""
        between, self._between = self._between, []
        self._source.stop()
        for extra_step in between:
            run, first = self._numbering.run, self._numbering.next
            self._extra.begin(run, first, extra_step)
            self._step(
                extra_step, self._done + (extra_step.lines or 0), extra_step.features, [*so_far, extra_step], begun=True
            )
            self._extra.end(run, self._numbering.next - first)
        if not self._stopping():
            self._set(step, step.features)
            self._start()

    def _set(self, step: Step, features: Features) -> None:
        """Set the camera, and say how it is set and what it will see. What fails is tried again a few times."""
        self._configure(features)
        self._settle(step.settle_s)
        camera = self._described()
        self._triggered = camera.triggered
        self._thermometer.read()
        self._info = described(camera, self._settings, self._numbering, self._thermometer.celsius, step.sees)
        CAMERA_RATE.set(None if camera.triggered else camera.line_rate_hz)
        CALIBRATING.set(1)
        self._room_is_made()
        self._put(self._info)
        self._stamping.begin(camera.line_rate_hz, even=self._settings.on_full == "gap" and not camera.triggered)

    def _configure(self, features: Features, stopping: Callable[[], bool] | None = None) -> None:
        patience_s = self._settings.retry_s
        self._try(lambda: self._source.configure(features, self._settle), patience_s, self._failed, stopping)

    def _settle(self, seconds: float) -> bool:
        """Wait until the features that were set have come about; False where nobody waits for that any more."""
        return let_pass(seconds, self._stopping, self._wait)

    def _described(self) -> CameraInfo:
        infos: list[CameraInfo] = []
        self._try(lambda: infos.append(self._source.describe()), self._settings.retry_s, self._failed)
        return infos[0] if infos else self._source.describe()

    def _start(self) -> None:
        self._try(self._source.start, self._settings.retry_s, self._failed)
        self._last_frame_s = time.monotonic()
        self._tell(self._exposure.news(self._info, self._numbering.next))
        CALIBRATING.set(self._info is not None and self._info.kind is not Kind.SCENE)

    def _await_inference(self) -> None:
        """Until inference has answered everything that it was sent, so that the first line of the scene is dealt with
        at once; the camera stands still. One that takes too long is not waited for any more: rock would be lost."""
        deadline = time.monotonic() + self._settings.ready_s
        while not (self._outbox.has_answered("inference") or self._stopping()):
            if time.monotonic() > deadline:
                words = NOT_READY.format(self._settings.ready_s)
                self.account.incident("not_ready", words, self._numbering.next)
                return
            self._wait(1)

    def _return(self, loss: CameraLost, so_far: list[Step]) -> None:
        """A lost camera is opened again until it is there, set anew, and begins an epoch."""
        self.account.incident("camera_lost", f"{loss}; trying to open it again", self._numbering.next)
        self._thermometer.forget()
        features = [*self._settings.features, *(feature for step in so_far for feature in step.features)]

        def again() -> None:
            self._source.reopen()
            self._source.configure(features, self._settle)

        try:
            self._try(again, self._settings.reconnect_s, lambda _: None)
        except CameraError as error:
            why = f"{loss}\nit did not come back within {self._settings.reconnect_s:g} s: {error}"
            raise CameraLost(why) from None
        self._numbering.reopen()
        if not self._stopping():
            self._set(so_far[-1], [])
            self._start()
            self._stamping.away()

    def _try(
        self,
        action: Callable[[], None],
        patience_s: float,
        failed: Callable[[Exception], None],
        stopping: Callable[[], bool] | None = None,
    ) -> None:
        """Do it, and again while it fails. Consumers, and who watches this process, must hear that it is alive."""

        def patiently() -> None:
            with self._service.patient(SETTING_S):
                action()

        retry(patiently, patience_s, failed, stopping or self._stopping, self._wait)

    def _wait(self, ms: int = 0) -> None:
        """There is nothing to do but to hear consumers."""
        self._outbox.pump(ms)
        self._service.progress(self._numbering.next)

    def _failed(self, error: Exception) -> None:
        kind = "register_error" if isinstance(error, FeatureError) else "failed_start"
        self.account.incident(kind, f"{error}; trying again", self._numbering.next)

    def _turn(self, step: Step, room: int) -> None:
        if self._settings.on_full == "wait" and not self._outbox.has_room():
            self._wait(1)
            self._last_frame_s = time.monotonic()
            return
        frame = self._fetched()
        self._frames += frame is not None
        self._service.progress(self._numbering.next, None if frame is None else self._frames)
        if frame is not None:
            self._take(frame, step, room)
            self._source.release(frame)
            self._last_frame_s = time.monotonic()
        else:
            self._wonder(time.monotonic(), step, room)
        if not self._source.waiting():
            self._stamping.timing.looked_ns = time.monotonic_ns()
            self._rest()
            time.sleep(self._settings.gather_ms * 1e-3)
        elif time.monotonic() - self._rested_s > LONGEST_S:
            self._rest()

    def _wonder(self, now: float, step: Step, room: int) -> None:
        """Why there is no frame. Raises CameraLost where there was none for too long, and no end was told."""
        if now - max(self._last_frame_s, self._looked_s) > QUIET_S:
            self._looked_s = now
            self._ended = self._source.ended() and not self._source.waiting()
            if self._ended and step.lines:
                words = f"the recording has ended {room} lines before its step"
                report("", "recording_ended", words, run=self._numbering.run, seq=self._numbering.next)
        silence_s = self._settings.silence_s
        if now - self._last_frame_s > silence_s and not (self._ended or self._triggered):
            raise CameraLost(f"no frame for {silence_s:g} s: check the camera's trigger, cable and exposure")

    def _rest(self) -> None:
        """Work that need not be done for each line."""
        self._rested_s = time.monotonic()
        self._outbox.pump()
        self._report_changes()
        if self._info is not None and self._info.kind is Kind.SCENE:
            self._between += self._extra.take()

    def _fetched(self) -> Frame | None:
        """The next frame. A fetch that fails is tried again, for a moment's failure is not worth a new epoch."""
        for failures in range(FETCHES):
            try:
                frame = self._source.fetch(FETCH_S)
            except CameraLost:
                if failures == FETCHES - 1:
                    raise
            else:
                if failures:
                    self.account.incident("fetch_error", seq=self._numbering.next)
                return frame
        return None

    def _report_changes(self) -> None:
        """Temperature, exposure and gain, which a camera changes by itself, are told where they have changed."""
        if not self._thermometer.read_now_and_then(self._last_frame_s) or self._info is None:
            return
        celsius = self._thermometer.celsius
        warmer = abs(celsius - self._info.temperature_c) >= self._settings.temperature_step_k
        self._tell(
            ({"temperature_c": celsius} if warmer else {}) | self._exposure.news(self._info, self._numbering.next)
        )

    def _tell(self, news: dict[str, float]) -> None:
        """The next lines are described anew, where there is news."""
        if news and self._info is not None:
            self._info = replace(self._info, seq=self._numbering.next, clock=moment.now(), **news)  # type: ignore[arg-type]
            self._put(self._info)

    def _take(self, frame: Frame, step: Step, room: int) -> None:
        line = self._stamping.stamp(frame, time.monotonic_ns(), self._source.incomplete, room)
        for kind in line.incidents:
            self.account.incident(kind, seq=line.stamp.seq if line.stamp else self._numbering.next)
        for gap in line.gaps:
            self._put(gap)
        if line.stamp is None:
            return
        t_ns = line.stamp.t_ns
        self._put(RawLine(line.stamp, step.sees, line.flags, frame.counts))
        if step.sees is Kind.SCENE:
            self._scene_ns = [self._scene_ns[0] or t_ns, t_ns]
        self._bytes.inc(frame.counts.nbytes)
        self._latency.observe_ns(time.monotonic_ns() - t_ns)

    def _put(self, message: StreamInfo | RawLine | Gap | EndOfStream) -> None:
        self._outbox.put(message)
        self.account.see(message)

    def _room_is_made(self) -> bool:
        """True where there is room. The camera stands still, so nothing is lost by waiting for it; a consumer that is
        gone is not waited for."""
        deadline = time.monotonic() + DRAIN_S
        while not (room := self._outbox.has_room()) and time.monotonic() < deadline:
            self._wait(1)
        return room


def _resumed(outbox: Outbox, bits: int) -> Numbering:
    """Go on with the run that an earlier process left unfinished in the ring, or begin a new one."""
    last = outbox.last
    if last is None or isinstance(last, EndOfStream):
        return Numbering(secrets.token_bytes(16), bits=bits)
    return Numbering(outbox.run, outbox.epoch + 1, outbox.next, bits)
