"""Flood of alarms: more of them than somebody can deal with."""

from __future__ import annotations

from collections import deque

FLOOD, CALM, FLOOD_NS = 10, 5, 600_000_000_000
"""More new alarms than `FLOOD` in so long are one, which is over when there are fewer than `CALM`: ISA-18.2."""


class Flood:
    """Flood of those that called somebody; times are CLOCK_MONOTONIC in ns."""

    def __init__(self) -> None:
        self._new: deque[int] = deque(maxlen=FLOOD + 1)
        self._is_over = True

    def see(self, now_ns: int) -> None:
        """A new alarm."""
        self._new.append(now_ns)

    def over(self, now_ns: int) -> int:
        """How many alarms make a flood now, at least; 0 while there is none."""
        n = sum(now_ns - at <= FLOOD_NS for at in self._new)
        self._is_over = n < CALM if not self._is_over else n <= FLOOD
        return 0 if self._is_over else n
