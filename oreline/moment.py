"""A moment by both clocks of a host: the wall's, for people, and the monotonic one, which orders."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from uuid import UUID

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """`wall_ns`: CLOCK_REALTIME, which may jump. `offset_s`: what the local zone is ahead of UTC. `t_ns`:
    CLOCK_MONOTONIC, which begins anew with each boot. `boot`: 16 bytes, one a boot."""

    wall_ns: int
    offset_s: int
    t_ns: int
    boot: bytes

    @property
    def text(self) -> str:
        """The wall's time, as 2026-03-01T14:05:09.123+01:00."""
        zone = timezone(timedelta(seconds=self.offset_s))
        return datetime.fromtimestamp(self.wall_ns * 1e-9, zone).isoformat(timespec="milliseconds")


NEVER = Moment(0, 0, 0, bytes(16))
"""Where nobody has looked at a clock."""


def now() -> Moment:
    """This moment, both clocks read one after the other."""
    wall_ns, t_ns = time.time_ns(), time.monotonic_ns()
    return Moment(wall_ns, time.localtime(wall_ns // 1_000_000_000).tm_gmtoff, t_ns, boot())


@cache
def boot() -> bytes:
    """Identifier of this boot of the host, 16 bytes; zeros where the kernel does not say."""
    try:
        return UUID(_BOOT_ID.read_text(encoding="utf-8").strip()).bytes
    except (OSError, ValueError):
        return bytes(16)
