"""Lines and gaps of a shift, counted in the journal.

A line is dated by the clock of its stream's description, so each is in one shift, whatever the wall's clock did; a gap
is dated by the line after it, or else by the one before.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer, answer_of
from sinks.log.reading import CHUNK, columns, gaps, segments
from sinks.station.shifts.minutes import count_gap, totalled
from sinks.station.shifts.tally import Tally

_STRETCHES = """
SELECT runs.rowid, streams.run, streams.seq, info, wall_ns - t_ns,
    lead(streams.seq) OVER (PARTITION BY streams.run ORDER BY streams.seq)
FROM streams JOIN runs USING (run) ORDER BY runs.rowid, streams.seq"""
_WITHIN = "FROM lines WHERE run = ? AND seq >= ? AND seq < ? AND t_ns >= ? AND t_ns < ?"
_LAST = (1 << 63) - 1

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines [first, stop) of a run that one description is of. `offset_ns`: from their CLOCK_MONOTONIC to the wall's;
    None where nobody has looked at a clock."""

    run: bytes
    first: int
    stop: int
    offset_ns: int | None
    pitch_mm: float
    answer: Answer
    samples: int


@dataclass(frozen=True, slots=True)
class RunTimes:
    """Times of a run's lines in a shift, in order, with one line before and after where there is one: `seq`, `t_ns`
    and `wall_ns`, int64 (n,)."""

    run: bytes
    seq: Numbers
    t_ns: Numbers
    wall_ns: Numbers


def stretches(db: sqlite3.Connection) -> list[Stretch]:
    """All of a journal, run by run."""
    found, parts = list[Stretch](), dict[bytes, Any]()
    for _, run, first, text, offset, stop in db.execute(_STRETCHES).fetchall():
        info = json.loads(text)
        cut = parts.setdefault(run, segments(db, run))
        here = next(one for one in reversed(cut) if one.start <= first)
        answer = answer_of("labels", here.classes, here.layers)
        found.append(
            Stretch(run, first, _LAST if stop is None else stop, offset, info["pitch_mm"], answer, info["samples"])
        )
    return found


def count_lines(db: sqlite3.Connection, stretch: Stretch, start_ns: int, stop_ns: int, counts: Tally) -> None:
    """Count the lines of a stretch that are in [start_ns, stop_ns), with their samples, models and references."""
    if stretch.offset_ns is None:
        return
    codes = np.zeros(256, np.int64)
    for rows in _rows(db, stretch, start_ns, stop_ns):
        counts.lines += len(rows)
        for model, reference in dict.fromkeys((row[1], row[2]) for row in rows):
            wall = next(row[0] for row in rows if row[1:3] == (model, reference)) + stretch.offset_ns
            counts.see("model", model, wall)
            counts.see("reference", reference, wall)
        labels = np.frombuffer(b"".join(row[3] for row in rows), np.uint8).reshape(len(rows), -1)
        codes += np.bincount(stretch.answer.codes(labels, _layers(rows, labels.shape[1])).ravel(), minlength=256)
    counts.take_samples(totalled(codes, stretch.answer), stretch.pitch_mm)


def _rows(db: sqlite3.Connection, stretch: Stretch, start_ns: int, stop_ns: int) -> Iterator[list[tuple[Any, ...]]]:
    layers = "layers" if "layers" in columns(db, "lines") else "NULL"
    query = f"SELECT t_ns, model, calibration, labels, {layers} {_WITHIN} ORDER BY seq"
    cursor = db.execute(query, _bounds(stretch, start_ns, stop_ns))
    while rows := cursor.fetchmany(CHUNK):
        yield rows


def _bounds(stretch: Stretch, start_ns: int, stop_ns: int) -> tuple[Any, ...]:
    offset = stretch.offset_ns or 0
    return stretch.run, stretch.first, stretch.stop, start_ns - offset, stop_ns - offset


def _layers(rows: list[tuple[Any, ...]], samples: int) -> NDArray[np.uint8] | None:
    if any(row[4] is None for row in rows):
        return None
    return np.frombuffer(b"".join(row[4] for row in rows), np.uint8).reshape(len(rows), -1, samples)


def count_gaps(db: sqlite3.Connection, stretch: list[Stretch], start_ns: int, stop_ns: int, counts: Tally) -> None:
    """Count the lines of a run's gaps that are in [start_ns, stop_ns). `stretch`: all of that run."""
    for gap in gaps(db, stretch[0].run):
        wall = _date(db, stretch, gap.first, gap.first + gap.n)
        if wall is not None and start_ns <= wall < stop_ns:
            count_gap(counts, gap.reason, gap.n)


def _date(db: sqlite3.Connection, stretch: list[Stretch], first: int, stop: int) -> int | None:
    """When lines [first, stop), which are not there, would have come."""
    run = stretch[0].run
    row = db.execute("SELECT seq, t_ns FROM lines WHERE run = ? AND seq >= ? ORDER BY seq LIMIT 1", (run, stop))
    found = row.fetchone()
    if found is None:
        row = db.execute(
            "SELECT seq, t_ns FROM lines WHERE run = ? AND seq < ? ORDER BY seq DESC LIMIT 1", (run, first)
        )
        found = row.fetchone()
    if found is None:
        row = db.execute("SELECT seq, t_ns FROM streams WHERE run = ? ORDER BY seq LIMIT 1", (run,))
        found = row.fetchone()
    here = next((one for one in reversed(stretch) if one.first <= found[0]), stretch[0])
    return None if here.offset_ns is None or found[1] is None else found[1] + here.offset_ns


def times(db: sqlite3.Connection, run: list[Stretch], start_ns: int, stop_ns: int) -> RunTimes | None:
    """The times of a run, all of whose stretches are given; None where it is not dated."""
    parts = [_times(db, one, start_ns, stop_ns) for one in run if one.offset_ns is not None]
    if not parts:
        return None
    seq, t_ns, wall = (np.concatenate(column) for column in zip(*parts, strict=True))
    return RunTimes(run[0].run, seq, t_ns, wall)


def _times(db: sqlite3.Connection, stretch: Stretch, start_ns: int, stop_ns: int) -> tuple[Numbers, Numbers, Numbers]:
    """Those within, the last before and the first after."""
    bounds = _bounds(stretch, start_ns, stop_ns)
    of_run = "FROM lines WHERE run = ? AND seq >= ? AND seq < ?"
    last = f"SELECT * FROM (SELECT seq, t_ns {of_run} AND t_ns < ? ORDER BY seq DESC LIMIT 1)"  # noqa: S608
    next_ = f"SELECT * FROM (SELECT seq, t_ns {of_run} AND t_ns >= ? ORDER BY seq LIMIT 1)"  # noqa: S608
    rows = db.execute(last, bounds[:4]).fetchall()
    rows += db.execute(f"SELECT seq, t_ns {_WITHIN} ORDER BY seq", bounds).fetchall()
    rows += db.execute(next_, (*bounds[:3], bounds[4])).fetchall()
    found = np.array(rows, np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1], found[:, 1] + (stretch.offset_ns or 0)


def dated(db: sqlite3.Connection) -> Iterator[Numbers]:
    """Wall's times of all lines of a journal, int64 (n,), some at a time."""
    for stretch in stretches(db):
        if stretch.offset_ns is not None:
            cursor = db.execute(
                "SELECT t_ns FROM lines WHERE run = ? AND seq >= ? AND seq < ?",
                (stretch.run, stretch.first, stretch.stop),
            )
            while rows := cursor.fetchmany(CHUNK * 16):
                yield np.array(rows, np.int64)[:, 0] + stretch.offset_ns


def undated(db: sqlite3.Connection) -> int:
    """How many lines of a journal nobody can date."""
    query = "SELECT count(*) FROM lines WHERE run = ? AND seq >= ? AND seq < ?"
    none = [one for one in stretches(db) if one.offset_ns is None]
    return sum(int(db.execute(query, (one.run, one.first, one.stop)).fetchone()[0]) for one in none)
