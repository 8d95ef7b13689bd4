"""The account of a run is closed against what acquisition counted, whoever came, left or took nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from oreline.config import Config
from oreline.ring import RingReader
from oreline.sink import Policy
from oreline.stream import Inbox
from tests.system.line import Line


@pytest.fixture
def logged(line: Line) -> Line:
    """The line with a log alone, and a ring of labels that two seconds of lines fill."""
    del line.tables["plant"], line.tables["sinks"]["conveyor"]
    line.tables["inference"]["ring_lines"] = 1024
    line.tables["acquisition"]["steps"][-1].pop("lines")
    line.tables["simulator"]["loop"] = True
    return line


def visit(line: Line) -> None:
    """A complete consumer that the line's file does not name comes, takes some lines, and is never seen again."""
    settings = Config(line.tables).line
    visitor = Inbox(settings.endpoint("labels"), "visitor", Policy.COMPLETE, ring=settings.ring("labels"))
    deadline = time.monotonic() + 10.0
    while not visitor.receive(50):
        assert time.monotonic() < deadline, "the visitor was sent nothing"
    visitor.close()


@contextmanager
def held(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.long
def test_a_visitor_that_never_comes_back_stops_nothing_and_every_line_is_accounted_for(logged: Line) -> None:
    run = logged.start()
    with run:
        logged.wait_for_lines(100)
        visit(logged)
        logged.wait_for_lines(logged.journalled() + 3 * 1024)
        acquired = RingReader(Config(logged.tables).line.ring("raw")).head
        run.send_signal(signal.SIGINT)
        output = run.communicate(timeout=60)[0]
    assert run.returncode == 0, output
    assert "visitor lacks" in output
    report = logged.report()
    assert report["unaccounted"] == report["lost"] == report["undelivered"] == 0
    assert report["acquired"] == report["labelled"]
    assert report["acquired"] > acquired - 300, "fewer than acquisition had stored when it was asked to end"
    ((run_id, _, end),) = logged.runs()
    assert logged.covered(run_id) == list(range(end or 0))


@pytest.mark.long
def test_what_a_log_that_cannot_write_has_not_taken_is_told_and_delivered_by_the_next_start(logged: Line) -> None:
    run = logged.start()
    with run:
        logged.wait_for_lines(100)
        with sqlite3.connect(logged.output / "journal.sqlite", isolation_level=None) as writer:
            writer.execute("BEGIN IMMEDIATE")  # Another program holds the journal, as a technician's browser does.
            before = logged.journalled()
            time.sleep(1.0)  # Lines pile up in the ring.
            run.send_signal(signal.SIGINT)
            output = run.communicate(timeout=60)[0]
        writer.close()
    assert run.returncode == 64, output
    assert "start the line again, and they are delivered first" in output
    report = logged.report()
    assert (report["labelled"], report["unaccounted"]) == (before, 0)
    assert report["undelivered"] == report["acquired"] - before > 100
    logged.tables["acquisition"]["steps"][-1]["lines"] = 100
    again = logged.start()
    with again:
        output = again.communicate(timeout=120)[0]
    assert again.returncode == 0, output
    first, _ = logged.runs()
    assert first[2] is not None
    assert logged.covered(first[0]) == list(range(first[2]))
    assert first[2] - 200 == report["acquired"]
