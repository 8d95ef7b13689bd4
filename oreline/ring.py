"""A bounded durable ring of records, in one preallocated file that readers map.

    file header 64 KiB | table: 64 bytes a slot | slots of equal size

A record is the frames of one message. Its bytes are written first, then its table entry with both checksums, then
`head`: a writer killed at any instant leaves either the whole record or none. Recovery reads the table, not the
slots, so it takes milliseconds however large the ring; only the last record's bytes are checked, because only they
can be torn. One writer, which holds a lock on the file; any number of readers, which never write.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import crc32c
import numpy as np
from numpy.typing import NDArray

from oreline.errors import RingError

Buffer = bytes | memoryview

MAGIC = b"ORERING1"
HEADER_BYTES = 65_536
FRAMES = 4
_PREFIX = struct.Struct(f"<{FRAMES}I")
_ALIGN = 64
_ENTRY = struct.Struct("<QQQqII20x")
_CHECK = struct.Struct("<I")
_NOTE = struct.Struct("<II")
_NOTE_AT = 256

ENTRY = np.dtype(
    [
        ("index", "<u8"),
        ("first", "<u8"),
        ("n", "<u8"),
        ("t_ns", "<i8"),
        ("length", "<u4"),
        ("crc", "<u4"),
        ("pad", "V20"),
        ("check", "<u4"),
    ]
)
FILE_HEADER = np.dtype(
    {
        "names": ["magic", "slots", "slot_bytes", "head", "tail"],
        "formats": ["S8", "<u8", "<u8", "<u8", "<u8"],
        "offsets": [0, 8, 16, 64, 128],
        "itemsize": 192,
    }
)


class Entry(NamedTuple):
    """What the table says of a record: the lines that it covers, its time, its bytes."""

    number: int
    first: int
    n: int
    t_ns: int
    length: int
    crc: int


def _aligned(size: int) -> int:
    return -(-size // _ALIGN) * _ALIGN


_HEAD_AT, _TAIL_AT = (FILE_HEADER.fields[name][1] for name in ("head", "tail"))  # type: ignore[index]
_NOTHING = (2**64 - 1, 0, 0, 0, 0, 0)


def slot_bytes(*frames: int) -> int:
    """Size of a slot that holds frames of these sizes."""
    return _aligned(_PREFIX.size) + sum(map(_aligned, frames))


class _Mapped:
    """What writer and readers share: the mapping, and reading a record with its checks."""

    def __init__(self, file: int, path: Path, *, write: bool) -> None:
        self.path = path
        self._file = file
        if os.fstat(file).st_size < HEADER_BYTES:
            raise RingError(f"{path} is not a ring, or not yet: its producer has not started")
        # Populated now: otherwise each slot's first use takes a page fault for every 4 KiB of it.
        protection = mmap.PROT_READ | (mmap.PROT_WRITE if write else 0)
        self._map = mmap.mmap(file, 0, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE, prot=protection)
        header = np.frombuffer(self._map, FILE_HEADER, 1)[0]
        self.slots, self.slot_bytes = int(header["slots"]), int(header["slot_bytes"])
        self._data_at = HEADER_BYTES + self.slots * ENTRY.itemsize
        if header["magic"] != MAGIC or len(self._map) < self._data_at + self.slots * self.slot_bytes:
            raise RingError(f"{path} is not a ring of this version, or is cut short: remove it and start again")
        self._bytes = memoryview(self._map)
        self._head, self._tail = (self._bytes[at : at + 8].cast("Q") for at in (_HEAD_AT, _TAIL_AT))

    @property
    def head(self) -> int:
        """Index one past the newest record."""
        return self._head[0]

    @property
    def tail(self) -> int:
        """Index of the oldest record."""
        return self._tail[0]

    def entry(self, index: int) -> Entry | None:
        """The table entry of a record, or None where it is not there, or no longer."""
        at = HEADER_BYTES + index % self.slots * ENTRY.itemsize
        entry = Entry(*_ENTRY.unpack_from(self._map, at))
        (check,) = _CHECK.unpack_from(self._map, at + _ENTRY.size)
        if entry.number != index or check != crc32c.crc32c(self._bytes[at : at + _ENTRY.size]):
            return None
        return entry

    def read(self, index: int) -> list[memoryview] | None:
        """Views of a record's frames, its bytes checked, or None where it is gone or damaged."""
        entry = self.entry(index)
        if entry is None:
            return None
        frames = self._frames(index)
        return frames if frames is not None and _checksum(frames) == entry.crc else None

    def _frames(self, index: int) -> list[memoryview] | None:
        at = self._data_at + (index % self.slots) * self.slot_bytes
        sizes = _PREFIX.unpack_from(self._map, at)
        if slot_bytes(*sizes) > self.slot_bytes:
            return None
        frames = []
        at += _aligned(_PREFIX.size)
        for size in filter(None, sizes):
            frames.append(self._bytes[at : at + size])
            at += _aligned(size)
        return frames


def _checksum(frames: Sequence[Buffer]) -> int:
    crc = 0
    for frame in frames:
        crc = crc32c.crc32c(frame, crc)
    return crc


class RingReader(_Mapped):
    """A consumer's view of a ring on the same host. Raises RingError where it cannot be mapped."""

    def __init__(self, path: Path) -> None:
        try:
            file = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise RingError(f"cannot map the ring {path}: {error.strerror}") from None
        try:
            super().__init__(file, path, write=False)
            self._identity = os.fstat(file).st_ino
        finally:
            os.close(file)

    @property
    def current(self) -> bool:
        """Whether the owner still writes to the file that was mapped."""
        try:
            return self.path.stat().st_ino == self._identity
        except OSError:
            return False


class Ring(_Mapped):
    """The writer's side. `open` recovers what an earlier process left."""

    @classmethod
    def open(cls, path: Path, slots: int, size: int) -> Self:
        """Open a ring of `slots` records of `size` bytes each, or make it anew where the geometry differs.

        Raises RingError: no space, or another process writes to it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _locked(path)
        if not _has_geometry(file, slots, size):
            file = _made_anew(file, path, slots, size)
        ring = cls(file, path, write=True)
        ring._recover()
        return ring

    def close(self) -> None:
        """Let go of the file and of its lock, which the mapping would otherwise keep until its last view is gone."""
        fcntl.flock(self._file, fcntl.LOCK_UN)
        os.close(self._file)

    def append(self, first: int, n: int, t_ns: int, frames: Sequence[Buffer]) -> int:
        """Copy a message's frames into the next slot and publish it. Returns its index.

        The caller has made room (`head - tail < slots`). Raises RingError where it is larger than a slot.
        """
        index = self.head
        views = self._place(index, frames)
        packed = _ENTRY.pack(index, first, n, t_ns, sum(map(len, frames)), _checksum(views))
        at = HEADER_BYTES + index % self.slots * ENTRY.itemsize
        self._bytes[at : at + ENTRY.itemsize] = packed + _CHECK.pack(crc32c.crc32c(packed))
        self._head[0] = index + 1
        return index

    def _place(self, index: int, frames: Sequence[Buffer]) -> list[memoryview]:
        sizes = [len(frame) for frame in frames]
        if len(sizes) > FRAMES or slot_bytes(*sizes) > self.slot_bytes:
            raise RingError(f"a message of {sum(sizes)} bytes does not fit a slot of {self.slot_bytes}")
        slot = index % self.slots
        _ENTRY.pack_into(self._map, HEADER_BYTES + slot * ENTRY.itemsize, *_NOTHING)
        at = self._data_at + slot * self.slot_bytes
        _PREFIX.pack_into(self._map, at, *sizes, *[0] * (FRAMES - len(sizes)))
        views = []
        at += _aligned(_PREFIX.size)
        for frame, size in zip(frames, sizes, strict=True):
            self._bytes[at : at + size] = frame
            views.append(self._bytes[at : at + size])
            at += _aligned(size)
        return views

    def free(self, tail: int) -> None:
        """Give up all records before `tail`."""
        self._tail[0] = max(self.tail, min(tail, self.head))

    @property
    def note(self) -> bytes:
        """What the writer wants to find again when its first records are gone; empty where none is kept."""
        size, crc = _NOTE.unpack_from(self._map, _NOTE_AT)
        at = _NOTE_AT + _NOTE.size
        note = bytes(self._bytes[at : at + min(size, HEADER_BYTES - at)])
        return note if crc32c.crc32c(note) == crc else b""

    @note.setter
    def note(self, note: bytes) -> None:
        at = _NOTE_AT + _NOTE.size
        self._bytes[at : at + len(note)] = note
        _NOTE.pack_into(self._map, _NOTE_AT, len(note), crc32c.crc32c(note))

    def _recover(self) -> None:
        head = self._recovered_head()
        while head > self.tail and self.read(head - 1) is None:
            head -= 1
        oldest = head
        while oldest > max(self.tail, head - self.slots) and self.entry(oldest - 1) is not None:
            oldest -= 1
        self._head[0] = head
        self._tail[0] = max(self.tail, oldest) if head else 0

    def _recovered_head(self) -> int:
        stored = np.frombuffer(self._map, ENTRY, self.slots, HEADER_BYTES)["index"]
        indices: NDArray[np.uint64] = np.sort(stored[stored % self.slots == np.arange(self.slots)])[::-1]
        return next((int(i) + 1 for i in indices if self.entry(int(i)) is not None), 0)


def _locked(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise RingError(f"{path} is in use: another process writes this stream; stop it first") from None
    return file


def _has_geometry(file: int, slots: int, size: int) -> bool:
    if os.fstat(file).st_size < HEADER_BYTES:
        return False
    header = np.frombuffer(os.pread(file, FILE_HEADER.itemsize, 0), FILE_HEADER)[0]
    return bool(header["magic"] == MAGIC and header["slots"] == slots and header["slot_bytes"] == size)


def _made_anew(old: int, path: Path, slots: int, size: int) -> int:
    """A new file under the name: readers of the old one keep what they have mapped."""
    new_path = path.with_suffix(".new")
    file = _locked(new_path)
    try:
        _format(file, path, slots, size)
        new_path.replace(path)
    except RingError:
        new_path.unlink()
        path.unlink()
        raise
    finally:
        os.close(old)
    return file


def _format(file: int, path: Path, slots: int, size: int) -> None:
    """Preallocate: a sparse file on a full disk would be a SIGBUS at the first touch."""
    total = HEADER_BYTES + slots * (ENTRY.itemsize + size)
    os.ftruncate(file, 0)
    try:
        os.posix_fallocate(file, 0, total)
    except OSError as error:
        why = f"no {total / 1e6:.0f} MB for the ring {path} ({error.strerror})"
        raise RingError(f"{why}: free space or ask for fewer slots") from None
    header = np.zeros(1, FILE_HEADER)
    header["magic"], header["slots"], header["slot_bytes"] = MAGIC, slots, size
    os.pwrite(file, header.tobytes(), 0)
    table = np.zeros(slots, ENTRY)
    table["index"] = np.arange(slots, dtype=np.uint64) + np.uint64(1)
    os.pwrite(file, table.tobytes(), HEADER_BYTES)
