"""Trays of core as masks, painted from what lies in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sinks.core.depth import RowFind
from sinks.core.rows import find_rows
from sinks.core.session import Box, Hole, Session


@dataclass
class Tray:
    """A tray under a camera, pixels of 1 mm. `pieces`: of each row from sample 0 on, (from, to) in mm from the row's
    left end. `pitch_mm` from row to row, `askew_deg`; `front_mm` of table before it. `specks`: share of pixels that are
    taken for the other; `walls`: share of the walls' pixels that are taken for rock."""

    pieces: Sequence[Sequence[tuple[float, float]]]
    core_mm: float = 63.5
    pitch_mm: float = 75.0
    askew_deg: float = 0.0
    front_mm: int = 40
    row_mm: int = 600
    samples: int = 384
    specks: float = 0.0
    walls: float = 0.0
    first_mm: float | None = None
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    @property
    def centres(self) -> NDArray[np.float64]:
        """Middle of each row across, in the middle of the scan."""
        n = len(self.pieces)
        first = (self.samples - 1 - (n - 1) * self.pitch_mm) / 2 if self.first_mm is None else self.first_mm
        return first + self.pitch_mm * np.arange(n)

    @property
    def rock(self) -> NDArray[np.bool_]:
        lines = self.row_mm + 2 * self.front_mm
        i, j = np.mgrid[0:lines, 0 : self.samples].astype(float)
        i, j, turn = i - (lines - 1) / 2, j - (self.samples - 1) / 2, np.radians(self.askew_deg)
        along = i * np.cos(turn) - j * np.sin(turn) + self.row_mm / 2
        across = i * np.sin(turn) + j * np.cos(turn) + (self.samples - 1) / 2
        rock = np.zeros(i.shape, bool)
        for centre, pieces in zip(self.centres, self.pieces, strict=True):
            for start, stop in pieces:
                rock |= (abs(across - centre) < self.core_mm / 2) & (along >= start) & (along < stop)
            wall = abs(across - centre - self.pitch_mm / 2) < (self.pitch_mm - self.core_mm) / 2
            rock |= wall & (self.rng.random(i.shape) < self.walls)
        return np.asarray(rock ^ (self.rng.random(i.shape) < self.specks))

    @property
    def along_mm(self) -> NDArray[np.float64]:
        return np.arange(self.row_mm + 2 * self.front_mm, dtype=float)

    def finds(self, session: Session, number: int = 1, **more: Any) -> tuple[RowFind, ...]:
        (box,) = (one for one in session.boxes if one.number == number)
        return find_rows(self.rock, self.along_mm, 1.0, session, box, **more)


def session_of(*boxes: Box, **more: Any) -> Session:
    return Session(hole=Hole(id="DH-1"), boxes=boxes, **more)


def middles(finds: Sequence[RowFind]) -> NDArray[np.float64]:
    """Middle of each row across, in the middle of the scan, in the order of the samples."""
    return np.sort([(find.first[len(find.first) // 2] + find.stop[len(find.stop) // 2] - 1) / 2 for find in finds])
