"""Packing: whatever the counts, they come back; those of cameras take half the room."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oreline.recordings.raw.packing import pack, unpack
from oreline.recordings.recording import open_recording


@pytest.mark.parametrize("shape", [(1, 1), (1, 384), (288, 1), (5, 7), (288, 384)])
@pytest.mark.parametrize("seed", range(3))
def test_any_counts_come_back_as_they_were(shape: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    extremes = rng.choice(np.array([0, 1, 0x7FFF, 0x8000, 0xFFFF], np.uint16), shape)
    for counts in (rng.integers(0, 1 << 16, shape, np.uint16), extremes, np.full(shape, 0xFFFF, np.uint16)):
        np.testing.assert_array_equal(unpack(pack(counts), *shape), counts)


def test_what_is_no_chunk_of_such_a_line_is_refused() -> None:
    chunk = pack(np.zeros((4, 6), np.uint16))
    for content, shape in ((b"", (4, 6)), (b"\0" * 64, (4, 6)), (chunk[:-1], (4, 6)), (chunk, (4, 7))):
        with pytest.raises(ValueError, match=r"chunk|reshape"):
            unpack(content, *shape)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["emit20220305t002444_subset_raw", "emit20220305t002601_subset_raw"])
def test_real_counts_take_half_the_room(shared_data: Path, name: str) -> None:
    cube = np.asarray(open_recording(shared_data / "raw" / "emit" / f"{name}.hdr").cube).view(np.uint16)
    chunks = [pack(line) for line in cube]
    assert cube.nbytes / sum(map(len, chunks)) > 1.9
    for chunk, line in zip(chunks, cube, strict=True):
        np.testing.assert_array_equal(unpack(chunk, *line.shape), line)
