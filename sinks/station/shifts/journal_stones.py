"""Stones of a shift, counted in the journal."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter

from sinks.log.reading import columns
from sinks.station.shifts.journal_lines import Stretch
from sinks.station.shifts.minutes import decided
from sinks.station.shifts.tally import Tally

_STONES = """
SELECT decision, product, recipe, pixels, counts, wall_ns FROM timed_stones
WHERE run = ? AND last_line >= ? AND last_line < ? AND wall_ns >= ? AND wall_ns < ?"""


def count_stones(db: sqlite3.Connection, stretch: Stretch, start_ns: int, stop_ns: int, counts: Tally) -> None:
    """Count the stones that end in the lines of a stretch, and in [start_ns, stop_ns). A journal of a release without
    stones has none."""
    if not columns(db, "stones"):
        return
    cursor = db.execute(_STONES, (stretch.run, stretch.first, stretch.stop, start_ns, stop_ns))
    for decision, product, recipe, pixels, told, wall_ns in cursor:
        counts.take_stone(decided(decision, product), pixels, Counter(json.loads(told)), stretch.pitch_mm)
        counts.see("recipe", recipe, wall_ns)


def missed_stones(db: sqlite3.Connection) -> int:
    """How many stones of a journal's runs it lacks: they are in no shift, since nobody knows when they passed."""
    if not columns(db, "stone_gaps"):
        return 0
    return int(db.execute("SELECT total(n) FROM stone_gaps").fetchone()[0])
