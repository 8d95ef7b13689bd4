"""Depth of core in boxes."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oreline.errors import ConfigError
from sinks.core.depth import HoleDepth, Kind
from sinks.core.registration import register
from sinks.core.rows import find_rows
from sinks.core.session import Block, Box, Loss, Run, Session
from tests.sinks.core.trays import Tray, session_of

Pieces = tuple[tuple[float, float], ...]
TOLERANCE_M = 0.011
"""A pixel and a block's tolerance."""
A, B = Block(row=1, depth_m=100.3), Block(row=2, depth_m=100.8)
ROWS: tuple[Pieces, ...] = ((0.0, 300.0), (340.0, 590.0)), ((0.0, 250.0), (300.0, 500.0))
"""Two rows of 600 mm from 100 m on: runs of 0.3, 0.5 and 0.2 m, blocks of 40 and 50 mm."""
BOX = Box(number=1, from_m=100.0, to_m=101.0, rows=2, blocks=(A, B))


def laid(rows: tuple[Pieces, ...], session: Session, *more: tuple[Pieces, ...]) -> HoleDepth:
    trays = {box.number: Tray(each) for box, each in zip(session.boxes, (rows, *more), strict=True)}
    finds = {number: tray.finds(session, number) for number, tray in trays.items()}
    return register(session, finds, {number: tray.along_mm for number, tray in trays.items()})


def depths(hole: HoleDepth, row: int, box: int = 1) -> NDArray[np.float64]:
    """Depth along a row of a tray's, from its left end, float64 (600,)."""
    return hole.boxes[box].rows[row - 1].depth_m[40:640]


def at(hole: HoleDepth, row: int, mm: float, box: int = 1) -> float:
    return float(depths(hole, row, box)[int(mm)])


def test_rock_takes_its_length_and_blocks_and_empty_tray_take_none() -> None:
    hole = laid(ROWS, session_of(BOX))
    assert at(hole, 1, 100) == pytest.approx(100.1, abs=TOLERANCE_M)
    assert at(hole, 1, 350) == pytest.approx(100.31, abs=TOLERANCE_M)
    assert at(hole, 2, 0) == pytest.approx(100.55, abs=TOLERANCE_M)
    assert at(hole, 2, 350) == pytest.approx(100.85, abs=TOLERANCE_M)
    assert np.isnan(depths(hole, 1)[[310, 595]]).all()
    lengths = [row.length_m.sum() for row in hole.boxes[1].rows]
    assert sum(lengths) == pytest.approx(1.0)
    assert (hole.missing, hole.flags) == ((), ())
    assert [one.share for one in hole.recovery] == pytest.approx([1.0, 1.0, 1.0], abs=0.01)


def test_blocks_are_found_in_the_gaps_that_they_fit() -> None:
    rows = ((0.0, 100.0), (120.0, 320.0), (360.0, 590.0)), ((0.0, 270.0), (320.0, 520.0))
    rows_of = laid(rows, session_of(BOX)).boxes[1].rows
    found = [np.flatnonzero(row.find.kind == Kind.BLOCK) - 40 for row in rows_of]
    assert [(lines[0], lines[-1] + 1) for lines in found] == pytest.approx(np.array([(320, 360), (270, 320)]), abs=1)


LOST: tuple[Pieces, ...] = ((0.0, 300.0), (340.0, 590.0)), ((0.0, 150.0), (200.0, 400.0))
"""The second run has lost 0.1 m."""


@pytest.mark.parametrize(
    ("more", "missing", "begins"),
    [
        ({}, (100.7, 100.8, "base"), (100.3, 100.55)),
        ({"loss": "top"}, (100.3, 100.4, "top"), (100.4, 100.65)),
        ({"loss": "placed", "losses": (Loss(from_m=100.5, to_m=100.6),)}, (100.5, 100.6, "placed"), (100.3, 100.65)),
    ],
    ids=["base", "top", "placed"],
)
def test_core_that_is_missing_lies_where_the_session_says(
    more: dict[str, Any], missing: tuple[float, float, str], begins: tuple[float, float]
) -> None:
    hole = laid(LOST, session_of(BOX, **more))
    (one,) = hole.missing
    assert (one.from_m, one.to_m) == pytest.approx(missing[:2], abs=TOLERANCE_M)
    assert one.how == missing[2]
    assert (at(hole, 1, 341), at(hole, 2, 0)) == pytest.approx(begins, abs=TOLERANCE_M)
    inside = [row.depth_m[(row.depth_m > one.from_m) & (row.depth_m < one.to_m)] for row in hole.boxes[1].rows]
    assert all(len(values) == 0 for values in inside)
    assert hole.recovery[1].share == pytest.approx(0.8, abs=0.01)


def test_losses_that_are_told_are_left_where_they_are_and_what_lacks_besides_is_at_the_base() -> None:
    losses = (Loss(from_m=100.4, to_m=100.45),)
    hole = laid(LOST, session_of(BOX, loss="placed", losses=losses))
    assert [(one.how, round(one.to_m - one.from_m, 2)) for one in hole.missing] == [("placed", 0.05), ("base", 0.05)]


def test_what_blocks_and_pixels_account_for_is_no_loss() -> None:
    rows = ((0.0, 300.0), (340.0, 590.0)), ((0.0, 240.0), (290.0, 490.0))
    hole = laid(rows, session_of(BOX))
    assert hole.missing == ()
    assert at(hole, 2, 239) == pytest.approx(100.8, abs=0.002)


def test_a_little_too_much_core_is_accepted_and_said_by_box_and_row() -> None:
    rows = ((0.0, 300.0), (340.0, 590.0)), ((0.0, 265.0), (300.0, 500.0))
    hole = laid(rows, session_of(BOX))
    (flag,) = hole.flags
    assert (flag.box, flag.row) == (1, 2)
    assert "103%" in flag.words
    assert at(hole, 2, 264) == pytest.approx(100.8, abs=0.002)
    assert hole.recovery[1].share == pytest.approx(1.03, abs=0.005)


def test_far_too_much_core_is_refused_by_box_and_row() -> None:
    rows = ((0.0, 300.0), (340.0, 590.0)), ((0.0, 400.0), (440.0, 560.0))
    with pytest.raises(ConfigError, match=r"box 1, row 2: 0\.65 m of core lie between 100\.3 and 100\.8 m.*correct"):
        laid(rows, session_of(BOX))


def test_a_stub_of_the_run_before_lies_in_what_that_lacks() -> None:
    rows = ((0.0, 260.0), (300.0, 590.0)), ((0.0, 250.0), (300.0, 500.0))
    hole = laid(rows, session_of(BOX))
    assert at(hole, 1, 250) == pytest.approx(100.25, abs=TOLERANCE_M)
    assert at(hole, 1, 310) == pytest.approx(100.27, abs=TOLERANCE_M)
    assert at(hole, 2, 249) == pytest.approx(100.8, abs=TOLERANCE_M)
    assert hole.missing == ()
    assert [one.share for one in hole.recovery] == pytest.approx([0.867, 1.08, 1.0], abs=0.01)
    assert "0.04 m" in hole.flags[0].words


SECOND = Box(number=2, from_m=101.0, to_m=102.0, rows=2, blocks=(Block(row=1, depth_m=101.3),))


def test_a_run_spans_boxes_and_its_recovery_is_of_both() -> None:
    rows = ((0.0, 200.0), (250.0, 590.0)), ((0.0, 360.0),)
    hole = laid(ROWS, session_of(BOX, SECOND), rows)
    assert [(one.from_m, one.to_m) for one in hole.recovery][2:] == [(100.8, 101.3), (101.3, 102.0)]
    assert hole.recovery[2].share == pytest.approx(0.8, abs=0.01)
    (missing,) = hole.missing
    assert (missing.from_m, missing.to_m) == pytest.approx((101.2, 101.3), abs=TOLERANCE_M)


def test_another_depth_for_a_block_changes_the_rows_of_its_runs_only() -> None:
    rows = ((0.0, 300.0), (340.0, 590.0)), ((0.0, 410.0),)
    before = laid(ROWS, session_of(BOX, SECOND), rows)
    other = SECOND.model_copy(update={"blocks": (Block(row=1, depth_m=101.35),)})
    after = laid(ROWS, session_of(BOX, other), rows)
    for box, row in ((1, 1), (1, 2), (2, 1), (2, 2)):
        old, new = depths(before, row, box), depths(after, row, box)
        is_of_run = old >= 100.8
        np.testing.assert_array_equal(old[~is_of_run], new[~is_of_run])
    assert at(after, 1, 345, 2) - at(before, 1, 345, 2) == pytest.approx(0.05, abs=0.01)


def test_broken_rock_is_spread_over_its_tray_before_any_is_missing_and_pushed_together_before_it_is_too_much() -> None:
    chips = tuple((at, at + 9.0) for at in np.arange(100.0, 300.0, 14.0))
    box = Box(number=1, from_m=100.0, to_m=100.47, rows=1)
    sparse = laid((((0.0, 95.0), *chips, (310.0, 470.0)),), session_of(box))
    assert sparse.missing == ()
    assert at(sparse, 1, 50) == pytest.approx(100.05, abs=0.003)
    assert at(sparse, 1, 400) == pytest.approx(100.4, abs=0.003)
    tight = laid((((0.0, 95.0), *chips, (310.0, 470.0)),), session_of(box.model_copy(update={"to_m": 100.33})))
    assert at(tight, 1, 50) == pytest.approx(100.05, abs=0.003)


def test_a_row_that_begins_with_a_block_and_blocks_at_a_box_end() -> None:
    rows = ((0.0, 590.0),), ((50.0, 350.0),)
    blocks = (Block(row=2, depth_m=100.6), Block(row=2, depth_m=100.9))
    hole = laid(rows, session_of(Box(number=1, from_m=100.0, to_m=100.9, rows=2, blocks=blocks)))
    assert hole.missing == ()
    assert at(hole, 2, 51) == pytest.approx(100.6, abs=TOLERANCE_M)
    assert (hole.boxes[1].rows[1].find.kind[40:90] == Kind.BLOCK).all()


def test_a_block_lies_where_it_is_told_to_and_one_that_is_not_seen_is_said() -> None:
    rows = ((0.0, 100.0), (140.0, 300.0), (340.0, 590.0)), ((0.0, 500.0),)
    told = (Block(row=1, depth_m=100.1, at_mm=120.0), Block(row=2, depth_m=100.8, at_mm=290.0))
    hole = laid(rows, session_of(BOX.model_copy(update={"blocks": told})))
    assert at(hole, 1, 141) == pytest.approx(100.1, abs=TOLERANCE_M)
    assert at(hole, 2, 289) == pytest.approx(100.8, abs=TOLERANCE_M)
    assert [(flag.box, flag.row) for flag in hole.flags] == [(1, 2)]
    assert "no gap is seen near 290 mm" in hole.flags[0].words


def test_a_block_for_which_its_row_has_no_gap_is_not_used_and_that_is_said() -> None:
    rows = ((0.0, 590.0),), ((0.0, 400.0),)
    box = Box(number=1, from_m=100.0, to_m=101.0, rows=2, blocks=(Block(row=1, depth_m=100.3),))
    hole = laid(rows, session_of(box))
    assert "block 100.3 m" in hole.flags[0].words
    assert at(hole, 1, 400) == pytest.approx(100.4, abs=TOLERANCE_M)


@pytest.mark.parametrize("more", [{}, {"direction": "snake"}, {"direction": "right-left", "rows_begin": "bottom"}])
def test_core_lies_as_it_is_read(more: dict[str, Any]) -> None:
    session = session_of(Box(number=1, from_m=100.0, to_m=101.0, rows=2), **more)
    turned = [direction == "right-left" for direction in [session.direction] * 2]
    turned = [False, True] if session.direction == "snake" else turned
    rows: list[Pieces] = [((20.0, 590.0),), ((0.0, 430.0),)]
    placed = [
        tuple((600 - b, 600 - a) for a, b in row) if back else row for row, back in zip(rows, turned, strict=True)
    ]
    hole = laid(tuple(placed if session.rows_begin == "top" else placed[::-1]), session)
    for row, start in ((1, 20), (2, 0)):
        values = depths(hole, row)[::-1] if turned[row - 1] else depths(hole, row)
        assert values[start + 200] == pytest.approx(100.2 + 0.57 * (row - 1), abs=TOLERANCE_M)


def test_core_that_passes_without_boxes_goes_on_with_its_length() -> None:
    box = Box(number=1, from_m=100.0, to_m=200.0, rows=1, blocks=(Block(row=1, depth_m=100.3),))
    hole = laid((((0.0, 250.0), (290.0, 590.0)),), session_of(box, continuous=True))
    assert at(hole, 1, 300) == pytest.approx(100.31, abs=TOLERANCE_M)
    assert at(hole, 1, 589) == pytest.approx(100.6, abs=TOLERANCE_M)
    assert [(one.from_m, one.to_m) for one in hole.recovery] == [(100.0, 100.3)]
    assert [one.how for one in hole.missing] == ["base"]


def test_uncertainty_is_least_at_ties_and_holds_what_may_be_missing_elsewhere() -> None:
    hole, lost = laid(ROWS, session_of(BOX)), laid(LOST, session_of(BOX))
    sound, unsure = hole.boxes[1].rows[1].sd_m[40:640], lost.boxes[1].rows[1].sd_m[40:640]
    assert sound[[0, 249]] == pytest.approx(0.01 / 3**0.5, rel=0.5)
    assert unsure[149] == pytest.approx(0.1, abs=0.01)
    assert (np.isfinite(unsure) == np.isfinite(depths(lost, 2))).all()


def test_a_run_that_was_measured_otherwise_is_said() -> None:
    runs = tuple(Run(from_m=a, to_m=b, recovered_m=0.3) for a, b in pairwise((100.0, 100.3, 100.8, 101.0)))
    hole = laid(ROWS, session_of(BOX, runs=runs[:2]))
    assert [flag.words for flag in hole.flags] == [
        "run 100.3 to 100.8 m: 0.30 m of core were measured, 0.50 m are seen"
    ]


@pytest.fixture
def tsg(shared_data: Path) -> NDArray[np.float64]:
    """Depths that a HyLogger's software gave to a real tray, float64 (5, 125)."""
    with (shared_data / "field/tsg_core_PE257D/expected_samples.csv").open() as file:
        return np.array([float(row["depth_m"]) for row in csv.DictReader(file)]).reshape(5, 125)


def spread(**more: Any) -> NDArray[np.float64]:
    """Depths by that software's rule in a tray with five rows of a metre, a sample each, in the order of the samples,
    float64 (5, 125)."""
    box, along = Box(number=1, from_m=65.9, to_m=65.9 + 5 * 0.717131, rows=5), np.arange(125) * 8.0
    session = session_of(box, spread="tray", **more)
    finds = find_rows(np.ones((125, 5), bool), along, 75.0, session, box)
    rows = register(session, {1: finds}, {1: along}).boxes[1].rows
    return np.stack([row.depth_m for row in sorted(rows, key=lambda row: row.find.first[0])])


@pytest.mark.shared
def test_depth_over_the_tray_is_that_of_a_hylogger_to_a_millimetre(tsg: NDArray[np.float64]) -> None:
    assert abs(spread() - tsg).max() < 0.001


@pytest.mark.shared
@pytest.mark.parametrize(
    "more",
    [{"rows_begin": "bottom"}, {"direction": "right-left"}, {"direction": "snake"}, {"direction": "snake-right"}],
)
def test_another_order_of_the_rows_is_another_depth(tsg: NDArray[np.float64], more: dict[str, Any]) -> None:
    other = spread(**more)
    assert abs(other - tsg).max() > 0.5
    assert np.sort(other, axis=None) == pytest.approx(np.sort(tsg, axis=None), abs=0.001)


def test_depth_over_the_tray_knows_no_block_and_says_so() -> None:
    hole = laid(ROWS, session_of(BOX, spread="tray", row_mm=590.0))
    assert at(hole, 1, 320) == pytest.approx(100.0 + 320 / 1180, abs=0.001)
    assert "blocks are not used" in hole.flags[0].words
    assert np.isnan(depths(hole, 2)[595])


def test_a_block_lies_in_a_gap_before_a_rows_end_that_fits_as_well() -> None:
    """The run has left a stub: its end agrees with the row's, where there is no room for a block."""
    box = Box(number=1, from_m=100.0, to_m=100.64, rows=2, blocks=(Block(row=1, depth_m=100.3),))
    hole = laid((((0.0, 260.0), (300.0, 340.0)), ((0.0, 340.0),)), session_of(box))
    assert (hole.boxes[1].rows[0].find.kind[301:339] == Kind.BLOCK).all()
    assert at(hole, 1, 320) == pytest.approx(100.28, abs=TOLERANCE_M)


TOO_MUCH: tuple[Pieces, ...] = ((0.0, 590.0),), ((0.0, 590.0),)


def test_a_box_that_contradicts_what_is_seen_is_left_out_and_said_and_the_others_are_laid() -> None:
    alone = laid(ROWS, session_of(BOX))
    hole = laid(ROWS, session_of(BOX, SECOND), TOO_MUCH)
    assert list(hole.boxes) == [1]
    np.testing.assert_array_equal(depths(hole, 2), depths(alone, 2))
    (flag,) = hole.flags
    assert flag.box == 2
    assert "left out" in flag.words
    assert "correct the depth or the row of a block" in flag.words
    assert [(one.from_m, one.to_m) for one in hole.recovery] == [(100.0, 100.3), (100.3, 100.8)]


def unseen(lost: slice, rows: tuple[Pieces, ...], box: Box) -> HoleDepth:
    """Depths where lines of a scan did not come."""
    tray, missing = Tray(rows), np.zeros(680, bool)
    missing[40 + lost.start : 40 + lost.stop] = True
    rock = tray.rock
    rock[missing] = False
    session = session_of(box)
    finds = find_rows(rock, tray.along_mm, 1.0, session, box, missing)
    return register(session, {1: finds}, {1: tray.along_mm})


def test_lines_that_did_not_come_take_the_depth_that_is_left_for_them() -> None:
    """A block and a gap lie in them: core goes on before and behind as it is long."""
    box = Box(number=1, from_m=100.0, to_m=100.5, rows=1)
    hole = unseen(slice(200, 300), (((0.0, 210.0), (290.0, 580.0)),), box)
    assert at(hole, 1, 100) == pytest.approx(100.1, abs=0.002)
    assert at(hole, 1, 400) == pytest.approx(100.32, abs=0.002)
    (flag,) = hole.flags
    assert "0.10 m of core were not seen" in flag.words
    assert hole.recovery[0].share == pytest.approx(1.0, abs=0.002), "what nobody saw is not more than there is room for"
    assert "scan the box again" in flag.words


def test_a_block_may_lie_where_lines_did_not_come() -> None:
    box = Box(number=1, from_m=100.0, to_m=100.54, rows=1, blocks=(Block(row=1, depth_m=100.25),))
    hole = unseen(slice(240, 310), (((0.0, 250.0), (290.0, 580.0)),), box)
    assert at(hole, 1, 100) == pytest.approx(100.1, abs=0.002)
    assert at(hole, 1, 400) == pytest.approx(100.36, abs=0.002)
    assert any("lines did not come" in flag.words for flag in hole.flags)


def test_a_refusal_says_first_that_lines_did_not_come() -> None:
    box = Box(number=1, from_m=100.0, to_m=100.3, rows=1)
    with pytest.raises(ConfigError, match=r"0\.10 m of it were not seen: scan the box again, or correct"):
        unseen(slice(200, 300), (((0.0, 580.0),),), box)


def test_a_box_whose_blocks_lie_in_no_gap_may_be_another() -> None:
    """Three rows of solid core, of which a session says that blocks lie in their middles."""
    blocks = tuple(Block(row=row, depth_m=99.7 + 0.58 * row, at_mm=320.0) for row in (1, 2, 3))
    box = Box(number=1, from_m=100.0, to_m=101.74, rows=3, blocks=blocks)
    flags = laid((((0.0, 580.0),),) * 3, session_of(box)).flags
    assert any(flag.words.startswith("3 of its 3 blocks lie in no gap: see whether it is another") for flag in flags)
