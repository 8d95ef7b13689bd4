"""Stones in the journal: each once, in columns that people read, and as many as the sorter counts."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from oreline.errors import StoreFailed, StreamError
from oreline.messages import Decision, Gap, Message, Reason
from oreline.moment import Moment
from oreline.testing import RUN, end_of_stream, label_line, stone_record, stream_info
from sinks.log import Log
from sinks.log.sink import LogSettings
from tests.sinks.killed import last_said
from tests.sinks.log.journals import journal_rows

INFO = stream_info()
PLAIN = LogSettings(parquet=False, label_map=False)
PASSED = stone_record(1, decision=Decision.PASSED, why="unsure", measure=math.nan, valves=0, product=0, cut=True)


def logged(output: Path, *stones: Message, settings: LogSettings = PLAIN) -> dict[str, Any]:
    """Report of a log that was given a line, and these on the stream of stones."""
    log = Log.open(settings, output)
    log.consume([INFO, label_line(0)])
    log.commit()
    log.companion("stones").consume(list(stones))
    log.companion("stones").commit()
    return log.close()


def test_a_stone_is_a_row_that_people_can_read(tmp_path: Path) -> None:
    counts = np.array([9, 0, 2, 1], np.uint32)
    logged(tmp_path, INFO, stone_record(0, counts=counts, measure=0.75), PASSED)
    columns = (
        "number, first_line, last_line, first_sample, stop_sample, pixels, decision, why, measure, recipe, reference"
    )
    first, second = journal_rows(tmp_path, f"SELECT {columns} FROM stones ORDER BY number")
    assert first == (0, 0, 2, 4, 8, 12, "ejected", "enough ore", 0.75, "calcite v3", "fedcba9876543210")
    assert second[6:9] == ("passed", "unsure", None)
    ((text, valves, outline),) = journal_rows(tmp_path, "SELECT counts, valves, outline FROM stones WHERE number = 0")
    assert json.loads(text) == {"calcite": 9, "gypsum": 2, "unknown": 1}
    assert json.loads(valves) == [4, 5, 6, 7]
    np.testing.assert_array_equal(np.frombuffer(outline, "<i4").reshape(-1, 3), stone_record(0).outline)
    by_class = journal_rows(tmp_path, "SELECT class, pixels, fraction FROM stone_classes WHERE number = 0")
    assert by_class == [("calcite", 9, 0.75), ("gypsum", 2, 2 / 12), ("unknown", 1, 1 / 12)]


def test_the_log_counts_stones_as_their_sorter_does_and_says_what_did_not_come(tmp_path: Path) -> None:
    gap = Gap(RUN, 1, 2, 3, Reason.RING_FULL)
    held = [stone_record(5, decision=Decision.HELD), stone_record(6, decision=Decision.DOUBTFUL)]
    report = logged(tmp_path, INFO, stone_record(0), PASSED, gap, *held, end_of_stream(INFO, 7))
    assert report["stones"] == {
        "stones": 4, "passed": 1, "ejected": 1, "doubtful": 1, "held": 1, "cut": 1, "lost": 3, "duplicates": 0,
    }  # fmt: skip
    assert journal_rows(tmp_path, "SELECT next, end FROM stone_runs") == [(7, 7)]


def test_a_log_that_nobody_told_of_stones_says_nothing_of_them(tmp_path: Path) -> None:
    report = logged(tmp_path, settings=LogSettings(label_map=False))
    assert "stones" not in report
    assert not list(tmp_path.glob("stones_*"))


def test_what_comes_again_is_kept_once(tmp_path: Path) -> None:
    logged(tmp_path, INFO, stone_record(0), stone_record(1))
    log = Log.open(PLAIN, tmp_path)
    stones = log.companion("stones")
    assert stones.resume() == (RUN, 2)
    stones.consume([INFO, stone_record(1), stone_record(2)])
    stones.commit()
    assert log.close()["stones"]["duplicates"] == 1
    assert journal_rows(tmp_path, "SELECT number FROM stones ORDER BY rowid") == [(0,), (1,), (2,)]


WRITER = """
import sys
from pathlib import Path
from oreline.testing import stone_record, stream_info
from sinks.log.sink import Log, LogSettings

log = Log.open(LogSettings(parquet=False, label_map=False), Path(sys.argv[1]))
stones = log.companion("stones")
_, following = stones.resume() or (b"", 0)
stones.consume([stream_info()])
while True:
    stones.consume([stone_record(seq) for seq in range(following, following + 5)])
    stones.commit()
    following += 5
    print(following, flush=True)
"""


def test_no_stone_is_lost_or_there_twice_through_kill_9(tmp_path: Path) -> None:
    said = last_said(WRITER, tmp_path)
    log = Log.open(PLAIN, tmp_path)
    _, following = log.companion("stones").resume() or (b"", 0)
    assert following >= said
    log.close()
    numbers = journal_rows(tmp_path, "SELECT number FROM stones ORDER BY number")
    assert numbers == [(number,) for number in range(following)]


def test_a_disk_that_is_full_keeps_stones_waiting_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log.open(PLAIN, tmp_path)
    stones = log.companion("stones")
    stones.consume([INFO, stone_record(0)])
    with monkeypatch.context() as patch:
        patch.setattr(log._journal, "insert", full)
        with pytest.raises(StoreFailed, match="full"):
            stones.commit()
    stones.commit()
    log.close()
    assert journal_rows(tmp_path, "SELECT number FROM stones") == [(0,)]


def full(*_: object) -> int:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


def test_a_stone_that_nothing_describes_is_refused(tmp_path: Path) -> None:
    with closing(Log.open(PLAIN, tmp_path)) as log:
        log.companion("stones").consume([stone_record(0)])
        with pytest.raises(StreamError, match="StreamInfo"):
            log.companion("stones").commit()


def test_the_table_of_stones_has_a_column_a_class_and_the_time_of_the_clock_on_the_wall(tmp_path: Path) -> None:
    dated = replace(INFO, clock=Moment(10**18, 0, 500, bytes(16)))
    log = Log.open(LogSettings(label_map=False), tmp_path)
    log.consume([dated, label_line(0)])
    log.commit()
    bands = replace(INFO, seq=1, classes=(replace(INFO.classes[0], name="Al-OH"),))
    other = replace(PASSED, counts=np.array([5, 1], np.uint32))
    log.companion("stones").consume([dated, stone_record(0, t_ns=700), bands, other])
    log.companion("stones").commit()
    table = pq.read_table(log.close()["artefacts"]["stones"])
    assert table["number"].to_pylist() == [0, 1]
    assert table["wall_ns"].cast("int64").to_pylist()[0] == 10**18 + 200
    assert table["valves"].to_pylist() == [[4, 5, 6, 7], []]
    assert table["cut"].to_pylist() == [False, True]
    wanted = {"calcite": [12, 0], "kaolinite": [0, 0], "gypsum": [0, 0], "Al-OH": [0, 5], "unknown": [0, 1]}
    assert {name: table[f"pixels.{name}"].to_pylist() for name in wanted} == wanted


@pytest.mark.parametrize("version", [2, 3])
def test_a_journal_of_a_release_without_stones_takes_them(tmp_path: Path, version: int) -> None:
    logged(tmp_path)
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db:
        for kind, names in (("VIEW", ("stone_classes", "timed_stones")), ("TABLE", TABLES)):
            for name in names:
                db.execute(f"DROP {kind} {name}")
        db.executescript("ALTER TABLE lines DROP COLUMN layers;" * (version < 3) + f"PRAGMA user_version = {version};")
    report = logged(tmp_path, INFO, stone_record(0))
    assert report["stones"]["stones"] == 1


TABLES = "stone_runs", "stone_streams", "stones", "stone_gaps"
