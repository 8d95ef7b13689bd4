"""Scripted faults of lamp, shutter, panel and pixels: on the host's copy of their lines, above the dark level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harvesters.core import ImageAcquirer

from hwsim.camera import faults
from hwsim.camera.sim_camera import SimCamera, Source
from oreline.errors import ConfigError
from tests.hwsim.camera.test_faults import faults as script
from tests.hwsim.host import BANDS, SAMPLES, Open, Plug, features, lines_of

LINES, AT, FULL = 30, 10, 4095
Start = Any


def flat(path: Path, low: int, high: int, lines: int, x_start: int = 0, samples: int = SAMPLES) -> Source:
    counts = np.random.default_rng(low).integers(low, high, (lines, BANDS, samples), dtype=np.uint16)
    counts.tofile(path)
    return Source(path, 0, lines, BANDS, samples, x_start)


def cube(source: Source) -> np.ndarray:
    return np.fromfile(source.path, np.uint16).reshape(source.lines, source.bands, source.samples)


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Source]:
    return {
        "scene": flat(tmp_path / "scene", 500, 4000, LINES),
        "dark": flat(tmp_path / "dark", 90, 120, 7),
        "white": flat(tmp_path / "white", 3000, 4000, 9),
    }


@pytest.fixture
def play(plug: Plug, host: Open, sources: dict[str, Source]) -> Start:
    def start(*tables: dict[str, Any], **sees: str) -> tuple[SimCamera, ImageAcquirer]:
        camera = plug(
            "S1", **sources, frame_rate=100.0, lossless=True, faults=faults.plan(script(*tables), LINES, 100.0)
        )
        acquirer = host("S1")
        for name, value in sees.items():
            getattr(features(acquirer), name).value = value
        acquirer.start()
        return camera, acquirer

    return start


def rounded(counts: np.ndarray) -> np.ndarray:
    return np.floor(counts + 0.5)


def dimmed(counts: np.ndarray, dark: np.ndarray, light: Any) -> np.ndarray:
    level = dark.mean(axis=0)
    return rounded(np.clip(level + (counts - level) * light, 0, FULL))


def outcome(camera: SimCamera, of: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = faults.truth(camera)[of]["outcome"]
    return told


def test_a_line_is_saturated_and_another_one_black(play: Start, sources: dict[str, Source]) -> None:
    camera, acquirer = play({"kind": "saturated_line", "line": AT}, {"kind": "black_line", "line": AT + 3, "n": 2})
    wanted = cube(sources["scene"])
    wanted[AT], wanted[AT + 3 : AT + 5] = FULL, 0
    assert np.array_equal(lines_of(acquirer, LINES), wanted)
    assert [outcome(camera, i)["done"] for i in range(2)] == [1, 2]


def test_a_lamp_that_fails_leaves_the_dark_level(play: Start, sources: dict[str, Source]) -> None:
    camera, acquirer = play({"kind": "lamp_failure", "line": AT, "n": 4, "light": 0.25})
    scene, dark = cube(sources["scene"]), cube(sources["dark"])
    wanted = scene.astype(float)
    wanted[AT : AT + 4] = dimmed(scene[AT : AT + 4], dark, 0.25)
    assert np.array_equal(lines_of(acquirer, LINES), wanted)
    assert (outcome(camera)["done"], outcome(camera)["value"]) == (4, 0.25)


def test_a_lamp_drifts_evenly(play: Start, sources: dict[str, Source]) -> None:
    camera, acquirer = play({"kind": "lamp_drift", "line": AT, "n": 5, "light": 0.5})
    scene, dark = cube(sources["scene"]), cube(sources["dark"])
    wanted = scene.astype(float)
    for line, light in enumerate([0.9, 0.8, 0.7, 0.6, 0.5], AT):
        wanted[line] = dimmed(scene[line], dark, light)
    assert np.array_equal(lines_of(acquirer, LINES), wanted)
    assert (outcome(camera)["done"], outcome(camera)["value"]) == (5, 0.5)
    acquirer.stop()
    acquirer.start()
    assert np.array_equal(lines_of(acquirer, LINES), scene), "a fault that is done is over"


def test_a_lamp_flickers_from_line_to_line(play: Start, sources: dict[str, Source]) -> None:
    camera, acquirer = play({"kind": "lamp_flicker", "line": AT, "n": 12, "light": 0.8})
    scene, level = cube(sources["scene"]), cube(sources["dark"]).mean(axis=0)
    seen = lines_of(acquirer, LINES)
    light = ((seen - level).sum(axis=(1, 2))) / (scene - level).sum(axis=(1, 2))
    assert np.array_equal(seen[:AT], scene[:AT])
    assert np.array_equal(seen[AT + 12 :], scene[AT + 12 :])
    assert np.all((light[AT : AT + 12] > 0.799) & (light[AT : AT + 12] < 1.001))
    assert light[AT : AT + 12].std() > 0.02
    assert outcome(camera)["value"] == pytest.approx(light[AT + 11], abs=1e-3)


def test_a_stuck_shutter_shows_the_scene_on_dark_lines(play: Start, sources: dict[str, Source]) -> None:
    camera, acquirer = play({"kind": "stuck_shutter", "line": 3, "n": 4}, Shutter="Closed")
    seen = lines_of(acquirer, 10)
    scene, dark = cube(sources["scene"]), cube(sources["dark"])
    wanted = [scene[i] if 3 <= i < 7 else dark[i % 7] for i in range(10)]
    assert np.array_equal(seen, wanted)
    assert (outcome(camera)["done"], outcome(camera)["line"]) == (4, 3)


def test_light_leaks_onto_dark_lines_only(play: Start, sources: dict[str, Source]) -> None:
    camera, acquirer = play({"kind": "light_leak", "line": 0, "share": 0.05}, Shutter="Closed")
    scene, dark = cube(sources["scene"]), cube(sources["dark"])
    wanted = dark + (scene[:7] - dark.mean(axis=0)) * 0.05
    assert np.array_equal(lines_of(acquirer, 7), rounded(wanted))
    acquirer.stop()
    features(acquirer).Shutter.value = "Open"
    acquirer.start()
    assert np.array_equal(lines_of(acquirer, LINES), scene)
    assert outcome(camera)["done"] >= 7


def test_dirt_darkens_some_samples_of_the_white_panel(play: Start, sources: dict[str, Source]) -> None:
    _, acquirer = play({"kind": "dirty_white", "line": 0, "share": 0.3, "start": 4, "stop": 9}, TargetSelector="White")
    white, dark = cube(sources["white"]), cube(sources["dark"])
    wanted = white.astype(float)
    wanted[..., 4:9] = dimmed(white, dark, 0.7)[..., 4:9]
    assert np.array_equal(lines_of(acquirer, 9), wanted)


def test_a_tilted_panel_is_brighter_at_one_side(play: Start, sources: dict[str, Source]) -> None:
    _, acquirer = play({"kind": "tilted_white", "line": 0, "share": 0.2}, TargetSelector="White")
    white, dark = cube(sources["white"]), cube(sources["dark"])
    wanted = dimmed(white, dark, np.linspace(1.1, 0.9, white.shape[2]))
    assert np.array_equal(lines_of(acquirer, 9), wanted)


def test_the_grain_of_a_moving_panel_slides_by_a_sample_a_line(play: Start, sources: dict[str, Source]) -> None:
    camera, acquirer = play({"kind": "moving_white", "line": 0, "share": 0.2}, TargetSelector="White")
    white, dark = cube(sources["white"]), cube(sources["dark"])
    light = (lines_of(acquirer, 9) - dark.mean(axis=0)) / (white[:9] - dark.mean(axis=0))
    seen = np.median(light, axis=1)
    unclipped = (seen[0, 1:] < 1.1) & (seen[1, :-1] < 1.1)
    assert np.allclose(seen[0, 1:][unclipped], seen[1, :-1][unclipped], atol=0.01)
    assert 0.1 < np.abs(seen - 1).max() < 0.21
    assert outcome(camera)["done"] >= 9


def test_light_is_dimmed_in_a_region_and_in_packed_pixels_as_well(
    tmp_path: Path, plug: Plug, host: Open, sources: dict[str, Source]
) -> None:
    scene = flat(tmp_path / "roi", 500, 4000, LINES, x_start=5, samples=10)
    events = faults.plan(script({"kind": "lamp_failure", "line": 1, "n": 1, "light": 0.5}), LINES, 100.0)
    plug("S1", scene=scene, dark=sources["dark"], frame_rate=100.0, lossless=True, faults=events)
    acquirer = host("S1")
    nodes = features(acquirer)
    nodes.Width.value, nodes.OffsetX.value, nodes.PixelFormat.value = 4, 7, "Mono12p"
    acquirer.start()
    wanted = cube(scene)[:, :, 2:6].astype(float)
    wanted[1] = dimmed(wanted[1], cube(sources["dark"])[:, :, 7:11], 0.5)
    for line in range(3):
        buffer = acquirer.try_fetch(timeout=10, is_raw=True)
        assert buffer is not None
        bits = np.unpackbits(np.frombuffer(buffer.raw_buffer, np.uint8), bitorder="little")
        pixels = bits[: BANDS * 4 * 12].reshape(-1, 12) @ (1 << np.arange(12))
        assert np.array_equal(pixels, wanted[line].ravel())


def test_pushed_frames_are_dimmed_above_the_given_dark_level(plug: Plug, host: Open) -> None:
    level = np.full((BANDS, SAMPLES), 100, np.float32)
    tables = [{"kind": "lamp_failure", "line": 1, "n": 1, "light": 0.5}, {"kind": "out_of_order", "line": 3}]
    events = faults.plan(script(*tables), None, 100.0)
    camera = plug("S1", scene=None, shape=level.shape, frame_rate=100.0, faults=events, dark_level=level)
    acquirer = host("S1")
    acquirer.start()
    for i in range(6):
        assert camera.push(np.full(level.shape, 1100 + i, np.uint16))
    assert [int(line[0, 0]) for line in lines_of(acquirer, 6)] == [1100, 601, 1102, 1104, 1103, 1105]
    assert [told["outcome"]["done"] for told in faults.truth(camera)] == [1, 1]


def test_a_dark_level_of_another_sensor_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"shape \(2, 3\), the sensor has \(6, 20\)"):
        SimCamera.create(
            tmp_path, "S1", scene=None, shape=(6, 20), frame_rate=100.0, dark_level=np.zeros((2, 3), np.float32)
        )
