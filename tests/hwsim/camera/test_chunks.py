"""Chunks of the simulated camera's frames, as hosts of several makes read them: by the producer's list, which
test_camera_stream.py does, or by the trailers in the buffer, as with a GigE Vision camera."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from genicam.genapi import ChunkAdapterGEV

from hwsim.camera.sim_camera import Event, FaultKind
from tests.hwsim.host import BANDS, Open, Plug, features, pixels_of, raw_frames, recording

IMAGE = 5


def chunks_by_trailer(buffer: bytes, end: int) -> dict[int, bytes]:
    """What is in a payload that is chunks from its first byte to its last, each followed by its id and size."""
    found = {}
    while end > 0:
        number, size = struct.unpack_from(">II", buffer, end - 8)
        found[number] = buffer[end - 8 - size : end - 8]
        end -= 8 + size
    assert end == 0
    return found


def chunk_mode(nodes: Any, pixel_format: str, width: int) -> None:
    nodes.PixelFormat.value = pixel_format
    nodes.Width.value = width
    nodes.ChunkModeActive.value = True


@pytest.mark.parametrize("pixel_format", ["Mono12", "Mono12p"])
@pytest.mark.parametrize("width", [20, 7])
def test_the_trailers_lead_from_the_end_of_the_payload_to_the_image(
    tmp_path: Path, plug: Plug, host: Open, pixel_format: str, width: int
) -> None:
    plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100, lossless=True, exposure_us=800, encoder_start=-5)
    acquirer = host("S1")
    nodes = features(acquirer)
    chunk_mode(nodes, pixel_format, width)
    acquirer.start()
    image = BANDS * width * (3 if pixel_format == "Mono12p" else 4) // 2
    for i, buffer in enumerate(raw_frames(acquirer, 10)):
        assert buffer.size_filled == buffer.delivered_chunk_payload_size == nodes.PayloadSize.value
        chunks = chunks_by_trailer(buffer.raw_buffer, buffer.size_filled)
        assert list(chunks) == [4, 3, 2, 1, IMAGE]
        assert len(chunks[IMAGE]) == -(-image // 8) * 8
        values = struct.unpack("<qqdq", b"".join(chunks[number] for number in (1, 2, 3, 4)))
        assert values == (i, buffer.timestamp_ns, 800.0, i - 5)
        assert (nodes.ChunkFrameID.value, nodes.ChunkEncoderValue.value) == (i, i - 5)


def test_genapi_reads_the_frames_as_those_of_a_gige_vision_camera(tmp_path: Path, plug: Plug, host: Open) -> None:
    plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100, lossless=True, encoder_start=1000)
    acquirer = host("S1")
    nodes = features(acquirer)
    chunk_mode(nodes, "Mono12", 7)
    nodes.ChunkSelector.value = "Timestamp"
    nodes.ChunkEnable.value = False
    acquirer.start()
    with ChunkAdapterGEV(nodes) as adapter:
        for i, buffer in enumerate(raw_frames(acquirer, 10)):
            acquirer._chunk_adapter.detach_buffer()
            size = buffer.delivered_chunk_payload_size
            assert adapter.check_buffer_layout(buffer.raw_buffer, size)
            adapter.attach_buffer(buffer.raw_buffer, size)
            assert (nodes.ChunkFrameID.value, nodes.ChunkEncoderValue.value) == (i, 1000 + i)


def test_the_layout_has_another_id_where_chunks_lie_elsewhere(tmp_path: Path, plug: Plug, host: Open) -> None:
    plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100, lossless=True)
    acquirer = host("S1")
    nodes = features(acquirer)
    chunk_mode(nodes, "Mono12", 20)
    seen = []
    for width, enabled in ((20, True), (12, True), (12, False), (20, True)):
        nodes.Width.value, nodes.ChunkEnable.value = width, enabled
        acquirer.start()
        seen.append({buffer.chunk_layout_id for buffer in raw_frames(acquirer, 3)}.pop())
        acquirer.stop()
    assert len(set(seen)) == 3
    assert seen[0] == seen[3]
    assert 0 not in seen


def test_a_frame_whose_end_is_missing_contains_no_chunks(tmp_path: Path, plug: Plug, host: Open) -> None:
    faults = [Event(FaultKind.SHORT_PAYLOAD, line=1, amount=8)]
    plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100, lossless=True, faults=faults)
    acquirer = host("S1")
    features(acquirer).ChunkModeActive.value = True
    acquirer.start()
    frames = [(b.is_containing_chunk_data(), b.data_size - b.size_filled) for b in raw_frames(acquirer, 3)]
    assert frames == [(True, 0), (False, 8), (True, 0)]


def test_without_chunk_mode_there_is_an_image_and_nothing_else(tmp_path: Path, plug: Plug, host: Open) -> None:
    plug("S1", scene=recording(tmp_path / "scene"), frame_rate=100, lossless=True)
    acquirer = host("S1")
    acquirer.start()
    for buffer in raw_frames(acquirer, 3):
        assert not buffer.is_containing_chunk_data()
        assert buffer.delivered_chunk_payload_size == buffer.chunk_layout_id == 0
        assert buffer.size_filled == pixels_of(buffer).nbytes == np.prod((BANDS, 20)) * 2
