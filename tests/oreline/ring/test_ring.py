"""The durable ring, as its writer, its readers and a writer after a crash see it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oreline.errors import RingError
from oreline.ring import HEADER_BYTES, Ring, RingReader, slot_bytes

SLOTS = 16
FRAME = 200


def open_ring(folder: Path) -> Ring:
    return Ring.open(folder / "test.ring", SLOTS, slot_bytes(FRAME, FRAME))


def payload(index: int) -> list[bytes]:
    return [b"h%d" % index, bytes([index % 256]) * FRAME]


def fill(ring: Ring, n: int) -> None:
    for index in range(ring.head, ring.head + n):
        if ring.head - ring.tail == SLOTS:
            ring.free(ring.tail + 1)
        ring.append(index, 1, index, payload(index))


def test_a_reader_sees_each_record_where_the_writer_put_it(tmp_path: Path) -> None:
    ring = open_ring(tmp_path)
    fill(ring, 10)
    reader = RingReader(tmp_path / "test.ring")
    assert [[bytes(f) for f in reader.read(i) or []] for i in range(10)] == [payload(i) for i in range(10)]
    ring.close()


def test_a_record_that_was_overwritten_is_gone_not_wrong(tmp_path: Path) -> None:
    ring = open_ring(tmp_path)
    fill(ring, SLOTS + 3)
    reader = RingReader(tmp_path / "test.ring")
    assert reader.read(2) is None
    assert reader.read(3) is not None
    ring.close()


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    ring = open_ring(tmp_path)
    with pytest.raises(RingError, match="in use"):
        open_ring(tmp_path)
    ring.close()
    open_ring(tmp_path).close()


def test_a_writer_finds_its_records_again(tmp_path: Path) -> None:
    ring = open_ring(tmp_path)
    fill(ring, 20)
    ring.note = b"remember"
    ring.close()
    ring = open_ring(tmp_path)
    assert (ring.tail, ring.head, ring.note) == (4, 20, b"remember")
    assert [bytes(f) for f in ring.read(19) or []] == payload(19)
    ring.close()


@pytest.mark.parametrize("place", ["payload", "entry"])
def test_a_record_that_was_published_and_is_damaged_leaves_a_hole_and_its_number_is_not_used_again(
    tmp_path: Path, place: str
) -> None:
    ring = open_ring(tmp_path)
    fill(ring, 10)
    ring.close()
    slot = slot_bytes(FRAME, FRAME)
    at = HEADER_BYTES + SLOTS * 64 + 9 * slot + 300 if place == "payload" else HEADER_BYTES + 9 * 64 + 8
    with (tmp_path / "test.ring").open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5")
    ring = open_ring(tmp_path)
    assert (ring.tail, ring.head, ring.next) == (0, 10, 10)
    assert ring.read(9) is None
    assert [bytes(f) for f in ring.read(8) or []] == payload(8)
    ring.close()


def test_of_two_notes_the_one_that_is_whole_counts(tmp_path: Path) -> None:
    ring = open_ring(tmp_path)
    for note in (b"first", b"second", b"third"):
        ring.note = note
    ring.close()
    path = tmp_path / "test.ring"
    path.write_bytes(path.read_bytes().replace(b"third", b"thiXd"))
    ring = open_ring(tmp_path)
    assert ring.note == b"second"
    ring.close()


def test_a_ring_whose_header_is_damaged_is_not_overwritten(tmp_path: Path) -> None:
    open_ring(tmp_path).close()
    with (tmp_path / "test.ring").open("r+b") as file:
        file.seek(9)
        file.write(b"\xa5")
    with pytest.raises(RingError, match="move it away"):
        open_ring(tmp_path)


def test_a_changed_byte_is_noticed_by_the_reader(tmp_path: Path) -> None:
    ring = open_ring(tmp_path)
    fill(ring, 3)
    with (tmp_path / "test.ring").open("r+b") as file:
        file.seek(HEADER_BYTES + SLOTS * 64 + slot_bytes(FRAME, FRAME) + 64 + 64 + 7)
        file.write(b"\x00")
    assert RingReader(tmp_path / "test.ring").read(1) is None
    ring.close()


def test_a_message_too_large_for_a_slot_is_refused(tmp_path: Path) -> None:
    ring = open_ring(tmp_path)
    with pytest.raises(RingError, match="does not fit"):
        ring.append(0, 1, 0, [bytes(10 * FRAME)])
    ring.close()


def test_a_file_that_is_no_ring_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test.ring").write_bytes(bytes(2 * HEADER_BYTES))
    with pytest.raises(RingError, match="not a ring"):
        RingReader(tmp_path / "test.ring")


def test_another_geometry_makes_the_ring_anew(tmp_path: Path) -> None:
    ring = open_ring(tmp_path)
    fill(ring, 5)
    reader = RingReader(tmp_path / "test.ring")
    ring.close()
    other = Ring.open(tmp_path / "test.ring", 2 * SLOTS, slot_bytes(FRAME, FRAME))
    assert other.head == 0
    assert not reader.current
    assert reader.read(4) is not None
    other.close()


WRITER = """
import sys
from pathlib import Path
from oreline.ring import Ring, slot_bytes
ring = Ring.open(Path(sys.argv[1]), 16, slot_bytes(200, 200))
print("ready", flush=True)
while True:
    index = ring.head
    if ring.head - ring.tail == 16:
        ring.free(ring.tail + 1)
    ring.append(index, 1, index, [b"h%d" % index, bytes([index % 256]) * 200])
"""


def test_a_writer_killed_at_any_moment_leaves_only_whole_records(tmp_path: Path) -> None:
    head = 0
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "test.ring")], stdout=subprocess.PIPE, cwd=Path.cwd()
        )
        with writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            reader = RingReader(tmp_path / "test.ring")
            while reader.head < head + 500:
                os.sched_yield()
            writer.send_signal(signal.SIGKILL)
        ring = open_ring(tmp_path)
        assert ring.head >= head + 500
        assert ring.head - ring.tail >= SLOTS - 2
        for index in range(ring.tail, ring.head):
            assert [bytes(f) for f in ring.read(index) or []] == payload(index)
        head = ring.head
        ring.close()
