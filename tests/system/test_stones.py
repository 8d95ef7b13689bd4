"""Stones of a whole line: in the journal once each, as many as the sorter counts, whatever is killed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest

from oreline.config import Config
from oreline.ring import RingReader
from tests.system.line import Line

LINES = 700
UNHURRIED = {"distance_counts": 40_000, "deadline_ms": 5_000.0, "budget_ms": 5_000.0}
"""However busy the machine is, stones are seen."""
COUNTED = "stones", "ejected", "doubtful", "cut"


@pytest.fixture
def sorted_line(line: Line) -> Line:
    """A line that goes on until it is stopped, and that nobody has to hurry for."""
    line.tables["simulator"]["loop"] = True
    line.tables["acquisition"]["steps"][-1]["lines"] = 20_000
    line.tables["sinks"]["conveyor"] |= UNHURRIED
    line.tables["sinks"].pop("station", None)
    return line


def rows(line: Line, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(line.output / "journal.sqlite")) as db:
        return db.execute(query).fetchall()


def wait_for_stones(line: Line, n: int) -> None:
    """Until the journal has so many."""
    deadline = time.monotonic() + 60.0
    while not line.journalled() or rows(line, "SELECT count(*) FROM stones")[0][0] < n:
        assert time.monotonic() < deadline, "no stones came"
        assert line.process is None or line.process.poll() is None, "the line ended"
        time.sleep(0.02)


def assert_numbered(line: Line) -> None:
    """Of each run all numbers up to its end, once."""
    for run, end in rows(line, "SELECT run, end FROM stone_runs"):
        numbers = [n for (of, n) in rows(line, "SELECT run, number FROM stones ORDER BY number") if of == run]
        assert numbers == list(range(end))
    assert not rows(line, "SELECT * FROM stone_gaps")


def test_the_journal_has_the_stones_that_the_sorter_counts_and_what_valves_opened(sorted_line: Line) -> None:
    sorted_line.tables["acquisition"]["steps"][-1]["lines"] = LINES
    with sorted_line.start() as run:
        output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    sorter, log = (json.loads((sorted_line.output / f"{name}.json").read_text()) for name in ("conveyor", "log"))
    assert sorter["stones"] > 20
    assert {name: log["stones"][name] for name in COUNTED} == {name: sorter[name] for name in COUNTED}
    assert (log["stones"]["lost"], log["stones"]["duplicates"]) == (0, 0)
    assert_numbered(sorted_line)
    opened = rows(sorted_line, "SELECT count(*) FROM stones WHERE decision = 'ejected' AND valves != '[]'")
    assert opened == [(sorter["ejected"],)] or sorter["late"] + sorter["dropped"], sorter
    whole = "SELECT count(*) FROM stones WHERE pixels = (SELECT sum(value) FROM json_each(counts))"
    assert rows(sorted_line, whole) == [(sorter["stones"],)]


@pytest.mark.long
@pytest.mark.parametrize("killed", ["conveyor", "log"])
def test_stones_are_numbered_on_when_a_process_is_killed_and_none_in_the_ring_is_lost(
    sorted_line: Line, killed: str
) -> None:
    with sorted_line.start() as run:
        wait_for_stones(sorted_line, 20)
        os.kill(sorted_line.pid(killed), signal.SIGKILL)
        before = rows(sorted_line, "SELECT count(*) FROM stones")[0][0]
        wait_for_stones(sorted_line, before + 20)
        run.send_signal(signal.SIGINT)
        output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    assert_numbered(sorted_line)


@pytest.mark.long
@pytest.mark.parametrize("frozen", ["log", "conveyor"])
def test_stones_that_a_killed_supervisor_has_left_are_delivered_by_the_next_start(
    sorted_line: Line, frozen: str
) -> None:
    ring = Config(sorted_line.tables).line.ring("stones")
    with sorted_line.start() as run:
        wait_for_stones(sorted_line, 20)
        os.kill(sorted_line.pid(frozen), signal.SIGSTOP)
        time.sleep(0.5)  # Stones pile up in their ring.
        os.kill(sorted_line.pid("conveyor"), signal.SIGSTOP)
        left = RingReader(ring).head
        run.kill()
        run.communicate()
    sorted_line.tables["acquisition"]["steps"][-1]["lines"] = 300
    with sorted_line.start() as again:
        output = again.communicate(timeout=150)[0]
    assert again.returncode == 0, output
    assert "the run before was cut short" in output
    assert_numbered(sorted_line)
    first, second = rows(sorted_line, "SELECT next, end FROM stone_runs ORDER BY rowid")
    assert first[0] == first[1] >= left - 2
    assert second[1] > 0
