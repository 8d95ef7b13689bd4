"""Inputs as files: how many frames, then each but the last after its length. Any bytes are some input."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

from tests.fuzz.target import Frames

_LENGTH = struct.Struct("<I")


def join(frames: Frames) -> bytes:
    """The file of an input."""
    sized = b"".join(_LENGTH.pack(len(frame)) + frame for frame in frames[:-1])
    return bytes([len(frames)]) + sized + b"".join(frames[-1:])


def split(data: bytes) -> Frames:
    """The input of a file; where a length says more than there is, what is there."""
    frames: list[bytes] = []
    rest = data[1:]
    for _ in range(min(data[0], 8) - 1 if data else -1):
        size = int.from_bytes(rest[:4], "little")
        frames.append(rest[4 : 4 + size])
        rest = rest[4 + size :]
    return (*frames, rest) if data and data[0] else ()


class AtWork:
    """The input that is being tried, in a mapped file: a process that dies cannot say what it died of."""

    ROOM = 4 << 20

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("w+b") as file:
            file.truncate(self.ROOM)
            self._map = mmap.mmap(file.fileno(), self.ROOM)

    def put(self, frames: Frames) -> None:
        data = join(frames)[: self.ROOM - _LENGTH.size]
        self._map[: _LENGTH.size] = _LENGTH.pack(len(data))
        self._map[_LENGTH.size : _LENGTH.size + len(data)] = data

    def done(self) -> None:
        self._map.close()
        self._path.unlink()

    @staticmethod
    def read(path: Path) -> Frames:
        """What a process was at when it died."""
        content = path.read_bytes()
        (size,) = _LENGTH.unpack_from(content)
        return split(content[_LENGTH.size : _LENGTH.size + size])
