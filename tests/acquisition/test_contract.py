"""What acquisition promises of any camera, kept with both producers that there are: ours, and one that nobody here
wrote (it has no clock, eight bits, and frame ids from 1)."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwsim.camera.sim_camera import SimCamera, Source
from oreline.messages import EndOfStream, Gap, RawLine, StreamInfo
from tests.acquisition.process import Start

BANDS, SAMPLES, RATE = 12, 40, 200.0


@dataclass
class Camera:
    """How a camera is chosen and set, and what it then is."""

    settings: dict[str, Any]
    bands: int
    samples: int
    full_scale: int


@pytest.fixture(params=["simcam", "viky"])
def camera(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Camera]:
    if request.param == "viky":
        features = [["PixelFormat", "Mono8"], ["Width", 100], ["Height", 100], ["AcquisitionFrameRate", RATE]]
        yield Camera({"producer": "viky", "id": "VikyTL_DEV_red", "features": features}, 100, 100, 255)
        return
    path = tmp_path / "scene.raw"
    np.arange(50 * BANDS * SAMPLES, dtype="<u2").tofile(path)
    scene = Source(path, 0, 50, BANDS, SAMPLES)
    with SimCamera.create(tmp_path / "cameras", "SIM1", scene=scene, frame_rate=RATE, loop=True):
        yield Camera({"producer": "simcam", "serial": "SIM1"}, BANDS, SAMPLES, 4095)


def test_lines_come_once_in_order_with_rising_times_and_nothing_is_lost(
    acquire: Start, camera: Camera, tmp_path: Path
) -> None:
    with acquire(**camera.settings, steps=[{"lines": 300}]) as running:
        info, *several, end = running.messages()
    assert isinstance(info, StreamInfo)
    # A camera that takes its time to start keeps its process from being heard; who asks again is told again.
    lines = [message for message in several if message != info]
    assert (info.bands, info.samples, info.full_scale) == (camera.bands, camera.samples, camera.full_scale)
    assert all(isinstance(line, RawLine) for line in lines), [m for m in lines if isinstance(m, Gap)]
    assert [line.stamp.seq for line in lines] == list(range(300))
    assert np.all(np.diff([line.stamp.block_id for line in lines]) == 1)
    assert np.all(np.diff([line.stamp.t_ns for line in lines]) > 0)
    assert {line.counts.shape for line in lines} == {(camera.bands, camera.samples)}
    assert isinstance(end, EndOfStream)
    assert (end.seq, end.lines, end.lost) == (300, 300, 0)
    said = json.loads((tmp_path / "out" / "acquisition.json").read_text())
    assert said["account"]["unaccounted"] == said["account"]["lost"] == 0


def test_a_second_step_goes_on_with_the_numbers_of_the_first(acquire: Start, camera: Camera) -> None:
    with acquire(**camera.settings, steps=[{"lines": 40}, {"lines": 40}]) as running:
        got = list(running.messages())
    assert {m.seq for m in got if isinstance(m, StreamInfo)} == {0, 40}
    assert [m.first for m in got if isinstance(m, RawLine)] == list(range(80))


def test_sigterm_ends_the_stream_in_order(acquire: Start, camera: Camera) -> None:
    with acquire(**camera.settings) as running:
        last = None
        for message in running.messages():
            if message.first == 50:
                running.process.send_signal(signal.SIGTERM)
            last = message
    assert isinstance(last, EndOfStream)
    assert last.lines == last.seq > 50
    assert running.process.returncode == 0


def test_an_unknown_feature_is_refused_by_name(acquire: Start, camera: Camera) -> None:
    settings = {**camera.settings, "features": [["ExposureTme", 5.0]]}
    with acquire(**settings) as running:
        assert running.process.stderr is not None
        message = running.process.stderr.read()
        assert running.process.wait(20) == 14
    assert "ExposureTme" in message
