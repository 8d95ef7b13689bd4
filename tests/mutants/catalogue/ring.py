"""Mistakes in the ring."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

RING = "oreline/ring/writer.py"
MAPPED = "oreline/ring/mapped.py"
FILE = "oreline/ring/file.py"
RING_TESTS = ("tests/oreline/ring/test_ring.py", "tests/oreline/ring/test_ring_torture.py")

MUTANTS = (
    Mutant(
        "a record is published before its table entry is written",
        RING,
        """        self._set_entry(index, sealed(ENTRY.pack(index, first, n, t_ns, sum(map(len, frames)), crc)))
        self._publish(index + 1, first + n)
""",
        """        self._publish(index + 1, first + n)
        self._set_entry(index, sealed(ENTRY.pack(index, first, n, t_ns, sum(map(len, frames)), crc)))
""",
        RING_TESTS,
    ),
    Mutant(
        "the entry of what a slot held before stays while the slot is overwritten",
        RING,
        "        self._set_entry(index, NOTHING)\n        at = self._data_at",
        "        at = self._data_at",
        RING_TESTS,
    ),
    Mutant(
        "a reader does not look at the checksum of the bytes",
        MAPPED,
        "return frames if frames is not None and layout.checksum(frames) == entry.crc else None",
        "return frames",
        RING_TESTS,
    ),
    Mutant(
        "a reader does not look at the checksum of the entry",
        MAPPED,
        "if entry.number != index or check != crc32c.crc32c(self._bytes[at : at + ENTRY.size]):",
        "if entry.number != index:",
        RING_TESTS,
    ),
    Mutant(
        "a reader takes what now lies where the record was",
        MAPPED,
        "if entry.number != index or check",
        "if check",
        RING_TESTS,
    ),
    Mutant(
        "recovery skips the newest record",
        RING,
        "next((int(i) + 1 for i in indices if",
        "next((int(i) for i in indices if",
        RING_TESTS,
    ),
    Mutant(
        "recovery forgets the oldest record",
        RING,
        "self.free(max(tail if tail <= head else 0, head - self.slots))",
        "self.free(max(tail if tail <= head else 0, head - self.slots) + 1)",
        RING_TESTS,
    ),
    Mutant(
        "recovery keeps a torn record",
        RING,
        "while head > published[0] and self.read(head - 1) is None:",
        "while False:",
        RING_TESTS,
    ),
    Mutant(
        "recovery forgets what was published, and uses the number of a damaged record again",
        RING,
        "published = layout.unpacked(self._bytes, PUBLISHED_AT, PUBLISHED) or (0, 0)",
        "published = (0, 0)",
        RING_TESTS,
    ),
    Mutant(
        "recovery believes a tail without its checksum",
        RING,
        "(tail,) = layout.unpacked(self._bytes, TAIL_AT, TAIL) or (0,)",
        "(tail,) = TAIL.unpack_from(self._bytes, TAIL_AT)",
        RING_TESTS,
    ),
    Mutant(
        "there is one copy of the note",
        RING,
        "at = layout.NOTES_AT[(number + 1) % 2]",
        "at = layout.NOTES_AT[0]",
        RING_TESTS,
    ),
    Mutant(
        "two writers may have a ring",
        FILE,
        "    if not taken(file):\n",
        "    if False:\n",
        RING_TESTS,
    ),
    Mutant(
        "a file that is damaged is made anew",
        FILE,
        """        os.close(file)
        raise RingError(f"{path} is not a ring of this version, or""",
        """        return False
        raise RingError(f"{path} is not a ring of this version, or""",
        RING_TESTS,
    ),
    Mutant(
        "the space of a ring is not taken in advance",
        FILE,
        "os.posix_fallocate(file, 0, total)",
        "os.ftruncate(file, total)",
        ("tests/faults/test_disk.py",),
    ),
)
