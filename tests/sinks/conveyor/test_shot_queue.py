"""What valves were told waits for its disk, and nothing else does."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from oreline.testing import OTHER_RUN, RUN
from sinks.conveyor.schedule import Row
from sinks.conveyor.shot_queue import MOST_MESSAGES, ShotQueue
from sinks.conveyor.valves import ValveBank
from sinks.conveyor.wear import Wear
from sinks.shots import Shot, Shots, ShotWriter, path_of

BANK = ValveBank(4, 8, 0)


def rows(*numbers: int) -> list[Row]:
    return [Row(number, 0, 0b0110, 0) for number in numbers]


def lines(output: Path, run: bytes = RUN) -> list[int]:
    return Shots.of(output, run).rows[:, 0].tolist()


def test_rows_are_in_the_file_of_their_run_when_it_is_closed(tmp_path: Path) -> None:
    queue = ShotQueue(Wear(tmp_path, 32, None))
    queue.begin(ShotWriter(tmp_path, RUN), BANK)
    queue.put(rows(1, 2))
    queue.begin(ShotWriter(tmp_path, OTHER_RUN), BANK)
    queue.put(rows(7))
    queue.close()
    assert (lines(tmp_path), lines(tmp_path, OTHER_RUN)) == ([1, 2], [7])


def test_behind_a_disk_that_hangs_so_much_waits_and_all_rows_that_come_then_are_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, hangs, said, write = threading.Event(), threading.Event(), list[str](), ShotWriter.write

    def hanging(writer: ShotWriter, shots: Iterable[Shot]) -> None:
        hangs.set()
        disk.wait()
        write(writer, shots)

    monkeypatch.setattr(ShotWriter, "write", hanging)
    monkeypatch.setattr(
        "sinks.conveyor.shot_queue.report", lambda _, kind, words, *, n: said.append(f"{n} {kind}: {words}")
    )
    queue = ShotQueue(Wear(tmp_path, 32, None))
    queue.begin(ShotWriter(tmp_path, RUN), BANK)
    queue.put(rows(0))
    assert hangs.wait(20)
    for first in range(1, 2 * MOST_MESSAGES, 2):
        queue.put(rows(first, first + 1))
    assert said == []
    queue.put(rows(-1, -2))
    queue.put(rows(-3))
    why = f"no_shots: {path_of(tmp_path, RUN)}: the disk hangs; label maps will not show all ejections"
    assert said == [f"2 {why}", f"1 {why}"]
    disk.set()
    queue.close()
    assert lines(tmp_path) == [*range(2 * MOST_MESSAGES + 1)]


def test_closing_does_not_wait_for_a_thread_that_has_died(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    died = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: died.set())
    queue = ShotQueue(Wear(tmp_path, 32, None))
    queue.begin(ShotWriter(tmp_path, RUN), BANK)
    monkeypatch.delattr(ShotWriter, "write")
    queue.put(rows(0))
    assert died.wait(20)
    queue.close()
