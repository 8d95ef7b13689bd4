"""Reflectance as it passes: what is looked at is right, or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from oreline.messages import ReflectanceLine
from oreline.ring import Ring, slot_bytes
from oreline.testing import RUN, reflectance_line, stream_info
from oreline.wire import encode
from sinks.station.passing import PassingReflectance

SLOTS = 16
OTHER = bytes(16)


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[Ring]:
    with closing(Ring.open(tmp_path / "reflectance.ring", SLOTS, slot_bytes(512, 8192, 8192))) as ring:
        yield ring


@pytest.fixture
def passing(ring: Ring) -> PassingReflectance:
    return PassingReflectance(ring.path)


def put(ring: Ring, *seqs: int, run: bytes = RUN) -> None:
    for seq in seqs:
        ring.free(ring.head - SLOTS + 1)
        ring.append(seq, 1, 0, encode(reflectance_line(seq, stream_info(run=run))))


def told(line: ReflectanceLine) -> tuple[int, float]:
    return line.first, round(float(line.reflectance[0, 0]), 2)


def test_lines_are_looked_at_once_each_and_no_more_than_half_a_ring_of_them(
    ring: Ring, passing: PassingReflectance
) -> None:
    put(ring, 0, 1, 2)
    assert passing.newest(RUN, told) == [(0, 0.0), (1, 0.01), (2, 0.02)]
    put(ring, 3)
    assert passing.newest(RUN, told) == [(3, 0.03)]
    put(ring, *range(4, 100))
    assert [seq for seq, _ in passing.newest(RUN, told)] == list(range(92, 100))


def test_lines_of_a_stone_are_those_that_are_there_still(ring: Ring, passing: PassingReflectance) -> None:
    put(ring, *range(30), *range(33, 40))
    assert passing.of(RUN, range(20, 36), told) == [(n, n / 100) for n in [*range(21, 30), *range(33, 36)]]
    assert passing.of(RUN, range(100, 104), told) == []
    assert passing.of(OTHER, range(30), told) == []


def test_what_is_overwritten_while_it_is_looked_at_is_not_there(ring: Ring, passing: PassingReflectance) -> None:
    put(ring, *range(SLOTS))

    def slowly(line: ReflectanceLine) -> int:
        if line.first == 10:
            put(ring, *range(SLOTS, SLOTS + 12))
        return line.first

    assert passing.of(RUN, range(8, 14), slowly) == [8, 9, 12, 13]


def test_a_ring_that_is_not_there_yet_or_made_anew_is_looked_at_when_it_is(tmp_path: Path) -> None:
    path = tmp_path / "reflectance.ring"
    passing = PassingReflectance(path)
    assert passing.newest(RUN, told) == passing.of(RUN, range(3), told) == []
    for slots in (SLOTS, SLOTS + 16):
        with closing(Ring.open(path, slots, slot_bytes(512, 8192, 8192))) as ring:
            put(ring, 0, 1)
            assert passing.of(RUN, range(3), told) == [(0, 0.0), (1, 0.01)]


def test_a_line_that_is_damaged_on_its_way_is_none(ring: Ring, passing: PassingReflectance) -> None:
    ring.append(0, 1, 0, [b"no line", np.zeros(3, np.uint8).tobytes()])
    put(ring, 1)
    assert passing.newest(RUN, told) == [(1, 0.01)]
