"""Pipeline, the stage of inference: raw lines in, lines of labels, reflectance and features out.

It has no state but the reference and, for models that want neighbours, a window of lines: so who begins with the lines
before makes the same labels.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle, groupby

import numpy as np
from numpy.typing import NDArray

from inference.active_reference import REVIEW_S, ActiveReference
from inference.classification.kernels import answered
from inference.features.windows import left_out, refuse_none
from inference.flags import Quality
from inference.illumination import NO_SAMPLE, IlluminationCheck, WhiteStrip
from inference.labeller import Labeller, Lane, Model
from inference.references.capture import Capture
from inference.window import LineWindow, Neighbourhood
from oreline.errors import ConfigError, ReferenceRefused
from oreline.incidents import report
from oreline.messages import (
    INVALID,
    EndOfStream,
    FeatureInfo,
    FeatureLine,
    Flag,
    Kind,
    LabelLine,
    Message,
    RawLine,
    ReflectanceLine,
    Stamp,
    StreamInfo,
    blank_planes,
)
from oreline.metrics import BYTES, latency

_SATURATED = np.uint8(Quality.SATURATED)
BAD = {Flag.NO_LIGHT: "no_light", Flag.LAMP: "lamp", Flag.NO_ANSWER: "no_answer"}
CALM = 32
"""Good lines after which a bad one is news again."""


class Pipeline:
    """Calibrates and labels. Calling it gives the stage that `oreline.process.run` drives, which holds the lines of
    `window`.

    A line that comes alone is dealt with at once, in the caller's thread. Of lines that wait, several are dealt with
    side by side, each in a lane, a thread with buffers of its own: kernels and network let go of the GIL. Order is
    kept.
    """

    def __init__(
        self,
        active: ActiveReference,
        *,
        reflectance: bool,
        uncertainty: bool = False,
        strip: WhiteStrip | None = None,
        unit: str = "",
        no_data: int | None = None,
    ) -> None:
        """`active`: the reference in force, the model, and whether features are measured. `reflectance`: whether
        reflectance lines are made too, and with `uncertainty` how sure each is. `strip`: where the lamp is watched.
        `unit`: of radiance, where that is made. `no_data`: the count that stands for none."""
        self.account, self.active, self.model = active.account, active, active.model
        self.saturated_samples = 0
        self.window = LineWindow(self.model.before, self.model.after) if self.model else LineWindow(0, 0)
        self._run, self._next = b"", 0
        self._reflectance, self._uncertainty = reflectance, uncertainty
        self._strip, self._light, self._unit = strip, IlluminationCheck(strip), unit
        self._no_data = no_data
        self._unmeasured = ""
        self._calm = dict.fromkeys(BAD, CALM)
        self._threads = [ThreadPoolExecutor(1) for _ in range(active.n_lanes)]
        self._capture = Capture(self._no_data)
        self._warm: list[Lane] = []
        self._latency = latency("inference")
        self._bytes = BYTES.labels("inference")

    def resume(self, stored: tuple[bytes, int] | None) -> tuple[bytes, int] | None:
        """Go on with a run: `stored` is it, and the first line whose results are not there. Returns the run and the
        line from which on raw lines are needed for that."""
        if stored is None:
            return None
        self._run, self._next = stored
        return self._run, max(0, self._next - self.window.before)

    def __call__(self, batches: Iterator[list[Message]]) -> Iterator[list[Message]]:
        """Results in order, line by line; what a capture holds back comes when it is complete. It is when a scene is
        announced, and that is not answered before everything is ready for its lines. What comes again, of which the
        results were taken, is only looked at as a neighbour."""
        self._capture = Capture(self._no_data)
        self.window.clear()
        for batch in batches:
            for scene, group in groupby(batch, _is_scene):
                messages = list(group)
                yield from self._lines(self.window.add(messages)) if scene else self._others(messages)  # type: ignore[arg-type]

    def _others(self, messages: list[Message]) -> Iterator[list[Message]]:
        """Each ends the run of lines before it, so that nobody waits for labels who waits for the answer to it."""
        for message in messages:
            yield from self._lines(self.window.end())
            if message.n and message.first + message.n <= self._next:
                continue
            results = self._other(message)
            yield results
            if results:
                self._next = max(self._next, results[-1].first + results[-1].n)

    def _other(self, message: Message) -> list[Message]:
        capture = self._capture
        if isinstance(message, RawLine):
            capture.take(message, self._known(message))
            return []
        if isinstance(message, EndOfStream):
            return [*self._dropped(), self._end(message)]
        answer = self._begin(message) if isinstance(message, StreamInfo) else message
        if isinstance(answer, StreamInfo) and answer.kind is Kind.SCENE:
            return [*self._scene(answer), answer]
        if capture.pending:
            capture.hold(answer)
            return []
        return [answer]

    def _scene(self, info: StreamInfo) -> list[Message]:
        """A scene begins: what was captured is complete. Returns when its first line can be dealt with at once."""
        held = self._captured()
        if not self._for_references:
            self._warm_up(info, self.active.lanes_ahead())
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
        return self.model is None and not self._reflectance and not self.active.features

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

    def _warm_up(self, info: StreamInfo, lanes: list[Lane]) -> None:
        """Have this thread and each lane make a line: the first of a width costs each of them tens of milliseconds."""
        if lanes is self._warm:
            return
        counts = np.zeros((info.bands, info.samples), np.uint16)
        counts.flags.writeable = False
        blank = RawLine(Stamp(info.run, info.epoch, 0, 0, 0, 0), Kind.SCENE, Flag.NONE, counts)
        near = Neighbourhood(blank, (counts,) * (self.window.before + 1 + self.window.after), self.window.before)
        with self.active.patient(REVIEW_S):
            self._results(near, lanes[0])
            list(self._in_lanes([near] * (len(lanes) + 1), lanes))
        self._warm = lanes

    def _end(self, end: EndOfStream) -> EndOfStream:
        self.active.end()
        return self.account.end(end.run, end.epoch, end.seq)

    def _begin(self, info: StreamInfo) -> StreamInfo:
        """A stream begins or changes: the model must fit it. Raises ModelMismatch."""
        if info.run != self._run:
            self._run, self._next = info.run, 0
        self.active.describe(info)
        if self._strip is not None and self._strip.end > info.samples:
            raise ConfigError(f"inference.strip ends at sample {self._strip.end}, a line has {info.samples}: move it")
        info = replace(info, features=self._features(info.wavelengths_nm) if self.active.features else ())
        if self.model is None:
            return replace(info, unit=self._unit)
        self.model.check(info)
        return replace(info, classes=self.model.classes, model=self.model.id, layers=self.model.layers)

    def _features(self, wavelengths_nm: tuple[float, ...]) -> tuple[FeatureInfo, ...]:
        """Features that bands are there for; of the others it is said once that they are not."""
        there = refuse_none(wavelengths_nm)
        missing = left_out(there)
        if missing and missing != self._unmeasured:
            report(self.account.stage, "features_left_out", missing)
        self._unmeasured = missing
        return tuple(one.info for one in there)

    def _lines(self, lines: list[Neighbourhood]) -> Iterator[list[Message]]:
        """Results of lines whose neighbours are there, but for those whose results were taken before. Lines that are
        held may have been overwritten while they were copied: an empty result has that looked at."""
        if lines and lines[0].line.first < self._next:
            lines = [near for near in lines if near.line.first >= self._next]
        if lines:
            lanes = self.active.lanes_at(lines[0].line)
            for near, results in zip(lines, self._in_lanes(lines, lanes), strict=True):
                self._count(near.line, results)
                yield results
                self._next = near.line.first + 1
        if self.window.oldest is not None:
            yield []

    def _in_lanes(self, lines: list[Neighbourhood], lanes: list[Lane]) -> Iterator[list[Message]]:
        """In order; while one is passed on, the lanes are at work on those behind it."""
        if len(lines) == 1:
            yield self._results(lines[0], lanes[0])
            return
        workers = cycle(zip(self._threads, lanes, strict=True))
        jobs = [thread.submit(self._results, near, lane) for near, (thread, lane) in zip(lines, workers, strict=False)]
        for job in jobs:
            yield job.result()

    def _results(self, near: Neighbourhood, lane: Lane) -> list[Message]:
        line, calibrator = near.line, lane.calibrator
        results: list[Message] = []
        if self.model is not None and lane.labeller is not None:
            results.append(self._label_line(near, lane.labeller, self.model, calibrator.id))
        if self._reflectance or lane.features is not None:
            results += self._measured(line, lane)
        return results

    def _measured(self, line: RawLine, lane: Lane) -> Iterator[Message]:
        """What is told of a line's reflectance, which is made once for all of it."""
        calibrator = lane.calibrator
        values, invalid = calibrator.reflectance(line.counts)
        flags = self._flags(line, invalid)
        if self._reflectance:
            sure = calibrator.uncertainty(values).copy() if self._uncertainty else None
            yield ReflectanceLine(line.stamp, flags, calibrator.id, values.copy(), invalid.copy(), sure)
        if lane.features is not None:
            yield FeatureLine(line.stamp, flags, calibrator.id, lane.features(values, invalid).copy())

    def _label_line(self, near: Neighbourhood, labeller: Labeller, model: Model, reference_id: str) -> LabelLine:
        """A line's labels, and none where its light is not to be trusted."""
        labels, confidence, mean, invalid, lamp, layers = labeller.label(near.run, near.at)
        flags = self._flags(near.line, invalid) | (Flag.NONE if answered(labels, confidence) else Flag.NO_ANSWER)
        light = self._light.judge(mean, invalid, lamp)
        if light.unlabelled is not NO_SAMPLE:
            labels[light.unlabelled], confidence[light.unlabelled] = INVALID, 0
            if layers is not None:
                layers[:, light.unlabelled] = blank_planes(model.layers)
        return LabelLine(near.line.stamp, flags | light.flag, model.id, reference_id, labels, confidence, layers)

    def _flags(self, line: RawLine, invalid: NDArray[np.uint8]) -> Flag:
        flags = line.flags | Flag.STALE if self.active.stale else line.flags
        return flags | Flag.SATURATED if np.any(invalid & _SATURATED) else flags

    def _count(self, line: RawLine, results: list[Message]) -> None:
        self._count_bad(results)
        if _saturated(results):
            saturated = line.counts >= self._known(line).full_scale
            if self._no_data is not None:
                saturated &= line.counts != self._no_data
            self.saturated_samples += int(np.count_nonzero(saturated.any(axis=0)))
        self._bytes.inc(line.counts.nbytes)
        self._latency.observe_ns(time.monotonic_ns() - line.stamp.t_ns)

    def _count_bad(self, results: list[Message]) -> None:
        """A stretch of bad lines is one incident, though some among them may be good."""
        if not results or not isinstance(results[0], LabelLine):
            return
        for flag, kind in BAD.items():
            if flag not in results[0].flags:
                self._calm[flag] += 1
                continue
            if self._calm[flag] >= CALM:
                self.account.incident(kind, seq=results[0].first)
            self._calm[flag] = 0


def _is_scene(message: Message) -> bool:
    return isinstance(message, RawLine) and message.kind is Kind.SCENE


def _saturated(results: list[Message]) -> bool:
    lines = (line for line in results if isinstance(line, LabelLine | ReflectanceLine | FeatureLine))
    return any(Flag.SATURATED in line.flags for line in lines)
