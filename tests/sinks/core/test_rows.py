"""Rows of core in the mask of a box's rock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oreline.errors import ConfigError
from sinks.core.depth import Kind
from sinks.core.session import Box
from tests.sinks.core.trays import Tray, middles, session_of

WHOLE = ((0.0, 250.0), (295.0, 580.0))
LENGTH = 535.0

TRAYS: dict[str, tuple[Tray, int]] = {
    "as it should be": (Tray([WHOLE] * 4), 4),
    "a single row": (Tray([WHOLE], core_mm=85.0), 1),
    "askew": (Tray([WHOLE] * 4, askew_deg=2.0), 4),
    "askew to the other side, with specks": (Tray([WHOLE] * 4, askew_deg=-2.0, specks=0.1), 4),
    "many specks": (Tray([WHOLE] * 4, askew_deg=1.0, specks=0.2), 4),
    "walls taken for rock": (Tray([WHOLE] * 6, core_mm=36.4, pitch_mm=48.0, askew_deg=1.0, walls=0.6), 6),
    "touching rows": (Tray([WHOLE] * 4, pitch_mm=63.5, askew_deg=1.5, specks=0.05), 4),
    "an empty last row": (Tray([WHOLE, WHOLE, WHOLE, ()]), 4),
    "an empty first row": (Tray([(), WHOLE, WHOLE, WHOLE]), 4),
    "empty rows in the middle": (Tray([WHOLE, (), (), WHOLE]), 4),
    "only the first row": (Tray([WHOLE, (), (), ()]), 4),
    "at the edge of the view, the last empty": (Tray([WHOLE, WHOLE, WHOLE, ()], pitch_mm=70, first_mm=45.0), 4),
}


@pytest.mark.parametrize("name", TRAYS)
def test_rows_lie_where_core_lies_and_are_as_long(name: str) -> None:
    tray, rows = TRAYS[name]
    box = Box(number=1, from_m=0.0, to_m=3.0, rows=rows, core=tray.core_mm)
    finds = tray.finds(session_of(box))
    assert [find.row for find in finds] == list(range(1, rows + 1))
    assert abs(middles(finds) - tray.centres).max() <= 1.5
    lengths = [float(find.filled.sum()) for find in finds]
    expected = [LENGTH if pieces else 0.0 for pieces in tray.pieces]
    assert lengths == pytest.approx(expected, abs=5.0 if tray.specks else 1.5)


def test_specks_on_an_empty_row_are_no_core_and_a_fleck_of_tray_is_none_either() -> None:
    tray = Tray([WHOLE, (), WHOLE], specks=0.15)
    box = Box(number=1, from_m=0.0, to_m=3.0, rows=3)
    assert (tray.finds(session_of(box))[1].kind == Kind.EMPTY).all()
    rock = Tray([WHOLE, (), WHOLE]).rock
    rock[300:310, 180:200] = True
    other = type("Fleck", (Tray,), {"rock": rock})([WHOLE, (), WHOLE])
    assert (other.finds(session_of(box))[1].kind == Kind.EMPTY).all()


def test_patches_of_core_that_are_taken_for_tray_do_not_shorten_it_and_fractures_do() -> None:
    rock, rng = Tray([((0.0, 280.0), (282.0, 580.0)), WHOLE]).rock, np.random.default_rng(1)
    for i, j in zip(rng.integers(0, 670, 400), rng.integers(0, 380, 400), strict=True):
        rock[i : i + 5, j : j + 5] = False
    patched = type("Patched", (Tray,), {"rock": rock})([WHOLE, WHOLE])
    finds = patched.finds(session_of(Box(number=1, from_m=0.0, to_m=3.0, rows=2)))
    assert [float(find.filled.sum()) for find in finds] == pytest.approx([578.0, LENGTH], abs=3.0)


def test_where_pieces_end_is_known_to_a_pixel() -> None:
    (find,) = Tray([WHOLE]).finds(session_of(Box(number=1, from_m=0.0, to_m=1.0, rows=1)))
    edges = np.flatnonzero(np.diff(find.kind.astype(int)))
    assert edges + 1 == pytest.approx([40.0, 290.0, 335.0, 620.0], abs=1)


def test_rubble_is_broken_rock_and_what_is_only_fractured_is_not() -> None:
    chips = tuple((at, at + 9.0) for at in np.arange(200.0, 400.0, 14.0))
    fractured = tuple((at, at + 79.0) for at in np.arange(0.0, 560.0, 80.0))
    rows = ((0.0, 190.0), *chips, (420.0, 580.0)), fractured
    rubble, sound = Tray(rows).finds(session_of(Box(number=1, from_m=0.0, to_m=2.0, rows=2)))
    assert set(rubble.kind[260:420]) == {Kind.BROKEN}
    assert rubble.filled[260:420].sum() == pytest.approx(160 * 9 / 14, abs=9)
    assert set(rubble.kind[60:180]) == set(rubble.kind[500:600]) == {Kind.ROCK}
    assert Kind.BROKEN not in sound.kind


@pytest.mark.parametrize(
    ("more", "first", "backwards"),
    [
        ({}, 0, [False, False, False]),
        ({"rows_begin": "bottom"}, 2, [False, False, False]),
        ({"direction": "right-left"}, 0, [True, True, True]),
        ({"direction": "snake"}, 0, [False, True, False]),
        ({"rows_begin": "bottom", "direction": "snake-right"}, 2, [True, False, True]),
    ],
)
def test_rows_are_read_as_the_session_says(more: dict[str, Any], first: int, backwards: list[bool]) -> None:
    tray = Tray([WHOLE] * 3)
    finds = tray.finds(session_of(Box(number=1, from_m=0.0, to_m=3.0, rows=3), **more))
    assert finds[0].first[300] == pytest.approx(tray.centres[first] - 31.5, abs=1)
    assert [find.backwards for find in finds] == backwards
    assert finds[0].cells(384)[300].sum() == finds[0].stop[300] - finds[0].first[300]


def test_a_row_goes_on_through_lines_that_are_missing() -> None:
    tray, box = Tray([WHOLE] * 2), Box(number=1, from_m=0.0, to_m=2.0, rows=2)
    rock, missing = tray.rock, np.zeros(680, bool)
    missing[100:120] = True
    rock[missing] = False
    lost = type("Lost", (Tray,), {"rock": rock})([WHOLE] * 2)
    assert lost.finds(session_of(box), missing=missing)[0].filled.sum() == pytest.approx(LENGTH, abs=1.5)


def test_a_box_without_core_has_empty_rows() -> None:
    finds = Tray([(), ()]).finds(session_of(Box(number=1, from_m=0.0, to_m=2.0, rows=2)))
    assert all((find.kind == Kind.EMPTY).all() and not find.filled.any() for find in finds)


def test_rows_that_are_wider_than_the_view_are_refused_by_box() -> None:
    with pytest.raises(ConfigError, match=r"box 7: 6 rows of core of 85 mm are wider than the 384 mm"):
        Tray([WHOLE] * 6).finds(session_of(Box(number=7, from_m=0, to_m=3, rows=6, core="PQ")), 7)
