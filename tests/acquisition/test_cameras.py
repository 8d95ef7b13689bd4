"""The production acquisition process on the two producers there are: ours, and one that nobody here wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hwsim.camera.sim_camera import Event, FaultKind, SimCamera, Source
from oreline.messages import EndOfStream, Gap, Kind, RawLine, Reason, StreamInfo
from tests.acquisition.process import Start

BANDS, SAMPLES, LINES = 12, 40, 50


def recorded(kind: int) -> np.ndarray:
    """Lines whose every element tells which line it is."""
    lines = np.arange(LINES, dtype=np.uint16)[:, None, None] * 8
    return np.broadcast_to(lines + kind * 1000, (LINES, BANDS, SAMPLES)).astype("<u2")


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Source]:
    made = {}
    for kind, name in enumerate(("scene", "dark", "white")):
        path = tmp_path / f"{name}.raw"
        recorded(kind).tofile(path)
        made[name] = Source(path, 0, LINES, BANDS, SAMPLES)
    return made


@pytest.fixture
def lossless(tmp_path: Path, sources: dict[str, Source]) -> Iterator[SimCamera]:
    with SimCamera.create(
        tmp_path / "cameras", "SIM1", **sources, frame_rate=500.0, lossless=True, loop=True, counts_per_line=3.0
    ) as camera:
        yield camera


@pytest.mark.usefixtures("lossless")
def test_ten_thousand_lines_of_the_simulated_camera_come_once_in_order_and_whole(acquire: Start) -> None:
    chunks = [["ChunkModeActive", True], ["ChunkSelector", "EncoderValue"], ["ChunkEnable", True]]
    with acquire(serial="SIM1", on_full="wait", features=chunks, steps=[{"lines": 10_000}]) as running:
        info, *lines, end = running.messages()
        assert isinstance(info, StreamInfo)
        assert (info.bands, info.samples, info.serial) == (BANDS, SAMPLES, "SIM1")
        assert all(isinstance(line, RawLine) for line in lines)
        assert [line.stamp.seq for line in lines] == list(range(10_000))
        assert [line.stamp.block_id for line in lines] == list(range(10_000))
        assert [line.stamp.encoder for line in lines] == [3 * i for i in range(10_000)]
        assert isinstance(end, EndOfStream)
        assert (end.seq, end.lines, end.lost) == (10_000, 10_000, 0)
    assert running.process.returncode == 0


@pytest.mark.usefixtures("lossless")
def test_every_count_is_the_camera_s(acquire: Start) -> None:
    with acquire(serial="SIM1", on_full="wait", steps=[{"lines": 300}]) as running:
        for message in running.messages():
            if isinstance(message, RawLine):
                assert np.all(message.counts == message.stamp.block_id % LINES * 8)


@pytest.mark.usefixtures("lossless")
def test_dark_and_white_come_before_the_scene_and_are_marked(acquire: Start) -> None:
    steps = [
        {"kind": "dark", "lines": 30, "features": [["Shutter", "Closed"]]},
        {"kind": "white", "lines": 20, "features": [["Shutter", "Open"], ["TargetSelector", "White"]]},
        {"kind": "scene", "lines": 10, "features": [["TargetSelector", "Scene"]]},
    ]
    with acquire(serial="SIM1", on_full="wait", steps=steps) as running:
        seen = [(m.kind, int(m.counts[0, 0]) // 1000) for m in running.messages() if isinstance(m, RawLine)]
    assert seen == [(Kind.DARK, 1)] * 30 + [(Kind.WHITE, 2)] * 20 + [(Kind.SCENE, 0)] * 10


def test_viky_s_lines_come_once_in_order_though_it_has_no_clock_and_eight_bits(acquire: Start, tmp_path: Path) -> None:
    features = [["PixelFormat", "Mono8"], ["Width", 100], ["Height", 100], ["AcquisitionFrameRate", 200.0]]
    with acquire(producer="viky", id="VikyTL_DEV_red", features=features, steps=[{"lines": 500}]) as running:
        info, *lines, end = running.messages()
        assert isinstance(info, StreamInfo)
        assert (info.bands, info.samples, info.full_scale) == (100, 100, 255)
        warmer = [m for m in lines if isinstance(m, StreamInfo)]
        assert all(m.same_setting(info) for m in warmer)
        lines = [m for m in lines if m not in warmer]
        assert all(isinstance(line, RawLine) for line in lines), [m for m in lines if isinstance(m, Gap)]
        assert [line.stamp.seq for line in lines] == list(range(500))
        assert lines[0].stamp.block_id == 1
        times = [line.stamp.t_ns for line in lines]
        assert times == sorted(times)
        assert isinstance(end, EndOfStream)
    account = json.loads((tmp_path / "out" / "acquisition.json").read_text())["account"]
    assert account["unaccounted"] == account["lost"] == 0


def test_dropped_and_incomplete_frames_become_gaps_of_their_kind(
    acquire: Start, tmp_path: Path, sources: dict[str, Source]
) -> None:
    faults = [Event(FaultKind.DROP, line=100, n=3), Event(FaultKind.INCOMPLETE, line=250, n=2)]
    with (
        SimCamera.create(tmp_path / "cameras", "SIM1", **sources, frame_rate=400.0, loop=True, faults=faults),
        acquire(serial="SIM1", steps=[{"lines": 400}]) as running,
    ):
        got = list(running.messages())
    gaps = [(m.first, m.n, m.reason) for m in got if isinstance(m, Gap)]
    assert gaps == [(100, 3, Reason.DROPPED), (250, 2, Reason.INCOMPLETE)]
    assert sum(m.n for m in got) == got[-1].first == 400
    account = json.loads((tmp_path / "out" / "acquisition.json").read_text())["account"]
    assert (account["lost"], account["unaccounted"]) == (5, 0)


@pytest.mark.parametrize("fault", [FaultKind.DROP, FaultKind.INCOMPLETE], ids=["dropped", "incomplete"])
def test_a_gap_ends_with_its_step(acquire: Start, tmp_path: Path, sources: dict[str, Source], fault: FaultKind) -> None:
    steps = [
        {"kind": "dark", "lines": 30, "features": [["Shutter", "Closed"]]},
        {"kind": "white", "lines": 20, "features": [["Shutter", "Open"], ["TargetSelector", "White"]]},
        {"kind": "scene", "lines": 40, "features": [["TargetSelector", "Scene"]]},
    ]
    ends = {"dark": 30, "white": 20, "scene": 40}
    faults = [Event(fault, view=view, line=end - 3, n=6) for view, end in ends.items()]
    with (
        SimCamera.create(tmp_path / "cameras", "SIM1", **sources, frame_rate=400.0, loop=True, faults=faults),
        acquire(serial="SIM1", steps=steps) as running,
    ):
        got = list(running.messages())
    lines, gaps = ([m for m in got if isinstance(m, kind)] for kind in (RawLine, Gap))
    assert [(gap.first, gap.n) for gap in gaps] == [(27, 3), (47, 3), (87, 3)]
    assert [sum(line.kind is kind for line in lines) for kind in (Kind.DARK, Kind.WHITE, Kind.SCENE)] == [27, 17, 37]
    assert [m.seq for m in got if isinstance(m, EndOfStream)] == [90]


def refusal(acquire: Start, **settings: object) -> tuple[int, str]:
    with acquire(**settings) as running:
        assert running.process.stderr is not None
        message = running.process.stderr.read()
        return running.process.wait(20), message


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"producer": "/none/vendor.cti"}, 11, "acquisition.producer is the path of the .cti"),
        ({"serial": "SIM2"}, 12, "SIM1"),
        ({"serial": "SIM1", "features": [["ExposureTme", 5.0]]}, 14, "Did you mean 'ExposureTime'"),
        ({"serial": "SIM1", "features": [["ExposureTime", -5.0]]}, 14, "was refused"),
        ({"serial": "SIM1", "preset": "nir224"}, 3, "wavelengths"),
        ({"seriel": "SIM1"}, 3, "Did you mean 'serial'"),
    ],
    ids=["no producer", "no camera", "unknown feature", "refused feature", "other bands", "unknown key"],
)
@pytest.mark.usefixtures("lossless")
def test_what_cannot_be_is_refused_with_a_code_and_what_to_do(
    acquire: Start, settings: dict[str, object], code: int, words: str
) -> None:
    returned, message = refusal(acquire, **settings)
    assert (returned, words in message) == (code, True), message


def test_a_file_that_is_no_producer_is_refused(acquire: Start, tmp_path: Path) -> None:
    (tmp_path / "vendor.cti").write_text("not a library")
    returned, message = refusal(acquire, producer=str(tmp_path / "vendor.cti"))
    assert returned == 11
    assert "not a working GenTL producer" in message


@pytest.mark.usefixtures("lossless")
def test_a_camera_that_another_process_has_open_is_busy(acquire: Start, tmp_path: Path) -> None:
    with acquire(serial="SIM1", on_full="wait") as first:
        next(first.messages())
        with acquire(tmp_path / "other", serial="SIM1", steps=[{"lines": 10}]) as second:
            assert second.process.stderr is not None
            assert second.process.wait(20) == 13, second.process.stderr.read()
            assert "is in use" in second.process.stderr.read()
        first.process.kill()
