"""A bounded durable ring of records, in one preallocated file that readers map.

A record is the frames of one message. Its bytes are written first, then its table entry with both checksums, then the
published end: a writer killed at any instant leaves either the whole record or none. Recovery reads the table, not the
slots, so it takes milliseconds however large the ring. One writer, which holds a lock on the file; any number of
readers, which never write. What a reader gets is right or None, whatever happened to the file.
"""

from __future__ import annotations

from oreline.ring.layout import HEADER_BYTES, Entry, slot_bytes
from oreline.ring.mapped import RingReader
from oreline.ring.writer import Ring

__all__ = ["HEADER_BYTES", "Entry", "Ring", "RingReader", "slot_bytes"]
