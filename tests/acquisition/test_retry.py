"""A camera is lost, comes back, refuses, reboots: lines go on, and what was missed is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from acquisition.retry import retry
from hwsim.camera.sim_camera import Event, FaultKind, Link, SimCamera, Source
from oreline.errors import CameraError, CameraLost, FeatureError
from oreline.messages import EndOfStream, Gap, Message, RawLine, Reason, StreamInfo
from oreline.ring import RingReader
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


def line_of(first: int, epoch: int = 0) -> Callable[[Message], bool]:
    """Whether that line, or one after it, has come."""
    return lambda m: isinstance(m, RawLine) and m.first >= first and m.stamp.epoch >= epoch


def followed(running: Running, *happenings: tuple[Callable[[Message], bool], Callable[[], object]]) -> list[Message]:
    """All messages; each happening is called when a message is such, after those before it."""
    got, left = [], list(happenings)
    for message in running.messages():
        got.append(message)
        if left and left[0][0](message):
            left.pop(0)[1]()
    assert not left
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
    with acquire(serial="SIM1", silence_s=2.0, features=[["Gain", 6.0]]) as running:

        def unplug() -> None:
            camera.link = link
            running.says("trying to open it again")
            camera.link = Link.UP

        got = followed(running, (line_of(100), unplug), (line_of(0, epoch=1), running.process.terminate))
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
    assert (end.seq, len(got)) == (LINES, LINES)
    assert "camera_lost" not in incidents(tmp_path)


@pytest.mark.long
def test_a_recording_whose_camera_falls_silent_has_not_ended(acquire: Start, tmp_path: Path) -> None:
    with playing(tmp_path, loop=False) as camera, acquire(serial="SIM1", silence_s=0.4, reconnect_s=0.5) as running:
        camera.inject(Event(FaultKind.SILENCE, line=20))
        running.says("trying to open it again")
        assert running.process.wait(20) == 15


def test_a_camera_that_fails_to_start_is_started_again(acquire: Start, tmp_path: Path, camera: SimCamera) -> None:
    camera.inject(Event(FaultKind.FAILED_START, n=2))
    with acquire(serial="SIM1", steps=[{"lines": 20}]) as running:
        got = list(running.messages())
    assert [m.first for m in got if isinstance(m, RawLine)] == list(range(20))
    assert incidents(tmp_path)["failed_start"] == 2


def test_a_stream_that_was_not_begun_has_no_end_and_nobody_is_waited_for(
    acquire: Start, tmp_path: Path, camera: SimCamera
) -> None:
    with acquire(serial="SIM1", steps=[{"lines": 20, "features": [["Shuter", "Closed"]]}]) as running:
        assert running.process.wait(20) == 14
    assert RingReader(tmp_path / "raw.ring").head == 0


def test_a_camera_that_gets_warmer_says_so_from_the_next_line_on(
    acquire: Start, tmp_path: Path, camera: SimCamera
) -> None:
    camera.set_register("DeviceTemperature", 30.0)
    with acquire(serial="SIM1", temperature_s=0.05) as running:
        got = followed(
            running,
            (line_of(40), lambda: camera.set_register("DeviceTemperature", 30.3)),
            (line_of(80), lambda: camera.set_register("DeviceTemperature", 31.0)),
            (lambda m: isinstance(m, StreamInfo), running.process.terminate),
        )
    begin, later = (m for m in got if isinstance(m, StreamInfo))
    assert (begin.seq, begin.temperature_c, later.temperature_c) == (0, 30.0, 31.0)
    assert later.same_setting(begin)
    assert later.seq >= 80
    assert [m.first for m in got if isinstance(m, RawLine)] == list(range(got[-1].first))


def test_sigterm_ends_the_wait_for_a_lost_camera(acquire: Start, camera: SimCamera, tmp_path: Path) -> None:
    with acquire(serial="SIM1") as running:

        def lose() -> None:
            camera.link = Link.DOWN
            running.says("trying to open it again")
            running.process.terminate()

        got = followed(running, (line_of(20), lose))
    assert isinstance(got[-1], EndOfStream)
    assert running.process.returncode == 0
    assert incidents(tmp_path)["camera_lost"] == 1


def test_what_fails_for_a_moment_is_tried_again_and_what_fails_for_long_is_raised() -> None:
    failures: list[Exception] = []
    answers: list[CameraError | None] = [CameraLost("gone"), FeatureError("busy"), None]

    def attempt() -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    retry(attempt, 5.0, failures.append, lambda: False)
    assert [str(failure) for failure in failures] == ["gone", "busy"]

    answers[:] = [FeatureError("never")]
    with pytest.raises(FeatureError, match="never"):
        retry(attempt, 0.0, failures.append, lambda: False)
