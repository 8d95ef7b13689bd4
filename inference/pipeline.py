"""The stage of inference: raw lines in, label and reflectance lines out. Stateless a line, but for the reference."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle, groupby

import numpy as np
from numpy.typing import NDArray

from inference.active_reference import REVIEW_S, ActiveReference
from inference.calibration.calibrator import Calibrator, Quality
from inference.classification.classifier import Classifier, answered
from inference.illumination import IlluminationCheck, WhiteStrip
from inference.references.capture import Capture
from oreline.errors import ConfigError, ReferenceRefused
from oreline.incidents import report
from oreline.messages import (
    EndOfStream,
    Flag,
    Kind,
    LabelLine,
    Message,
    RawLine,
    ReflectanceLine,
    Stamp,
    StreamInfo,
)
from oreline.metrics import BYTES, latency

_SATURATED = np.uint8(Quality.SATURATED)
BAD = {Flag.NO_LIGHT: "no_light", Flag.LAMP: "lamp", Flag.NO_ANSWER: "no_answer"}
CALM = 32
"""Good lines after which a bad one is news again."""


class Pipeline:
    """Calibrates and classifies. Calling it gives the stage that `oreline.process.run` drives.

    A line that comes alone is dealt with at once, in the caller's thread. Of lines that wait, `lanes` are dealt with
    side by side, each in a thread with buffers of its own: kernels and network let go of the GIL. Order is kept.
    """

    def __init__(
        self,
        classifier: Classifier | None,
        active: ActiveReference,
        *,
        reflectance: bool,
        uncertainty: bool = False,
        strip: WhiteStrip | None = None,
        unit: str = "",
        no_data: int | None = None,
    ) -> None:
        """`force`: which reference is in force. `reflectance`: whether reflectance lines are made too, and with
        `uncertainty` how sure each is. `strip`: where the lamp is watched. `unit`: of radiance, where that is made.
        `no_data`: the count that stands for none."""
        self.account, self.active = active.account, active
        self.saturated_samples = 0
        self.classifier = classifier
        self._reflectance, self._uncertainty = reflectance, uncertainty
        self._strip, self._light, self._unit = strip, IlluminationCheck(strip), unit
        self._no_data = no_data
        self._calm = dict.fromkeys(BAD, CALM)
        self._lanes = [ThreadPoolExecutor(1) for _ in range(active.lanes)]
        self._capture = Capture(self._no_data)
        self._warm: list[Calibrator] = []
        self._latency = latency("inference")
        self._bytes = BYTES.labels("inference")

    def __call__(self, batches: Iterator[list[Message]]) -> Iterator[list[Message]]:
        """Results in order, line by line; what a capture holds back comes when it is complete. It is when a scene is
        announced, and that is not answered before everything is ready for its lines."""
        self._capture = Capture(self._no_data)
        for batch in batches:
            for scene, group in groupby(batch, _is_scene):
                messages = list(group)
                yield from self._lines(messages) if scene else map(self._other, messages)  # type: ignore[arg-type]

    def _other(self, message: Message) -> list[Message]:
        capture = self._capture
        if isinstance(message, RawLine):
            capture.take(message, self._known(message))
            return []
        if isinstance(message, EndOfStream):
            return [*self._dropped(), self._end(message)]
        said = self._begin(message) if isinstance(message, StreamInfo) else message
        if isinstance(said, StreamInfo) and said.kind is Kind.SCENE:
            return [*self._scene(said), said]
        if capture.pending:
            capture.hold(said)
            return []
        return [said]

    def _scene(self, info: StreamInfo) -> list[Message]:
        """A scene begins: what was captured is complete. Returns when its first line can be dealt with at once."""
        held = self._captured()
        if not self._for_references:
            self._warm_up(info, self.active.prepared())
        return held

    def _dropped(self) -> list[Message]:
        """The stream ends in the middle of a capture, which makes no reference; returns what stands for it. Why it ends
        stands on the screen already."""
        account, held = self.account, self._capture.held
        if self._capture.pending:
            account.count("cut_capture")
            report(account.stage, "cut_capture", run=account.run, seq=held[0].first, aloud=False)
        return held

    @property
    def _for_references(self) -> bool:
        """Whether nothing but references comes of the stream."""
        return self.classifier is None and not self._reflectance

    def _known(self, line: RawLine) -> StreamInfo:
        if self.active.info is None:
            raise ReferenceRefused(f"line {line.first} came before its stream was described")
        return self.active.info

    def _captured(self) -> list[Message]:
        """Offer what was captured, if anything was; returns what stands for it."""
        capture, self._capture = self._capture, Capture(self._no_data)
        if capture.pending:
            self.active.offer(capture)
        return capture.held

    def _warm_up(self, info: StreamInfo, calibrations: list[Calibrator]) -> None:
        """Have this thread and each lane make a line: the first of a width costs each of them tens of milliseconds."""
        if calibrations is self._warm:
            return
        counts = np.zeros((info.bands, info.samples), np.uint16)
        counts.flags.writeable = False
        blank = RawLine(Stamp(info.run, info.epoch, 0, 0, 0, 0), Kind.SCENE, Flag.NONE, counts)
        with self.active.patient(REVIEW_S):
            self._make(blank, calibrations[0])
            list(self._made([blank] * (len(self._lanes) + 1), calibrations))
        self._warm = calibrations

    def _end(self, end: EndOfStream) -> EndOfStream:
        self.active.end()
        return self.account.end(end.run, end.epoch, end.seq)

    def _begin(self, info: StreamInfo) -> StreamInfo:
        """A stream begins or changes: the model must fit it. Raises ModelMismatch."""
        self.active.describe(info)
        if self._strip is not None and self._strip.end > info.samples:
            raise ConfigError(f"inference.strip ends at sample {self._strip.end}, a line has {info.samples}: move it")
        if self.classifier is None:
            return replace(info, unit=self._unit)
        self.classifier.check(info)
        return replace(info, classes=self.classifier.classes, model=self.classifier.id)

    def _lines(self, lines: list[RawLine]) -> Iterator[list[Message]]:
        calibrations = self.active.calibrations(lines[0])
        for line, made in zip(lines, self._made(lines, calibrations), strict=True):
            self._count(line, made)
            yield made

    def _made(self, lines: list[RawLine], calibrations: list[Calibrator]) -> Iterator[list[Message]]:
        """In order; while one is passed on, the lanes are at work on those behind it."""
        if len(lines) == 1:
            yield self._make(lines[0], calibrations[0])
            return
        lanes = list(zip(self._lanes, calibrations, strict=True))
        jobs = [lane.submit(self._make, line, own) for line, (lane, own) in zip(lines, cycle(lanes), strict=False)]
        for job in jobs:
            yield job.result()

    def _make(self, line: RawLine, calibration: Calibrator) -> list[Message]:
        made: list[Message] = []
        if self.classifier is not None:
            features, mean, invalid = calibration.features(line.counts)
            labels, confidence = self.classifier.classify(features, mean, invalid)
            flags = self._flags(line, invalid) | (Flag.NONE if answered(labels, confidence) else Flag.NO_ANSWER)
            flags |= self._light.judge(mean, invalid, labels, confidence, calibration.lamp)
            ids = self.classifier.id, calibration.id
            made.append(LabelLine(line.stamp, flags, *ids, labels, confidence))
        if self._reflectance:
            values, invalid = calibration.reflectance(line.counts)
            sure = calibration.uncertainty(values).copy() if self._uncertainty else None
            flags = self._flags(line, invalid)
            made.append(ReflectanceLine(line.stamp, flags, calibration.id, values.copy(), invalid.copy(), sure))
        return made

    def _flags(self, line: RawLine, invalid: NDArray[np.uint8]) -> Flag:
        flags = line.flags | Flag.STALE if self.active.stale else line.flags
        return flags | Flag.SATURATED if np.any(invalid & _SATURATED) else flags

    def _count(self, line: RawLine, made: list[Message]) -> None:
        self._count_bad(made)
        if _saturated(made):
            self.saturated_samples += int(np.count_nonzero(line.counts.max(axis=0) >= self._known(line).full_scale))
        self._bytes.inc(line.counts.nbytes)
        self._latency.observe_ns(time.monotonic_ns() - line.stamp.t_ns)

    def _count_bad(self, made: list[Message]) -> None:
        """A stretch of bad lines is one incident, though some among them may be good."""
        if not made or not isinstance(made[0], LabelLine):
            return
        for flag, kind in BAD.items():
            if flag not in made[0].flags:
                self._calm[flag] += 1
                continue
            if self._calm[flag] >= CALM:
                self.account.incident(kind, seq=made[0].first)
            self._calm[flag] = 0


def _is_scene(message: Message) -> bool:
    return isinstance(message, RawLine) and message.kind is Kind.SCENE


def _saturated(made: list[Message]) -> bool:
    return any(isinstance(line, LabelLine | ReflectanceLine) and Flag.SATURATED in line.flags for line in made)
