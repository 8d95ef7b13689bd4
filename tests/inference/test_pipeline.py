"""The stage of inference, tested with lists: what goes in, what comes out, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import get_ident

import numpy as np
import pytest

from inference.active_reference import ActiveReference
from inference.calibration.calibrator import Calibrator
from inference.illumination import WhiteStrip
from inference.labeller import Counts, Labels, Model
from inference.pipeline import Pipeline
from inference.reference_review import ReferenceReview
from inference.references.files import load
from inference.references.reference import Reference
from inference.references.store import Store
from oreline.errors import ReferenceRefused
from oreline.messages import (
    INVALID,
    UNKNOWN,
    ClassInfo,
    EndOfStream,
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
    StreamInfo,
)
from oreline.metrics import Account

RUN = bytes(16)
BANDS, SAMPLES = 4, 6


def info(seq: int = 0, kind: Kind = Kind.SCENE, samples: int = SAMPLES, offset_x: int = 0) -> StreamInfo:
    wavelengths = tuple(900.0 + band for band in range(BANDS))
    made = StreamInfo(RUN, 0, seq, "SIM", "1", wavelengths, samples, offset_x, 4095, 100.0, 1.0, 450.0, 1.0, 1.0)
    return replace(made, kind=kind)


def line(seq: int, kind: Kind = Kind.SCENE, level: int = 1500, samples: int = SAMPLES) -> RawLine:
    counts = np.full((BANDS, samples), level, np.uint16)
    return RawLine(Stamp(RUN, 0, seq, seq, 0, 0), kind, Flag.NONE, counts)


def references(dark: int = 100, white: int = 2900, first: int = 0) -> list[Message]:
    """Three lines of each, announced, and a scene announced after them."""
    darks = [line(first + i, Kind.DARK, dark) for i in range(3)]
    whites = [line(first + 3 + i, Kind.WHITE, white) for i in range(3)]
    return [info(first, Kind.DARK), *darks, info(first + 3, Kind.WHITE), *whites, info(first + 6)]


def pipeline(folder: Path, reference: Reference | None = None, lanes: int = 1) -> Pipeline:
    review = ReferenceReview(Store(folder), reference, lanes=lanes)
    return Pipeline(ActiveReference(review, Account("inference")), reflectance=True)


def run(stage: Pipeline, *messages: Message) -> list[Message]:
    """What comes of the messages, each counted as it is stored."""
    made = []
    for results in stage(iter([list(messages)])):
        for message in results:
            stage.account.see(message)
            made.append(message)
    return made


def test_references_become_gaps_and_scene_lines_reflectance(tmp_path: Path) -> None:
    stage = pipeline(tmp_path)
    end = EndOfStream(RUN, 0, 7, 1, 0, 6)
    *begin, made, last = run(stage, *references(), line(6), end)
    dark, white = Gap(RUN, 0, 0, 3, Reason.REFERENCE), Gap(RUN, 0, 3, 3, Reason.REFERENCE)
    assert begin == [info(0, Kind.DARK), dark, info(3, Kind.WHITE), white, info(6)]
    assert isinstance(made, ReflectanceLine)
    assert np.allclose(made.reflectance, 0.5)
    assert last == end
    assert stage.account.unaccounted == 0


def test_a_stream_of_radiance_says_its_unit(tmp_path: Path) -> None:
    active = ActiveReference(ReferenceReview(Store(tmp_path), None, lanes=1), Account("inference"))
    ((answer,),) = Pipeline(active, reflectance=True, unit="W m-2 sr-1 nm-1")(iter([[info(kind=Kind.DARK)]]))
    assert isinstance(answer, StreamInfo)
    assert answer.unit == "W m-2 sr-1 nm-1"


class Network:
    """A model, and its own labeller. It answers a number for the first sample only while it is `silent`. `asked`: by
    which threads, in order."""

    id, classes, before, after = "network", (), 0, 0
    layers: tuple[LayerInfo, ...] = ()
    silent = False

    def __init__(self) -> None:
        self.asked: list[int] = []

    def check(self, _info: StreamInfo) -> None:
        pass

    def compile(self) -> None:
        pass

    def labeller(self, _calibrator: Calibrator) -> Network:
        return self

    def label(self, _run: Sequence[Counts], _at: int) -> Labels:
        self.asked.append(get_ident())
        labels, confidence = np.zeros(SAMPLES, np.uint8), np.full(SAMPLES, 200, np.uint8)
        if self.silent:
            labels[1:], confidence[1:] = UNKNOWN, 0
        layers = np.full((len(self.layers), SAMPLES), 7, np.uint8) if self.layers else None
        mean, invalid = np.full(SAMPLES, 0.5, np.float32), np.zeros(SAMPLES, np.uint8)
        return Labels(labels, confidence, mean, invalid, layers=layers)


def labelling(
    folder: Path, model: Model, reference: Reference | None = None, lanes: int = 1, strip: WhiteStrip | None = None
) -> Pipeline:
    review = ReferenceReview(Store(folder), reference, lanes=lanes, model=model)
    return Pipeline(ActiveReference(review, Account("inference")), reflectance=False, strip=strip)


def test_a_scene_is_answered_when_its_reference_is_in_force_and_this_thread_and_every_lane_has_made_a_line(
    tmp_path: Path,
) -> None:
    network = Network()
    stage = labelling(tmp_path, network, lanes=3)
    *_, answer = run(stage, *references())
    assert answer == replace(info(6), model="network")
    assert stage.active.reference is not None
    assert stage.active.reference.id == load(tmp_path / "current").id
    assert len(set(network.asked)) == 4
    assert get_ident() in network.asked
    assert stage.account.lines == 0


def test_a_saved_reference_is_made_ready_before_a_scene_is_answered(tmp_path: Path) -> None:
    run(pipeline(tmp_path), *references())
    network = Network()
    (answer,) = run(labelling(tmp_path, network, load(tmp_path / "current"), lanes=3), info())
    assert isinstance(answer, StreamInfo)
    assert len(set(network.asked)) == 4


def test_what_is_warm_is_not_made_to_wait_when_the_camera_says_its_temperature(tmp_path: Path) -> None:
    network = Network()
    stage = labelling(tmp_path, network)
    run(stage, *references(), line(6))
    before = len(network.asked)
    run(stage, replace(info(7), temperature_c=31.0))
    assert len(network.asked) == before


def test_a_line_without_an_answer_is_flagged_and_a_stretch_of_them_is_one_incident(tmp_path: Path) -> None:
    network = Network()
    stage = labelling(tmp_path, network)
    out = run(stage, *references())
    for seq in range(6, 12):
        network.silent = 7 <= seq <= 9
        out += run(stage, line(seq))
    flags = {m.first: m.flags for m in out if isinstance(m, LabelLine)}
    assert flags == dict.fromkeys((6, 10, 11), Flag.NONE) | dict.fromkeys((7, 8, 9), Flag.NO_ANSWER)
    assert stage.account.incidents["no_answer"] == 1


def test_what_the_light_forbids_has_neither_label_nor_confidence(tmp_path: Path) -> None:
    strip = WhiteStrip(first=0, samples=2, reflectance=0.5)
    *_, labelled = run(labelling(tmp_path, Network(), strip=strip), *references(), line(6))
    assert isinstance(labelled, LabelLine)
    assert labelled.labels.tolist() == [INVALID, INVALID, 0, 0, 0, 0]
    assert labelled.confidence.tolist() == [0, 0, 200, 200, 200, 200]
    assert labelled.layers is None


def test_layers_are_named_by_the_stream_and_say_nothing_of_what_the_light_forbids(tmp_path: Path) -> None:
    network = Network()
    network.layers = (LayerInfo("group", legend=(ClassInfo("kaolin", (255, 0, 0)),)), LayerInfo("share"))
    strip = WhiteStrip(first=0, samples=2, reflectance=0.5)
    *_, scene, labelled = run(labelling(tmp_path, network, strip=strip), *references(), line(6))
    assert isinstance(scene, StreamInfo)
    assert scene.layers == network.layers
    assert isinstance(labelled, LabelLine)
    assert labelled.layers is not None
    assert labelled.layers.tolist() == [[UNKNOWN, UNKNOWN, 7, 7, 7, 7], [0, 0, 7, 7, 7, 7]]


def test_nothing_of_a_capture_is_passed_on_before_it_is_complete(tmp_path: Path) -> None:
    *captured, _scene = references()
    assert run(pipeline(tmp_path), *captured) == [info(0, Kind.DARK)]


def test_what_happens_during_a_capture_keeps_its_place(tmp_path: Path) -> None:
    dark, white = references()[:4], [line(5 + i, Kind.WHITE, 2900) for i in range(3)]
    lost = Gap(RUN, 0, 3, 2, Reason.DROPPED)
    out = run(pipeline(tmp_path), *dark, lost, info(5, Kind.WHITE), *white, info(8), line(8))
    assert out[1:5] == [
        Gap(RUN, 0, 0, 3, Reason.REFERENCE),
        lost,
        info(5, Kind.WHITE),
        Gap(RUN, 0, 5, 3, Reason.REFERENCE),
    ]
    assert [m.first for m in out] == sorted(m.first for m in out)


def test_the_reference_is_kept_as_a_file_and_named_by_each_line(tmp_path: Path) -> None:
    out = run(pipeline(tmp_path), *references(), line(6))
    kept = load(tmp_path / "current")
    assert isinstance(out[-1], ReflectanceLine)
    assert out[-1].reference_id == kept.id
    again = run(pipeline(tmp_path, kept), info(), line(0))
    assert isinstance(again[-1], ReflectanceLine)
    assert again[-1].reference_id == kept.id


def test_a_scene_without_a_reference_is_refused_before_its_first_line(tmp_path: Path) -> None:
    with pytest.raises(ReferenceRefused, match="steps of kind 'dark' and 'white'"):
        run(pipeline(tmp_path), info())


def test_a_capture_without_white_is_refused_before_the_scene_s_first_line(tmp_path: Path) -> None:
    with pytest.raises(ReferenceRefused, match="no white lines"):
        run(pipeline(tmp_path), *references()[:4], info(3))


def test_a_region_beyond_the_reference_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceRefused, match="covers"):
        run(pipeline(tmp_path), *references(), info(6, samples=4, offset_x=4), line(6, samples=4))


def test_a_saturated_sample_is_flagged_and_counted(tmp_path: Path) -> None:
    stage = pipeline(tmp_path)
    bright = line(6)
    bright.counts[2, 3] = 4095
    out = run(stage, *references(), bright)
    assert isinstance(out[-1], ReflectanceLine)
    assert out[-1].flags & Flag.SATURATED
    assert np.flatnonzero(out[-1].invalid).tolist() == [3]
    assert stage.saturated_samples == 1


def test_a_backlog_in_lanes_gives_the_same_lines_in_the_same_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    scene: list[Message] = []
    for seq in range(6, 60):
        counts = rng.integers(100, 2900, (BANDS, SAMPLES)).astype(np.uint16)
        scene.append(RawLine(Stamp(RUN, 0, seq, seq, 0, 0), Kind.SCENE, Flag.NONE, counts))
    alone = run(pipeline(tmp_path / "a"), *references(), *scene)
    stage = pipeline(tmp_path / "b", lanes=3)
    lanes = run(stage, *references(), *scene)
    assert [m.first for m in lanes] == [m.first for m in alone]
    for a, b in zip(alone[5:], lanes[5:], strict=True):
        assert isinstance(a, ReflectanceLine)
        assert isinstance(b, ReflectanceLine)
        assert np.array_equal(a.reflectance, b.reflectance)
    assert stage.account.unaccounted == 0


def test_a_reference_that_compares_badly_with_the_one_in_force_is_refused_and_the_old_one_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = pipeline(tmp_path)
    stuck = references(2900, 2950, first=7)
    out = run(stage, *references(), line(6), *stuck, line(13), EndOfStream(RUN, 0, 14, 2, 0, 12))
    reflected = [m for m in out if isinstance(m, ReflectanceLine)]
    assert np.allclose(reflected[0].reflectance, reflected[1].reflectance)
    assert reflected[0].reference_id == reflected[1].reference_id
    assert [(m.first, m.n) for m in out if isinstance(m, Gap)] == [(0, 3), (3, 3), (7, 3), (10, 3)]
    assert stage.account.incidents == {"reference_dark_change": 1}
    assert "stays in force" in capsys.readouterr().err
