"""Frames of the simulated camera, as harvesters delivers them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.hwsim.host import (
    BANDS,
    SAMPLES,
    Open,
    Plug,
    assert_nothing_comes,
    counts_of,
    features,
    frames,
    lines_of,
    pixels_of,
    raw_frames,
    recording,
    until,
)


def test_ten_thousand_frames_come_without_a_loss(tmp_path: Path, plug: Plug, host: Open) -> None:
    scene = recording(tmp_path / "scene", lines=10_000)
    expected = counts_of(scene)
    camera = plug("S1", scene=scene, frame_rate=500, lossless=True)
    acquirer = host("S1")
    acquirer.start()
    for i, (frame_id, pixels) in enumerate(frames(acquirer, 10_000)):
        assert frame_id == i
        assert np.array_equal(pixels, expected[i])
    assert_nothing_comes(acquirer)
    counters = camera.counters()
    assert counters["produced"] == counters["delivered"] == counters["scene_line"] == 10_000
    assert counters["scene_ends"] == 1


def test_a_paced_camera_keeps_its_deadlines_and_counts_what_the_host_misses(
    tmp_path: Path, plug: Plug, host: Open
) -> None:
    scene = recording(tmp_path / "scene", lines=100)
    expected = counts_of(scene)
    camera = plug("S1", scene=scene, frame_rate=500, speed=2, loop=True)
    acquirer = host("S1")
    acquirer.start()
    until(lambda: camera.counters()["underruns"] >= 3)
    seen = [(b.frame_id, b.timestamp_ns, pixels_of(b)) for b in raw_frames(acquirer, 20)]
    assert all(np.array_equal(pixels, expected[frame_id % 100]) for frame_id, _, pixels in seen)
    assert [t - seen[0][1] for _, t, _ in seen] == [frame_id * 1_000_000 for frame_id, _, _ in seen]
    acquirer.stop()
    counters = camera.counters()
    assert counters["produced"] == counters["delivered"] + counters["underruns"]


def test_a_patient_camera_keeps_its_pace_but_loses_no_line_to_a_slow_host(
    tmp_path: Path, plug: Plug, host: Open
) -> None:
    scene = recording(tmp_path / "scene", lines=60)
    camera = plug("S1", scene=scene, frame_rate=500, speed=2, patient=True)
    acquirer = host("S1")
    acquirer.start()
    until(lambda: camera.counters()["delivered"] >= acquirer.num_buffers)
    seen = [(b.frame_id, b.timestamp_ns) for b in raw_frames(acquirer, 60)]
    assert [frame_id for frame_id, _ in seen] == list(range(60))
    assert all(later[1] - earlier[1] >= 1_000_000 for earlier, later in pairwise(seen))
    assert camera.counters()["underruns"] == 0


def test_every_start_plays_from_the_start_line_and_a_loop_goes_on(tmp_path: Path, plug: Plug, host: Open) -> None:
    scene = recording(tmp_path / "scene", lines=5)
    expected = counts_of(scene)
    camera = plug("S1", scene=scene, frame_rate=100, lossless=True, loop=True)
    acquirer = host("S1")
    for start_line in (0, 3):
        camera.start_line = start_line
        acquirer.start()
        seen = frames(acquirer, 12)
        assert [frame_id for frame_id, _ in seen] == list(range(12))
        assert all(np.array_equal(pixels, expected[(start_line + i) % 5]) for i, pixels in seen)
        acquirer.stop()
    assert camera.counters()["starts"] == 2


def test_a_recording_that_was_played_to_its_end_says_so_until_it_is_played_again(
    tmp_path: Path, plug: Plug, host: Open
) -> None:
    scene, dark = recording(tmp_path / "scene", 3), recording(tmp_path / "dark", 3)
    camera = plug("S1", scene=scene, dark=dark, frame_rate=100, stepped=True)
    acquirer = host("S1")
    nodes = features(acquirer)
    for _ in range(2):
        acquirer.start()
        assert not nodes.RecordingEnded.value
        camera.step(2)
        frames(acquirer, 2)
        assert not nodes.RecordingEnded.value
        camera.step()
        frames(acquirer, 1)
        until(lambda: nodes.RecordingEnded.value)
        acquirer.stop()
    nodes.Shutter.value = "Closed"
    acquirer.start()
    camera.step(6)
    frames(acquirer, 6)
    assert_nothing_comes(acquirer)
    assert not nodes.RecordingEnded.value


def test_two_cameras_stream_at_once(tmp_path: Path, plug: Plug, host: Open) -> None:
    left, right = recording(tmp_path / "left"), recording(tmp_path / "right", bands=3, samples=7)
    plug("L", scene=left, frame_rate=100, lossless=True)
    plug("R", scene=right, frame_rate=100, lossless=True)
    acquirers = [host("L"), host("R")]
    for acquirer in acquirers:
        acquirer.start()
    for i in range(left.lines):
        for acquirer, source in zip(acquirers, (left, right), strict=True):
            ((frame_id, pixels),) = frames(acquirer, 1)
            assert frame_id == i
            assert np.array_equal(pixels, counts_of(source)[i])


def test_shutter_and_white_panel_choose_the_recording(tmp_path: Path, plug: Plug, host: Open) -> None:
    scene, dark, white = (
        recording(tmp_path / name, lines) for name, lines in (("scene", 9), ("dark", 3), ("white", 4))
    )
    plug("S1", scene=scene, dark=dark, white=white, frame_rate=100, lossless=True)
    acquirer = host("S1")
    nodes = features(acquirer)
    nodes.Shutter.value = "Closed"
    acquirer.start()
    assert np.array_equal(lines_of(acquirer, 7), counts_of(dark)[[0, 1, 2, 0, 1, 2, 0]])
    acquirer.stop()
    nodes.Shutter.value, nodes.TargetSelector.value = "Open", "White"
    acquirer.start()
    assert np.array_equal(lines_of(acquirer, 5), counts_of(white)[[0, 1, 2, 3, 0]])
    nodes.TargetSelector.value = "Scene"
    seen = [lines_of(acquirer, 1)[0]]
    while not np.array_equal(seen[-1], counts_of(scene)[-1]):
        seen.append(lines_of(acquirer, 1)[0])
    assert np.array_equal(np.stack(seen[-9:]), counts_of(scene))
    assert_nothing_comes(acquirer)
    nodes.Shutter.value = "Closed"
    assert np.array_equal(lines_of(acquirer, 2), counts_of(dark)[:2])


def test_the_region_of_interest_is_cut_from_every_recording(tmp_path: Path, plug: Plug, host: Open) -> None:
    scene = recording(tmp_path / "scene", samples=10, x_start=5)
    white = recording(tmp_path / "white", samples=SAMPLES)
    plug("S1", scene=scene, white=white, frame_rate=100, lossless=True)
    acquirer = host("S1")
    nodes = features(acquirer)
    assert (nodes.SensorWidth.value, nodes.OffsetX.value, nodes.Width.value) == (SAMPLES, 5, 10)
    nodes.Width.value, nodes.OffsetX.value = 4, 7
    for target, expected in (("Scene", counts_of(scene)[..., 2:6]), ("White", counts_of(white)[..., 7:11])):
        nodes.TargetSelector.value = target
        acquirer.start()
        buffer = next(raw_frames(acquirer, 1))
        assert (buffer.width, buffer.height, buffer.offset_x) == (4, BANDS, 7)
        assert np.array_equal(pixels_of(buffer), expected[0])
        acquirer.stop()


def stream_of_bits(packed: np.ndarray, bits: int, n: int) -> np.ndarray:
    """Pixels of the p formats: the lowest bit of the first pixel first, and so on."""
    return np.unpackbits(packed, bitorder="little")[: n * bits].reshape(n, bits) @ (1 << np.arange(bits))


def pairs(packed: np.ndarray, bits: int, n: int) -> np.ndarray:
    """Pixels of GigE Vision's packed formats, one by one."""
    pixels = []
    for i in range(n):
        high, low = packed[i // 2 * 3 + i % 2 * 2], packed[i // 2 * 3 + 1] >> i % 2 * 4
        pixels.append(int(high) << bits - 8 | int(low) & (1 << bits - 8) - 1)
    return np.array(pixels)


@pytest.mark.parametrize(("bands", "samples"), [(BANDS, SAMPLES), (3, 7), (1, 1)])
@pytest.mark.parametrize(
    ("pixel_format", "bits", "unpacked"),
    [
        *((("Mono8", 8, stream_of_bits), ("Mono10p", 10, stream_of_bits), ("Mono10Packed", 10, pairs))),
        *((("Mono12p", 12, stream_of_bits), ("Mono12Packed", 12, pairs), ("Mono14p", 14, stream_of_bits))),
    ],
)
def test_packed_formats_carry_their_pixels_without_padding_but_at_the_end(
    tmp_path: Path,
    plug: Plug,
    host: Open,
    bands: int,
    samples: int,
    pixel_format: str,
    bits: int,
    unpacked: Callable[[np.ndarray, int, int], np.ndarray],
) -> None:
    n, scene = bands * samples, recording(tmp_path / "scene", bands=bands, samples=samples)
    plug("S1", scene=scene, frame_rate=100, lossless=True, full_scale_bits=8)
    acquirer = host("S1")
    features(acquirer).PixelFormat.value = pixel_format
    packed_bits = 12 if unpacked is pairs else bits
    assert features(acquirer).PayloadSize.value == -(-n * packed_bits // 8)
    acquirer.start()
    (packed,) = (np.frombuffer(b.raw_buffer, np.uint8).copy() for b in raw_frames(acquirer, 1))
    expected = np.minimum(counts_of(scene)[0].ravel(), (1 << bits) - 1)
    assert np.array_equal(unpacked(packed, bits, n), expected)


def test_chunks_say_id_time_exposure_and_encoder(tmp_path: Path, plug: Plug, host: Open) -> None:
    scene = recording(tmp_path / "scene")
    encoder = {"counts_per_line": 2.5, "encoder_start": 1000}
    plug("S1", scene=scene, frame_rate=100, lossless=True, exposure_us=800, **encoder)
    acquirer = host("S1")
    nodes = features(acquirer)
    nodes.ChunkModeActive.value = True
    acquirer.start()
    for i, buffer in enumerate(raw_frames(acquirer, 10)):
        assert nodes.ChunkFrameID.value == buffer.frame_id == i
        assert nodes.ChunkTimestamp.value == buffer.timestamp_ns
        assert nodes.ChunkExposureTime.value == 800
        assert nodes.ChunkEncoderValue.value in (1000 + int(2.5 * i), 1000 + int(2.5 * i + 0.5))
        assert np.array_equal(pixels_of(buffer), counts_of(scene)[i])
    acquirer.stop()
    nodes.ChunkSelector.value = "FrameID"
    nodes.ChunkEnable.value = False
    assert nodes.PayloadSize.value == BANDS * SAMPLES * 2 + 8 + 3 * (8 + 8)


def test_frames_that_python_pushes_come_in_order(tmp_path: Path, plug: Plug, host: Open) -> None:
    rng = np.random.default_rng(0)
    camera = plug("S1", scene=None, shape=(BANDS, SAMPLES), frame_rate=100, slots=4)
    acquirer = host("S1")
    nodes = features(acquirer)
    nodes.ChunkModeActive.value = True
    nodes.OffsetX.value = 0
    nodes.Width.value = 8
    frame = np.zeros((BANDS, SAMPLES), np.uint16)
    assert not camera.push(frame)
    acquirer.start()
    for i in range(200):
        frame = rng.integers(0, 4096, frame.shape, dtype=np.uint16)
        assert camera.push(frame, encoder=7 * i, t_ns=1_000 + i)
        for buffer in raw_frames(acquirer, 1):
            assert (buffer.frame_id, buffer.timestamp_ns, nodes.ChunkEncoderValue.value) == (i, 1_000 + i, 7 * i)
            assert np.array_equal(pixels_of(buffer), frame[:, :8])


@pytest.mark.parametrize("source", ["Software", "Line0"])
def test_a_triggered_camera_takes_a_line_a_trigger(tmp_path: Path, plug: Plug, host: Open, source: str) -> None:
    scene = recording(tmp_path / "scene")
    camera = plug("S1", scene=scene, frame_rate=100)
    acquirer = host("S1")
    nodes = features(acquirer)
    nodes.TriggerMode.value, nodes.TriggerSource.value = "On", source
    acquirer.start()
    for i in range(5):
        assert_nothing_comes(acquirer)
        if source == "Software":
            nodes.TriggerSoftware.execute()
        else:
            camera.trigger()
        assert np.array_equal(lines_of(acquirer, 1)[0], counts_of(scene)[i])
