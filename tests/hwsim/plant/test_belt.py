"""The belt's motion, and the encoder that the PLC reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwsim.plant.belt import CameraBelt, Motion
from oreline.errors import RecordingError
from tests.hwsim.host import BANDS, SAMPLES, Open, Plug, raw_frames, recording


def test_an_even_belt_is_where_its_speed_says_also_beyond_the_scene() -> None:
    motion = Motion(500 + 8.0 * np.arange(100), 450.0)
    assert motion.mean_speed == pytest.approx(3600)
    assert motion.count_at([-1.0, 0.0, 0.01, 10.0]) == pytest.approx([-3100, 500, 536, 36_500])
    assert motion.time_at([-3100, 500, 536, 36_500]) == pytest.approx([-1.0, 0.0, 0.01, 10.0])
    assert motion.speed_at([-1.0, 0.1, 10.0]) == pytest.approx([3600] * 3)


def test_a_belt_that_speeds_up_is_followed() -> None:
    times = np.arange(1000) / 500
    motion = Motion(1000 * times + 500 * times**2, 500.0)
    assert motion.count_at(1.0) == pytest.approx(1500, abs=0.01)
    assert motion.time_at(1500) == pytest.approx(1.0, abs=1e-5)
    assert motion.speed_at([0.5, 1.5]) == pytest.approx([1500, 2500], rel=1e-3)


def test_what_lies_where_the_belt_stops_passes_when_it_goes_on() -> None:
    motion = Motion(np.r_[np.arange(0, 100, 10), np.full(100, 90), np.arange(100, 200, 10)], 100.0)
    assert motion.time_at([80, 95]) == pytest.approx([0.08, 1.095], abs=1e-3)
    assert motion.speed_at(0.5) == pytest.approx(0, abs=1e-3)


def test_a_belt_that_runs_back_brings_what_had_not_passed_when_it_goes_on() -> None:
    motion = Motion(np.r_[0:60:10, 40:0:-10, 0:110:10], 100.0)
    assert motion.time_at([10, 20, 30, 40]) == pytest.approx([0.01, 0.02, 0.03, 0.04], abs=1e-3)
    assert motion.time_at([55, 100]) == pytest.approx([0.155, 0.2], abs=1e-3)


@pytest.mark.parametrize("counts", [[0], [5, 5, 5], [10, 0]])
def test_a_belt_that_does_not_get_on_is_refused(counts: list[int]) -> None:
    with pytest.raises(RecordingError, match="does not move"):
        Motion(counts, 100.0)


def test_without_a_camera_the_belt_stands(tmp_path: Path) -> None:
    assert CameraBelt(tmp_path / "none").position() == 0


def test_the_plc_counts_the_lines_that_the_camera_has_taken(tmp_path: Path, plug: Plug, host: Open) -> None:
    belt, start = CameraBelt(tmp_path), 2**32 - 100
    scene = recording(tmp_path / "scene", lines=40)
    plug("S1", scene=scene, frame_rate=500, lossless=True, counts_per_line=8.0, encoder_start=start)
    assert belt.position() == start
    acquirer = host("S1")
    acquirer.start()
    list(raw_frames(acquirer, 40))
    assert belt.position() == start + 39 * 8
    acquirer.stop()
    acquirer.start()
    list(raw_frames(acquirer, 1))
    assert belt.position() <= start + acquirer.num_buffers * 8


def test_a_belt_that_changes_its_speed_is_where_the_recording_says(tmp_path: Path, plug: Plug, host: Open) -> None:
    stamps = np.stack([np.arange(10) * 2_000_000, np.arange(10) ** 2], axis=1)
    stamps.astype("<i8").tofile(tmp_path / "stamps")
    scene = replace(recording(tmp_path / "scene", lines=10), stamps=tmp_path / "stamps")
    belt = CameraBelt(tmp_path)
    plug("S1", scene=scene, frame_rate=500, lossless=True, encoder_start=100)
    acquirer = host("S1")
    acquirer.start()
    list(raw_frames(acquirer, 10))
    assert belt.position() == 100 + 81


@pytest.mark.parametrize("stamped", [False, True])
def test_a_belt_in_a_loop_goes_on(tmp_path: Path, plug: Plug, host: Open, stamped: bool) -> None:
    stamps = np.stack([np.arange(10) * 2_000_000, np.arange(10) * 8], axis=1)
    stamps.astype("<i8").tofile(tmp_path / "stamps")
    scene = replace(recording(tmp_path / "scene", lines=10), stamps=tmp_path / "stamps" if stamped else None)
    belt = CameraBelt(tmp_path, "S1")
    camera = plug("S1", scene=scene, frame_rate=500, lossless=True, loop=True, counts_per_line=8.0)
    acquirer = host("S1")
    acquirer.start()
    list(raw_frames(acquirer, 35))
    acquirer.stop()
    lines = camera.counters()["produced"]
    assert lines >= 35
    assert (belt.position() // 8) - (lines - 1) in (0, 1)


def test_a_live_camera_says_with_each_line_where_the_belt_is(tmp_path: Path, plug: Plug, host: Open) -> None:
    belt = CameraBelt(tmp_path)
    camera = plug("S1", scene=None, shape=(BANDS, SAMPLES), frame_rate=500)
    acquirer = host("S1")
    acquirer.start()
    for encoder in (70, 81, 95):
        camera.push(np.zeros((BANDS, SAMPLES), np.uint16), encoder=encoder)
    list(raw_frames(acquirer, 3))
    assert belt.position() == 95


def test_a_camera_that_is_plugged_in_anew_is_found_and_one_that_has_gone_leaves_the_belt_where_it_is(
    tmp_path: Path, plug: Plug
) -> None:
    belt = CameraBelt(tmp_path)
    scene = recording(tmp_path / "scene")
    plug("S1", scene=scene, frame_rate=500, encoder_start=100).close()
    assert belt.position() == 0
    camera = plug("S1", scene=scene, frame_rate=500, encoder_start=200)
    assert belt.position() == 200
    camera.close()
    assert belt.position() == 200
    plug("S1", scene=scene, frame_rate=500, encoder_start=50)
    assert belt.position() == 50
