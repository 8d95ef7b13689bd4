"""For those who write a sink: streams to feed it, and the contract that it must pass.

class TestMySink(SinkContract):
    sink = MySink
    settings = {"what": "labels"}

    def delivered(self, output, run):
        return [the sequence numbers that took effect, in order]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from time import monotonic_ns
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import ArrayLike
from pydantic import ValidationError

from oreline.config import Section
from oreline.expected import Expected
from oreline.messages import (
    BACKGROUND,
    ClassInfo,
    Decision,
    EndOfStream,
    FeatureInfo,
    FeatureLine,
    Flag,
    Gap,
    Kind,
    LabelLine,
    LayerInfo,
    Message,
    RawLine,
    Reason,
    ReflectanceLine,
    Stamp,
    StoneRecord,
    StreamInfo,
    blank_planes,
)
from oreline.sink import Policy, Sink

RUN = bytes(range(16))
OTHER_RUN = bytes(range(16, 32))
LAYERS = (
    LayerInfo("group", legend=(ClassInfo("carbonate", (0, 0, 255)), ClassInfo("kaolin", (255, 0, 0)))),
    LayerInfo("group_confidence", scale=1 / 255),
    LayerInfo("bands", legend=(ClassInfo("kaolinite", (99, 24, 0)), ClassInfo("no bands", (214, 206, 170)))),
    LayerInfo("bands_group", legend=(ClassInfo("kaolin", (255, 0, 0)), ClassInfo("no bands", (214, 206, 170)))),
    LayerInfo("reason", legend=(ClassInfo("not rock", (170, 175, 175)), ClassInfo("unsure", (240, 170, 60)))),
    LayerInfo("probability", 3, scale=1 / 255),
)
CLASSES = (
    ClassInfo("calcite", (60, 120, 220)),
    ClassInfo("kaolinite", (240, 170, 40)),
    ClassInfo("gypsum", (90, 200, 130)),
)


def stream_info(**changes: Any) -> StreamInfo:
    """A small camera: 8 bands, 32 samples, 10 encoder counts a line, 100 lines/s, CLASSES, and one feature."""
    info = StreamInfo(
        run=RUN,
        epoch=1,
        seq=0,
        camera="test",
        serial="1",
        wavelengths_nm=tuple(1000.0 + 100 * band for band in range(8)),
        samples=32,
        offset_x=0,
        full_scale=4095,
        exposure_us=1000.0,
        gain=1.0,
        line_rate_hz=100.0,
        counts_per_line=10.0,
        pitch_mm=1.0,
        classes=CLASSES,
        model="0123456789abcdef",
        features=(FeatureInfo("1400", 1360.0, 1448.0),),
    )
    return replace(info, **changes)


def stamp(seq: int, info: StreamInfo, t_ns: int | None = None) -> Stamp:
    """A stamp of this moment, unless `t_ns` says otherwise."""
    encoder = round(seq * info.counts_per_line)
    return Stamp(info.run, info.epoch, seq, seq, monotonic_ns() if t_ns is None else t_ns, encoder)


def label_line(
    seq: int,
    info: StreamInfo | None = None,
    labels: ArrayLike | None = None,
    t_ns: int | None = None,
    flags: Flag = Flag.NONE,
    layers: ArrayLike | None = None,
) -> LabelLine:
    """A line of labels, background unless they are given, with the layers of `info`, which say nothing unless they
    are."""
    info = info or stream_info()
    values = np.full(info.samples, BACKGROUND, np.uint8) if labels is None else np.array(labels, np.uint8)
    confidence = np.full(len(values), 200, np.uint8)
    blank = np.repeat(blank_planes(info.layers), len(values), axis=1) if info.layers else None
    planes = blank if layers is None else np.array(layers, np.uint8)
    return LabelLine(stamp(seq, info, t_ns), flags, info.model, "fedcba9876543210", values, confidence, planes)


def reflectance_line(seq: int, info: StreamInfo | None = None, t_ns: int | None = None) -> ReflectanceLine:
    """A line whose reflectance is (seq % 100) / 100 everywhere."""
    info = info or stream_info()
    reflectance = np.full((info.bands, info.samples), seq % 100 / 100, np.float32)
    invalid = np.zeros(info.samples, np.uint8)
    return ReflectanceLine(stamp(seq, info, t_ns), Flag.NONE, "fedcba9876543210", reflectance, invalid)


def raw_line(seq: int, info: StreamInfo | None = None, t_ns: int | None = None, kind: Kind | None = None) -> RawLine:
    """A line whose counts all are seq % 65,536; of the view that `info` announces, unless `kind` says it."""
    info = info or stream_info()
    counts = np.full((info.bands, info.samples), seq % 65_536, np.uint16)
    return RawLine(stamp(seq, info, t_ns), info.kind if kind is None else kind, Flag.NONE, counts)


def features_line(seq: int, info: StreamInfo | None = None, t_ns: int | None = None) -> FeatureLine:
    """A line whose features all have a depth of (seq % 100) / 100, where their windows begin."""
    info = info or stream_info()
    features = np.full((len(info.features), 2, info.samples), seq % 100 / 100, np.float32)
    features[:, 0] = np.array([[one.first_nm] for one in info.features])
    return FeatureLine(stamp(seq, info, t_ns), Flag.NONE, "fedcba9876543210", features)


def stone_record(seq: int, info: StreamInfo | None = None, t_ns: int | None = None, **changes: Any) -> StoneRecord:
    """A stone of 4 x 3 samples of calcite, each 10 lines after the one before, that was ejected."""
    info = info or stream_info()
    first = 10 * seq
    counts = np.zeros(len(info.classes) + 1, np.uint32)
    counts[0] = 12
    record = StoneRecord(
        replace(stamp(first, info, t_ns), seq=seq),
        first_line=first, last_line=first + 2, first_sample=4, stop_sample=8, pixels=12,
        decision=Decision.EJECTED, why="enough ore", measure=1.0, valves=0b11110000, product=1, recipe="calcite v3",
        model=info.model, reference_id="fedcba9876543210", cut=False, clump=False, counts=counts,
        outline=np.array([(line, 4, 8) for line in range(3)], np.int32),
    )  # fmt: skip
    return replace(record, **changes)


LINES: dict[str, Callable[[int, StreamInfo], Message]] = {
    "raw": raw_line,
    "labels": label_line,
    "reflectance": reflectance_line,
    "features": features_line,
    "stones": stone_record,
}
"""What makes a line of each stream."""


def end_of_stream(info: StreamInfo, seq: int, lost: int = 0, reference: int = 0) -> EndOfStream:
    return EndOfStream(info.run, info.epoch, seq, seq - lost - reference, lost, reference)


class SinkContract:
    """Tests that every sink passes. Set `sink` and `settings`, or override `options` where settings need a fixture."""

    sink: ClassVar[type[Sink]]
    settings: ClassVar[dict[str, Any]] = {}

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return dict(self.settings)

    def delivered(self, output: Path, run: bytes) -> list[int]:
        """The lines of `run` that have taken effect, by sequence number, in order; only asked of closed sinks."""
        raise NotImplementedError("a sink of policy `complete` says here what it has delivered")

    def start(self, options: dict[str, Any], output: Path) -> Sink:
        return self.sink.open(self.settings_of(options), output)

    def settings_of(self, options: dict[str, Any]) -> Section:
        """Settings of the sink from its own keys. Raises ValidationError."""
        return self.sink.Settings.model_for(options).model_validate(options)

    def lines(self, sink: Sink, numbers: Iterable[int], info: StreamInfo) -> list[Message]:
        return [LINES[sink.stream](seq, info) for seq in numbers]

    def feed(self, sink: Sink, *batches: list[Message]) -> None:
        """Each batch consumed and committed."""
        for batch in batches:
            sink.consume(batch)
            sink.commit()

    def check(self, output: Path, run: bytes, expected: Iterable[int]) -> None:
        if self.sink.policy is Policy.COMPLETE:
            assert self.delivered(output, run) == list(expected)

    def place(self, run: bytes, seq: int) -> tuple[bytes, int] | None:
        """Where a sink resumes: a fresh one holds nothing, and takes what is on the belt now."""
        return (run, seq) if self.sink.policy is Policy.COMPLETE else None

    def test_what_is_not_known_of_a_stream_is_not_refused(self, options: dict[str, Any]) -> None:
        self.sink.check(self.settings_of(options), Expected())

    def test_a_new_sink_has_nothing_to_resume(self, options: dict[str, Any], tmp_path: Path) -> None:
        sink = self.start(options, tmp_path)
        assert sink.resume() is None
        sink.close()

    def test_a_run_is_delivered_in_order_and_once(self, options: dict[str, Any], tmp_path: Path) -> None:
        info, sink = stream_info(), self.start(options, tmp_path)
        self.feed(sink, [info], self.lines(sink, range(6), info), self.lines(sink, range(6, 9), info))
        self.feed(sink, [end_of_stream(info, 9)])
        sink.close()
        self.check(tmp_path, info.run, range(9))

    def test_a_reopened_sink_resumes_after_the_last_commit(self, options: dict[str, Any], tmp_path: Path) -> None:
        info, sink = stream_info(), self.start(options, tmp_path)
        self.feed(sink, [info, *self.lines(sink, range(7), info)])
        sink.close()
        again = self.start(options, tmp_path)
        assert again.resume() == self.place(info.run, 7)
        again.close()

    def test_what_was_not_committed_comes_again_and_is_not_doubled(
        self, options: dict[str, Any], tmp_path: Path
    ) -> None:
        info, sink = stream_info(), self.start(options, tmp_path)
        self.feed(sink, [info, *self.lines(sink, range(5), info)])
        sink.consume(self.lines(sink, range(5, 9), info))
        sink.close()
        again = self.start(options, tmp_path)
        assert again.resume() == self.place(info.run, 5)
        self.feed(again, [info, *self.lines(again, range(5, 12), info), end_of_stream(info, 12)])
        again.close()
        self.check(tmp_path, info.run, range(12))

    def test_a_gap_takes_its_place_in_the_count(self, options: dict[str, Any], tmp_path: Path) -> None:
        info, sink = stream_info(), self.start(options, tmp_path)
        gap = Gap(info.run, info.epoch, 4, 3, Reason.DROPPED)
        self.feed(sink, [info, *self.lines(sink, range(4), info)], [gap])
        sink.close()
        again = self.start(options, tmp_path)
        assert again.resume() == self.place(info.run, 7)
        self.feed(again, [info, *self.lines(again, range(7, 10), info), end_of_stream(info, 10, lost=3)])
        again.close()
        self.check(tmp_path, info.run, [0, 1, 2, 3, 7, 8, 9])

    def test_a_run_may_begin_with_reference_lines(self, options: dict[str, Any], tmp_path: Path) -> None:
        info, sink = stream_info(), self.start(options, tmp_path)
        self.feed(sink, [info, Gap(info.run, info.epoch, 0, 50, Reason.REFERENCE)])
        self.feed(sink, [*self.lines(sink, range(50, 53), info), end_of_stream(info, 53, reference=50)])
        sink.close()
        self.check(tmp_path, info.run, range(50, 53))

    def test_the_camera_may_change_in_the_middle_of_a_run(self, options: dict[str, Any], tmp_path: Path) -> None:
        info, sink = stream_info(), self.start(options, tmp_path)
        wider = replace(info, epoch=2, seq=5, samples=48, classes=(*CLASSES[:2], ClassInfo("talc", (1, 2, 3))))
        self.feed(sink, [info, *self.lines(sink, range(5), info), wider, *self.lines(sink, range(5, 8), wider)])
        self.feed(sink, [end_of_stream(wider, 8)])
        sink.close()
        self.check(tmp_path, info.run, range(8))

    def test_a_new_run_may_follow_in_the_same_folder(self, options: dict[str, Any], tmp_path: Path) -> None:
        info, other = stream_info(), stream_info(run=OTHER_RUN)
        sink = self.start(options, tmp_path)
        self.feed(sink, [info, *self.lines(sink, range(6), info), end_of_stream(info, 6)])
        sink.close()
        again = self.start(options, tmp_path)
        self.feed(again, [other, *self.lines(again, range(3), other), end_of_stream(other, 3)])
        again.close()
        self.check(tmp_path, info.run, range(6))
        self.check(tmp_path, other.run, range(3))
        third = self.start(options, tmp_path)
        assert third.resume() == self.place(other.run, 3)
        third.close()

    def test_a_stream_may_have_layers_and_lose_them(self, options: dict[str, Any], tmp_path: Path) -> None:
        info, sink = stream_info(layers=LAYERS), self.start(options, tmp_path)
        plain = stream_info(epoch=2, seq=5)
        self.feed(sink, [info, *self.lines(sink, range(5), info), plain, *self.lines(sink, range(5, 8), plain)])
        self.feed(sink, [end_of_stream(plain, 8)])
        sink.close()
        self.check(tmp_path, info.run, range(8))

    def test_closing_twice_reports_the_same_artefacts(self, options: dict[str, Any], tmp_path: Path) -> None:
        info, sink = stream_info(), self.start(options, tmp_path)
        self.feed(sink, [info, *self.lines(sink, range(3), info), end_of_stream(info, 3)])
        sink.idle()
        report = sink.close()
        assert sink.close() == report
        assert all(Path(path).is_file() for path in report["artefacts"].values())

    def test_a_sink_that_saw_nothing_closes(self, options: dict[str, Any], tmp_path: Path) -> None:
        sink = self.start(options, tmp_path)
        sink.commit()
        sink.idle()
        assert "artefacts" in sink.close()

    def test_an_unknown_key_is_refused(self, options: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match="no_such_key"):
            self.settings_of(options | {"no_such_key": 1})
