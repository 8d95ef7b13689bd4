"""Trays that pass one after the other, told apart by the table between them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sinks.core.box_scans import LONG, usual_way_mm

LEAST_MM = 30.0
"""Of something that is a tray; what is shorter is a hand, or a tool that lies there."""
MARGIN_MM = 10.0
"""Of table that belongs to the scan of a box, before it and behind."""
HIDDEN_MM = 100.0
"""Of lines that nobody saw, in which a tray of unknown length may have passed."""
NEARLY, OVER = 0.9, 1.05
"""Of the way of a tray: less is not all of it, and more is another."""


@dataclass(frozen=True, slots=True)
class Tray:
    """A tray has begun with line `first`, or ended, and `last` is its last line. `way_mm`: its length, 0 where not all
    of it was seen. `unseen`: how many trays ended in lines that nobody saw, this one the first; 0 where it was seen."""

    first: int
    last: int | None = None
    way_mm: float = 0.0
    unseen: int = 0


@dataclass(slots=True)
class TrayFinder:
    """Finder of trays. `least_share`: of the samples that see more than the table, from which on a line sees a tray.
    `table_mm`: of table that ends one. Way is counted as the table moves: one that stands ends nothing. `ways_mm`: of
    trays that have passed, `row_mm`: of their rows, None where nobody says it; by them it is known how far a tray goes
    on where lines are lost. `in_doubt`: more trays may have passed than it has told of."""

    least_share: float
    table_mm: float
    ways_mm: list[float] = field(default_factory=list)
    row_mm: float | None = None
    in_doubt: bool = False
    _seen: int | None = None
    """Line that was seen last."""
    _first: int | None = None
    """First line of what may be a tray, or is one."""
    _is_tray: bool = False
    _is_whole: bool = False
    """Whether its front was seen."""
    _long_mm: float = 0.0
    _way_mm: float = 0.0
    """Since its first line."""
    _length_mm: float = 0.0
    """Between its first line and the last that sees it."""
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
        lit = share >= self.least_share
        lost = self._seen is not None and seq > self._seen + 1 and way_mm >= self.table_mm
        self._seen = seq
        ended = self._lost(way_mm, lit=lit) if lost else None
        if ended is None:
            return self._lit(seq, way_mm) if lit else self._dark(seq, way_mm)
        if lit:
            self._lit(seq, 0.0)
        return ended

    def end(self) -> Tray | None:
        """No more lines come: the tray that is still there, with its last line."""
        self._seen = None
        self._before.clear()
        return self._end()

    def _end(self, unseen: int = 0) -> Tray | None:
        way_mm = self._length_mm if self._is_whole and not unseen else 0.0
        tray = Tray(self._first, self._last, way_mm, unseen) if self._first is not None and self._is_tray else None
        self._first, self._is_tray, self._dark_mm = None, False, 0.0
        return tray

    def _lost(self, way_mm: float, *, lit: bool) -> Tray | None:
        """Lines that nobody saw, of a way that may hide the table between two trays, and a line behind them. Returns
        the tray that ended there."""
        self._before.clear()
        tray_mm = usual_way_mm(self.ways_mm, self.row_mm)
        if not tray_mm:
            self.in_doubt |= way_mm >= HIDDEN_MM or (lit and self._first is not None)
            return None
        if self._first is None:
            self.in_doubt |= way_mm > NEARLY * tray_mm
            return None
        way_mm += self._way_mm
        self.in_doubt |= way_mm > (OVER if lit else 1 + NEARLY) * tray_mm
        if lit:
            return self._end(max(1, int(way_mm / (tray_mm + self.table_mm)))) if way_mm > OVER * tray_mm else None
        return self._end(1) if self._length_mm < NEARLY * tray_mm else None

    def _passed(self) -> Tray | None:
        """The tray that ends with table behind it."""
        tray = self._end()
        if tray is not None and tray.way_mm:
            usual_mm = usual_way_mm(self.ways_mm, self.row_mm)
            self.in_doubt |= 0 < LONG * usual_mm < tray.way_mm
            self.ways_mm.append(tray.way_mm)
        return tray

    def _lit(self, seq: int, way_mm: float) -> Tray | None:
        if self._first is None:
            self._is_whole = bool(self._before)
            self._first, self._long_mm, self._way_mm = self._begin(seq), 0.0, -way_mm
        self._last, self._dark_mm = seq, 0.0
        self._long_mm += way_mm
        self._way_mm += way_mm
        self._length_mm = self._way_mm
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
        self._way_mm += way_mm
        if self._dark_mm <= MARGIN_MM:
            self._last = seq
        return self._passed() if self._dark_mm >= self.table_mm else None

    def _begin(self, seq: int) -> int:
        first = self._before[0][0] if self._before else seq
        self._before.clear()
        return first
