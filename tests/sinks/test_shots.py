"""What the valves were told is written down, and found again line by line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oreline.testing import RUN
from sinks.conveyor.valves import ValveBank
from sinks.shots import Shots, ShotWriter, path_of
from tests.sinks.disk import room


def test_shots_are_found_by_their_lines(tmp_path: Path) -> None:
    for rows in ([(3, 0, 2, 900), (3, 5, 9, 900)], [(5, 6, 7, 902)]):
        ShotWriter(tmp_path, RUN).write(rows)
    over = Shots.of(tmp_path, RUN).over(np.array([2, 3, 5]), 8)
    assert over.astype(int).tolist() == [[0] * 8, [1, 1, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 0, 1, 0]]


def test_rows_are_in_the_order_of_their_lines_however_they_came(tmp_path: Path) -> None:
    ShotWriter(tmp_path, RUN).write([(9, 0, 1, 0), (4, 2, 3, 0), (4, 0, 1, 0), (2, 1, 2, -5)])
    shots = Shots.of(tmp_path, RUN)
    assert shots.rows.tolist() == [[2, 1, 2], [4, 2, 3], [4, 0, 1], [9, 0, 1]]
    assert shots.over(np.array([3, 4, 8]), 3).astype(int).tolist() == [[0] * 3, [1, 0, 1], [0] * 3]


@pytest.mark.parametrize("cut", ["2,0,4", "2,0,4\n", "2,0,43,0,4,900\n", "2,0,\n", "\0\0\0\n", "\n"])
def test_a_row_that_is_not_whole_is_left_out(tmp_path: Path, cut: str) -> None:
    ShotWriter(tmp_path, RUN).write([(1, 0, 4, 900)])
    with path_of(tmp_path, RUN).open("a", encoding="utf-8") as file:
        file.write(cut)
    assert Shots.of(tmp_path, RUN).rows.tolist() == [[1, 0, 4]]


def test_rows_for_which_there_was_no_room_spoil_none_that_come_when_there_is_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("sinks.shots.report", lambda _, kind, words: told.append(f"{kind}: {words}"))
    writer = ShotWriter(tmp_path, RUN)
    writer.write([(1, 0, 4, 900)])
    with room(path_of(tmp_path, RUN).stat().st_size + 1):
        writer.write([(2, 0, 4, 901)])
    writer.write([(3, 0, 4, 902)])
    assert "File too large" in told[0]
    assert Shots.of(tmp_path, RUN).rows.tolist() == [[1, 0, 4], [3, 0, 4]]


def test_a_run_without_shots_has_none(tmp_path: Path) -> None:
    assert not Shots.of(tmp_path, RUN).over(np.array([1, 2]), 4).any()


def test_what_cannot_be_written_stops_nobody_and_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("sinks.shots.report", lambda _, kind, words: told.append(f"{kind}: {words}"))
    writer = ShotWriter(tmp_path / "away", RUN)
    for _ in range(2):
        writer.write([(1, 0, 4, 900)])
    (said,) = told
    assert said.startswith(f"no_shots: {tmp_path / 'away'}")


@pytest.mark.parametrize(("bitmap", "spans"), [(0, []), (0b0110, [(2, 6)]), (0b1001, [(0, 2), (6, 8)])])
def test_open_valves_are_over_their_samples(bitmap: int, spans: list[tuple[int, int]]) -> None:
    assert ValveBank(4, 8, 0).spans(bitmap) == spans
