"""The stage of inference, tested with lists: what goes in, what comes out, in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.force import Force
from inference.intake import Intake
from inference.pipeline import Pipeline
from inference.reference import Reference
from inference.reference_file import load
from inference.store import Store
from oreline.errors import ReferenceRefused
from oreline.messages import (
    UNKNOWN,
    EndOfStream,
    Flag,
    Gap,
    Kind,
    LabelLine,
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


def info(seq: int = 0, samples: int = SAMPLES, offset_x: int = 0) -> StreamInfo:
    wavelengths = tuple(900.0 + band for band in range(BANDS))
    return StreamInfo(RUN, 0, seq, "SIM", "1", wavelengths, samples, offset_x, 4095, 100.0, 1.0, 450.0, 1.0, 1.0)


def line(seq: int, kind: Kind = Kind.SCENE, level: int = 1500, samples: int = SAMPLES) -> RawLine:
    counts = np.full((BANDS, samples), level, np.uint16)
    return RawLine(Stamp(RUN, 0, seq, seq, 0, 0), kind, Flag.NONE, counts)


def references(first: int = 0, samples: int = SAMPLES) -> list[Message]:
    dark = [line(first + i, Kind.DARK, 100, samples) for i in range(3)]
    white = [line(first + 3 + i, Kind.WHITE, 2900, samples) for i in range(3)]
    return [*dark, *white]


def pipeline(folder: Path, reference: Reference | None = None, lanes: int = 1) -> Pipeline:
    return Pipeline(None, Force(Intake(Store(folder), reference, lanes=lanes), Account("inference")), reflectance=True)


def run(stage: Pipeline, *messages: Message) -> list[Message]:
    """What comes of the messages, each counted as it is stored."""
    made = []
    for results in stage(iter([list(messages)])):
        for message in results:
            stage.account.see(message)
            made.append(message)
    return made


def test_references_become_one_gap_and_scene_lines_reflectance(tmp_path: Path) -> None:
    stage = pipeline(tmp_path)
    end = EndOfStream(RUN, 0, 7, 1, 0, 6)
    out = run(stage, info(), *references(), line(6), end)
    assert [type(m) for m in out] == [StreamInfo, Gap, ReflectanceLine, EndOfStream]
    assert out[1] == Gap(RUN, 0, 0, 6, Reason.REFERENCE)
    assert isinstance(out[2], ReflectanceLine)
    assert np.allclose(out[2].reflectance, 0.5)
    assert out[3] == end
    assert stage.account.unaccounted == 0


def test_a_stream_of_radiance_says_its_unit(tmp_path: Path) -> None:
    force = Force(Intake(Store(tmp_path), None, lanes=1), Account("inference"))
    ((said,),) = Pipeline(None, force, reflectance=True, unit="W m-2 sr-1 nm-1")(iter([[info()]]))
    assert isinstance(said, StreamInfo)
    assert said.unit == "W m-2 sr-1 nm-1"


class Silent:
    """A network that answers a number for the first sample only, from line 7 to line 9."""

    id, classes = "silent", ()

    def check(self, _info: StreamInfo) -> None:
        self.asked = 5

    def warm_up(self, _samples: int) -> None:
        pass

    def classify(self, *_line: Any) -> tuple[Any, Any]:
        self.asked += 1
        labels, confidence = np.zeros(SAMPLES, np.uint8), np.full(SAMPLES, 200, np.uint8)
        if 7 <= self.asked <= 9:
            labels[1:], confidence[1:] = UNKNOWN, 0
        return labels, confidence


def test_a_line_without_an_answer_is_flagged_and_a_stretch_of_them_is_one_incident(tmp_path: Path) -> None:
    force = Force(Intake(Store(tmp_path), None, lanes=1), Account("inference"))
    stage = Pipeline(Silent(), force, reflectance=False)  # type: ignore[arg-type]
    out = run(stage, info(), *references(), *(line(seq) for seq in range(6, 12)))
    flags = {m.first: m.flags for m in out if isinstance(m, LabelLine)}
    assert flags == dict.fromkeys((6, 10, 11), Flag.NONE) | dict.fromkeys((7, 8, 9), Flag.NO_ANSWER)
    assert stage.account.incidents["no_answer"] == 1


def test_nothing_of_a_capture_is_passed_on_before_it_is_complete(tmp_path: Path) -> None:
    assert run(pipeline(tmp_path), info(), *references()) == [info()]


def test_what_happens_during_a_capture_keeps_its_place(tmp_path: Path) -> None:
    dark, white = references()[:3], [line(5 + i, Kind.WHITE, 2900) for i in range(3)]
    lost = Gap(RUN, 0, 3, 2, Reason.DROPPED)
    out = run(pipeline(tmp_path), info(), *dark, lost, info(5), *white, info(8), line(8))
    assert out[1:5] == [
        Gap(RUN, 0, 0, 3, Reason.REFERENCE),
        lost,
        info(5),
        Gap(RUN, 0, 5, 3, Reason.REFERENCE),
    ]
    assert [m.first for m in out] == sorted(m.first for m in out)


def test_the_reference_is_kept_as_a_file_and_named_by_each_line(tmp_path: Path) -> None:
    out = run(pipeline(tmp_path), info(), *references(), line(6))
    kept = load(tmp_path / "current")
    assert isinstance(out[-1], ReflectanceLine)
    assert out[-1].calibration == kept.id
    again = run(pipeline(tmp_path, kept), info(), line(0))
    assert isinstance(again[-1], ReflectanceLine)
    assert again[-1].calibration == kept.id


def test_a_scene_without_a_reference_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceRefused, match="steps of kind 'dark' and 'white'"):
        run(pipeline(tmp_path), info(), line(0))


def test_a_capture_without_white_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceRefused, match="no white lines"):
        run(pipeline(tmp_path), info(), *references()[:3], line(3))


def test_a_region_beyond_the_reference_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceRefused, match="covers"):
        run(pipeline(tmp_path), info(), *references(), info(6, samples=4, offset_x=4), line(6, samples=4))


def test_a_saturated_sample_is_flagged_and_counted(tmp_path: Path) -> None:
    stage = pipeline(tmp_path)
    bright = line(6)
    bright.counts[2, 3] = 4095
    out = run(stage, info(), *references(), bright)
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
    alone = run(pipeline(tmp_path / "a"), info(), *references(), *scene)
    stage = pipeline(tmp_path / "b", lanes=3)
    lanes = run(stage, info(), *references(), *scene)
    assert [m.first for m in lanes] == [m.first for m in alone]
    for a, b in zip(alone[2:], lanes[2:], strict=True):
        assert isinstance(a, ReflectanceLine)
        assert isinstance(b, ReflectanceLine)
        assert np.array_equal(a.reflectance, b.reflectance)
    assert stage.account.unaccounted == 0


def test_a_reference_that_compares_badly_with_the_one_in_force_is_refused_and_the_old_one_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = pipeline(tmp_path)
    stuck = [line(7 + i, Kind.DARK, 2900) for i in range(3)] + [line(10 + i, Kind.WHITE, 2950) for i in range(3)]
    out = run(stage, info(), *references(), line(6), *stuck, line(13), EndOfStream(RUN, 0, 14, 2, 0, 12))
    reflected = [m for m in out if isinstance(m, ReflectanceLine)]
    assert np.allclose(reflected[0].reflectance, reflected[1].reflectance)
    assert reflected[0].calibration == reflected[1].calibration
    assert [(m.first, m.n) for m in out if isinstance(m, Gap)] == [(0, 6), (7, 6)]
    assert stage.account.incidents == {"reference_dark_change": 1}
    assert "stays in force" in capsys.readouterr().err
