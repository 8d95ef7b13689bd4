"""Trays that pass one after the other, told apart by the table between them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

LEAST_MM = 30.0
"""Of something that is a tray; what is shorter is a hand, or a tool that lies there."""
MARGIN_MM = 10.0
"""Of table that belongs to the scan of a box, before it and behind."""


@dataclass(frozen=True, slots=True)
class Tray:
    """A tray has begun with line `first`, or ended, and `last` is its last line."""

    first: int
    last: int | None = None


@dataclass(slots=True)
class TrayFinder:
    """Finder of trays. `least_share`: of the samples that see more than the table, from which on a line sees a tray.
    `table_mm`: of table that ends one. Way is counted as the table moves: one that stands ends nothing."""

    least_share: float
    table_mm: float
    _first: int | None = None
    """First line of what may be a tray, or is one."""
    _is_tray: bool = False
    _long_mm: float = 0.0
    _dark_mm: float = 0.0
    _last: int = 0
    """Last line that belongs to it."""
    _before: deque[tuple[int, float]] = field(default_factory=deque)
    """Lines of table just before, and the way from each to the next."""

    @property
    def tray(self) -> int | None:
        """First line of the tray under the camera; None where there is none."""
        return self._first if self._is_tray else None

    def before(self, seq: int) -> int:
        """The line at which another finder must begin, so that it knows at line `seq` what this one does."""
        if self._first is not None:
            return self._first
        return self._before[0][0] if self._before else seq

    def see(self, seq: int, share: float, way_mm: float) -> Tray | None:
        """A line in order, the share of its samples that see more than the table, and the way since the line before.
        Returns a tray where one begins or ends here."""
        return self._lit(seq, way_mm) if share >= self.least_share else self._dark(seq, way_mm)

    def end(self) -> Tray | None:
        """No more lines come: the tray that is still there, with its last line."""
        first, is_tray, last = self._first, self._is_tray, self._last
        self._forget()
        return Tray(first, last) if first is not None and is_tray else None

    def _lit(self, seq: int, way_mm: float) -> Tray | None:
        if self._first is None:
            self._first, self._long_mm = self._begin(seq), 0.0
        self._last, self._dark_mm = seq, 0.0
        self._long_mm += way_mm
        if self._is_tray or self._long_mm < LEAST_MM:
            return None
        self._is_tray = True
        return Tray(self._first)

    def _dark(self, seq: int, way_mm: float) -> Tray | None:
        self._before.append((seq, way_mm))
        while len(self._before) > 1 and sum(way for _, way in self._before) > MARGIN_MM:
            self._before.popleft()
        if self._first is None:
            return None
        self._dark_mm += way_mm
        if self._dark_mm <= MARGIN_MM:
            self._last = seq
        return self.end() if self._dark_mm >= self.table_mm else None

    def _begin(self, seq: int) -> int:
        first = self._before[0][0] if self._before else seq
        self._before.clear()
        return first

    def _forget(self) -> None:
        self._first, self._is_tray, self._long_mm, self._dark_mm = None, False, 0.0, 0.0
