"""The belt's motion and its encoder.

One encoder sits on the belt, and its pulses go to the camera and to the PLC alike. In the simulator the camera is what
moves: its lines come at its line rate, and the scene says how far the belt goes from one to the next. So the PLC reads
its belt from the shared file of the simulated camera (`CameraBelt`); to judge what the jets hit, the same motion is
taken from the scene (`Motion`), where it is exact however late a busy machine may be.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwsim.camera.layout import FILE
from oreline.errors import RecordingError
from oreline.ownership import open_own
from oreline.plc import ENCODER_MODULUS

Floats = NDArray[np.float64]
FAR_S = 1e7
CREEP = 1e-6
SPEED_WINDOW_S = 0.02
SCENE = 0
"""The first of the shared file's sources."""


def unwrap(encoder: int, near: int) -> int:
    """The belt's absolute count behind an encoder that wraps at 2**32: the one within 2**31 of the count `near`."""
    half = ENCODER_MODULUS // 2
    return near + (encoder - near + half) % ENCODER_MODULUS - half


class Motion:
    """Where the belt is at what time: `counts` float (lines,), the absolute encoder count of each line of a camera
    that takes `line_rate_hz`; time in s from line 0. Between lines it moves evenly; before the first and after the
    last, at its mean speed. Where it stands or runs back, what had not passed by then passes when it goes on.

    Raises RecordingError for a belt that does not get on.
    """

    def __init__(self, counts: ArrayLike, line_rate_hz: float) -> None:
        known = np.asarray(counts, np.float64)
        if len(known) < 2 or known[-1] <= known[0]:
            raise RecordingError("this belt does not move: its encoder must count up from the first line to the last")
        times = np.arange(len(known)) / line_rate_hz
        self.mean_speed = float((known[-1] - known[0]) / times[-1])
        """Counts a second."""
        ends = self.mean_speed * FAR_S
        self._times = np.r_[-FAR_S, times, times[-1] + FAR_S]
        # np.interp wants counts that rise: a belt that stands creeps by a millionth of a count a line.
        rising = np.maximum.accumulate(known) + CREEP * np.arange(len(known))
        self._counts = np.r_[rising[0] - ends, rising, rising[-1] + ends]

    def count_at(self, time_s: ArrayLike) -> Floats:
        return np.interp(np.asarray(time_s, np.float64), self._times, self._counts)

    def time_at(self, count: ArrayLike) -> Floats:
        return np.interp(np.asarray(count, np.float64), self._counts, self._times)

    def speed_at(self, time_s: ArrayLike) -> Floats:
        """Counts a second, over the 20 ms around a time."""
        half = SPEED_WINDOW_S / 2
        return (self.count_at(np.asarray(time_s) + half) - self.count_at(np.asarray(time_s) - half)) / SPEED_WINDOW_S


class CameraBelt:
    """The encoder of the belt under a simulated camera, `<serial>.simcam` in `folder`: the count of the last line that
    was exposed. Without a serial number it is the first camera there.

    Before the camera is there, and when it has gone, the belt stands. A scene that starts anew starts at its count.
    """

    def __init__(self, folder: Path, serial: str | None = None) -> None:
        self._folder, self._name = folder, f"{serial or '*'}.simcam"
        self._path: Path | None = None
        self._bytes: Any = None
        self._file: Any = None
        self._inode = self._count = 0

    def position(self) -> int:
        """Absolute count."""
        if self._found():
            self._count = self._now()
        return self._count

    def _found(self) -> bool:
        path = self._path or min(self._folder.glob(self._name), default=None)
        try:
            if path and path.stat().st_ino != self._inode:
                self._open(path)
        except OSError:
            path = None
        self._path = path
        return path is not None

    def _open(self, path: Path) -> None:
        with os.fdopen(open_own(path, os.O_RDONLY), "rb") as file:
            self._bytes = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
        self._file = self._bytes[: FILE.itemsize].view(FILE).reshape(())
        self._inode = path.stat().st_ino

    def _now(self) -> int:
        acquired = self._file["state"]["starts"]
        return int(self._file["state"]["encoder"] if acquired else self._file["control"]["encoder_start"])
