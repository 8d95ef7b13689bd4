"""A camera is lost, comes back, refuses, reboots: lines go on, and what was missed is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
import pytest

from acquisition.life import bring_back
from hwsim.camera import Event, FaultKind, Link, SimCamera, Source
from oreline.errors import CameraError, CameraLost, FeatureError
from oreline.messages import EndOfStream, Gap, Message, RawLine, Reason, StreamInfo
from tests.acquisition.process import Running, Start

BANDS, SAMPLES, LINES, RATE = 12, 40, 50, 200.0


def playing(tmp_path: Path, *, loop: bool) -> SimCamera:
    path = tmp_path / "scene.raw"
    np.arange(LINES * BANDS * SAMPLES, dtype="<u2").tofile(path)
    scene = Source(path, 0, LINES, BANDS, SAMPLES)
    return SimCamera.create(tmp_path / "cameras", "SIM1", scene=scene, frame_rate=RATE, loop=loop)


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[SimCamera]:
    with playing(tmp_path, loop=True) as made:
        yield made


def followed(running: Running, happenings: dict[int, Any]) -> list[Message]:
    """All messages; each happening is called once when that line has come."""
    got = []
    for message in running.messages():
        got.append(message)
        if isinstance(message, RawLine):
            for at in [at for at in happenings if at <= message.first]:
                happenings.pop(at)()
    assert not happenings
    return got


def incidents(tmp_path: Path) -> dict[str, int]:
    said = json.loads((tmp_path / "out" / "acquisition.json").read_text())
    assert said["account"]["unaccounted"] == 0
    found: dict[str, int] = said["incidents"]
    return found


@pytest.mark.parametrize("link", [Link.SILENT, Link.DOWN], ids=["silently", "loudly"])
def test_an_unplugged_camera_comes_back_in_a_new_epoch_with_the_missed_lines_in_a_gap(
    acquire: Start, tmp_path: Path, camera: SimCamera, link: Link
) -> None:
    def unplug() -> None:
        camera.link = link
        Timer(0.6, plug).start()

    def plug() -> None:
        camera.link = Link.UP

    with acquire(serial="SIM1", silence_s=0.4, features=[["Gain", 6.0]], steps=[{"lines": 500}]) as running:
        got = followed(running, {200: unplug})
    infos = [m for m in got if isinstance(m, StreamInfo)]
    assert [info.epoch for info in infos] == [0, 1]
    assert infos[1].gain == infos[0].gain == pytest.approx(10 ** (6 / 20))
    (gap,) = (m for m in got if isinstance(m, Gap))
    lines = [m for m in got if isinstance(m, RawLine)]
    before, after = (line for line in lines if line.first in (gap.first - 1, gap.first + gap.n))
    away = (after.stamp.t_ns - before.stamp.t_ns) * 1e-9
    assert gap.reason is Reason.RESTART
    assert gap.n == pytest.approx(away * RATE - 1, abs=1.0)
    assert (before.stamp.epoch, after.stamp.epoch) == (0, 1)
    assert isinstance(got[-1], EndOfStream)
    assert incidents(tmp_path)["camera_lost"] == 1


def test_a_camera_that_stays_away_ends_the_process_after_the_set_time(
    acquire: Start, camera: SimCamera, tmp_path: Path
) -> None:
    with acquire(serial="SIM1", silence_s=0.2, reconnect_s=0.5) as running:
        for message in running.messages():
            if message.first == 20:
                camera.close()
                break
        assert running.process.wait(20) == 15
        assert running.process.stderr is not None
        assert "did not come back within 0.5 s" in running.process.stderr.read()


@pytest.mark.parametrize("lines", [None, LINES + 1], ids=["without an end", "that is longer"])
def test_the_end_of_a_recording_is_the_end_of_a_scene(acquire: Start, tmp_path: Path, lines: int | None) -> None:
    with playing(tmp_path, loop=False), acquire(serial="SIM1", steps=[{"lines": lines}], silence_s=1.0) as running:
        _, *got, end = running.messages()
    assert running.process.returncode == 0
    assert [m.first for m in got if isinstance(m, RawLine)] == list(range(LINES))
    assert isinstance(end, EndOfStream)
    assert (end.seq, len(got), incidents(tmp_path)) == (LINES, LINES, {})


def test_a_recording_whose_camera_falls_silent_has_not_ended(acquire: Start, tmp_path: Path) -> None:
    with playing(tmp_path, loop=False) as camera, acquire(serial="SIM1", silence_s=0.4, reconnect_s=0.5) as running:
        for message in running.messages():
            if message.first == 20:
                camera.link = Link.SILENT
                break
        assert running.process.wait(20) == 15


def test_a_camera_that_fails_to_start_is_started_again(acquire: Start, tmp_path: Path, camera: SimCamera) -> None:
    camera.inject(Event(FaultKind.FAILED_START, n=2))
    with acquire(serial="SIM1", steps=[{"lines": 20}]) as running:
        got = list(running.messages())
    assert [m.first for m in got if isinstance(m, RawLine)] == list(range(20))
    assert incidents(tmp_path) == {"failed_start": 2}


def test_a_camera_that_gets_warmer_says_so_from_the_next_line_on(
    acquire: Start, tmp_path: Path, camera: SimCamera
) -> None:
    camera.set_register("DeviceTemperature", 30.0)
    warmer = {
        40: lambda: camera.set_register("DeviceTemperature", 30.3),
        80: lambda: camera.set_register("DeviceTemperature", 31.0),
    }
    with acquire(serial="SIM1", temperature_s=0.05, steps=[{"lines": 160}]) as running:
        got = followed(running, warmer)
    begin, later = (m for m in got if isinstance(m, StreamInfo))
    assert (begin.seq, begin.temperature_c, later.temperature_c) == (0, 30.0, 31.0)
    assert later.same_setting(begin)
    assert 80 <= later.seq < 160
    assert [m.first for m in got if isinstance(m, RawLine)] == list(range(160))


def test_sigterm_ends_the_wait_for_a_lost_camera(acquire: Start, camera: SimCamera, tmp_path: Path) -> None:
    with acquire(serial="SIM1", silence_s=0.2) as running:
        last: Message | None = None
        for message in running.messages():
            last = message
            if message.first == 20:
                camera.link = Link.DOWN
                Timer(0.5, running.process.terminate).start()
        assert isinstance(last, EndOfStream)
        assert running.process.wait(20) == 0
    assert incidents(tmp_path)["camera_lost"] == 1


def test_what_fails_for_a_moment_is_tried_again_and_what_fails_for_long_is_raised() -> None:
    failures: list[Exception] = []
    answers: list[CameraError | None] = [CameraLost("gone"), FeatureError("busy"), None]

    def attempt() -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    bring_back(attempt, 5.0, failures.append, lambda: False)
    assert [str(failure) for failure in failures] == ["gone", "busy"]

    answers[:] = [FeatureError("never")]
    with pytest.raises(FeatureError, match="never"):
        bring_back(attempt, 0.0, failures.append, lambda: False)
