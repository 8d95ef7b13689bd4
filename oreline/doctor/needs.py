"""Needs: what a line wants of its machine, as far as its file tells."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path

from oreline.cameras import CAMERAS
from oreline.config import Config
from oreline.expected import Expected
from oreline.locks import LOCK, taken

USUAL = CAMERAS["nir224"]
"""Camera by which a machine is judged where no line is given, or its file does not tell."""


def _is_held(lock: Path) -> bool:
    try:
        file = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError:
        return True
    except OSError:
        return False
    try:
        return not taken(file, fcntl.LOCK_SH)
    finally:
        os.close(file)


@dataclass
class Needs:
    """Needs of a line; without `config` those of any. Packages add what they know.

    `rings`: bytes of each ring by its stream. `ports`: key, host and port of whatever listens. `recorded`: of each
    sink, bytes a second that it writes. `card`: network card of the camera, if it was named. `on_network`: whether the
    camera may be there. `is_right`: of the line's file. `waits_s`: how long lines can wait for a disk. `bfloat16`:
    whether a network is to compute in it.
    """

    config: Config | None = None
    expected: Expected = field(default_factory=Expected)
    card: str | None = None
    on_network: bool = True
    is_right: bool = True
    rings: dict[str, int] = field(default_factory=dict)
    ports: list[tuple[str, str, int]] = field(default_factory=list)
    recorded: dict[str, float] = field(default_factory=dict)
    waits_s: float | None = None
    bfloat16: bool = False

    @property
    def runs(self) -> bool:
        """True while the line runs, whoever's it is, or where its user lets us not see that."""
        if self.config is None:
            return False
        site = self.config.line
        return any(_is_held(folder / LOCK) for folder in (site.output, site.folder))

    @property
    def bands(self) -> int:
        return self.expected.bands or USUAL.bands

    @property
    def samples(self) -> int:
        return self.expected.samples or USUAL.samples

    @property
    def line_rate_hz(self) -> float:
        return self.expected.line_rate_hz or USUAL.line_rate_hz

    @property
    def frame_bytes(self) -> int:
        """Bytes of a line of the camera, two a sample."""
        return 2 * self.bands * self.samples

    @property
    def bytes_per_s(self) -> float:
        return self.frame_bytes * self.line_rate_hz
