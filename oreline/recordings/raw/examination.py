"""Examination of one view of a raw recording: which of its lines are whole, and where it is to be cut."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from crc32c import crc32c
from numpy.typing import NDArray

from oreline.messages import Kind
from oreline.recordings.envi_header import read_header
from oreline.recordings.names import HEADER
from oreline.recordings.raw import packing
from oreline.recordings.raw.layout import LINES, PACKED, data_of, path_of
from oreline.recordings.raw.lines import read_lines


@dataclass(frozen=True, eq=False)
class Examined:
    """A view up to its last line that is whole. `rows`: the account of those lines. `size`: bytes of its data file.
    `damaged`: sequence numbers of lines before the last whole one whose counts are not those that were written.
    `sha256`: of the data file, cut there."""

    rows: NDArray[np.void]
    size: int
    damaged: tuple[int, ...]
    sha256: str


def examine(folder: Path, kind: Kind) -> Examined:
    """Every line is read, and held against its checksum. Raises RecordingError where the header cannot be read."""
    said, data = read_header(path_of(folder, kind, HEADER)), data_of(folder, kind)
    rows = _in_order(read_lines(path_of(folder, kind, LINES)))
    rows = rows[: np.searchsorted(rows["end"], data.stat().st_size, side="right")]
    is_packed = data.suffix == PACKED
    whole, sums, hashed = np.zeros(len(rows), bool), [hashlib.sha256().hexdigest()], hashlib.sha256()
    for index, content in enumerate(_contents(data, rows["end"])):
        hashed.update(content)
        whole[index] = _checksum(content, said.bands, said.samples, packed=is_packed) == rows["crc32c"][index]
        if whole[index]:
            sums = [hashed.hexdigest()]
    last = int(np.flatnonzero(whole)[-1]) + 1 if whole.any() else 0
    damaged = tuple(int(seq) for seq in rows["seq"][:last][~whole[:last]])
    return Examined(rows[:last], int(rows["end"][last - 1]) if last else 0, damaged, sums[0])


def _in_order(rows: NDArray[np.void]) -> NDArray[np.void]:
    """Rows up to the first that cannot follow the one before."""
    follows = (np.diff(rows["seq"]) > 0) & (np.diff(rows["end"]) > 0)
    return rows if follows.all() else rows[: int(np.argmin(follows)) + 1]


def _contents(data: Path, ends: NDArray[np.int64]) -> Iterator[bytes]:
    with data.open("rb") as file:
        for start, stop in pairwise([0, *ends.tolist()]):
            yield file.read(stop - start)


def _checksum(content: bytes, bands: int, samples: int, *, packed: bool) -> int | None:
    """That of the counts; None where there are none."""
    if not packed:
        return crc32c(content)
    try:
        return crc32c(packing.unpack(content, bands, samples).tobytes())
    except ValueError:
        return None
