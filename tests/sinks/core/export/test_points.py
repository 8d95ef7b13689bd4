"""Points of a hole: counts of lines are added up, none is in two of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytsg import parse_tsg

from oreline.errors import ConfigError
from sinks.core.counting import samples_of
from sinks.core.export.points import joined, points_of
from sinks.core.export.tsg import write_tsg
from sinks.core.recorded_lines import RecordedLines
from sinks.core.tsg import read_tsg
from tests.sinks.core.scans import WOOD, a_hole, a_scan, metres, one_row, rock

NM = np.linspace(1000.0, 2500.0, 7)


def test_lines_within_8_mm_are_a_point_and_rows_stay_apart() -> None:
    codes = rock(40, 20)
    scan = a_scan(codes)
    rows = one_row(metres(10, 40), (0, 9)), one_row(metres(10.04, 40)[::-1].copy(), (11, 20), row=2)
    depth = a_hole(*rows)
    own = samples_of("OR1", scan, depth)
    points = points_of(own, scan, depth.boxes[1])
    told = points.samples
    assert list(told.row) == [1] * 5 + [2] * 5
    assert list(told.box) == [1] * 10
    np.testing.assert_allclose(points.x_mm, [3.5, 11.5, 19.5, 27.5, 35.5] * 2)
    np.testing.assert_allclose(told.depth_m[:2], [10.004, 10.012])
    np.testing.assert_allclose(np.diff(told.depth_m), 0.008)
    np.testing.assert_array_equal(told.counts.sum(axis=0), own.counts.sum(axis=0))
    np.testing.assert_array_equal(told.counts[0], own.counts[:8].sum(axis=0))
    np.testing.assert_array_equal(told.counts[5], own.counts[own.row == 2][:8].sum(axis=0))
    assert told.length_m.sum() == pytest.approx(0.08)


def test_reflectance_of_a_point_is_the_mean_of_its_pixels_of_rock() -> None:
    codes = rock(16, 6)
    codes[:, 5], codes[8:] = WOOD, WOOD
    scan = a_scan(codes)
    depth = a_hole(one_row(metres(0, 16), (1, 6)))
    cube = np.random.default_rng(1).random((16, 7, 6), dtype=np.float32)
    cube[2, 3, 2], cube[3, 1, 5] = np.nan, np.inf
    points = points_of(samples_of("OR1", scan, depth), scan, depth.boxes[1], RecordedLines({}, NM, cube))
    assert points.spectra is not None
    pixels = np.moveaxis(cube[:8, :, 1:5], 1, -1).reshape(-1, 7)
    np.testing.assert_allclose(
        points.spectra.values[0], np.nanmean(pixels[np.isfinite(pixels).all(axis=1)], axis=0), rtol=1e-5
    )
    assert np.isnan(points.spectra.values[1]).all()


def test_boxes_without_reflectance_have_none_and_two_cameras_are_refused() -> None:
    scan = a_scan(rock(16, 6))
    depth = a_hole(one_row(metres(0, 16), (0, 6)))
    samples, cube = samples_of("OR1", scan, depth), np.full((16, 7, 6), 0.5, np.float32)
    one = points_of(samples, scan, depth.boxes[1], RecordedLines({}, NM, cube))
    other = points_of(samples, scan, depth.boxes[1], RecordedLines({}, NM + 1, cube))
    both = joined([points_of(samples, scan, depth.boxes[1]), one])
    assert both.spectra is not None
    np.testing.assert_array_equal(both.spectra.values[:, 0], [np.nan, np.nan, 0.5, 0.5])
    with pytest.raises(ConfigError, match="different bands"):
        joined([one, other])


def test_boxes_of_two_models_have_the_classes_of_both() -> None:
    scan = a_scan(rock(16, 6))
    depth = a_hole(one_row(metres(0, 16), (0, 6)))
    first = points_of(samples_of("OR1", scan, depth), scan, depth.boxes[1])
    renamed = tuple(replace(info, name=f"x {info.name}") for info in first.samples.classes)
    second = replace(first, samples=replace(first.samples, classes=renamed))
    told = joined([first, second]).samples
    k = len(renamed)
    assert [info.name for info in told.classes] == [one.name for one in (*first.samples.classes, *renamed)]
    np.testing.assert_array_equal(told.counts[:2, :k], first.samples.counts)
    np.testing.assert_array_equal(told.counts[2:, k:], first.samples.counts)
    assert not told.counts[2:, :k].any()


def test_a_box_without_a_line_of_known_depth_has_no_point() -> None:
    scan = a_scan(rock(16, 6))
    depth = a_hole(one_row(np.full(16, np.nan), (0, 6)))
    points = points_of(
        samples_of("OR1", scan, depth), scan, depth.boxes[1], RecordedLines({}, NM, np.zeros((16, 7, 6), np.float32))
    )
    assert len(points.samples) == len(points.x_mm) == 0
    with pytest.raises(ConfigError, match="no box was scanned"):
        joined([])


@pytest.mark.shared
def test_a_tray_that_tsg_logged_comes_back_as_it_was(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "field" / "tsg_core_PE257D"
    told = read_tsg(folder / "PE257D_0001_tsg.tsg")
    points = joined(
        [points_of(samples_of(told.hole, scan, told.depth), scan, told.depth.boxes[scan.box]) for scan in told.scans]
    )
    assert len(points.samples) == 625
    write_tsg(tmp_path / "PE257D_tsg", points.samples, points.x_mm)
    theirs, ours = parse_tsg.read_package(folder).nir, parse_tsg.read_package(tmp_path).nir
    for column in "TLPD":
        assert list(ours.sampleheaders[column].astype(float)) == list(theirs.sampleheaders[column].astype(float))
    rock_ = ~theirs.scalars["Grp1 sTSAS"].isin(["", "INVALID", "NOTAROK"])
    assert rock_.sum() == 575
    for what in ("Min1", "Grp1"):
        assert list(ours.scalars[f"{what} Oreline"][rock_]) == list(theirs.scalars[f"{what} sTSAS"][rock_])
    assert set(ours.scalars["Grp1 Oreline"][theirs.scalars["Grp1 sTSAS"] == "NOTAROK"]) == {"NOTAROK"}
