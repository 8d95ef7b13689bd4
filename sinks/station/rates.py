"""Rates and shares of the lines that came lately."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer
from oreline.messages import BACKGROUND, INVALID, UNKNOWN
from sinks.station.lines import LineBlock

RATE_NS, MINUTE_NS = 1_000_000_000, 60_000_000_000
SHARES_NS = MINUTE_NS


class Rates:
    """Rates over the last second, and samples by code over the last minute, of lines as they come."""

    def __init__(self) -> None:
        self._recent: deque[tuple[int, int, int]] = deque()
        """First and last moment at the sensor are those of blocks: taken_ns, lines, and counts of the encoder."""
        self._minute: deque[tuple[int, NDArray[np.int64]]] = deque()
        self._pixels = np.zeros(256, np.int64)
        self.last_ns: int | None = None

    def see(self, block: LineBlock) -> None:
        """A block of lines."""
        counts = np.bincount(block.codes.ravel(), minlength=256)
        self._minute.append((block.taken_ns, counts))
        self._pixels += counts
        self._recent.append((block.taken_ns, block.n, int(block.encoder[-1])))
        self.last_ns = block.taken_ns
        self._forget(block.taken_ns)

    def _forget(self, now_ns: int) -> None:
        while self._recent and self._recent[0][0] < now_ns - RATE_NS:
            self._recent.popleft()
        while self._minute and self._minute[0][0] < now_ns - SHARES_NS:
            self._pixels -= self._minute.popleft()[1]

    def lines_per_s(self, now_ns: int) -> float:
        """Lines of the last second."""
        self._forget(now_ns)
        return float(sum(n for _, n, _ in self._recent))

    def counts_per_s(self, now_ns: int) -> float:
        """Encoder counts over the last second; NaN where fewer than two blocks have come."""
        self._forget(now_ns)
        if len(self._recent) < 2:
            return math.nan
        (t0, _, first), (t1, _, last) = self._recent[0], self._recent[-1]
        return (last - first) / ((t1 - t0) * 1e-9) if t1 > t0 else math.nan

    def shares(self, now_ns: int, answer: Answer) -> dict[str, float]:
        """Share of each class, and of what is unknown, in the rock of the last minute, largest first."""
        self._forget(now_ns)
        names = dict(enumerate(info.name for info in answer.classes)) | {UNKNOWN: "unknown"}
        rock = int(self._pixels.sum() - self._pixels[BACKGROUND] - self._pixels[INVALID])
        found = {name: int(self._pixels[code]) / rock for code, name in names.items() if rock and self._pixels[code]}
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def restart(self) -> None:
        """Another stream begins, whose codes may stand for something else."""
        self._recent.clear()
        self._minute.clear()
        self._pixels[:] = 0


class StoneRate:
    """Rate of the stones of the last minute, by what the sorter has counted: whoever looks on, and since when.

    `per_minute`: stones closed a minute. `ejected`: share of them that were. NaN where that is not known yet.
    """

    def __init__(self) -> None:
        self._counts: deque[tuple[int, int, int]] = deque()
        self.per_minute = self.ejected = math.nan

    def see(self, stones: Mapping[str, int], now_ns: int) -> None:
        """What is counted so far; a sorter that counts from 0 again has been started anew, and one that does not
        answer says nothing."""
        if not stones:
            return
        seen, shot = stones.get("seen", 0), stones.get("ejected", 0)
        if self._counts and seen < self._counts[-1][1]:
            self._counts.clear()
        self._counts.append((now_ns, seen, shot))
        while self._counts[0][0] < now_ns - MINUTE_NS:
            self._counts.popleft()
        (then_ns, before, shot_before) = self._counts[0]
        n = seen - before
        self.per_minute = n * MINUTE_NS / (now_ns - then_ns) if now_ns > then_ns else math.nan
        self.ejected = (shot - shot_before) / n if n else math.nan
