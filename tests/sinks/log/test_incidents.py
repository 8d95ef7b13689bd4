"""The journal's history: each incident once, in the order in which it happened, and each line on a calendar."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oreline.errors import RecordingError
from oreline.incidents import Log as ProcessLog
from oreline.incidents.file import LogFile
from oreline.messages import Message
from oreline.moment import Moment
from oreline.testing import RUN, end_of_stream, label_line, stream_info
from sinks.log import Log, account
from sinks.log import sink as sinks
from sinks.log.schema import SCHEMA
from sinks.log.sink import LogSettings
from tests.sinks.killed import Killed
from tests.sinks.log.journals import journal_rows

SECOND_NS = 1_000_000_000
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOON_NS = int(NOON.timestamp()) * SECOND_NS
SCHEMA_1 = """
CREATE TABLE runs(run BLOB PRIMARY KEY, next INTEGER NOT NULL, exported INTEGER NOT NULL DEFAULT 0,
    end INTEGER, lines INTEGER, lost INTEGER, reference INTEGER);
CREATE TABLE streams(run BLOB NOT NULL, seq INTEGER NOT NULL, info TEXT NOT NULL, PRIMARY KEY (run, seq));
CREATE TABLE lines(run BLOB NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL, block_id INTEGER NOT NULL,
    t_ns INTEGER NOT NULL, encoder INTEGER NOT NULL, flags INTEGER NOT NULL, model TEXT NOT NULL,
    calibration TEXT NOT NULL, latency_us INTEGER NOT NULL, labels BLOB NOT NULL, confidence BLOB NOT NULL,
    PRIMARY KEY (run, seq));
CREATE TABLE gaps(run BLOB NOT NULL, first INTEGER NOT NULL, n INTEGER NOT NULL, epoch INTEGER NOT NULL,
    reason INTEGER NOT NULL, PRIMARY KEY (run, first));
PRAGMA user_version = 1;
"""


def say(output: Path, process: str, *kinds: str) -> None:
    """What a process reports in one of its lives."""
    log = ProcessLog(process, LogFile(output / "logs" / f"{process}.jsonl"))
    for kind in kinds:
        log.report("", kind, run=RUN, seq=7)
    log.close()


def reopened(output: Path) -> dict[str, Any]:
    log = Log.open(LogSettings(), output)
    log.idle()
    return log.close()


def test_what_processes_report_comes_into_the_journal_once_and_late_news_at_the_next_start(tmp_path: Path) -> None:
    say(tmp_path, "acquisition", "camera_lost", "jitter")
    log = Log.open(LogSettings(), tmp_path, clock=count(0, sinks.LOOK_NS).__next__)
    log.idle()
    say(tmp_path, "conveyor", "plc_lost")
    log.consume([stream_info(), label_line(0)])
    log.commit()
    log.close()
    kinds = "SELECT kind FROM history"
    assert journal_rows(tmp_path, kinds) == [("camera_lost",), ("jitter",), ("plc_lost",)]
    say(tmp_path, "line", "gave_up")
    reopened(tmp_path)
    reopened(tmp_path)
    assert journal_rows(tmp_path, kinds) == [("camera_lost",), ("jitter",), ("plc_lost",), ("gave_up",)]
    found = journal_rows(tmp_path, "SELECT severity, process, stage, n, run, seq, typeof(boot) FROM history LIMIT 1")
    assert found == [("alarm", "acquisition", "acquisition", 1, RUN, 7, "blob")]


FOLLOWER = """
import sys, time
from pathlib import Path
from sinks.log import Log, sink

sink.LOOK_NS = 0
log = Log.open(Log.Settings(), Path(sys.argv[1]))
print("ready", flush=True)
while True:
    log.idle()
"""


def test_each_incident_is_there_once_though_the_log_is_killed_again_and_again(tmp_path: Path) -> None:
    log = ProcessLog("acquisition", LogFile(tmp_path / "logs" / "acquisition.jsonl"))
    number = count()
    for _ in range(4):
        with Killed(FOLLOWER, tmp_path) as follower:
            assert follower.words.readline() == "ready\n"
            for _ in range(200):
                log.report("", f"kind {next(number)}")
    log.close()
    reopened(tmp_path)
    found = journal_rows(tmp_path, "SELECT number, kind FROM incidents ORDER BY number")
    assert found == [(n + 1, f"kind {n}") for n in range(800)]


def test_incidents_that_find_no_room_are_taken_in_when_there_is_some(tmp_path: Path) -> None:
    for n in range(40):
        say(tmp_path, f"process{n}", *(f"kind{n}" for n in range(20)))
    log = Log.open(LogSettings(), tmp_path, clock=count(0, sinks.LOOK_NS).__next__)
    connection = log._journal.connection
    connection.execute("PRAGMA max_page_count = 30")
    log.consume([stream_info(), label_line(0)])
    log.commit()
    assert connection.execute("SELECT count(*) FROM lines").fetchone() == (1,)
    assert connection.execute("SELECT count(*) FROM incidents").fetchone() == (0,)
    connection.execute("PRAGMA max_page_count = 100000")
    log.idle()
    assert connection.execute("SELECT count(*) FROM incidents").fetchone() == (800,)
    log.close()


def test_each_line_is_on_the_calendar_also_after_a_boot_and_when_the_wall_clock_was_set_back(tmp_path: Path) -> None:
    before = Moment(NOON_NS, 3600, 100 * SECOND_NS, bytes(16))
    after = Moment(NOON_NS - 3600 * SECOND_NS, 3600, 5 * SECOND_NS, bytes(range(16)))
    first, second = stream_info(clock=before), stream_info(seq=2, epoch=2, clock=after)
    lines = [label_line(seq, first, t_ns=(101 + seq) * SECOND_NS) for seq in range(2)]
    lines += [label_line(seq, second, t_ns=seq * SECOND_NS) for seq in (2, 8)]
    log = Log.open(LogSettings(), tmp_path)
    log.consume([first, *lines[:2], second, *lines[2:]])
    log.commit()
    table = pq.read_table(log.close()["artefacts"]["parquet"])
    earlier = NOON - timedelta(hours=1)
    wanted = [NOON + timedelta(seconds=1), NOON + timedelta(seconds=2), earlier - timedelta(seconds=3)]
    assert table["wall_ns"].cast(pa.timestamp("ms", tz="UTC")).to_pylist() == [*wanted, earlier + timedelta(seconds=3)]
    assert table["seq"].to_pylist() == [0, 1, 2, 8]
    clocks = "SELECT seq, wall_ns, offset_s, t_ns, boot FROM streams ORDER BY seq"
    assert journal_rows(tmp_path, clocks) == [
        (0, before.wall_ns, 3600, before.t_ns, before.boot),
        (2, after.wall_ns, 3600, after.t_ns, after.boot),
    ]


def old_journal(output: Path) -> None:
    """As the release before made it, with three lines of a run that has not ended."""
    db = sqlite3.connect(output / "journal.sqlite")
    db.executescript(SCHEMA_1)
    info = '{"samples": 32, "classes": [{"name": "calcite", "colour": [1, 2, 3]}]}'
    db.execute("INSERT INTO runs(run, next) VALUES (?, 3)", (RUN,))
    db.execute("INSERT INTO streams VALUES (?, 0, ?)", (RUN, info))
    for seq in range(3):
        db.execute(
            "INSERT INTO lines VALUES (?, ?, 1, ?, 5, 6, 0, 'm', 'c', 7, ?, ?)", (RUN, seq, seq, bytes(32), bytes(32))
        )
    db.commit()
    db.close()


def test_a_journal_of_the_release_before_goes_on_with_all_that_it_held(tmp_path: Path) -> None:
    old_journal(tmp_path)
    say(tmp_path, "acquisition", "camera_lost")
    log = Log.open(LogSettings(), tmp_path)
    assert log.resume() == (RUN, 3)
    info = stream_info(seq=3, epoch=2, clock=Moment(NOON_NS, 0, 5 * SECOND_NS, bytes(16)))
    messages: list[Message] = [info, label_line(3, info, t_ns=5 * SECOND_NS), end_of_stream(info, 4)]
    log.consume(messages)
    log.commit()
    report = log.close()
    assert (report["labelled"], report["unaccounted"], report["closed"]) == (4, 0, 1)
    assert pq.read_table(report["artefacts"]["parquet"])["wall_ns"].null_count == 3
    assert journal_rows(tmp_path, "SELECT kind FROM history") == [("camera_lost",)]
    assert journal_rows(tmp_path, "PRAGMA user_version") == [(SCHEMA,)]
    assert account(tmp_path / "journal.sqlite")["labelled"] == 4


def test_a_journal_of_a_later_release_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    old_journal(tmp_path)
    db = sqlite3.connect(tmp_path / "journal.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(RecordingError, match="schema 99"):
        Log.open(LogSettings(), tmp_path)
    assert "incidents" not in {name for (name,) in journal_rows(tmp_path, "SELECT name FROM sqlite_master")}


def test_the_history_is_exported_as_a_table_of_its_own(tmp_path: Path) -> None:
    assert "incidents" not in reopened(tmp_path)["artefacts"]
    say(tmp_path, "acquisition", "camera_lost")
    log = Log.open(LogSettings(), tmp_path)
    log.consume([stream_info(), label_line(0)])
    log.commit()
    table = pq.read_table(log.close()["artefacts"]["incidents"])
    assert table["kind"].to_pylist() == ["camera_lost"]
    (at,) = table["time"].to_pylist()
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)
