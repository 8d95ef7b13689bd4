"""Shots: what a sorter's valves were told and its PLC took, in a file that label maps read.

`shots_RUN.csv` in the output folder has a row a line and opened stretch: `line` (sequence number), `first` and `stop`
(samples [first, stop) under the open valves), `encoder` (count at which they open).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from oreline.files import append_whole
from oreline.incidents import report

HEAD = "line,first,stop,encoder\n"
Shot = tuple[int, int, int, int]
"""A row: line, first, stop, encoder."""
_WHOLE = re.compile(rb"(\d{1,18}),(\d{1,18}),(\d{1,18}),-?\d+\n")


def path_of(output: Path, run: bytes) -> Path:
    """The file of a run."""
    return output / f"shots_{run.hex()[:12]}.csv"


class ShotWriter:
    """Appends to the file of a run. What cannot be written is said once, and stops nothing: stones are sorted on."""

    def __init__(self, output: Path, run: bytes) -> None:
        self.path, self._failed = path_of(output, run), False

    def write(self, shots: Iterable[Shot]) -> None:
        """Append rows, so that they outlive this process."""
        text = "".join(f"{line},{first},{stop},{encoder}\n" for line, first, stop, encoder in shots)
        try:
            with self.path.open("ab", buffering=0) as file:
                append_whole(file, (text if file.tell() else HEAD + text).encode())
        except OSError as error:
            if not self._failed:
                report("", "no_shots", f"{self.path}: {error.strerror}; label maps will not show all ejections")
            self._failed = True


@dataclass(frozen=True, slots=True, eq=False)
class Shots:
    """Shots of a run, int64 (n, 3): line, first, stop; in the order of lines."""

    rows: NDArray[np.int64]

    @classmethod
    def of(cls, output: Path, run: bytes) -> Self:
        """Read the file of a run; no shots where there is none. A row that is not whole is left out."""
        path = path_of(output, run)
        if not path.is_file():
            return cls(np.empty((0, 3), np.int64))
        with path.open("rb") as file:
            whole = filter(None, map(_WHOLE.fullmatch, file))
            rows: NDArray[Any] = np.fromiter((tuple(map(int, row.groups())) for row in whole), np.dtype((np.int64, 3)))
        return cls(rows[np.argsort(rows[:, 0], kind="stable")])

    def over(self, seq: NDArray[np.int64], samples: int) -> NDArray[np.bool_]:
        """Where valves were opened over the lines `seq`, which are in order: bool (lines, samples)."""
        edges = np.zeros((len(seq), samples + 1), np.int32)
        here = self.rows[slice(*np.searchsorted(self.rows[:, 0], (seq[0], seq[-1] + 1)))]
        row = np.searchsorted(seq, here[:, 0])
        there = seq[row] == here[:, 0]
        for column, step in ((1, 1), (2, -1)):
            np.add.at(edges, (row[there], np.clip(here[there, column], 0, samples)), step)
        return np.asarray(edges.cumsum(axis=1)[:, :-1] > 0)
