"""Where things lie in a ring's file, and how each of them is told from damage.

    file header 64 KiB | table: 64 bytes a slot | slots of equal size

Everything that the writer relies on after a crash carries a CRC-32C: the geometry, the published end, the tail, both
copies of the note, each table entry, and by its entry each record.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import crc32c
import numpy as np

Buffer = bytes | memoryview

MAGIC = b"ORERING2"
HEADER_BYTES = 65_536
FRAMES = 6
PREFIX = struct.Struct(f"<{FRAMES}I")
CHECK = struct.Struct("<I")
ENTRY = struct.Struct("<QQQqII20x")
ENTRY_BYTES = ENTRY.size + CHECK.size
NOTHING = ENTRY.pack(2**64 - 1, 0, 0, 0, 0, 0) + bytes(CHECK.size)

GEOMETRY, GEOMETRY_AT = struct.Struct("<8sQQ"), 0
PUBLISHED, PUBLISHED_AT = struct.Struct("<QQ"), 64
"""`head`, one past the newest record, and `next`, one past the last line that it covers."""
TAIL, TAIL_AT = struct.Struct("<Q"), 128
NOTE = struct.Struct("<QI")
NOTES_AT = (4_096, 4_096 + 30_720)
NOTE_LIMIT = 30_720 - NOTE.size - CHECK.size

_ALIGN = 64
TABLE = np.dtype([("index", "<u8"), ("rest", f"V{ENTRY_BYTES - 8}")])


class Entry(NamedTuple):
    """Table entry of a record: the lines that it covers, its time in ns, its bytes and their checksum."""

    number: int
    first: int
    n: int
    t_ns: int
    length: int
    crc: int


def aligned(size: int) -> int:
    return -(-size // _ALIGN) * _ALIGN


def slot_bytes(*frames: int) -> int:
    """Size of a slot that holds frames of these sizes."""
    return aligned(PREFIX.size) + sum(map(aligned, frames))


def file_bytes(slots: int, size: int) -> int:
    return HEADER_BYTES + slots * (ENTRY_BYTES + size)


def checksum(frames: Sequence[Buffer]) -> int:
    crc = 0
    for frame in frames:
        crc = crc32c.crc32c(frame, crc)
    return crc


def sealed(packed: bytes) -> bytes:
    """Bytes with their checksum behind them."""
    return packed + CHECK.pack(crc32c.crc32c(packed))


def unsealed(bytes_: Buffer) -> Buffer | None:
    """Bytes as `sealed` was given them, or None where they were changed since."""
    content = bytes_[: -CHECK.size]
    return content if CHECK.unpack(bytes_[-CHECK.size :])[0] == crc32c.crc32c(content) else None


def unpacked(mapped: Buffer, at: int, structure: struct.Struct) -> tuple[Any, ...] | None:
    """A sealed structure of a header, or None where it is damaged, or half written."""
    content = unsealed(mapped[at : at + structure.size + CHECK.size])
    return None if content is None else structure.unpack(content)
