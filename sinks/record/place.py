"""Place of a recording: its open file and how much of it is committed, in a sidecar that a kill cannot halve."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from oreline.errors import RecordingError

_SECTOR = 512


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recording stands: run, next sequence number, the header of the open file, its part and lines.

    `shape` (bands, samples) and `layout` (its hash) are those of the file.
    """

    run: str = ""
    next: int = 0
    header: str = ""
    part: int = -1
    lines: int = 0
    shape: tuple[int, int] = (0, 0)
    layout: str = ""

    @classmethod
    def read(cls, sidecar: Path) -> Self:
        """The place of a recording; that before all where there is none. Raises RecordingError."""
        if not sidecar.exists() or not sidecar.stat().st_size:
            return cls()
        try:
            place = json.loads(sidecar.read_text(encoding="utf-8"))
            return cls(**(place | {"shape": tuple(place["shape"])}))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecordingError(
                f"{sidecar} is damaged: move the recording away, and start in another folder"
            ) from error

    def write(self, sidecar: Path) -> None:
        """One write of one sector in place, which a kill cannot halve; a rename costs a flush of the disk on ext4."""
        record = json.dumps(asdict(self)).encode().ljust(_SECTOR)
        handle = os.open(sidecar, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o640)
        try:
            os.pwrite(handle, record, 0)
        finally:
            os.close(handle)
