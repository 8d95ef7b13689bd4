"""What cannot be in a session is refused, naming box and row, with what to do."""

from __future__ import annotations

import tomllib

import pytest

from oreline.config import validated
from oreline.errors import ConfigError
from sinks.core.session import Session

BOX = "[[boxes]]\nnumber = {}\nfrom_m = {}\nto_m = {}\nrows = 3\nblocks = [{}]\n"
HOLE = 'hole = { id = "DH-1", max_depth_m = 104.5, survey = [] }\n'
RIGHT = BOX.format(1, 100.0, 102.2, "{ row = 2, depth_m = 101.5 }"), BOX.format(2, 102.2, 104.5, "")


def session(*boxes: str, hole: str = HOLE, more: str = "") -> Session:
    return validated(Session, tomllib.loads(hole + more + "".join(boxes or RIGHT)), "session.toml")


def test_boxes_are_taken_in_order_of_depth_and_blocks_in_that_of_rows() -> None:
    blocks = "{ row = 3, depth_m = 102 }, { row = 1, depth_m = 100.4 }, { row = 1, depth_m = 100.9 }"
    found = session(RIGHT[1], BOX.format(1, 100.0, 102.2, blocks))
    assert [box.number for box in found.boxes] == [1, 2]
    assert [block.depth_m for block in found.boxes[0].blocks] == [100.4, 100.9, 102.0]


@pytest.mark.parametrize(
    ("box", "words"),
    [
        (
            BOX.format(1, 98, 102.2, "{ row = 1, depth_m = 100.0 }, { row = 2, depth_m = 99.0 }"),
            r"box 1, row 2: block 99 m comes after block 100 m of row 1: correct",
        ),
        (BOX.format(1, 100, 102.5, ""), r"box 2 begins at 102\.2 m, but box 1 ends at 102\.5 m: correct"),
        (BOX.format(1, 102, 101, ""), r"box 1: it goes from 102 to 101 m: correct"),
        (BOX.format(1, 101, 101, ""), r"box 1: it goes from 101 to 101 m: correct"),
        (BOX.format(2, 100, 102.2, ""), r"box 2 is there twice, from 100 and from 102\.2 m: give"),
        (BOX.format(3, 100, 102.2, ""), r"box 2 begins at 102\.2 m, below box 3 at 100 m: correct"),
        (
            BOX.format(1, 100, 102.2, "{ row = 1, depth_m = 103 }"),
            r"box 1, row 1: block 103 m is not in the box, which goes from 100 to 102\.2 m: correct",
        ),
        (
            BOX.format(1, 100, 102.2, "{ row = 4, depth_m = 101 }"),
            r"box 1, row 4: block 101 m lies in a row that the box, with 3, does not have",
        ),
        (
            BOX.format(1, 100, 102.2, "{ row = 1, depth_m = 101 }, { row = 1, depth_m = 101 }"),
            r"box 1, row 1: block 101 m comes after block 101 m of row 1",
        ),
        (
            BOX.format(1, 100, 102.2, "{row = 1, depth_m = 101, at_mm = 500}, {row = 1, depth_m = 102, at_mm = 300}"),
            r"box 1, row 1: block 102 m lies at 300 mm, before block 101 m at 500 mm: correct",
        ),
    ],
)
def test_boxes_and_blocks_that_cannot_be_are_refused(box: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        session(box, RIGHT[1])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("runs = [{from_m = 101.5, to_m = 100}]\n", r"run 101\.5 to 100 m: correct"),
        (
            "runs = [{from_m = 100, to_m = 101.5, recovered_m = 1.95}]\n",
            r"box 1, row 2, run 100 to 101\.5 m: 1\.95 m of core are more than its 1\.5 m by 30%: correct",
        ),
        ("runs = [{from_m = 100, to_m = 101.5}, {from_m = 101, to_m = 103}]\n", "begins within run 100 to 101.5 m"),
        ('loss = "placed"\nlosses = [{from_m = 101, to_m = 100.5}]\n', r"loss 101 to 100\.5 m: correct"),
        ("row_mm = 400\n", r"lies at 410 mm of a row of 400 mm"),
    ],
)
def test_runs_losses_and_lengths_that_cannot_be_are_refused(more: str, words: str) -> None:
    box = BOX.format(1, 100.0, 102.2, "{ row = 2, depth_m = 101.5, at_mm = 410 }")
    with pytest.raises(ConfigError, match=words):
        session(box, RIGHT[1], more=more)


@pytest.mark.parametrize("recovered", [1.53, 1.6])
def test_a_little_more_core_than_its_run_is_taken(recovered: float) -> None:
    session(more=f"runs = [{{from_m = 100, to_m = 101.5, recovered_m = {recovered}}}]\n")


def test_a_stub_of_the_run_before_may_be_longer_than_that() -> None:
    runs = "{from_m = 100, to_m = 101.5, recovered_m = 1.0}, {from_m = 101.5, to_m = 103, recovered_m = 2.0}"
    session(more=f"runs = [{runs}]\n")


@pytest.mark.parametrize(
    ("survey", "words"),
    [
        ("{ depth_m = 105, azimuth_deg = 0, dip_deg = -90 }", r"survey at 105 m lies below the hole's end at 104\.5 m"),
        ("{ depth_m = 5, azimuth_deg = 0, dip_deg = -90 }, " * 2, "survey at 5 m is there twice"),
        ("{ depth_m = 5, azimuth_deg = 0, dip_deg = -95 }", "dip_deg"),
    ],
)
def test_surveys_that_cannot_be_are_refused(survey: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        session(hole=HOLE.replace("[]", f"[{survey.strip(', ')}]"))


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigError, match=r"(?s)box 1, row 9.*begins within run"):
        session(
            BOX.format(1, 100, 102.2, "{ row = 9, depth_m = 101 }"),
            more="runs = [{from_m = 100, to_m = 101.5}, {from_m = 101, to_m = 103}]\n",
        )
