"""A mosaic's rows are depths: what the simulator has at a depth is in its row, in its colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from oreline.messages import BACKGROUND, UNKNOWN, FeatureInfo
from oreline.palette import GROUPS, MINERALS, group_of, rgb
from sinks.core.depth import HoleDepth, Missing
from sinks.core.pictures import ink, layers
from sinks.core.pictures.choosing import layer_named
from sinks.core.pictures.mosaic import Grid, Mosaic, State
from sinks.core.scan import Scan
from tests.sinks.core.pictures.holes import Drilled, drilled, plain


@pytest.fixture(scope="module")
def hole() -> Drilled:
    return drilled(trays=1, row_mm=400.0, loss=0.2, veins_per_m=6.0, cut="half")


def whole(hole: Drilled, layer: layers.Layer, step_m: float = 0.001) -> Mosaic:
    (box,) = hole.session.boxes
    return Mosaic(Grid.over(hole.depth, box.from_m, box.to_m, step_m, 1.0), hole.depth, layer, hole.scan_of)


def test_a_vein_of_the_sawn_face_lies_within_two_pixels_of_its_depth(hole: Drilled) -> None:
    mosaic = whole(hole, layers.minerals())
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
    mosaic = whole(hole, layers.groups())
    window = mosaic.window(0, mosaic.grid.rows)
    (loss, *_) = hole.depth.missing
    inside = slice(mosaic.grid.row_at(loss.from_m) + 2, mosaic.grid.row_at(loss.to_m) - 2)
    assert (window.state[inside] == State.LOSS).all()
    assert {tuple(one) for one in ink.painted(window, mosaic.layer)[inside].reshape(-1, 3).tolist()} == set(ink.LOST)


def test_groups_are_the_sum_of_their_minerals_in_the_colours_of_spectral_logs(hole: Drilled) -> None:
    one, other = (whole(hole, of()) for of in (layers.minerals, layers.groups))
    minerals, groups = one.window(0, one.grid.rows), other.window(0, other.grid.rows)
    told = (minerals.state == State.CORE) & (minerals.values < layers.MOST_CLASSES)
    assert told.mean() > 0.5
    names = np.array([group_of(info.name) for info in one.layer.classes])  # type: ignore[attr-defined]
    shown = ink.painted(groups, other.layer)[told]
    assert (shown == np.array([rgb(GROUPS[name]) for name in names])[minerals.values[told]]).all()


def test_core_that_is_read_backwards_is_turned_not_mirrored(hole: Drilled) -> None:
    turned = drilled(trays=1, row_mm=400.0, loss=0.2, veins_per_m=6.0, cut="half", backwards=True)
    straight, back = (whole(one, layers.minerals()) for one in (hole, turned))
    one, other = straight.window(0, straight.grid.rows), back.window(0, straight.grid.rows)
    told = (one.values < layers.MOST_CLASSES) & (other.values < layers.MOST_CLASSES)
    assert np.mean((one.values == other.values)[told]) > 0.99
    assert np.mean((one.values == other.values[:, ::-1])[told]) < 0.98


def test_windows_side_by_side_are_the_window_over_both(hole: Drilled) -> None:
    mosaic = whole(hole, layers.minerals())
    cut = mosaic.grid.rows // 3
    parts = [mosaic.window(0, cut), mosaic.window(cut, mosaic.grid.rows)]
    for what in ("values", "state"):
        joined = np.concatenate([getattr(part, what) for part in parts])
        assert (joined == getattr(mosaic.window(0, mosaic.grid.rows), what)).all()


def test_thin_core_has_paper_beside_it_and_a_line_that_did_not_come_was_not_scanned() -> None:
    scan, box = plain([[0, 0], [1, 1], [0, 0], [UNKNOWN, BACKGROUND]], from_m=10.0, missing=[2])
    hole = HoleDepth({1: box}, (Missing(10.004, 10.006, "base"),), (), ())
    mosaic = Mosaic(Grid(10.0, 0.001, 7, 4, 1.0), hole, layers.minerals(), lambda _: scan)
    window = mosaic.window(0, 7)
    outside, core, lost, unseen = State.OUTSIDE, State.CORE, State.LOSS, State.NOT_SCANNED
    row = [outside, core, core, outside]
    assert window.state.tolist() == [row, row, [unseen] * 4, row, [lost] * 4, [lost] * 4, [unseen] * 4]
    assert window.values[[0, 1, 3], 1:3].tolist() == [[0, 0], [1, 1], [UNKNOWN, BACKGROUND]]


def test_a_row_that_lies_askew_is_laid_straight() -> None:
    scan, box = plain([[0, 1, 9, 9], [9, 0, 1, 9], [9, 9, 0, 1]], from_m=0.0, first=[0, 1, 2], stop=[2, 3, 4])
    mosaic = Mosaic(Grid(0.0, 0.001, 3, 2, 1.0), HoleDepth({1: box}, (), (), ()), layers.minerals(), lambda _: scan)
    assert mosaic.window(0, 3).values.tolist() == [[0, 1]] * 3


def test_what_is_wood_or_paint_has_its_own_colour() -> None:
    scan, box = plain([[UNKNOWN, UNKNOWN]], reasons=[[0, 5]])
    mosaic = Mosaic(Grid(0.0, 0.001, 1, 2, 1.0), HoleDepth({1: box}, (), (), ()), layers.groups(), lambda _: scan)
    shown = ink.painted(mosaic.window(0, 1), mosaic.layer)
    assert shown.tolist() == [[list(rgb(GROUPS["not rock"])), list(rgb(GROUPS["invalid"]))]]


def test_a_class_that_is_no_rock_is_none_in_minerals_either() -> None:
    scan, box = plain([[0, 0, 0, 1]], classes=("kaolinite", "dry_grass"))
    for of in (layers.minerals, layers.groups):
        mosaic = Mosaic(Grid(0.0, 0.001, 1, 4, 1.0), HoleDepth({1: box}, (), (), ()), of(), lambda _: scan)
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
    mosaic = Mosaic(Grid(0.0, 0.0001, 20, 1, 1.0), HoleDepth({1: laid}, (), (), ()), layers.minerals(), lambda _: scan)
    window = mosaic.window(0, 20)
    assert (window.state == State.CORE).all()
    assert window.values.ravel().tolist() == [0] * 10 + [1] * 2 + [0] + [1] * 7


def two_boxes(*classes: Sequence[str], pixel_mm: Sequence[float] = (1.0, 1.0)) -> tuple[HoleDepth, dict[int, Scan]]:
    """Two boxes of 2 mm of hole, all of whose pixels have the first class of a model of their own."""
    boxes, scans = {}, {}
    for number, (names, size) in enumerate(zip(classes, pixel_mm, strict=True), 1):
        scan, box = plain([[0] * round(4 / size)] * 2, from_m=0.002 * (number - 1), classes=names)
        scans[number] = replace(scan, box=number, pixel_mm=size)
        boxes[number] = replace(box, box=number)
    return HoleDepth(boxes, (), (), ()), scans


def test_boxes_that_two_models_labelled_are_painted_by_what_their_classes_are() -> None:
    hole, scans = two_boxes(("kaolinite", "muscovite"), ("muscovite", "calcite", "kaolinite"))
    mosaic = Mosaic(Grid(0.0, 0.001, 4, 4, 1.0), hole, layers.minerals(), scans.__getitem__)
    shown = ink.painted(mosaic.window(0, 4), mosaic.layer)
    expected = [list(rgb(MINERALS[name])) for name in ("kaolinite", "kaolinite", "muscovite", "muscovite")]
    assert shown[:, 0].tolist() == expected


def test_boxes_of_two_pixel_sizes_have_one_scale() -> None:
    hole, scans = two_boxes(("kaolinite",), ("kaolinite",), pixel_mm=(1.0, 0.5))
    mosaic = Mosaic(Grid(0.0, 0.001, 4, 8, 1.0), hole, layers.minerals(), scans.__getitem__)
    core = (mosaic.window(0, 4).state == State.CORE).tolist()
    assert core == [[False] * 2 + [True] * 4 + [False] * 2] * 4


def test_a_box_whose_features_nobody_recorded_has_none() -> None:
    hole, scans = two_boxes(("kaolinite",), ("kaolinite",))
    nm = np.full((2, 1, 2, 4), 2200, np.float32)
    nm[:, :, 1] = 0.2
    scans[2] = replace(scans[2], features=nm, feature_infos=(FeatureInfo("2200", 2120, 2245),))
    layer = layer_named("2200W", lambda: iter(scans.values()), None, 0.01, None)
    values = Mosaic(Grid(0.0, 0.001, 4, 4, 1.0), hole, layer, scans.__getitem__).window(0, 4).values
    assert np.isnan(values[:2]).all()
    assert (values[2:] == 2200).all()
