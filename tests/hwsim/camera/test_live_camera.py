"""A live camera obeys its host from one line to the next, as hardware does; seen through harvesters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hwsim.camera.event import Event
from hwsim.camera.layout import FaultKind
from hwsim.camera.live_camera import LiveCamera
from hwsim.scenes.optics import Optics
from hwsim.sensor.sensor import Pixels, Sensor
from oreline.cameras import CameraPreset
from tests.hwsim.host import features, pixels_of, raw_frames, until

pytestmark = pytest.mark.alone  # A live camera exposes on time, or loses the line.

PRESET = CameraPreset("test", "test", 20, 6, 1000.0, 1100.0, 20.0, 400.0)
SCENE = SimpleNamespace(
    preset=PRESET,
    seed=3,
    optics=Optics(),
    full_scale=4095,
    dark_counts=100.0,
    lamp_k=3000.0,
    white_level=0.4,
    full_well_e=1e6,
    read_noise_e=100.0,
    noise=0.0,
)
EXPOSURE_US = 0.9e6 / 400


class Stripes:
    """A world whose line n has the reflectance (n mod 16 + 1) / 32, and is 3 n counts on."""

    scene = SCENE

    def spectra_at(self, nm):
        return np.ones((len(nm), 2), np.float32)

    def paint(self, first_line, lines):
        pixels = Pixels.flat(lines, PRESET.samples, 0)
        pixels.a[:] = (np.arange(first_line, first_line + lines)[:, None] % 16 + 1) / 32
        return pixels, None

    def encoder(self, line):
        return 3 * line


class Slow(Stripes):
    """A world that takes a while to look at."""

    def __init__(self):
        self.looked = 0

    def paint(self, first_line, lines):
        self.looked += first_line > 0
        threading.Event().wait(0.2 if self.looked == 1 else 0)
        return super().paint(first_line, lines)


@pytest.fixture
def live(plug, host):
    """Opens a live camera of a world: the host's acquirer, the camera's parts, and what it said."""
    stop, threads = threading.Event(), []

    def open_camera(world=None, speed=1.0, frame_rate=400.0, faults=()):
        camera = plug(
            *("S1",),
            scene=None,
            shape=(PRESET.bands, PRESET.samples),
            frame_rate=frame_rate,
            speed=speed or 1.0,
            exposure_us=EXPOSURE_US,
            lossless=speed is None,
            faults=faults,
        )
        said = []
        sensor = LiveCamera(camera, world or Stripes(), Sensor.of(SCENE), speed, said.append)
        threads.append(threading.Thread(target=sensor.run, args=(stop.is_set,)))
        threads[0].start()
        acquirer = host("S1")
        features(acquirer).ChunkModeActive.value = True
        return SimpleNamespace(acquirer=acquirer, nodes=features(acquirer), camera=camera, sensor=sensor, said=said)

    yield open_camera
    stop.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def seen(live, n):
    """(frame id, time stamp, encoder, mean count above the offset, counts) of the next frames."""
    offset = Sensor.of(SCENE).offset
    for buffer in raw_frames(live.acquirer, n):
        pixels = pixels_of(buffer)
        encoder = live.nodes.ChunkEncoderValue.value
        yield SimpleNamespace(
            id=buffer.frame_id, t_ns=buffer.timestamp_ns, encoder=encoder, counts=pixels, light=(pixels - offset).mean()
        )


def relative(frame):
    """Light of a frame in panels: reflectance times exposure, gain and all."""
    sensor = Sensor.of(SCENE)
    return float(((frame.counts - sensor.dark) / sensor.white).mean())


def reflectance(frame):
    """Of the line of the world that a frame shows, by its encoder."""
    return (frame.encoder // 3 % 16 + 1) / 32


def assert_in_step(frames, period_ns=2_500_000):
    """A lost line is missing in the ids, and nothing else is moved by that."""
    assert all(later.id > before.id for before, later in pairwise(frames))
    for frame in frames:
        assert frame.t_ns - frames[0].t_ns == (frame.id - frames[0].id) * period_ns
        assert frame.encoder - frames[0].encoder == 3 * (frame.id - frames[0].id)
        assert relative(frame) == pytest.approx(reflectance(frame), abs=1e-3)


def settled(live, like, n=200):
    """The first of the next frames that is as asked for; there must be one."""
    return next(frame for frame in seen(live, n) if like(frame))


def test_lines_come_in_order_at_the_cameras_pace_with_the_worlds_encoder(live):
    camera = live()
    camera.acquirer.start()
    frames = list(seen(camera, 40))
    assert_in_step(frames)


def test_the_shutter_closes_and_opens(live):
    camera = live()
    camera.acquirer.start()
    camera.nodes.Shutter.value = "Closed"
    dark = settled(camera, lambda frame: relative(frame) < 0.01)
    np.testing.assert_allclose(dark.counts, Sensor.of(SCENE).dark, atol=0.51)
    camera.nodes.Shutter.value = "Open"
    assert settled(camera, lambda frame: relative(frame) > 0.02)


def test_the_panel_is_put_in(live):
    camera = live()
    camera.acquirer.start()
    camera.nodes.TargetSelector.value = "White"
    assert settled(camera, lambda frame: relative(frame) == pytest.approx(1.0, abs=1e-3))


def test_twice_the_exposure_is_twice_the_light_and_more_of_it_saturates(live):
    camera = live()
    camera.nodes.AcquisitionFrameRate.value = 10
    camera.nodes.TargetSelector.value = "White"
    camera.acquirer.start()
    light = []
    for factor in (1, 2, 8):
        camera.nodes.ExposureTime.value = factor * EXPOSURE_US
        light.append(list(seen(camera, 2))[-1])
    once, twice = (frame.counts - Sensor.of(SCENE).offset for frame in light[:2])
    np.testing.assert_allclose(twice, 2 * once, atol=1.6)
    assert (light[2].counts == 4095).all()


def test_gain_multiplies_the_light_by_its_decibels(live):
    camera = live()
    camera.nodes.TargetSelector.value = "White"
    camera.nodes.Gain.value = 6.0
    camera.acquirer.start()
    assert next(seen(camera, 1)).light == pytest.approx(
        10 ** (6 / 20) * (Sensor.of(SCENE).white + Sensor.of(SCENE).current).mean(), rel=1e-3
    )


def test_another_frame_rate_is_another_pace_from_the_next_line_on(live):
    camera = live()
    camera.acquirer.start()
    list(seen(camera, 3))
    camera.nodes.AcquisitionFrameRate.value = 100
    frames = list(seen(camera, 80))  # Lines that were begun at the old rate come first: BACKLOG and the host's buffers.
    assert {later.t_ns - before.t_ns for before, later in pairwise(frames)} & {2_500_000, 10_000_000}
    assert_in_step(frames[-8:], 10_000_000)


def test_a_slow_camera_that_is_made_fast_has_nothing_to_catch_up(live):
    camera = live(frame_rate=1)
    camera.acquirer.start()
    list(seen(camera, 1))
    time.sleep(0.5)  # Fifty lines, had it been fast all the time.
    camera.nodes.AcquisitionFrameRate.value = 100
    frames = list(seen(camera, 5))
    assert_in_step(frames[-3:], 10_000_000)
    assert frames[-1].encoder < 3 * 30


@pytest.mark.parametrize("source", ["Software", "Line0"])
def test_a_trigger_gives_one_line(live, source):
    camera = live()
    camera.nodes.TriggerMode.value, camera.nodes.TriggerSource.value = "On", source
    camera.acquirer.start()
    for i in range(5):
        assert camera.acquirer.try_fetch(timeout=0.05, is_raw=True) is None
        if source == "Software":
            camera.nodes.TriggerSoftware.execute()
        else:
            camera.camera.trigger()
        assert [(frame.id, frame.encoder) for frame in seen(camera, 1)] == [(i, 3 * i)]


def test_without_a_pace_no_line_is_lost(live):
    camera = live(speed=None)
    camera.acquirer.start()
    assert [frame.id for frame in seen(camera, 500)] == list(range(500))
    assert camera.sensor.lost == 0


def test_what_cannot_be_rendered_in_time_is_lost_and_said_once_while_the_clock_goes_on(live):
    camera = live(Slow())
    camera.acquirer.start()
    frames = list(seen(camera, 60))
    until(lambda: camera.sensor.lost > 0)
    assert_in_step(frames)
    assert frames[-1].id - frames[0].id + 1 > len(frames)
    assert len(camera.said) == 1
    assert "cannot keep up with 400 lines/s" in camera.said[0]


def test_every_start_numbers_its_frames_anew_while_the_world_goes_on(live):
    camera, starts = live(), []
    for _ in range(3):
        camera.acquirer.start()
        frames = list(seen(camera, 10))
        assert_in_step(frames)
        starts.append(frames[0].encoder // 3 - frames[0].id)
        camera.acquirer.stop()
    assert starts[0] == 0
    assert starts[1] >= 10
    assert starts[2] >= starts[1] + 10


@pytest.mark.parametrize(("kind", "share"), [(FaultKind.STUCK_SHUTTER, 1.0), (FaultKind.LIGHT_LEAK, 0.25)])
def test_a_shutter_that_does_not_close_lets_light_in_at_the_scripted_lines(live, kind, share):
    camera = live(speed=None, faults=[Event(kind, line=5, n=4, amount=share, view="dark")])
    camera.nodes.Shutter.value, camera.nodes.TargetSelector.value = "Closed", "White"
    camera.acquirer.start()
    light = [relative(frame) for frame in seen(camera, 12)]
    assert light == pytest.approx([0.0] * 5 + [share] * 4 + [0.0] * 3, abs=1e-3)
    (outcome,) = camera.camera.faults.outcomes
    assert (outcome.done, outcome.first_id, outcome.last_id) == (4, 5, 8)


LINE = """
[line]
name = "live"
output = "{folder}/out"
[simulator]
serial = "S1"
frame_rate = 60.0
live = true
scene = {{ camera = "swir288", optics = "typical", noise = 0.0 }}
faults = [{{ kind = "drop", line = 3 }}]
"""


def bright_and_dark(file, process, host):
    """Mean counts of a camera in another process, once it is there: of its scene, and behind its shutter."""
    deadline = time.monotonic() + 60
    while not file.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    acquirer = host("S1")
    acquirer.start()
    bright = np.mean([pixels_of(buffer).mean() for buffer in raw_frames(acquirer, 5)])
    features(acquirer).Shutter.value = "Closed"
    dark = [pixels_of(buffer).mean() for buffer in raw_frames(acquirer, 30)][-1]
    acquirer.stop()
    return bright, dark


def test_a_configured_line_has_a_live_camera(tmp_path, host):
    (tmp_path / "line.toml").write_text(LINE.format(folder=tmp_path))
    command = [sys.executable, "-m", "hwsim", "camera", str(tmp_path / "line.toml")]
    environment = {**os.environ, "ORELINE_SIMCAM": str(tmp_path)}
    with subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[3]) as process:
        try:
            bright, dark = bright_and_dark(tmp_path / "S1.simcam", process, host)
        finally:
            process.terminate()
    assert process.returncode == 0
    assert bright > 200 > dark > 160
    report = json.loads((tmp_path / "out" / "camera.json").read_text())
    assert report["world_line"] == report["rendered"] + report["lost"] >= 35
    assert report["counters"]["starts"] == report["counters"]["dropped"] == 1
    (fault,) = json.loads((tmp_path / "out" / "faults.json").read_text())
    assert (fault["kind"], fault["outcome"]["line"]) == ("drop", 3)
