"""Speed of the belt, by its encoder and the times of its lines, and what it will be further on.

A command leaves long before its stone is at the valves; a belt that speeds up runs faster by then. At an acceleration
a that lasts, speed after a way s is sqrt(v^2 + 2 a s). v and a are those of the last 200 ms, by means of their halves.
"""

from __future__ import annotations

import math
from collections import deque

_WINDOW_NS, _LEAST_NS = 200_000_000, 50_000_000
_MOST = 2.0
"""Times the speed of now: not more is believed of the way ahead, nor less than one over it."""


class Speed:
    """Speed by lines as they come, `counts_per_s` before them. Lines that are missing change nothing."""

    def __init__(self, counts_per_s: float) -> None:
        self.counts_per_s = counts_per_s
        self.counts_per_s2 = 0.0
        self._seen: deque[tuple[int, int]] = deque()

    def restart(self) -> None:
        """Positions before and after this moment do not go together; the speed holds until it is known anew."""
        self._seen.clear()
        self.counts_per_s2 = 0.0

    def see(self, t_ns: int, encoder: int) -> None:
        """A line: its time, and its position in counts."""
        seen = self._seen
        if seen and t_ns <= seen[-1][0]:
            self.restart()
        seen.append((t_ns, encoder))
        while len(seen) > 3 and t_ns - seen[1][0] >= _WINDOW_NS:
            seen.popleft()
        if len(seen) > 2 and t_ns - seen[0][0] >= _LEAST_NS:
            self._measure()

    def lead(self, ms: float, way: int) -> int:
        """Counts that the belt will go in so many ms when it has gone `way` counts more; none where it stands or runs
        backwards."""
        now = max(0.0, self.counts_per_s)
        then = math.sqrt(max(0.0, now**2 + 2 * self.counts_per_s2 * way))
        return round(min(max(then, now / _MOST), now * _MOST) * ms / 1e3)

    def _measure(self) -> None:
        first, middle, last = self._seen[0], self._seen[len(self._seen) // 2], self._seen[-1]
        older, newer = _mean(first, middle), _mean(middle, last)
        whole_s, newer_s = (last[0] - first[0]) / 1e9, (last[0] - middle[0]) / 1e9
        self.counts_per_s2 = 2 * (newer - older) / whole_s
        self.counts_per_s = newer + self.counts_per_s2 * newer_s / 2


def _mean(one: tuple[int, int], other: tuple[int, int]) -> float:
    return (other[1] - one[1]) / (other[0] - one[0]) * 1e9
