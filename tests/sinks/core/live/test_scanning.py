"""Scanning: which lines are which box, whatever passes, is said, or is cut off."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sinks.core.live.scanning import ANOTHER, RUN_ENDED, UNSEEN, By, Ended, Place, Scanning
from sinks.core.live.trays import TrayFinder

RUN = "ab" * 16
TRAY, TABLE = 300, 40


class Table:
    """A table of a millimetre a line, over which trays pass."""

    def __init__(
        self, by: By = "trays", boxes: int = 4, place: Place | None = None, done: tuple[int, ...] = ()
    ) -> None:
        self.scanning = Scanning(range(1, boxes + 1), by, TrayFinder(0.05, 20.0), place or Place(), done, str)
        self.ended: list[Ended] = []
        self.orders, self.lost_mm = 0, 0.0

    def run(self, run: str = RUN, first: int = 0) -> Table:
        self.scanning.begin_run(run, first)
        return self

    def pass_by(self, lines: int, share: float, way_mm: float = 1.0) -> Table:
        for _ in range(lines):
            self.take(self.scanning.see(self.scanning.place.next_seq, share, way_mm + self.lost_mm))
            self.lost_mm = 0.0
        return self

    def lose(self, lines: int) -> Table:
        """Nobody gets these lines, while the encoder goes on."""
        self.scanning.skip(self.scanning.place.next_seq + lines)
        self.lost_mm += lines
        return self

    @property
    def counted(self) -> list[tuple[int, str, bool]]:
        """Boxes, why they were cut, and whether somebody is to look which box each is."""
        scans = [one.scan(RUN, "now") for one in self.ended]
        return [(one.box, one.cut, one.counted) for one in scans]

    def tray(self, lines: int = TRAY) -> Table:
        return self.pass_by(lines, 0.9)

    def table(self, lines: int = TABLE) -> Table:
        return self.pass_by(lines, 0.0)

    def begin(self, box: int) -> Table:
        self.orders += 1
        self.take(self.scanning.begin(box, str(self.orders), "ana"))
        return self

    def end(self) -> Table:
        self.orders += 1
        self.take(self.scanning.end(str(self.orders)))
        return self

    def take(self, ended: Ended | None) -> None:
        self.ended += [ended] if ended else []

    @property
    def scans(self) -> list[tuple[int, int, int, str]]:
        return [(one.open.box, one.open.first_seq, one.last_seq, one.cut) for one in self.ended]


def test_each_tray_that_passes_is_the_next_box_with_some_table_around_it() -> None:
    passed = Table().run().table().tray().table().tray().table()
    assert passed.scans == [(1, 30, 349, ""), (2, 370, 689, "")]
    assert passed.scanning.next_box == 3


def test_a_hand_on_the_table_is_no_box_and_a_gap_in_a_tray_does_not_end_it() -> None:
    passed = Table().run().table().tray(20).table().tray(150).table(15).tray(150).table()
    assert [box for box, *_ in passed.scans] == [1]
    assert passed.scans[0][2] - passed.scans[0][1] > 315


def test_a_table_that_stands_still_ends_nothing() -> None:
    passed = Table().run().table().tray(100).pass_by(500, 0.0, 0.0).tray(100)
    assert passed.scans == []
    assert [box for box, *_ in passed.table().scans] == [1]


def test_somebody_says_which_box_comes_next_and_the_order_goes_on_behind_it() -> None:
    passed = Table().run().table().begin(3).tray().table().tray().table()
    assert [box for box, *_ in passed.scans] == [3, 4]
    assert passed.ended[0].open.who == "ana"
    assert passed.ended[1].open.who == ""


def test_somebody_says_what_lies_under_the_camera() -> None:
    passed = Table().run().table().tray(100).begin(2).tray(200).table()
    assert passed.scans == [(2, 30, 349, "")]


def test_a_box_that_is_scanned_again_is_followed_by_the_first_that_was_not() -> None:
    passed = Table(boxes=5).run().table().tray().table().tray().table().begin(1).tray().table().tray().table()
    assert [box for box, *_ in passed.scans] == [1, 2, 1, 3]


def test_a_box_ended_by_hand_leaves_the_rest_of_its_tray_to_nobody() -> None:
    passed = Table().run().table().tray(100).end().tray(200).table().tray().table()
    assert passed.scans == [(1, 30, 139, ""), (2, 370, 689, "")]


def test_no_line_is_in_two_boxes_whoever_says_what_when() -> None:
    passed = Table().run().table().tray(100).end().begin(3).tray(100).begin(2).tray(100).table().tray().table()
    lines = [(first, last) for _, first, last, _ in passed.scans]
    assert all(last < first for (_, last), (first, _) in pairwise(lines))


def test_trays_behind_the_last_box_of_the_session_are_counted_and_belong_to_none() -> None:
    passed = Table(boxes=1).run().table().tray().table().tray().table()
    assert [box for box, *_ in passed.scans] == [1]
    assert passed.scanning.strays == 1
    passed.scanning.boxes = range(1, 3)
    assert [box for box, *_ in passed.tray().table().scans] == [1, 2]


def test_a_run_that_ends_in_mid_box_cuts_it_and_the_same_box_comes_next() -> None:
    passed = Table().run().table().tray().table().tray(100)
    passed.take(passed.scanning.end_run())
    passed.run("cd" * 16).table().tray().table()
    assert [(box, cut) for box, _, _, cut in passed.scans] == [(1, ""), (2, RUN_ENDED), (2, "")]
    assert passed.scanning.next_box == 3


def test_without_trays_orders_begin_and_end_boxes_and_one_that_was_forgotten_is_cut() -> None:
    passed = Table("orders").run().tray(50).begin(1).tray(100).begin(2).tray(100).end().tray(10).begin(3)
    assert passed.scans == [(1, 50, 149, ANOTHER), (2, 150, 249, "")]


@pytest.mark.parametrize("killed_at", range(0, 720, 45))
def test_who_is_killed_at_any_line_and_sees_the_lines_again_finds_the_same_boxes(killed_at: int) -> None:
    """What the place says is all that is left; lines from the open box on, or from the place, are seen again."""
    lines = [0.0] * TABLE + [0.9] * TRAY + [0.0] * TABLE + [0.9] * TRAY + [0.0] * TABLE
    whole = Table().run().table().tray().table().tray().table()
    before = Table().run()
    kept = before.scanning.place
    for share in lines[:killed_at]:
        before.pass_by(1, share)
        kept = before.scanning.kept
    after = Table(place=kept.again(), done=tuple(one.open.box for one in before.ended))
    for share in lines[kept.again().next_seq :]:
        after.pass_by(1, share)
    assert before.scans + after.scans == whole.scans


def test_a_place_is_told_and_read_again() -> None:
    passed = Table().run().table().tray(100)
    place = passed.scanning.place
    assert Place.of(place.told()) == place
    assert Place.of({"nonsense": 1}) == Place()


LOST_OVER_THE_TABLE = [(1, "", False), (2, UNSEEN, False), (3, "", True), (4, "", True)]


@pytest.mark.parametrize(("seen", "lost", "left"), [(150, 290, 200), (50, 300, 290), (299, 41, 300), (250, 349, 41)])
def test_two_trays_whose_table_nobody_saw_are_two_boxes_and_those_behind_keep_their_numbers(
    seen: int, lost: int, left: int
) -> None:
    passed = Table().run().table().tray().table().tray(seen).lose(lost).tray(left).table().tray().table()
    assert passed.counted == LOST_OVER_THE_TABLE
    assert passed.ended[1].last_seq < passed.ended[2].open.first_seq


def test_a_tray_that_passed_where_nobody_looked_leaves_its_number_to_it() -> None:
    passed = Table().run().table().tray().table().tray(200).lose(580).tray(200).table()
    assert passed.counted == [(1, "", False), (2, UNSEEN, False), (4, "", True)]


def test_lines_lost_within_a_tray_end_nothing_and_leave_no_doubt() -> None:
    passed = Table().run().table().tray().table().tray(100).lose(150).tray(50).table().tray().table()
    assert passed.counted == [(1, "", False), (2, "", False), (3, "", False)]


def test_the_end_of_a_tray_that_nobody_saw_is_no_whole_box() -> None:
    passed = Table().run().table().tray().table().tray(200).lose(120).table().tray().table()
    assert passed.counted == [(1, "", False), (2, UNSEEN, False), (3, "", False)]


@pytest.mark.parametrize("lost", [300, 340, 1000])
def test_table_that_nobody_saw_may_hide_a_tray(lost: int) -> None:
    passed = Table().run().table().tray().table().lose(lost).table().tray().table()
    assert passed.counted == [(1, "", False), (2, "", True)]


def test_where_no_tray_has_passed_before_lost_lines_leave_doubt_until_somebody_says_the_box() -> None:
    passed = Table().run().table().tray(150).lose(290).tray(200).table().tray().table().begin(4).tray().table()
    assert passed.counted == [(1, "", False), (2, "", True), (4, "", False)]


def test_the_length_of_a_row_tells_where_the_first_tray_ends() -> None:
    table = Table()
    table.scanning._finder.row_mm = 270.0
    passed = table.run().table().tray(150).lose(290).tray(200).table().tray().table()
    assert passed.counted == [(1, UNSEEN, False), (2, "", True), (3, "", True)]


def test_trays_without_a_table_between_them_leave_doubt_which_box_is_the_next() -> None:
    passed = Table().run().table().tray().table().tray().table(15).tray().table().tray().table()
    assert passed.counted == [(1, "", False), (2, "", False), (3, "", True)]
    assert [one.way_mm for one in passed.ended] == [299.0, 614.0, 299.0]


def test_a_box_that_somebody_names_after_lost_lines_is_sure_and_so_are_those_behind() -> None:
    passed = Table().run().table().tray().table().tray(150).lose(290).tray(100).begin(3).tray(100).table()
    assert passed.tray().table().counted == [(1, "", False), (2, UNSEEN, False), (3, "", False), (4, "", False)]


def test_a_box_that_was_named_before_lines_were_lost_is_looked_at() -> None:
    passed = Table().run().table().tray().table().begin(4).lose(400).table().tray().table()
    assert passed.counted == [(1, "", False), (4, "", True)]
