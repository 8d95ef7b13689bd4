"""Lines that this sink was not sent, from the journal: which of their samples see more than the table, and where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oreline.errors import RecordingError
from oreline.messages import BACKGROUND
from sinks.log.journal import JOURNAL
from sinks.log.reading import reading

MOST_STEPS = 10
"""Of the encoder from a line to the next, as multiples of the usual."""


class Glance(NamedTuple):
    """Glance at a line: its number, its encoder's count, and the share of its samples that see more than the table."""

    seq: int
    encoder: int
    share: float


class Way:
    """Way of the table from line to line, by the encoder, or by the lines' numbers where there is none. `counts`: of
    the encoder a line; `pitch_mm`: of a line."""

    def __init__(self) -> None:
        self.counts, self.pitch_mm = 0.0, 1.0
        self._before: Glance | None = None

    def to(self, one: Glance) -> float:
        """Way in mm since the line before, with that of lines between them that did not come. What an encoder can not
        have gone is not believed."""
        before, self._before = self._before, one
        if before is None:
            return self.pitch_mm
        lines = max(1, one.seq - before.seq)
        steps = abs((one.encoder - before.encoder) / self.counts) if self.counts else lines
        return min(steps, max(MOST_STEPS, 2 * lines)) * self.pitch_mm

    def begin_run(self) -> None:
        """The next line is the first of a run."""
        self._before = None


def share_of(labels: NDArray[np.uint8]) -> float:
    """Share of samples, by their labels uint8 (samples,), that see more than the table."""
    return 1.0 - np.count_nonzero(labels == BACKGROUND) / max(1, len(labels))


def following(output: Path, run: str) -> int:
    """The number behind the last that the journal has of a run; 0 where it has none of it."""
    try:
        with reading(output / JOURNAL) as db:
            row = db.execute("SELECT next FROM runs WHERE run = ?", (bytes.fromhex(run),)).fetchone()
    except RecordingError:
        return 0
    return 0 if row is None else int(row[0])


def glances(output: Path, run: str, first: int, stop: int) -> Iterator[Glance]:
    """Lines [first, stop) of a run that are in the journal, in order. Raises RecordingError."""
    query = "SELECT seq, encoder, labels FROM lines WHERE run = ? AND seq >= ? AND seq < ? ORDER BY seq"
    with reading(output / JOURNAL) as db:
        for seq, encoder, labels in db.execute(query, (bytes.fromhex(run), first, stop)):
            yield Glance(seq, encoder, share_of(np.frombuffer(labels, np.uint8)))


def counts_of(output: Path, run: str) -> tuple[float, float]:
    """Encoder counts a line, and size of a sample in mm, of a run; 0 where it does not say them. Raises
    RecordingError."""
    query = """SELECT json_extract(info, '$.counts_per_line'), json_extract(info, '$.pitch_mm') FROM streams
        WHERE run = ? ORDER BY seq LIMIT 1"""
    with reading(output / JOURNAL) as db:
        row = db.execute(query, (bytes.fromhex(run),)).fetchone()
    return (0.0, 0.0) if row is None else (float(row[0] or 0), float(row[1] or 0))
