"""Whatever happens to a ring's file, a record that can be read is the one that was written."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from oreline.errors import RingError
from oreline.ring import HEADER_BYTES, Ring, RingReader, slot_bytes

SLOTS, FRAME, ENTRY = 8, 96, 64
SLOT = slot_bytes(FRAME, FRAME)
DATA = HEADER_BYTES + SLOTS * ENTRY
FLIPS = 5_000


def payload(index: int) -> list[bytes]:
    return [b"h%d" % index, bytes([1 + index * 7 % 255]) * (FRAME - index % 5)]


def open_ring(path: Path) -> Ring:
    return Ring.open(path, SLOTS, SLOT)


def append(ring: Ring) -> None:
    if ring.head - ring.tail == SLOTS:
        ring.free(ring.tail + 1)
    ring.append(10 * ring.head, 10, ring.head, payload(ring.head))


def whole_ring(path: Path, records: int) -> Ring:
    ring = open_ring(path)
    for _ in range(records):
        append(ring)
    return ring


def killed(path: Path, action: Callable[[], object]) -> Iterator[bytes]:
    """The file as a writer leaves it that dies at any byte of an action. The order of its stores is that of the code
    itself: the file is looked at before every line of it."""
    stages = [path.read_bytes()]

    def look(*_: object) -> Callable[..., object]:
        stages.append(path.read_bytes())
        return look

    sys.settrace(look)
    try:
        action()
    finally:
        sys.settrace(None)
    stages.append(path.read_bytes())
    for before, after in pairwise(stages):
        image = bytearray(before)
        for at in np.flatnonzero(np.frombuffer(before, np.uint8) != np.frombuffer(after, np.uint8)):
            yield bytes(image)
            image[at] = after[at]
    yield stages[-1]


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


@pytest.mark.parametrize("records", [1, 5, SLOTS, 2 * SLOTS + 3])
def test_a_writer_killed_at_any_byte_of_an_append_leaves_the_record_whole_or_none(tmp_path: Path, records: int) -> None:
    ring = whole_ring(tmp_path / "live.ring", records - 1)
    images = list(killed(ring.path, lambda: append(ring)))
    ring.close()
    outcomes = set()
    for image in images:
        ring, readable = found(tmp_path / "test.ring", image)
        assert readable == list(range(ring.tail, ring.head))
        assert ring.next == 10 * ring.head
        assert len(readable) >= min(records, SLOTS) - 1
        outcomes.add(ring.head)
        ring.close()
    assert len(images) > FRAME
    assert outcomes == {records - 1, records}


def test_a_record_is_not_there_from_the_moment_that_it_is_overwritten(tmp_path: Path) -> None:
    ring = whole_ring(tmp_path / "live.ring", SLOTS)
    ring.free(1)
    images = list(killed(ring.path, lambda: append(ring)))
    ring.close()
    (tmp_path / "test.ring").write_bytes(images[0])
    reader, seen = RingReader(tmp_path / "test.ring"), 0
    for image in images:
        (tmp_path / "test.ring").write_bytes(image)
        if reader.entry(0) is not None:
            assert [bytes(frame) for frame in reader._frames(0) or []] == payload(0)
            seen += 1
    assert 0 < seen < len(images)


def test_a_record_that_never_reached_the_disk_and_was_told_to_nobody_is_cut_off(tmp_path: Path) -> None:
    ring = whole_ring(tmp_path / "live.ring", 4)
    images = list(killed(ring.path, lambda: append(ring)))
    ring.close()
    published = images[0][64:84]
    torn = bytearray(images[-1])
    torn[64:84] = published
    torn[DATA + 4 * SLOT + 65] ^= 0xFF
    ring, readable = found(tmp_path / "test.ring", bytes(torn))
    assert (ring.head, ring.next, readable) == (4, 40, [0, 1, 2, 3])
    ring.close()


def test_a_writer_killed_at_any_byte_of_a_note_leaves_the_old_one_or_the_new(tmp_path: Path) -> None:
    ring = whole_ring(tmp_path / "live.ring", 1)
    ring.note = b"an old note"
    images = list(killed(ring.path, lambda: setattr(ring, "note", b"something new")))
    ring.close()
    notes = []
    for image in images:
        ring, _ = found(tmp_path / "test.ring", image)
        notes.append(ring.note)
        ring.close()
    assert set(notes) == {b"an old note", b"something new"}
    assert (notes[0], notes[-1]) == (b"an old note", b"something new")


def test_a_writer_killed_while_it_gives_up_records_gives_up_no_others(tmp_path: Path) -> None:
    ring = whole_ring(tmp_path / "live.ring", SLOTS)
    ring.free(2)
    images = list(killed(ring.path, lambda: ring.free(5)))
    ring.close()
    tails = set()
    for image in images:
        ring, readable = found(tmp_path / "test.ring", image)
        assert readable == list(range(ring.tail, SLOTS))
        tails.add(ring.tail)
        ring.close()
    assert tails <= {0, 2, 5}
    assert 5 in tails


def test_a_file_cut_at_any_byte_gives_back_what_is_left_of_it_and_counts_on_from_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "test.ring"
    whole_ring(path, SLOTS).close()
    whole = path.read_bytes()
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
    whole_ring(path, SLOTS).close()
    whole = path.read_bytes()
    for length in range(1, 28):
        with pytest.raises(RingError, match="move it away"):
            found(path, whole[:length])
        assert path.read_bytes() == whole[:length]


def test_no_flipped_bit_makes_a_wrong_recovery(tmp_path: Path) -> None:
    """Of so many places each is as likely as any other of its region; at most one record is lost to any of them."""
    path = tmp_path / "test.ring"
    ring = whole_ring(path, 2 * SLOTS + 3)
    ring.note = b"for whom"
    ring.close()
    whole = path.read_bytes()
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
