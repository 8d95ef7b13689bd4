"""Scans of boxes, as they are written down: whatever ends the writer, what stands there is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from oreline.errors import ConfigError
from sinks.core.box_scans import BoxScan, BoxScansFile, Choice, Move, usual_way_mm

RUN = "ab" * 16


@pytest.fixture
def file(tmp_path: Path) -> BoxScansFile:
    return BoxScansFile(tmp_path / "DH-1" / "scans.jsonl")


def scan(box: int, first: int, cut: str = "") -> BoxScan:
    return BoxScan(box, 0, RUN, first, first + 999, "ana", "2026-11-30T10:00:00+00:00", cut)


def test_what_was_added_is_read_in_order_and_numbered_by_box(file: BoxScansFile) -> None:
    assert file.read().all == ()
    added = [file.add(one) for one in (scan(1, 0), scan(2, 2000), scan(1, 4000))]
    assert file.read().all == tuple(added)
    assert [one.name for one in added] == ["box 1", "box 2", "box 1, scan 2"]


def test_the_later_scan_of_a_box_is_in_force_and_the_earlier_is_kept(file: BoxScansFile) -> None:
    first, _, again = (file.add(one) for one in (scan(1, 0), scan(2, 2000), scan(1, 4000)))
    assert file.read().in_force[1] == again
    assert file.read().of(1) == [first, again]


def test_a_chosen_scan_stays_in_force_whatever_comes_later(file: BoxScansFile) -> None:
    for first in (0, 4000):
        file.add(scan(1, first))
    file.choose(Choice(1, 1, "ana", "now", "the core was wet the second time"))
    file.add(scan(1, 8000))
    assert file.read().in_force[1].scan == 1
    with pytest.raises(ConfigError, match="box 1 has no scan 9"):
        file.choose(Choice(1, 9, "ana", "now", ""))


def test_a_scan_that_was_cut_short_is_in_force_only_where_somebody_chose_it(file: BoxScansFile) -> None:
    whole = file.add(scan(1, 0))
    file.add(scan(1, 4000, cut="the power was cut"))
    file.add(scan(2, 8000, cut="the power was cut"))
    assert file.read().in_force == {1: whole}
    file.choose(Choice(2, 1, "ana", "now", "there is no more of it"))
    assert file.read().in_force[2].cut == "the power was cut"


def test_lines_are_written_down_once_however_often_a_writer_comes_back(file: BoxScansFile) -> None:
    once = file.add(scan(1, 0))
    assert BoxScansFile(file.path).add(scan(1, 0)) == once
    assert len(file.read().all) == 1


@pytest.mark.parametrize("left", range(0, 120, 7))
def test_a_line_that_a_power_cut_tore_is_none_and_the_next_goes_in_its_place(file: BoxScansFile, left: int) -> None:
    first = file.add(scan(1, 0))
    file.add(scan(2, 2000))
    content = file.path.read_bytes()
    cut = content.index(b"\n") + 1 + left
    file.path.write_bytes(content[: min(cut, len(content) - 1)])
    assert file.read().all == (first,)
    third = file.add(scan(3, 4000))
    assert file.read().all == (first, third)


def test_what_makes_no_sense_is_passed_over(file: BoxScansFile) -> None:
    first = file.add(scan(1, 0))
    with file.path.open("ab") as written:
        written.write(b'{"box": 2}\nnonsense\n[]\n3\n')
    assert file.read().all == (first,)


def test_a_scan_that_was_another_box_is_that_and_of_the_two_nothing_is_lost(file: BoxScansFile) -> None:
    own = file.add(scan(3, 4000))
    file.add(BoxScan(2, 0, RUN, 2000, 2999, "", "now", counted=True))
    moved = file.move(Move(2, 1, 3, "ben", "later", "the table was not seen"))
    assert file.read().all == (own, moved)
    assert file.read().in_force == {3: moved}
    assert (moved.box, moved.scan, moved.first_seq, moved.who, moved.counted) == (3, 2, 2000, "ben", False)
    with pytest.raises(ConfigError, match="box 2 has no scan 1: none yet"):
        file.move(Move(2, 1, 3, "ben", "later", "again"))


def test_a_writer_that_comes_back_does_not_bring_a_moved_scan_back_to_its_old_box(file: BoxScansFile) -> None:
    file.add(scan(2, 2000))
    moved = file.move(Move(2, 1, 3, "ben", "later", "why"))
    assert file.add(scan(2, 2000)) == moved
    assert list(file.read().in_force) == [3]


def test_boxes_that_were_taken_for_the_ones_above_are_put_right_from_the_last_on(file: BoxScansFile) -> None:
    for box, first in ((1, 0), (2, 2000), (3, 4000)):
        file.add(scan(box, first))
    for box in (3, 2):
        file.move(Move(box, 1, box + 1, "ben", "later", "why"))
    assert {box: one.first_seq for box, one in file.read().in_force.items()} == {1: 0, 3: 2000, 4: 4000}


def test_a_tray_is_as_long_as_most_are_or_as_its_rows_and_boards() -> None:
    assert usual_way_mm([2190.0, 0.0, 1040.0, 1041.0], 900.0) == 1041.0
    assert usual_way_mm([0.0], 900.0) == 960.0
    assert usual_way_mm([], None) == 0.0
