"""A recording at its own pace: real, faster, a line at a time; with the times and counts that it was recorded with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwsim.camera.sim_camera import SimCamera
from hwsim.camera.source import Source
from oreline.errors import RecordingError
from tests.hwsim.host import Open, Plug, assert_nothing_comes, counts_of, features, frames, recording, until, watch

LINES = 30
STEPS_NS = np.random.default_rng(1).integers(100_000, 3_000_000, LINES - 1)
COUNTS = 5000 + np.cumsum(np.random.default_rng(2).integers(0, 9, LINES))


@pytest.fixture
def stamped(tmp_path: Path) -> Source:
    """A recording of uneven steps, whose zero of time is long ago."""
    times = np.concatenate([[10**15], 10**15 + np.cumsum(STEPS_NS)])
    np.stack([times, COUNTS], axis=1).astype("<i8").tofile(tmp_path / "scene.stamps")
    return replace(recording(tmp_path / "scene", LINES), stamps=tmp_path / "scene.stamps")


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_lines_come_in_the_rhythm_and_with_the_counts_of_their_stamps(
    plug: Plug, host: Open, stamped: Source, speed: float
) -> None:
    plug("S1", scene=stamped, frame_rate=1e9 / STEPS_NS.mean(), speed=speed)
    acquirer = host("S1")
    acquirer.num_buffers = 64
    features(acquirer).ChunkModeActive.value = True
    acquirer.start()
    seen = watch(acquirer, LINES)
    assert np.abs(np.diff([frame.t_ns for frame in seen]) - STEPS_NS / speed).max() <= 1
    assert [frame.encoder for frame in seen] == COUNTS.tolist()
    assert all(np.array_equal(frame.pixels, line) for frame, line in zip(seen, counts_of(stamped), strict=True))


def test_another_frame_rate_keeps_the_rhythm(plug: Plug, host: Open, stamped: Source) -> None:
    plug("S1", scene=stamped, frame_rate=2e9 / STEPS_NS.mean())
    acquirer = host("S1")
    acquirer.num_buffers = 64
    features(acquirer).ChunkModeActive.value = True
    acquirer.start()
    assert np.abs(np.diff([frame.t_ns for frame in watch(acquirer, LINES)]) - STEPS_NS / 2).max() <= 1


def test_the_encoder_goes_on_by_its_mean_step_where_the_scene_is_played_again(
    plug: Plug, host: Open, stamped: Source
) -> None:
    plug("S1", scene=stamped, frame_rate=100, lossless=True, loop=True, start_line=LINES - 2)
    acquirer = host("S1")
    features(acquirer).ChunkModeActive.value = True
    acquirer.start()
    span = int(COUNTS[-1] - COUNTS[0])
    again = (COUNTS + span + round(span / (LINES - 1))).tolist()
    assert [frame.encoder for frame in watch(acquirer, 5)] == [*COUNTS[-2:].tolist(), *again[:3]]


def test_stamps_that_do_not_fit_are_refused(tmp_path: Path, stamped: Source) -> None:
    def refusal(stamps: np.ndarray) -> str:
        stamps.astype("<i8").tofile(tmp_path / "scene.stamps")
        with pytest.raises(RecordingError) as refused:
            SimCamera.create(tmp_path, "S1", scene=stamped, frame_rate=100)
        return str(refused.value)

    assert "truncated" in refusal(np.zeros((LINES - 1, 2)))
    assert "runs backwards" in refusal(-np.arange(2 * LINES))


def test_a_stepped_camera_exposes_a_line_when_told_and_loses_none(tmp_path: Path, plug: Plug, host: Open) -> None:
    scene = recording(tmp_path / "scene", LINES)
    camera = plug("S1", scene=scene, frame_rate=1000, stepped=True)
    acquirer = host("S1")
    camera.step(5)
    acquirer.start()
    assert_nothing_comes(acquirer)
    seen: list[Any] = []
    for n in (1, 3):
        camera.step(n)
        seen += frames(acquirer, n)
        assert_nothing_comes(acquirer)
    camera.step(20)
    until(lambda: camera.counters()["delivered"] == 4 + acquirer.num_buffers)
    seen += frames(acquirer, 20)
    assert [frame_id for frame_id, _ in seen] == list(range(24))
    assert all(np.array_equal(pixels, counts_of(scene)[i]) for i, pixels in seen)
    assert camera.counters()["underruns"] == 0


def test_triggers_are_counted(tmp_path: Path, plug: Plug, host: Open) -> None:
    camera = plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100)
    nodes = features(host("S1"))
    camera.trigger()
    nodes.TriggerSoftware.execute()
    nodes.TriggerSoftware.execute()
    assert camera.counters()["triggers"] == 3
