"""Chunks of a packed data file, each a line; where they end stands in the account of its lines."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.errors import RecordingError
from oreline.recordings.raw import packing
from oreline.recordings.raw.layout import LINES
from oreline.recordings.raw.lines import read_lines


class Chunks:
    """The lines of a packed file, (bands, samples) each, decoded as they are asked for."""

    def __init__(self, data: Path, bands: int, samples: int) -> None:
        self._data, self._shape = data, (bands, samples)

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        """Where each line ends, those that the file holds whole."""
        path = self._data.with_name(self._data.name.removesuffix(self._data.suffix) + LINES)
        if not path.is_file():
            raise RecordingError(f"{self._data} is packed, and {path.name}, which says where its lines are, is missing")
        ends: NDArray[np.int64] = read_lines(path)["end"]
        return ends[: np.searchsorted(ends, self._data.stat().st_size, side="right")]

    def __len__(self) -> int:
        return len(self._ends)

    def read(self, first: int, end: int) -> NDArray[np.uint16]:
        """Lines from `first` to before `end`, uint16 (lines, bands, samples). Raises RecordingError for a damaged
        one."""
        bounds = [int(self._ends[first - 1]) if first else 0, *self._ends[first:end].tolist()]
        cube = np.empty((len(bounds) - 1, *self._shape), np.uint16)
        with self._data.open("rb") as file:
            file.seek(bounds[0])
            for index, (start, stop) in enumerate(pairwise(bounds)):
                try:
                    cube[index] = packing.unpack(file.read(stop - start), *self._shape)
                except ValueError as error:
                    raise RecordingError(f"{self._data}: line {first + index} is damaged: {error}") from None
        return cube
