"""Whatever happens to a ring's file, a record that can be read is the one that was written."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from oreline.errors import RingError
from oreline.ring import HEADER_BYTES, Ring, slot_bytes

SLOTS, FRAME, ENTRY = 8, 96, 64
SLOT = slot_bytes(FRAME, FRAME)
DATA = HEADER_BYTES + SLOTS * ENTRY
PUBLISHED = slice(64, 84)
FLIPS = 5_000


def payload(index: int) -> list[bytes]:
    return [b"h%d" % index, bytes([index * 7 % 256]) * (FRAME - index % 5)]


def open_ring(path: Path) -> Ring:
    return Ring.open(path, SLOTS, SLOT)


def append(ring: Ring) -> None:
    if ring.head - ring.tail == SLOTS:
        ring.free(ring.tail + 1)
    ring.append(10 * ring.head, 10, ring.head, payload(ring.head))


def images(path: Path, records: int) -> tuple[bytes, bytes]:
    """The file before and after its last append."""
    ring = open_ring(path)
    for _ in range(records - 1):
        append(ring)
    if ring.head - ring.tail == SLOTS:
        ring.free(ring.tail + 1)
    before = path.read_bytes()
    append(ring)
    ring.close()
    return before, path.read_bytes()


def found(path: Path, image: bytes) -> tuple[Ring, list[int]]:
    """The ring after recovery, and the indices that can be read; each must hold what was written."""
    path.write_bytes(image)
    ring = open_ring(path)
    readable = []
    for index in range(ring.tail, ring.head):
        frames = ring.read(index)
        if frames is not None:
            assert [bytes(frame) for frame in frames] == payload(index)
            readable.append(index)
    return ring, readable


def killed(before: bytes, after: bytes, slot: int) -> Iterator[bytes]:
    """The file as a writer leaves it that dies at any byte of an append, whose steps are in this order."""
    entry = slice(HEADER_BYTES + slot * ENTRY, HEADER_BYTES + (slot + 1) * ENTRY)
    steps = [(entry, (2**64 - 1).to_bytes(8, "little") + bytes(ENTRY - 8))]
    steps.append((slice(DATA + slot * SLOT, DATA + (slot + 1) * SLOT), after[DATA + slot * SLOT :][:SLOT]))
    steps += [(entry, after[entry]), (PUBLISHED, after[PUBLISHED])]
    image = bytearray(before)
    for where, wanted in steps:
        for at, byte in enumerate(wanted, where.start):
            if image[at] != byte:
                yield bytes(image)
                image[at] = byte
    assert image == after


@pytest.mark.parametrize("records", [1, 5, SLOTS, 2 * SLOTS + 3])
def test_a_writer_killed_at_any_byte_of_an_append_leaves_the_record_whole_or_none(tmp_path: Path, records: int) -> None:
    path = tmp_path / "test.ring"
    before, after = images(path, records)
    outcomes = set()
    for image in killed(before, after, (records - 1) % SLOTS):
        ring, readable = found(path, image)
        assert readable == list(range(ring.tail, ring.head))
        assert ring.next == 10 * ring.head
        assert ring.head - len(readable) == max(0, records - SLOTS)
        outcomes.add(ring.head)
        ring.close()
    assert outcomes <= {records - 1, records}
    assert records - 1 in outcomes


def test_a_file_cut_at_any_byte_gives_back_what_is_left_of_it_and_counts_on_from_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "test.ring"
    _, whole = images(path, SLOTS)
    for length in [*range(HEADER_BYTES, DATA, 61), *range(DATA, len(whole))]:
        ring, readable = found(path, whole[:length])
        assert path.stat().st_size == len(whole)
        assert (ring.head, ring.next) == (SLOTS, 10 * SLOTS)
        assert set(readable) >= set(range((length - DATA) // SLOT))
        append(ring)
        assert [bytes(frame) for frame in ring.read(SLOTS) or []] == payload(SLOTS)
        ring.close()


def test_a_file_cut_within_its_header_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "test.ring"
    _, whole = images(path, SLOTS)
    for length in range(1, 28):
        with pytest.raises(RingError, match="move it away"):
            found(path, whole[:length])
        assert path.read_bytes() == whole[:length]


def test_no_flipped_bit_makes_a_wrong_recovery(tmp_path: Path) -> None:
    """Of so many places each is as likely as any other of its region; at most one record is lost to any of them."""
    path = tmp_path / "test.ring"
    ring = open_ring(path)
    ring.note = b"for whom"
    ring.close()
    _, whole = images(path, 2 * SLOTS + 3)
    dice, refused = random.Random(1), 0
    regions = [
        (0, 24 + 4),
        (64, 84),
        (128, 140),
        (4096, 4200),
        (34816, 34920),
        (HEADER_BYTES, DATA),
        (DATA, len(whole)),
    ]
    for _ in range(FLIPS):
        image = bytearray(whole)
        image[dice.randrange(*dice.choice(regions))] ^= 1 << dice.randrange(8)
        try:
            ring, readable = found(path, bytes(image))
        except RingError:
            refused += 1
            continue
        assert (ring.head, ring.next) == (2 * SLOTS + 3, 10 * (2 * SLOTS + 3))
        assert len(readable) >= SLOTS - 1
        assert ring.note in (b"for whom", b"")
        ring.close()
    assert 0 < refused < FLIPS / 4
