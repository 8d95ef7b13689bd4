"""The stage of inference: raw lines in, label and reflectance lines out. Stateless a line, but for the reference."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.calibration import Calibration, Invalid
from inference.capture import Capture
from inference.classifier import Classifier
from inference.reference import Reference
from oreline.errors import ReferenceRefused
from oreline.messages import (
    EndOfStream,
    Flag,
    Gap,
    Kind,
    LabelLine,
    Message,
    RawLine,
    ReflectanceLine,
    StreamInfo,
)
from oreline.metrics import BYTES, REFERENCE_AGE, Account, latency


class Pipeline:
    """Calibrates and classifies. Calling it gives the stage that `oreline.process.run` drives."""

    def __init__(
        self, classifier: Classifier | None, reference: Reference | None, references: Path, *, reflectance: bool
    ) -> None:
        """`references`: folder for what is captured. `reflectance`: whether reflectance lines are made too."""
        self.account = Account("inference")
        self.saturated_samples = 0
        self.reference = reference
        self._classifier = classifier
        self._references = references
        self._reflectance = reflectance
        self._info: StreamInfo | None = None
        self._calibration: Calibration | None = None
        self._latency = latency("inference")
        self._bytes = BYTES.labels("inference")

    def __call__(self, batches: Iterator[list[Message]]) -> Iterator[list[Message]]:
        """Results in order, message by message; what a capture holds back comes when it is complete."""
        capture = Capture()
        for batch in batches:
            for message in batch:
                if isinstance(message, RawLine) and message.kind is not Kind.SCENE:
                    capture.take(message, self._known(message))
                    yield []
                elif isinstance(message, Gap | StreamInfo) and capture.pending:
                    capture.hold(self._begin(message) if isinstance(message, StreamInfo) else message)
                    yield []
                else:
                    if capture.pending:
                        yield self._swap(capture)
                        capture = Capture()
                    yield self._handle(message)

    def _known(self, line: RawLine) -> StreamInfo:
        if self._info is None:
            raise ReferenceRefused(f"line {line.first} came before its stream was described")
        return self._info

    def _swap(self, capture: Capture) -> list[Message]:
        self.reference = capture.finish(self._references)
        self._calibration = None
        for message in capture.held:
            self.account.see(message)
        return list(capture.held)

    def _handle(self, message: Message) -> list[Message]:
        if isinstance(message, RawLine):
            return self._line(message)
        self.account.see(message)
        if isinstance(message, StreamInfo):
            return [self._begin(message)]
        if isinstance(message, EndOfStream):
            return [self.account.end(message.run, message.epoch)]
        return [message]

    def _begin(self, info: StreamInfo) -> StreamInfo:
        """A stream begins or changes: the model must fit it. Raises ModelMismatch."""
        self._info, self._calibration = info, None
        if self._classifier is None:
            return info
        self._classifier.check(info)
        return replace(info, classes=self._classifier.classes, model=self._classifier.id)

    def _calibrated(self, line: RawLine) -> Calibration:
        if self._calibration is None:
            if self.reference is None:
                raise ReferenceRefused(
                    "no dark and white reference: let the run begin with steps of kind 'dark' and 'white', "
                    "or name a saved one in inference.reference"
                )
            self._calibration = Calibration(self.reference, self._known(line))
            age = datetime.now(UTC) - datetime.fromisoformat(self.reference.captured)
            REFERENCE_AGE.set(max(0.0, age.total_seconds()))
        return self._calibration

    def _line(self, line: RawLine) -> list[Message]:
        calibration = self._calibrated(line)
        made: list[Message] = []
        if self._classifier is not None:
            made.append(self._label(line, calibration, self._classifier))
        if self._reflectance:
            made.append(self._reflect(line, calibration))
        self.account.see(made[0] if made else line)
        self._bytes.inc(line.counts.nbytes)
        self._latency.observe_ns(time.monotonic_ns() - line.stamp.t_ns)
        return made

    def _label(self, line: RawLine, calibration: Calibration, classifier: Classifier) -> LabelLine:
        snv, mean, invalid = calibration.snv(line.counts)
        labels, confidence = classifier.classify(snv, mean, invalid)
        flags = self._flags(line, invalid)
        return LabelLine(line.stamp, flags, classifier.id, calibration.id, labels, confidence)

    def _reflect(self, line: RawLine, calibration: Calibration) -> ReflectanceLine:
        reflectance, invalid = calibration.reflectance(line.counts)
        flags = self._flags(line, invalid)
        return ReflectanceLine(line.stamp, flags, calibration.id, reflectance.copy(), invalid.copy())

    def _flags(self, line: RawLine, invalid: NDArray[np.uint8]) -> Flag:
        saturated = int(np.count_nonzero(invalid & Invalid.SATURATED))
        self.saturated_samples += saturated
        return line.flags | (Flag.SATURATED if saturated else Flag.NONE)
