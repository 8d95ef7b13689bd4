"""What a host does with simulated cameras; for the tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from harvesters.core import Callback, ImageAcquirer
from numpy.typing import NDArray

from hwsim.camera.sim_camera import SimCamera, Source

BANDS, SAMPLES = 6, 20
Open = Callable[[str], ImageAcquirer]
Plug = Callable[..., SimCamera]


def recording(path: Path, lines: int = 40, bands: int = BANDS, samples: int = SAMPLES, x_start: int = 0) -> Source:
    """A raw file of 12-bit counts, with a header to skip; other counts for another file name."""
    rng = np.random.default_rng(sum(path.name.encode()))
    counts = rng.integers(0, 4096, (lines, bands, samples), dtype=np.uint16)
    path.write_bytes(b"a header" + counts.tobytes())
    return Source(path, 8, lines, bands, samples, x_start)


def counts_of(source: Source) -> NDArray[np.uint16]:
    counts = np.fromfile(source.path, np.uint16, offset=source.offset)
    return counts.reshape(source.lines, source.bands, source.samples)


class Count(Callback):  # type: ignore[misc]
    n = 0

    def emit(self, context: object) -> None:  # noqa: ARG002
        self.n += 1


def features(acquirer: ImageAcquirer) -> Any:
    return acquirer.remote_device.node_map


def raw_frames(acquirer: ImageAcquirer, n: int) -> Iterator[Any]:
    """The next `n` frames as harvesters' raw buffers, each queued again afterwards."""
    for _ in range(n):
        buffer = acquirer.try_fetch(timeout=10, is_raw=True)
        assert buffer is not None
        yield buffer
        buffer.parent.queue_buffer(buffer)


def pixels_of(buffer: Any) -> NDArray[np.uint16]:
    shape = buffer.height, buffer.width
    return np.frombuffer(buffer.raw_buffer, np.uint16, shape[0] * shape[1]).reshape(shape).copy()


def frames(acquirer: ImageAcquirer, n: int) -> list[tuple[int, NDArray[np.uint16]]]:
    return [(buffer.frame_id, pixels_of(buffer)) for buffer in raw_frames(acquirer, n)]


def lines_of(acquirer: ImageAcquirer, n: int) -> NDArray[np.uint16]:
    return np.stack([pixels for _, pixels in frames(acquirer, n)])


def assert_nothing_comes(acquirer: ImageAcquirer) -> None:
    assert acquirer.try_fetch(timeout=0.05, is_raw=True) is None


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@dataclass(frozen=True)
class Seen:
    """A frame as a host sees it."""

    id: int
    t_ns: int
    encoder: int
    filled: int
    pixels: NDArray[np.uint16]


def watch(acquirer: ImageAcquirer, n: int) -> list[Seen]:
    """The next `n` frames of a camera in chunk mode."""
    nodes = features(acquirer)
    return [
        Seen(b.frame_id, b.timestamp_ns, nodes.ChunkEncoderValue.value, b.size_filled, pixels_of(b))
        for b in raw_frames(acquirer, n)
    ]
