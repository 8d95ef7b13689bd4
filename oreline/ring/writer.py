"""The writer's side: records go in, and are found again after a crash."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from oreline.errors import RingError
from oreline.ring import layout
from oreline.ring.file import grow, has_geometry, locked, made_anew
from oreline.ring.layout import (
    ENTRY,
    ENTRY_BYTES,
    FRAMES,
    HEADER_BYTES,
    NOTHING,
    PREFIX,
    PUBLISHED,
    PUBLISHED_AT,
    TABLE,
    TAIL,
    TAIL_AT,
    Buffer,
    aligned,
    sealed,
)
from oreline.ring.mapped import Mapped

_AROUND = 65_536
"""A fault on one page for reading maps all of this around it; faults for writing would come page by page."""


class Ring(Mapped):
    """The only writer of a ring's file. `next`: one past the last line that a record covers."""

    next = 0
    _tail = _cold = 0

    @classmethod
    def open(cls, path: Path, slots: int, size: int) -> Self:
        """Open a ring of `slots` records of `size` bytes each and recover what an earlier process left, or make it anew
        where the geometry differs.

        Raises RingError: no space, damaged, or another process writes to it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        file, cut = locked(path), False
        if has_geometry(file, path, slots, size):
            cut = grow(file, path, layout.file_bytes(slots, size))
        else:
            file = made_anew(file, path, slots, size)
        ring = cls(file, path, write=True)
        ring._recover(cut)
        return ring

    def close(self) -> None:
        """Let go of the file and of its lock, which the mapping would otherwise keep until its last view is gone."""
        fcntl.flock(self._file, fcntl.LOCK_UN)
        os.close(self._file)

    @property
    def tail(self) -> int:
        """Index of the oldest record."""
        return self._tail

    def append(self, first: int, n: int, t_ns: int, frames: Sequence[Buffer]) -> int:
        """Copy a message's frames into the next slot and publish it. Returns its index.

        The caller has made room (`head - tail < slots`). Raises RingError where it is larger than a slot.
        """
        index = self.head
        views = self._place(index, frames)
        crc = layout.checksum(views)
        self._set_entry(index, sealed(ENTRY.pack(index, first, n, t_ns, sum(map(len, frames)), crc)))
        self._publish(index + 1, first + n)
        return index

    def _place(self, index: int, frames: Sequence[Buffer]) -> list[memoryview]:
        sizes = [len(frame) for frame in frames]
        if len(sizes) > FRAMES or layout.slot_bytes(*sizes) > self.slot_bytes:
            raise RingError(f"a message of {sum(sizes)} bytes does not fit a slot of {self.slot_bytes}")
        self._set_entry(index, NOTHING)
        at = self._data_at + index % self.slots * self.slot_bytes
        if self._cold:
            self._warm(at)
        PREFIX.pack_into(self._map, at, *sizes, *[0] * (FRAMES - len(sizes)))
        views = []
        at += aligned(PREFIX.size)
        for frame, size in zip(frames, sizes, strict=True):
            self._bytes[at : at + size] = frame
            views.append(self._bytes[at : at + size])
            at += aligned(size)
        return views

    def _warm(self, at: int) -> None:
        """Map a slot's pages at its first use. All at once would take a quarter of a second for a large ring."""
        self._cold -= 1
        for around in range(at, at + self.slot_bytes, _AROUND):
            self._bytes[around]

    def _set_entry(self, index: int, entry: bytes) -> None:
        at = HEADER_BYTES + index % self.slots * ENTRY_BYTES
        self._bytes[at : at + ENTRY_BYTES] = entry

    def _publish(self, head: int, next_: int) -> None:
        """The head first, in one store that readers may see at any time; its check comes after."""
        self.next = next_
        self._head[0] = head
        packed = sealed(PUBLISHED.pack(head, next_))
        self._bytes[PUBLISHED_AT + 8 : PUBLISHED_AT + len(packed)] = packed[8:]

    def free(self, tail: int) -> None:
        """Give up all records before `tail`."""
        self._tail = max(self._tail, min(tail, self.head))
        packed = sealed(TAIL.pack(self._tail))
        self._bytes[TAIL_AT : TAIL_AT + len(packed)] = packed

    def void(self, index: int) -> None:
        """A record is damaged: from now on it is not there."""
        self._set_entry(index, NOTHING)

    @property
    def note(self) -> bytes:
        """Bytes that the writer wants to find again when its first records are gone; empty where none are kept."""
        return self._newest_note()[1]

    @note.setter
    def note(self, note: bytes) -> None:
        """There are two copies, and the older is overwritten: a writer killed meanwhile has the other."""
        if len(note) > layout.NOTE_LIMIT:
            raise RingError(f"a note of {len(note)} bytes, {layout.NOTE_LIMIT} fit: use fewer or shorter names")
        number, _ = self._newest_note()
        at = layout.NOTES_AT[(number + 1) % 2]
        packed = sealed(layout.NOTE.pack(number + 1, len(note)) + note)
        self._bytes[at : at + len(packed)] = packed

    def _newest_note(self) -> tuple[int, bytes]:
        return max((self._note_at(at) for at in layout.NOTES_AT), key=lambda note: note[0])

    def _note_at(self, at: int) -> tuple[int, bytes]:
        number, size = layout.NOTE.unpack_from(self._map, at)
        end = at + layout.NOTE.size + min(size, layout.NOTE_LIMIT)
        content = layout.unsealed(self._bytes[at : end + layout.CHECK.size])
        return (0, b"") if content is None else (number, bytes(content[layout.NOTE.size :]))

    def _recover(self, cut: bool) -> None:
        """Where the table and what was published disagree, records behind the published end were not told to anybody:
        of those, torn ones are cut off. A damaged record before it stays as a hole, and its lines stay missing."""
        self._cold = self.slots
        published = layout.unpacked(self._bytes, PUBLISHED_AT, PUBLISHED) or (0, 0)
        head = max(self._table_head(), published[0])
        while head > published[0] and self.read(head - 1) is None:
            head -= 1
        last = self.entry(head - 1) if head > published[0] else None
        self._publish(head, published[1] if last is None else last.first + last.n)
        (tail,) = layout.unpacked(self._bytes, TAIL_AT, TAIL) or (0,)
        self._tail = 0
        self.free(max(tail if tail <= head else 0, head - self.slots))
        for index in range(self.tail, head) if cut else ():
            if self.read(index) is None:
                self.void(index)

    def _table_head(self) -> int:
        stored = np.frombuffer(self._map, TABLE, self.slots, HEADER_BYTES)["index"]
        indices = np.sort(stored[stored % self.slots == np.arange(self.slots)])[::-1]
        return next((int(i) + 1 for i in indices if self.entry(int(i)) is not None), 0)
