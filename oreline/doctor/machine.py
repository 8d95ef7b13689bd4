"""Machine: what doctor reads of it. Another root stands for another machine, and so does a class
that answers otherwise."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

BLOCK_BYTES = 286_720
"""A line of 640 samples and 224 bands."""
MEASURED_S, MOST_WRITTEN = 1.5, 512 << 20
SYNCED_EVERY = 16
_TIMEX_BYTES, _MAXERROR = 512, struct.Struct("@I4xqqqq")
"""More than `struct timex` of any kernel has; and its beginning: modes, offset, freq, maxerror, esterror."""
UNSYNCHRONISED = 5
"""TIME_ERROR of adjtimex(2)."""


@dataclass(frozen=True)
class DiskTimes:
    """Times of writes to a disk: `mean_s` and `worst_s` of a block of `BLOCK_BYTES`, `sync_s` of fdatasync, its 99th
    percentile; `bytes_per_s` with all of it."""

    mean_s: float
    worst_s: float
    sync_s: float
    bytes_per_s: float


class Machine:
    """This machine, or the one whose /proc, /sys and /etc are under `root`."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    def read(self, path: str) -> str | None:
        """Text of a file below the root, without space around it; None where it cannot be read."""
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return None

    def number(self, path: str) -> int | None:
        """Number in a file; None where there is none."""
        try:
            return int(self.read(path) or "")
        except ValueError:
            return None

    def names(self, pattern: str) -> list[str]:
        """Paths below the root that match, without it."""
        with suppress(OSError):
            return sorted(str(path.relative_to(self.root)) for path in self.root.glob(pattern))
        return []

    def fields(self, path: str) -> dict[str, str]:
        """Fields of a file of lines `name: value`."""
        lines = (line.partition(":") for line in (self.read(path) or "").splitlines())
        return {name.strip(): value.strip() for name, _, value in lines}

    def limit(self, name: str) -> float | None:
        """Soft limit of this process, as /proc/self/limits names it; infinity where there is none."""
        for line in (self.read("proc/self/limits") or "").splitlines():
            if line.startswith(name):
                soft = line.removeprefix(name).split()[0]
                return float("inf") if soft == "unlimited" else float(soft)
        return None

    def room(self, folder: Path) -> tuple[int, int]:
        """Free and all bytes of the disk on which a folder is, or will be."""
        usage = shutil.disk_usage(existing(folder))
        return usage.free, usage.total

    def clock(self) -> tuple[bool, float] | None:
        """Whether the clock is synchronised, and its largest error in seconds; None where the kernel does not say."""
        timex = ctypes.create_string_buffer(_TIMEX_BYTES)
        state = ctypes.CDLL(None).adjtimex(timex)
        if state < 0:
            return None
        return state != UNSYNCHRONISED, _MAXERROR.unpack_from(timex)[3] / 1e6

    def why_not_listen(self, host: str, port: int) -> str:
        """What the system says against listening at an address; empty where it would do."""
        host = {"*": "0.0.0.0", "localhost": "127.0.0.1"}.get(host.strip("[]"), host.strip("[]"))  # noqa: S104
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            with socket.socket(family) as server:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                server.bind((host, port))
                server.listen(1)
        except OSError as error:
            return error.strerror or str(error)
        return ""

    def disk_times(self, folder: Path) -> DiskTimes:
        """Times of a line's worth of bytes written over and over to a file without a name, which is gone with this
        process. Raises OSError."""
        with tempfile.TemporaryFile(dir=existing(folder), buffering=0) as file:
            return _timed(file.fileno(), min(MOST_WRITTEN, self.room(folder)[0] // 20))


def existing(folder: Path) -> Path:
    """A folder, or the nearest above it that is there."""
    folder = folder.absolute()
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def _timed(file: int, most: int) -> DiskTimes:
    writes, syncs = list[float](), list[float]()
    began = time.perf_counter()
    for written in _writes(file, most):
        writes.append(written)
        if len(writes) % SYNCED_EVERY == 0 or not syncs:
            start = time.perf_counter()
            os.fdatasync(file)
            syncs.append(time.perf_counter() - start)
        if time.perf_counter() - began > MEASURED_S:
            break
    took = time.perf_counter() - began
    high = sorted(syncs)[min(len(syncs) - 1, int(0.99 * len(syncs)))]
    return DiskTimes(sum(writes) / len(writes), max(writes), high, len(writes) * BLOCK_BYTES / took)


def _writes(file: int, most: int) -> Iterator[float]:
    """Seconds of each write; at least one."""
    block = os.urandom(BLOCK_BYTES)
    for _ in range(max(1, most // BLOCK_BYTES)):
        start = time.perf_counter()
        os.write(file, block)
        yield time.perf_counter() - start
