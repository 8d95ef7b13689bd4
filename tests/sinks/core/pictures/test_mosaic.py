"""A mosaic's rows are depths: what the simulator has at a depth is in its row, in its colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oreline.messages import BACKGROUND, UNKNOWN
from oreline.palette import GROUPS, group_of, rgb
from sinks.core.depth import HoleDepth, Missing
from sinks.core.pictures import ink, layers
from sinks.core.pictures.mosaic import Grid, Mosaic, State
from tests.sinks.core.pictures.holes import Drilled, drilled, plain


@pytest.fixture(scope="module")
def hole() -> Drilled:
    return drilled(trays=1, row_mm=400.0, loss=0.2, veins_per_m=6.0, cut="half")


def whole(hole: Drilled, layer: layers.Layer, step_m: float = 0.001) -> Mosaic:
    (box,) = hole.session.boxes
    return Mosaic(Grid.over(hole.depth, box.from_m, box.to_m, step_m, 1.0), hole.depth, layer, hole.scan_of)


def test_a_vein_of_the_sawn_face_lies_within_two_pixels_of_its_depth(hole: Drilled) -> None:
    mosaic = whole(hole, layers.minerals(hole.scans[1]))
    grid, window = mosaic.grid, mosaic.window(0, mosaic.grid.rows)
    names = [info.name for info in hole.scans[1].answer.classes]
    middle = window.values[:, grid.width // 2]
    is_vein = np.isin(middle, [names.index(one) for one in hole.world.scene.vein_minerals])
    veins = [depth for depth in hole.veins_m() if window.state[grid.row_at(depth), grid.width // 2] == State.CORE]
    assert len(veins) >= 5
    for depth in veins:
        near = np.flatnonzero(is_vein[grid.row_at(depth) - 2 : grid.row_at(depth) + 3])
        assert near.size, f"no vein near {depth:.3f} m"


def test_what_is_lost_is_drawn_as_lost_and_has_no_mineral(hole: Drilled) -> None:
    mosaic = whole(hole, layers.groups(hole.scans[1]))
    window = mosaic.window(0, mosaic.grid.rows)
    (loss, *_) = hole.depth.missing
    inside = slice(mosaic.grid.row_at(loss.from_m) + 2, mosaic.grid.row_at(loss.to_m) - 2)
    assert (window.state[inside] == State.LOSS).all()
    assert {tuple(one) for one in ink.painted(window, mosaic.layer)[inside].reshape(-1, 3).tolist()} == set(ink.LOST)


def test_groups_are_the_sum_of_their_minerals_in_the_colours_of_spectral_logs(hole: Drilled) -> None:
    one, other = (whole(hole, of(hole.scans[1])) for of in (layers.minerals, layers.groups))
    minerals, groups = one.window(0, one.grid.rows), other.window(0, other.grid.rows)
    told = (minerals.state == State.CORE) & (minerals.values < layers.MOST_CLASSES)
    assert told.mean() > 0.5
    names = np.array([group_of(info.name) for info in one.layer.classes])  # type: ignore[attr-defined]
    shown = ink.painted(groups, other.layer)[told]
    assert (shown == np.array([rgb(GROUPS[name]) for name in names])[minerals.values[told]]).all()


def test_core_that_is_read_backwards_is_turned_not_mirrored(hole: Drilled) -> None:
    turned = drilled(trays=1, row_mm=400.0, loss=0.2, veins_per_m=6.0, cut="half", backwards=True)
    straight, back = (whole(one, layers.minerals(one.scans[1])) for one in (hole, turned))
    one, other = straight.window(0, straight.grid.rows), back.window(0, straight.grid.rows)
    told = (one.values < layers.MOST_CLASSES) & (other.values < layers.MOST_CLASSES)
    assert np.mean((one.values == other.values)[told]) > 0.99
    assert np.mean((one.values == other.values[:, ::-1])[told]) < 0.98


def test_windows_side_by_side_are_the_window_over_both(hole: Drilled) -> None:
    mosaic = whole(hole, layers.minerals(hole.scans[1]))
    cut = mosaic.grid.rows // 3
    parts = [mosaic.window(0, cut), mosaic.window(cut, mosaic.grid.rows)]
    for what in ("values", "state"):
        joined = np.concatenate([getattr(part, what) for part in parts])
        assert (joined == getattr(mosaic.window(0, mosaic.grid.rows), what)).all()


def test_thin_core_has_paper_beside_it_and_a_line_that_did_not_come_was_not_scanned() -> None:
    scan, box = plain([[0, 0], [1, 1], [0, 0], [UNKNOWN, BACKGROUND]], from_m=10.0, missing=[2])
    hole = HoleDepth({1: box}, (Missing(10.004, 10.006, "base"),), (), ())
    mosaic = Mosaic(Grid(10.0, 0.001, 7, 4, 1.0), hole, layers.minerals(scan), lambda _: scan)
    window = mosaic.window(0, 7)
    outside, core, lost, unseen = State.OUTSIDE, State.CORE, State.LOSS, State.NOT_SCANNED
    row = [outside, core, core, outside]
    assert window.state.tolist() == [row, row, [unseen] * 4, row, [lost] * 4, [lost] * 4, [unseen] * 4]
    assert window.values[[0, 1, 3], 1:3].tolist() == [[0, 0], [1, 1], [UNKNOWN, BACKGROUND]]


def test_a_row_that_lies_askew_is_laid_straight() -> None:
    scan, box = plain([[0, 1, 9, 9], [9, 0, 1, 9], [9, 9, 0, 1]], from_m=0.0, first=[0, 1, 2], stop=[2, 3, 4])
    mosaic = Mosaic(Grid(0.0, 0.001, 3, 2, 1.0), HoleDepth({1: box}, (), (), ()), layers.minerals(scan), lambda _: scan)
    assert mosaic.window(0, 3).values.tolist() == [[0, 1]] * 3


def test_what_is_wood_or_paint_has_its_own_colour() -> None:
    scan, box = plain([[UNKNOWN, UNKNOWN]], reasons=[[0, 5]])
    mosaic = Mosaic(Grid(0.0, 0.001, 1, 2, 1.0), HoleDepth({1: box}, (), (), ()), layers.groups(scan), lambda _: scan)
    shown = ink.painted(mosaic.window(0, 1), mosaic.layer)
    assert shown.tolist() == [[list(rgb(GROUPS["not rock"])), list(rgb(GROUPS["invalid"]))]]


def test_a_class_that_is_no_rock_is_none_in_minerals_either() -> None:
    scan, box = plain([[0, 0, 0, 1]], classes=("kaolinite", "dry_grass"))
    for of in (layers.minerals, layers.groups):
        mosaic = Mosaic(Grid(0.0, 0.001, 1, 4, 1.0), HoleDepth({1: box}, (), (), ()), of(scan), lambda _: scan)
        window = mosaic.window(0, 1)
        assert ink.painted(window, mosaic.layer)[0, 3].tolist() == list(rgb(GROUPS["not rock"]))
        said = [words for _, words in ink.legend(mosaic.layer, *ink.count(mosaic.layer, [window]))]
        assert said == [f"{mosaic.layer.classes[0].name} 100.0%", "not rock"]  # type: ignore[attr-defined]


def test_lines_of_uneven_length_leave_no_row_unseen() -> None:
    scan, box = plain([[0], [1], [0], [1]])
    (row,) = box.rows
    length = np.array([1.0, 0.2, 0.05, 0.75]) / 1e3
    begins = np.cumsum(length) - length
    laid = replace(box, rows=(replace(row, depth_m=begins + length / 2, length_m=length),))
    mosaic = Mosaic(
        Grid(0.0, 0.0001, 20, 1, 1.0), HoleDepth({1: laid}, (), (), ()), layers.minerals(scan), lambda _: scan
    )
    window = mosaic.window(0, 20)
    assert (window.state == State.CORE).all()
    assert window.values.ravel().tolist() == [0] * 10 + [1] * 2 + [0] + [1] * 7
