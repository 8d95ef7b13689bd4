"""Intervals: what a geologist reads of a hole, from ten centimetres to all of it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oreline.errors import ConfigError
from oreline.features import METHOD
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, FeatureInfo
from sinks.core.counting import samples_of
from sinks.core.depth import Flag, Kind, Missing, Recovery
from sinks.core.intervals import intervals, steps
from sinks.core.registration import register
from sinks.core.rows import find_rows
from sinks.core.session import Box, Hole, Loss, Session
from sinks.core.table import header_of
from sinks.core.tsg import read_tsg
from tests.sinks.core.scans import KAOLINITE, MUSCOVITE, a_hole, a_scan, metres, one_row, rock

GROUPS = {"KAOLIN": "group.kaolin", "SULPHATE": "group.sulphate", "WHITE-MICA": "group.white mica"}


@pytest.mark.shared
@pytest.mark.parametrize("step", [0.1, 1.0])
def test_a_real_tray_has_the_intervals_that_others_found(shared_data: Path, step: float) -> None:
    folder = shared_data / "field" / "tsg_core_PE257D"
    core = read_tsg(folder / "PE257D_0001_tsg.tsg")
    parts = [samples_of(core.hole, scan, core.depth) for scan in core.scans]
    table = intervals(parts, steps(65.9, 69.49, step)).to_pylist()
    with (folder / f"expected_interval_{step}m.csv").open() as file:
        expected = list(csv.DictReader(file))
    assert len(table) == len(expected)
    for row, theirs in zip(table, expected, strict=True):
        assert (row["from_m"], row["to_m"]) == (float(theirs["from_m"]), float(theirs["to_m"]))
        assert (row["n"], row["not_rock"]) == (int(theirs["n_rock"]), int(theirs["n_not_rock"]))
        assert [row[ours] for ours in GROUPS.values()] == pytest.approx(
            [float(theirs[one]) for one in GROUPS], abs=1e-6
        )
        assert sum(row[name] for name in row if name.startswith("unknown.")) == pytest.approx(
            float(theirs["UNKNOWN"]), abs=1e-6
        )


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 30))
def test_fractions_sum_to_one_exactly_and_groups_are_the_sums_of_their_minerals(
    seed: int, lines: int, samples: int
) -> None:
    hole = a_hole(one_row(metres(100, lines), (0, samples)))
    table = intervals([samples_of("DH-1", a_scan(rock(lines, samples, seed)), hole)], steps(100, 100.04, 0.01))
    for row in table.to_pylist():
        parts = [row[name] for name in row if name.startswith(("mineral.", "unknown."))]
        assert (sum(parts) == 1.0 and sum(parts[::-1]) == 1.0) if row["n"] else set(parts) == {None}
        kaolin = [
            row[f"mineral.{name}"] or 0
            for name in ("kaolinite", "other kaolin", "kaolin (group)")
            if f"mineral.{name}" in row
        ]
        assert not kaolin or sum(kaolin) == (row["group.kaolin"] or 0)


def test_intervals_begin_at_whole_multiples_of_the_step() -> None:
    assert steps(65.93, 66.12, 0.1).tolist() == [[65.9, 66.0], [66.0, 66.1], [66.1, 66.2]]
    assert steps(100.0, 101.0, 0.5).tolist() == [[100.0, 100.5], [100.5, 101.0]]
    with pytest.raises(ConfigError, match="give one above 0"):
        steps(0, 1, 0)
    with pytest.raises(ConfigError, match="take a longer one"):
        steps(0, 1000, 1e-4)


def table_of(hole: object, step: float = 0.1, **more: object) -> list[dict[str, object]]:
    """Of a row of 300 lines, kaolinite above muscovite."""
    codes = np.full((300, 5), KAOLINITE, np.uint8)
    codes[150:] = MUSCOVITE
    return intervals([samples_of("DH-1", a_scan(codes, **more), hole)], steps(100, 100.4, step)).to_pylist()  # type: ignore[arg-type]


def test_a_loss_has_no_mineral_and_what_is_beside_it_says_so() -> None:
    depth = np.concatenate([metres(100, 150), metres(100.25, 150)])
    hole = a_hole(one_row(depth, (0, 5)), missing=(Missing(100.15, 100.25, "base"),))
    first, second, third, _ = table_of(hole)
    assert (first["n"], first["mineral.kaolinite"], first["recovery"], first["flags"]) == (500, 1.0, 1.0, "")
    assert (second["n"], second["recovery"]) == (250, pytest.approx(0.5))
    assert second["flags"] == third["flags"] == "core lost 100.15-100.25 m (base)"
    inside = table_of(hole, 0.05)[3:5]
    assert [(row["n"], row["mineral.kaolinite"], row["recovery"]) for row in inside] == [(0, None, 0.0)] * 2


LOST = {"base": (100.8, 101.0), "top": (100.0, 100.2), "placed": (100.4, 100.6)}


@pytest.mark.parametrize("loss", LOST)
def test_where_a_loss_is_taken_to_be_makes_another_table_whose_header_says_it(
    loss: Literal["base", "top", "placed"],
) -> None:
    codes = np.full((1040, 60), BACKGROUND, np.uint8)
    codes[20:420, 5:53], codes[420:820, 5:53] = KAOLINITE, MUSCOVITE
    scan, (from_m, to_m) = a_scan(codes), LOST[loss]
    box, placed = Box(number=1, from_m=100, to_m=101, rows=1, core="NQ"), Loss(from_m=100.4, to_m=100.6)
    session = Session(hole=Hole(id="DH-1"), boxes=(box,), loss=loss, losses=(placed,) if loss == "placed" else ())
    finds = find_rows(scan.rock, scan.along_mm, scan.pixel_mm, session, box, scan.missing)
    depth = register(session, {1: finds}, {1: scan.along_mm})
    table = intervals([samples_of("DH-1", scan, depth)], steps(100, 101, 0.1), {"loss": loss})
    for row in table.to_pylist():
        is_lost = from_m - 1e-9 <= row["from_m"] and row["to_m"] <= to_m + 1e-9
        kaolinite = row["to_m"] <= 100.4 + 1e-9 + (0.2 if loss == "top" else 0)
        expected = (0, None, None, 0.0) if is_lost else (4800, float(kaolinite), float(not kaolinite), 1.0)
        assert (row["n"], row["mineral.kaolinite"], row["mineral.muscovite"], row["recovery"]) == expected
        assert row["flags"] == (f"core lost {from_m:.2f}-{to_m:.2f} m ({loss})" if is_lost else "")
    told = header_of(table)
    assert (told["loss"], told["missing"]) == (
        loss,
        [{"from_m": pytest.approx(from_m), "to_m": pytest.approx(to_m), "how": loss}],
    )


def test_what_was_not_scanned_has_no_recovery_and_says_so() -> None:
    rows = table_of(a_hole(one_row(metres(100.05, 300), (0, 5))))
    assert (rows[0]["recovery"], rows[0]["flags"]) == (pytest.approx(1.0), "0.05 of 0.10 m scanned")
    rows = table_of(a_hole(one_row(metres(100, 300), (0, 5))))
    assert (rows[3]["n"], rows[3]["recovery"], rows[3]["flags"]) == (0, None, "not scanned")


def test_a_run_that_brought_a_stub_of_the_one_before_has_more_than_all_of_its_core() -> None:
    hole = a_hole(
        one_row(metres(100, 300), (0, 5)), recovery=(Recovery(100, 100.2, 0.204), Recovery(100.2, 100.3, 0.1))
    )
    assert [row["recovery"] for row in table_of(hole)[:3]] == pytest.approx([1.02, 1.02, 1.0])


def test_an_interval_of_two_boxes_and_one_of_broken_core_say_so() -> None:
    kind = np.full(100, Kind.ROCK, np.uint8)
    kind[40:50] = Kind.BROKEN
    upper = a_hole(one_row(metres(100, 100), (0, 5), kind=kind))
    lower = a_hole(one_row(metres(100.1, 100), (0, 5)), box=2)
    codes = np.full((100, 5), KAOLINITE, np.uint8)
    parts = [samples_of("DH-1", a_scan(codes, box=n + 1), hole) for n, hole in enumerate((upper, lower))]
    rows = intervals(parts, steps(100, 100.2, 0.05)).to_pylist()
    assert [row["flags"] for row in rows] == ["broken", "", "", ""]
    assert [row["flags"] for row in intervals(parts, steps(100, 100.2, 0.2)).to_pylist()] == ["boxes 1, 2; broken"]


def test_lines_that_did_not_come_are_masked_where_they_are_and_nowhere_else() -> None:
    codes = np.full((300, 5), KAOLINITE, np.uint8)
    codes[120:123], codes[10, 0] = INVALID, INVALID
    samples = samples_of("DH-1", a_scan(codes), a_hole(one_row(metres(100, 300), (0, 5))))
    rows = intervals([samples], steps(100, 100.3, 0.1)).to_pylist()
    assert [(row["n"], row["masked"], row["flags"]) for row in rows] == [
        (499, 1, ""), (485, 15, "3 lines not seen"), (500, 0, ""),
    ]  # fmt: skip


def test_a_flag_of_a_row_stands_where_the_row_is_and_one_of_the_hole_in_the_header() -> None:
    row = one_row(metres(100, 150), (0, 5)), one_row(metres(100.15, 150), (0, 5), row=2)
    deep = np.full(300, np.nan)
    rows = [one_row(np.concatenate([one.depth_m, deep[:150]]), (0, 5), row=at) for at, one in enumerate(row, 1)]
    flags = Flag("its block was not found", 1, 2), Flag("no survey: the hole is taken to be vertical")
    told = table_of(a_hole(*rows, flags=flags))
    assert [one["flags"] for one in told[:3]] == ["", "its block was not found", "its block was not found"]


def test_features_have_their_mean_number_and_spread_over_the_pixels_that_are_deep_enough() -> None:
    infos = FeatureInfo("2200", 2120, 2245), FeatureInfo("OH", 2100, 2400), FeatureInfo("water", 1850, 2100)
    features = np.full((300, 3, 2, 5), np.nan, np.float32)
    features[:, 0] = np.array([[2190, 2200, 2210, np.nan, 2200], [0.1, 0.2, 0.3, np.nan, 0.02]])
    features[:, 1, 1], features[:, 2, 1] = 0.3, [0.1, 0.2, 0.3, 0.6, np.nan]
    scan = a_scan(np.full((300, 5), KAOLINITE, np.uint8), features=features, feature_infos=infos)
    hole = a_hole(one_row(metres(100, 300), (0, 5)))
    table = intervals([samples_of("DH-1", scan, hole, 0.05)], steps(100, 100.4, 0.1))
    row, empty = table.to_pylist()[0], table.to_pylist()[3]
    values = np.repeat([2190.0, 2200.0, 2210.0], 100)
    assert [row[f"feature.2200W{what}"] for what in ("", ".n", ".sd")] == pytest.approx([2200, 300, values.std(ddof=1)])
    assert [row[f"feature.2200D{what}"] for what in ("", ".n")] == pytest.approx([0.2, 300])
    assert [row[f"feature.crystallinity{what}"] for what in ("", ".n", ".class")] == pytest.approx([1.5, 400, 5])
    assert [empty[f"feature.2200W{what}"] for what in ("", ".n", ".sd")] == [None, 0, None]
    told = header_of(table)
    assert told["features"]["2200"] == {"window_nm": [2120, 2245]}
    assert (told["feature_method"], told["least_depth"]) == (METHOD, 0.05)


def test_overlapping_intervals_are_each_of_their_own() -> None:
    samples = samples_of(
        "DH-1", a_scan(np.full((300, 5), UNKNOWN, np.uint8)), a_hole(one_row(metres(100, 300), (0, 5)))
    )
    table = intervals([samples], np.array([[100.0, 100.2], [100.1, 100.3], [99.0, 99.5]]))
    assert table["n"].to_pylist() == [1000, 1000, 0]


def test_parts_of_another_model_have_their_columns_side_by_side_and_the_header_names_both() -> None:
    hole = a_hole(one_row(metres(100, 10), (0, 5)))
    one = samples_of("DH-1", a_scan(np.full((10, 5), KAOLINITE, np.uint8)), hole)
    other = samples_of("DH-1", a_scan(np.full((10, 5), MUSCOVITE, np.uint8), provenance={"model": "bands 2"}), hole)
    table = intervals([one, other], steps(100, 100.01, 0.01), {"loss": "base"})
    (row,) = table.to_pylist()
    assert (row["mineral.kaolinite"], row["mineral.muscovite"]) == (0.5, 0.5)
    told = header_of(table)
    assert (told["model"], told["loss"]) == (["bands 1", "bands 2"], "base")
    assert told["colours"]["groups"]["kaolin"] == [255, 0, 0]


def test_no_samples_are_an_empty_table_of_the_intervals_asked_for() -> None:
    table = intervals([], steps(100, 100.2, 0.1))
    assert table.num_rows == 2
    assert table.schema.field("hole").type == pa.string()
    assert table["n"].to_pylist() == [0, 0]
