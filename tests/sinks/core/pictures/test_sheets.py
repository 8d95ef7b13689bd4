"""Sheets of a mosaic show each depth once, at the place that their scale says, in the colours of the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oreline.palette import MINERALS, rgb
from sinks.core.depth import HoleDepth
from sinks.core.pictures import ink, sheets
from sinks.core.pictures.layers import minerals
from sinks.core.pictures.mosaic import Grid, Mosaic
from tests.sinks.core.pictures.holes import plain


def of(rows: int, step_m: float = 0.001, from_m: float = 100.0, width: int = 48) -> Grid:
    return Grid(from_m, step_m, rows, width, 1.0)


@pytest.mark.parametrize(
    "grid", [of(100_000), of(3587, from_m=65.9), of(700, 0.01), of(50_000, 0.01), of(1), of(4999, 0.0025)]
)
def test_strips_have_every_row_once_and_begin_at_depths_that_are_written(grid: Grid) -> None:
    bounds = sheets.strips(grid)
    assert [row for first, stop in bounds for row in range(first, stop)] == list(range(grid.rows))
    assert max(stop - first for first, stop in bounds) <= sheets.STRIP_PX
    for _, stop in bounds[:-1]:
        edge = (grid.from_m + stop * grid.step_m) / ink.round_step(sheets.TICK_PX * grid.step_m)
        assert edge == pytest.approx(round(edge), abs=0.02)


def test_a_vein_is_where_the_scale_beside_it_says(tmp_path: Path) -> None:
    codes = np.zeros((600, 48), int)
    codes[250] = 1
    scan, box = plain(codes.tolist(), from_m=100.3)
    mosaic = Mosaic(of(600, from_m=100.3), HoleDepth({1: box}, (), (), ()), minerals(), lambda _: scan)
    (path,) = sheets.write_sheets(mosaic, tmp_path / "mosaic_minerals.png", sheets.Heading("PE257D", "run 1"), ())
    assert path.name == "mosaic_minerals_000.png"
    with Image.open(path) as image:
        shown = np.asarray(image.convert("RGB"))
    shown = shown[sheets.HEAD - 2 :]
    strip = shown[:, sheets.EDGE + sheets.SCALE + 20]
    (vein,) = np.flatnonzero((strip == rgb(MINERALS["muscovite"])).all(axis=1))
    ticks = np.flatnonzero((shown[:, sheets.EDGE + sheets.SCALE - 8] == ink.INK).all(axis=1))
    assert len(ticks) >= 5
    assert vein - ticks[0] == pytest.approx(1000 * (100.55 - 100.3), abs=2)


def test_sheets_of_an_earlier_longer_mosaic_go(tmp_path: Path) -> None:
    scan, box = plain([[0] * 4] * 10)
    hole = HoleDepth({1: box}, (), (), ())
    other = tmp_path / "hole_of_somebody.png"
    for path in (*(sheets.sheet_path(tmp_path / "hole.png", n) for n in range(4)), other):
        path.write_bytes(b"old")
    mosaic = Mosaic(of(10, from_m=0.0, width=4), hole, minerals(), lambda _: scan)
    (path,) = sheets.write_sheets(mosaic, tmp_path / "hole.png", sheets.Heading("PE257D", ""), ())
    assert sorted(tmp_path.iterdir()) == [path, other]


def test_a_legend_tells_shares_of_the_rock_and_only_what_is_shown() -> None:
    scan, box = plain([[0, 0, 0, 1]])
    layer = minerals()
    mosaic = Mosaic(of(1, from_m=0.0, width=4), HoleDepth({1: box}, (), (), ()), layer, lambda _: scan)
    entries = ink.legend(layer, *ink.count(layer, [mosaic.window(0, 1)]))
    assert entries == [
        (rgb(MINERALS["kaolinite"]), "kaolinite 75.0%"),
        (rgb(MINERALS["muscovite"]), "muscovite 25.0%"),
    ]


@pytest.mark.parametrize(("least", "step"), [(0.07, 0.1), (0.1, 0.1), (0.11, 0.2), (0.3, 0.5), (6, 10), (1000, 1000)])
def test_steps_of_a_scale_are_round(least: float, step: float) -> None:
    assert ink.round_step(least) == pytest.approx(step)
