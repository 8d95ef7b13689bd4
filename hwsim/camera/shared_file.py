"""A simulated camera's shared-memory file: made, locked, shown to hosts, and the futexes in it."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import struct
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from hwsim.camera.layout import FILE, LOCK_SIMULATOR, MAGIC, PIXELS_AT, VERSION
from oreline.errors import CameraBusy, ConfigError, ProducerNotFound
from oreline.ownership import open_own
from oreline.places import OURS, SHARED, claim

PRODUCER: Final = Path(__file__).parents[1] / "simcam.cti"
"""The GenTL producer, to be loaded by a host like a vendor's. It looks for its user's cameras in the directory that the
environment variable ORELINE_SIMCAM names, /dev/shm/oreline-UID/cameras where it is not set."""


def cameras() -> Path:
    """That directory."""
    return Path(os.environ.get("ORELINE_SIMCAM") or SHARED / OURS / "cameras")


class SharedFile:
    """`<serial>.simcam`, mapped; `record` is its FILE, `bytes` all of it, ring slots included."""

    def __init__(self, path: Path, fd: int, size: int) -> None:
        self.path = path
        self._fd = fd
        self.bytes = np.frombuffer(mmap.mmap(fd, size), np.uint8)
        self.record = self.bytes[: FILE.itemsize].view(FILE).reshape(())

    @classmethod
    def allocate(
        cls,
        directory: Path,
        serial: str,
        slots: int,
        bands: int,
        samples: int,
        dark: NDArray[np.float32] | None,
        node_map: bytes = b"",
    ) -> Self:
        """A file with nothing but its head, the dark level and the node map, under a name that no host looks at."""
        slot_bytes = -(-(PIXELS_AT + bands * samples * 2) // 64) * 64
        end = FILE.itemsize + slots * slot_bytes
        xml_at = end + (0 if dark is None else dark.nbytes)
        file = cls._empty(directory, serial, xml_at + len(node_map))
        head = file.record["head"]
        fill(head, magic=MAGIC, version=VERSION, ring_slots=slots, slot_bytes=slot_bytes, file_bytes=len(file.bytes))
        fill(head, xml_offset=xml_at, xml_bytes=len(node_map))
        file.bytes[xml_at:] = np.frombuffer(node_map, np.uint8)
        if dark is not None:
            fill(head, dark_offset=end)
            file.bytes[end:xml_at].view(np.float32)[...] = dark.ravel()
        return file

    @classmethod
    def _empty(cls, directory: Path, serial: str, size: int) -> Self:
        claim(directory, "set ORELINE_SIMCAM to one of your own")
        path = directory / f".{serial}.{os.getpid()}"
        try:
            fd = open_own(path, os.O_CREAT | os.O_TRUNC | os.O_RDWR)
        except OSError as error:
            raise ConfigError(f"{directory}: no place for a camera ({error.strerror}); choose another.") from None
        try:
            os.posix_fallocate(fd, 0, size)
        except OSError as error:
            path.unlink()
            os.close(fd)
            raise ConfigError(f"{directory}: no room for {size} bytes ({error.strerror}); free some.") from None
        return cls(path, fd, size)

    def show(self, serial: str) -> None:
        """Let hosts see it as `<serial>.simcam`, unless a live camera is there; what a dead one left is replaced."""
        path = self.path.with_name(f"{serial}.simcam")
        fcntl.fcntl(self._fd, fcntl.F_OFD_SETLK, _lock(fcntl.F_WRLCK))
        if _is_alive(path):
            raise CameraBusy(f"{path}: another process simulates this camera; choose another serial number.")
        self.path = self.path.rename(path)

    def close(self) -> None:
        """Take it away. A host that has it open keeps its memory."""
        if self._fd < 0:
            return
        self.path.unlink(missing_ok=True)
        fcntl.fcntl(self._fd, fcntl.F_OFD_SETLK, _lock(fcntl.F_UNLCK))
        os.close(self._fd)
        self._fd = -1

    def publish(self, counter: str, n: int = 1) -> None:
        """Add `n` to a counter of the control block, after everything that was written before, and wake the camera."""
        _library().simcam_publish(self._address("control", counter), n, self._address("state", "doorbell"))

    def wait(self, seen: int, timeout: float) -> None:
        """Wait until `write_seq` is no longer `seen`, at most `timeout` seconds; may return early."""
        _library().simcam_wait(self._address("state", "write_seq"), seen, int(timeout * 1e9))

    def _address(self, part: str, field: str) -> int:
        return int(self.record[part][field].ctypes.data)


def fill(record: Any, **values: Any) -> None:
    """Assign fields of a structured 0-d array."""
    for name, value in values.items():
        record[name] = value


@cache
def _library() -> ctypes.CDLL:
    """The producer's own futexes; Python has none."""
    if not PRODUCER.exists():
        raise ProducerNotFound(f"{PRODUCER} is not built: install with `pip install -e .`, which needs a C compiler.")
    library = ctypes.CDLL(str(PRODUCER))
    library.simcam_wait.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int64]
    library.simcam_publish.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p]
    library.simcam_wait.restype = library.simcam_publish.restype = None
    return library


def _lock(kind: int) -> bytes:
    """A struct flock for the byte that a live simulator keeps locked."""
    return struct.pack("hhqqi4x", kind, os.SEEK_SET, LOCK_SIMULATOR, 1, 0)


def _is_alive(path: Path) -> bool:
    try:
        fd = open_own(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        answer = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, _lock(fcntl.F_WRLCK))
    finally:
        os.close(fd)
    return bool(struct.unpack_from("h", answer)[0] != fcntl.F_UNLCK)
