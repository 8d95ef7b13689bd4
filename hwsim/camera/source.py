"""What a simulated camera plays: a raw file, and where it is known, when each line was exposed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.camera.layout import SOURCE
from hwsim.camera.shared_file import fill
from oreline.errors import RecordingError

STAMP_BYTES = 16
PIECE_BYTES = 32 << 20


@dataclass(frozen=True)
class Source:
    """A raw file of uint16, little-endian, (lines, bands, samples) from byte `offset` on.

    `x_start`: the sensor's column of the first sample, where the recording is a region of interest. `stamps`: a raw
    file of int64, little-endian, (lines, 2): the time in ns, from any zero, and the encoder's count.
    """

    path: Path
    offset: int
    lines: int
    bands: int
    samples: int
    x_start: int = 0
    stamps: Path | None = None

    def check(self) -> None:
        """Raises RecordingError where a file is missing or too short for this shape, or its time runs backwards."""
        if min(self.lines, self.bands, self.samples) < 1 or self.offset < 0 or self.offset % 2 or self.x_start < 0:
            raise RecordingError(
                f"{self.path}: no recording of {self.lines} x {self.bands} x {self.samples} lines, "
                f"bands and samples from byte {self.offset}; the offset must be even."
            )
        self._check_size(self.path, self.offset + self.lines * self.bands * self.samples * 2)
        if self.stamps is not None:
            self._check_size(self.stamps, self.lines * STAMP_BYTES)
            if np.any(np.diff(np.fromfile(self.stamps, "<i8", self.lines * 2)[::2]) < 0):
                raise RecordingError(f"{self.stamps}: its time runs backwards; play the recording without it.")

    def _check_size(self, path: Path, needed: int) -> None:
        try:
            size = path.stat().st_size
        except OSError as error:
            raise RecordingError(f"{path}: {error.strerror}; give the path of a raw recording.") from None
        if size < needed:
            raise RecordingError(
                f"{path} is truncated: {size} bytes, {needed} needed for {self.lines} lines; repair or copy it again."
            )
        if len(os.fsencode(path.absolute())) >= SOURCE["path"].itemsize:
            raise RecordingError(f"{path}: the path is too long for a simulated camera.")

    def describe(self, entry: Any) -> None:
        """Write it into an entry of the shared file."""
        fill(entry, path=os.fsencode(self.path.absolute()), offset=self.offset, lines=self.lines)
        fill(entry, samples=self.samples, x_start=self.x_start)
        if self.stamps is not None:
            fill(entry, stamps=os.fsencode(self.stamps.absolute()))

    def mean(self, samples: int) -> NDArray[np.float32]:
        """The mean line, float32 (bands, samples) of the sensor; 0 where the recording does not reach."""
        shape = (self.lines, self.bands, self.samples)
        counts = np.memmap(self.path, "<u2", "r", self.offset, shape)
        step = max(1, PIECE_BYTES // counts[0].nbytes)
        pieces = (counts[i : i + step].sum(axis=0, dtype=np.float64) for i in range(0, self.lines, step))
        level = np.zeros((self.bands, samples), np.float32)
        level[:, self.x_start : self.x_start + self.samples] = sum(pieces, np.zeros(1)) / self.lines
        return level
