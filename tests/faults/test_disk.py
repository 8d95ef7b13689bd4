"""A disk that is full at any write: nothing is wrong afterwards, and when there is room again it goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oreline.errors import RingError, StoreFailed
from oreline.incidents import process
from oreline.messages import Message
from oreline.recordings.recording import open_recording
from oreline.ring import Ring
from oreline.service import Service
from oreline.sink import Sink
from oreline.testing import RUN, end_of_stream, label_line, reflectance_line, stream_info
from sinks.log import Log
from sinks.log.account import account
from sinks.record import Record
from tests.faults.hands import small_disk, take_away

DISK_BYTES, PAGE = 16 << 20, 4096
LINES_A_COMMIT, MOST_PAGES = 40, 24


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    if not small_disk(folder, DISK_BYTES):
        pytest.skip("a disk that can be filled is mounted by root only")
    yield folder
    take_away(folder)


def fill(disk: Path, leave: int) -> Path:
    """Take all but so many bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        size = shutil.disk_usage(disk).free - leave
        if size > 0:
            os.posix_fallocate(file.fileno(), 0, size)
    return ballast


def is_done(sink: Sink) -> bool:
    try:
        sink.commit()
    except StoreFailed:
        return False
    return True


def survive(sink: Sink, disk: Path, lines: Any) -> int:
    """Commit with ever more room, and again when there is enough. Returns how many lines were consumed."""
    outcomes, seq = [], 0
    sink.consume([stream_info()])
    for pages in range(MOST_PAGES):
        batch: list[Message] = [lines(seq + i) for i in range(LINES_A_COMMIT)]
        seq += len(batch)
        sink.consume(batch)
        ballast = fill(disk, pages * PAGE)
        outcomes.append(is_done(sink))
        if not outcomes[-1]:
            assert not is_done(sink)
        ballast.unlink()
        assert is_done(sink)
    sink.consume([end_of_stream(stream_info(), seq)])
    assert is_done(sink)
    assert set(outcomes) == {False, True}
    return seq


def test_a_full_disk_keeps_no_line_from_the_journal_for_ever(disk: Path) -> None:
    sink = Log.open(Log.Settings(parquet=False, label_map=False), disk)
    lines = survive(sink, disk, label_line)
    sink.close()
    found = account(disk / "journal.sqlite", RUN)
    assert (found["labelled"], found["unaccounted"], found["doubled"], found["closed"]) == (lines, 0, 0, 1)


def test_a_full_disk_leaves_no_half_line_in_a_recording(disk: Path) -> None:
    sink = Record.open(Record.Settings(), disk)
    lines = survive(sink, disk, reflectance_line)
    report = sink.close()
    cube = open_recording(Path(report["artefacts"]["reflectance"])).cube
    assert np.allclose(cube[:, 0, 0], np.arange(lines) % 100 / 100)


def test_a_recorder_that_is_started_on_a_full_disk_begins_when_there_is_room(disk: Path) -> None:
    sink = Record.open(Record.Settings(), disk)
    ballast = fill(disk, 0)
    sink.consume([stream_info(), reflectance_line(0)])
    assert not is_done(sink)
    ballast.unlink()
    assert is_done(sink)
    sink.close()
    again = Record.open(Record.Settings(), disk)
    assert again.resume() == (RUN, 1)
    again.close()


def test_a_ring_that_does_not_fit_is_refused_and_leaves_nothing(disk: Path) -> None:
    ballast = fill(disk, 40 * PAGE)
    with pytest.raises(RingError, match="free space or ask for fewer slots"):
        Ring.open(disk / "raw.ring", 64, 1 << 16)
    assert sorted(disk.iterdir()) == [ballast]


def test_a_report_for_which_there_is_no_room_is_said_and_no_crash(
    disk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    service = Service("log", disk)
    fill(disk, 0)
    service.report(lines=3)
    process._log.close()
    assert "log no_report: its report is not in" in capsys.readouterr().err
