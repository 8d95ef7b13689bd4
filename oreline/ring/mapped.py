"""The mapped ring, which writer and readers share, and reading a record with its checks."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import crc32c

from oreline.errors import RingError
from oreline.ownership import open_own
from oreline.ring import layout
from oreline.ring.layout import CHECK, ENTRY, ENTRY_BYTES, HEADER_BYTES, PREFIX, PUBLISHED_AT, Entry, aligned


class Mapped:
    """A ring's file in memory. Raises RingError where it is none, or cut short."""

    def __init__(self, file: int, path: Path, *, write: bool) -> None:
        self.path = path
        self._file = file
        if os.fstat(file).st_size < HEADER_BYTES:
            raise RingError(f"{path} is not a ring, or not yet: its producer has not started")
        self._map = mmap.mmap(file, 0, prot=mmap.PROT_READ | (mmap.PROT_WRITE if write else 0))
        self._bytes = memoryview(self._map)
        geometry = layout.unpacked(self._bytes, layout.GEOMETRY_AT, layout.GEOMETRY)
        if geometry is None or geometry[0] != layout.MAGIC:
            raise RingError(f"{path} is not a ring of this version, or is damaged: remove it and start again")
        self.slots: int = geometry[1]
        self.slot_bytes: int = geometry[2]
        self._data_at = HEADER_BYTES + self.slots * ENTRY_BYTES
        if len(self._map) < layout.file_bytes(self.slots, self.slot_bytes):
            raise RingError(f"{path} is cut short: start its producer again, which mends it")
        self._head = self._bytes[PUBLISHED_AT : PUBLISHED_AT + 8].cast("Q")

    @property
    def head(self) -> int:
        """Index one past the newest record."""
        return self._head[0]

    def entry(self, index: int) -> Entry | None:
        """The table entry of a record, or None where it is not there, or no longer."""
        at = HEADER_BYTES + index % self.slots * ENTRY_BYTES
        entry = Entry(*ENTRY.unpack_from(self._map, at))
        (check,) = CHECK.unpack_from(self._map, at + ENTRY.size)
        if entry.number != index or check != crc32c.crc32c(self._bytes[at : at + ENTRY.size]):
            return None
        return entry

    def read(self, index: int) -> list[memoryview] | None:
        """Views of a record's frames, its bytes checked, or None where it is gone or damaged."""
        entry = self.entry(index)
        if entry is None:
            return None
        frames = self._frames(index)
        return frames if frames is not None and layout.checksum(frames) == entry.crc else None

    def _frames(self, index: int) -> list[memoryview] | None:
        at = self._data_at + (index % self.slots) * self.slot_bytes
        sizes = PREFIX.unpack_from(self._map, at)
        if layout.slot_bytes(*sizes) > self.slot_bytes:
            return None
        frames = []
        at += aligned(PREFIX.size)
        for size in filter(None, sizes):
            frames.append(self._bytes[at : at + size])
            at += aligned(size)
        return frames


class RingReader(Mapped):
    """A consumer's view of a ring on the same host. Raises RingError where it cannot be mapped."""

    def __init__(self, path: Path) -> None:
        try:
            file = open_own(path, os.O_RDONLY)
        except OSError as error:
            raise RingError(f"cannot map the ring {path}: {error.strerror}") from None
        try:
            super().__init__(file, path, write=False)
            self._identity = os.fstat(file).st_ino
        finally:
            os.close(file)

    @property
    def tail(self) -> int:
        """Index of the oldest record that the owner keeps for somebody; its head where everybody has everything."""
        (tail,) = layout.unpacked(self._bytes, layout.TAIL_AT, layout.TAIL) or (0,)
        return int(tail)

    def glance(self, index: int) -> list[memoryview] | None:
        """Views of a record's frames, whose bytes are not checked, for who looks at a few of them: what was seen counts
        only where `entry` has the record still. None where it is gone."""
        return None if self.entry(index) is None else self._frames(index)

    @property
    def current(self) -> bool:
        """True while the owner writes to the file that was mapped."""
        try:
            return self.path.stat().st_ino == self._identity
        except OSError:
            return False
