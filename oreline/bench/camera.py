"""The simulated camera at full rate, with the production source as its host: is it on time, and what does it take?"""

from __future__ import annotations

import os
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.bench.case import BANDS, SAMPLES, Case
from oreline.cameras import CAMERAS
from oreline.errors import CameraError

RECORDED = 64
RATE_HZ = CAMERAS["nir224"].line_rate_hz
WARM = 200
MILLISECOND = "a millisecond"


def cases(folder: Path, quick: bool) -> list[Case]:
    """Lateness of the latest of a hundred frames for a host that waits for it, against a millisecond."""
    seconds = 2.0 if quick else 6.0
    return [
        Case(MILLISECOND, lambda: 1e-3, 1, "1/s", line=False),
        Case("camera's lateness, p99", lambda: float(np.quantile(lateness(folder, seconds), 0.99)), 1, "1/s",
             MILLISECOND, 1, line=False, fast=False),
    ]  # fmt: skip


def lateness(folder: Path, seconds: float) -> NDArray[np.float64]:
    """Seconds from each frame's exposure to its arrival, of a recording that is played at full rate.

    Raises CameraError where a frame is missing."""
    cameras, path = folder / "cameras", folder / "camera.raw"
    cameras.mkdir(exist_ok=True)
    path.write_bytes(np.random.default_rng(1).integers(300, 3500, (RECORDED, BANDS, SAMPLES), "<u2").tobytes())
    simulated, settings = import_module("hwsim.camera.sim_camera"), import_module("acquisition.settings")
    scene = simulated.Source(path, 0, RECORDED, BANDS, SAMPLES)
    os.environ["ORELINE_SIMCAM"] = str(cameras)
    with simulated.SimCamera.create(cameras, "BENCH", scene=scene, frame_rate=RATE_HZ, loop=True):
        source = import_module("acquisition.genicam").GenicamSource(settings.Settings(serial="BENCH"))
        try:
            return _received(source, WARM + round(seconds * RATE_HZ))[WARM:]
        finally:
            source.stop()
            source.close()


def _received(source: Any, lines: int) -> NDArray[np.float64]:
    source.describe()
    source.start()
    late = np.zeros(lines)
    for expected in range(lines):
        frame = source.fetch(1.0)
        if frame is None or frame.block_id != expected:
            raise CameraError(f"frame {expected} did not come, but {frame and frame.block_id}")
        late[expected] = (time.monotonic_ns() - frame.t_ns) * 1e-9
        source.release(frame)
    return late
