"""Bank of valves: which of them open, from the samples below them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sinks.conveyor.stand_ins import stand_ins

Span = tuple[int, int]


class ValveBank:
    """Bank of valves that stand evenly across all samples; on each side of what is wanted, `margin` valves more open.

    A valve may reach over several stones. It goes with the most of what is under it: a neighbour that is not wanted
    would fly with the stone that is. `dead`: valves that do not answer, bit v for valve v, for which others stand in.
    """

    dead = 0

    def __init__(self, valves: int, samples: int, margin: int) -> None:
        edges = np.arange(valves + 1) * samples
        self._first, self._after = edges[:-1] // valves, -(-edges[1:] // valves)
        self._samples, self._margin, self._all = samples, margin, (1 << valves) - 1

    def bitmap(self, wanted: list[Span], unwanted: list[Span]) -> int:
        """Bit v opens valve v: where more samples are wanted than unwanted. Spans are samples [start, stop)."""
        if not wanted:
            return 0
        gain = np.zeros(self._samples + 1, np.int64)
        for spans, worth in ((wanted, 1), (unwanted, -1)):
            for start, stop in spans:
                gain[start + 1 : stop + 1] = worth
        total = gain.cumsum()
        under = total[self._after] - total[self._first]
        opens = _bits(under > 0)
        for_dead = stand_ins(opens, self.dead, _bits(under >= 0)) if opens & self.dead else 0
        return self._widened(opens) | for_dead & self._all

    def above(self, start: int, stop: int) -> int:
        """Bitmap of the valves that reach over samples [start, stop), with the margin and with those that stand in."""
        valves = len(self._first)
        first, last = start * valves // self._samples, -(-stop * valves // self._samples) - 1
        over = (2 << last) - (1 << first)
        return self._widened(over) | stand_ins(over, self.dead, self._all)

    def spans(self, bitmap: int) -> list[Span]:
        """The samples under the open valves of a row, in stretches."""
        opens = np.array([bitmap >> valve & 1 for valve in range(len(self._first))], np.int64)
        steps = np.diff(opens, prepend=0, append=0)
        starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
        return [(int(self._first[i]), int(self._after[j - 1])) for i, j in zip(starts, stops, strict=True)]

    def _widened(self, bitmap: int) -> int:
        for _ in range(self._margin):
            bitmap |= bitmap << 1 | bitmap >> 1
        return bitmap & self._all


def _bits(valves: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(valves, bitorder="little").tobytes(), "little")
