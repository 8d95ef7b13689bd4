"""Facts of core in its trays: they are what the maps of depth and minerals show, in whatever order rows are read."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from hwsim.scenes.core import CoreScene
from hwsim.worlds import world_of
from hwsim.worlds.core import TABLE, WOOD
from hwsim.worlds.runs import run_of

SMALL = CoreScene(trays=2, row_mm=300, run_m=0.6, loss=0.15, loss_at="mixed", diameters_mm=("HQ", "BQ"), seed=7)


def seen(**settings):
    scene = CoreScene.model_validate(SMALL.model_dump() | settings)
    world = world_of(scene)
    return world, *world.paint(0, world.lines), world.facts()


def read(truth, row):
    """Depths along the middle of a row, in the order in which it is read."""
    middle = (row["first_sample"] + row["last_sample"]) // 2
    depths = truth.depth_m[row["first_line"] : row["last_line"] + 1, middle]
    return depths[::-1] if row["backwards"] else depths


@pytest.mark.parametrize(
    ("direction", "begin"),
    [("left-right", "bottom"), ("right-left", "top"), ("snake", "bottom"), ("snake-right", "top")],
)
def test_depth_grows_along_each_row_as_it_is_read_and_from_row_to_row(direction, begin):
    _, _, truth, facts = seen(direction=direction, rows_begin=begin)
    depths = [read(truth, row) for row in facts["rows"]]
    along = np.concatenate([row[np.isfinite(row)] for row in depths])
    assert (np.diff(along) > -1e-4).all()
    assert len(along) > 1500
    turned = {
        "left-right": [False] * 4,
        "right-left": [True] * 4,
        "snake": [False, True] * 2,
        "snake-right": [True, False] * 2,
    }
    assert [row["backwards"] for row in facts["rows"][:4]] == turned[direction]
    samples = [row["first_sample"] for row in facts["rows"] if row["tray"] == 0]
    assert samples == sorted(samples, reverse=begin == "bottom")


def test_a_tray_that_is_read_from_the_other_side_is_the_same_tray_turned():
    _, pixels, truth, _ = seen()
    _, turned_pixels, turned, _ = seen(direction="right-left")
    tray = slice(15, 315)
    np.testing.assert_allclose(turned.depth_m[tray][::-1][:-1], truth.depth_m[tray][1:], atol=1e-4)
    np.testing.assert_array_equal(turned.ids[tray][::-1][:-1], truth.ids[tray][1:])
    core = truth.ids[tray][1:] > 0
    np.testing.assert_allclose(turned_pixels.a[tray][::-1][:-1][core], pixels.a[tray][1:][core], atol=1e-5)


@pytest.mark.parametrize("direction", ["left-right", "snake"])
def test_blocks_lie_where_the_facts_say_and_hold_no_core(direction):
    world, pixels, truth, facts = seen(direction=direction)
    around = world.palette.around
    assert len(facts["blocks"]) >= 6
    for block in facts["blocks"]:
        lines, samples = (slice(block[f"first_{of}"], block[f"last_{of}"] + 1) for of in ("line", "sample"))
        assert not truth.ids[lines, samples][3:-3].any()
        assert lines.stop - lines.start in (45, 46)
        assert set(np.unique(pixels.one[lines, samples][3:-3, 3:-3])) == {around + WOOD, around + TABLE}
    depths = [block["depth_m"] for block in facts["blocks"]]
    assert np.diff(depths) == pytest.approx(0.6)


def test_a_run_has_the_core_that_was_drilled_but_for_its_loss_and_stubs():
    world, _, _, facts = seen(stubs=1.0, trays=6, loss=0.05)
    stubs = [run for run in facts["runs"] if run["recovered_m"] > run["depth_to_m"] - run["depth_from_m"] + 1e-6]
    assert len(stubs) >= 3
    assert sum(run["recovered_m"] for run in facts["runs"]) + sum(
        loss["depth_to_m"] - loss["depth_from_m"] for loss in facts["losses"]
    ) == pytest.approx(facts["boxes"][-1]["depth_to_m"] - 100.0, abs=1e-6)
    for before, run in pairwise(facts["runs"][1:-1]):
        told = run_of(world.scene, run["run"])
        lost = told.lost[1] - told.lost[0] if told.lost else 0.0
        came = run["recovered_m"] - 0.6 + lost
        left = 0.6 - before["recovered_m"]
        assert came > -0.08 * 0.6
        assert came == pytest.approx(0.0, abs=1e-6) or came < max(left, 0.08 * 0.6) + 1e-6


def test_a_box_ends_in_no_stub():
    for seed in range(4):
        world = world_of(SMALL.model_copy(update={"stubs": 1.0, "trays": 8, "loss": 0.0, "seed": seed}))
        facts = world.facts()
        for box in facts["boxes"]:
            own = [block["depth_m"] for block in facts["blocks"] if block["tray"] == box["tray"]]
            assert box["depth_to_m"] >= max(own)


def test_veins_are_seen_between_the_depths_that_are_told_and_nowhere_else():
    scene = CoreScene(trays=2, row_mm=500, vein_minerals=("gypsum",), veins_per_m=3, loss=0, direction="snake")
    world = world_of(scene)
    truth, facts = world.paint(0, world.lines)[1], world.facts()
    gypsum = (truth.fractions()[:, scene.all_minerals.index("gypsum")] > 0.5) & (truth.ids > 0)
    allowed = np.zeros_like(gypsum)
    for vein in facts["veins"]:
        allowed |= (truth.depth_m > vein["depth_from_m"] - 1e-3) & (truth.depth_m < vein["depth_to_m"] + 1e-3)
    assert {vein["mineral"] for vein in facts["veins"]} == {"gypsum"}
    ends = (
        truth.depth_m < facts["boxes"][0]["depth_from_m"] + 0.2,
        truth.depth_m > facts["boxes"][-1]["depth_to_m"] - 0.2,
    )
    assert gypsum.sum() > 500
    assert not (gypsum & ~allowed & ~ends[0] & ~ends[1]).any()


def test_core_that_fits_is_seen_to_its_ends_and_other_core_is_not():
    seen_mm = {}
    for fits in (False, True):
        _, _, truth, facts = seen(fits=fits, fractures_per_m=1.0, loss=0.0)
        off = []
        for row in facts["rows"]:
            lines, samples = (slice(row[f"first_{of}"], row[f"last_{of}"] + 1) for of in ("line", "sample"))
            on = np.isfinite(truth.depth_m[lines, samples])[:, 3:-3]
            off.append(on.mean(axis=1).sum() - 1e3 * (row["depth_to_m"] - row["depth_from_m"]))
        seen_mm[fits] = np.mean(off)
    assert seen_mm[True] == pytest.approx(0.0, abs=0.3)
    assert seen_mm[False] < -1.0


def test_sizes_of_core_have_names():
    assert CoreScene(diameters_mm=("PQ", 50, "BQ")).diameters_mm == (85.0, 50.0, 36.4)
    assert CoreScene.model_validate({"diameters_mm": ["HQ"]}).diameters_mm == (63.5,)


def test_rows_of_a_tray_that_lies_askew_drift_across_the_view():
    askew = -1.5
    world, _, truth, facts = seen(askew_deg=askew, direction="snake", trays=1)
    samples = np.arange(truth.ids.shape[1])
    for row in facts["rows"]:
        own = world.tray(row["tray"]).pieces
        on = np.isin(truth.ids[row["first_line"] : row["last_line"] + 1], own["id"][own["row"] == row["row"]])
        lines = np.flatnonzero(on.sum(axis=1) > 0.98 * (row["last_sample"] - row["first_sample"]))
        middle = (on * samples).sum(axis=1)[lines] / on.sum(axis=1)[lines]
        assert np.polyfit(lines, middle, 1)[0] == pytest.approx(facts["drift"], abs=0.005)
    assert facts["drift"] == pytest.approx(np.tan(np.radians(askew)))
    for line in (40, 200):
        np.testing.assert_array_equal(world.paint(line, 3)[1].ids, truth.ids[line : line + 3])
    read_in_order = np.concatenate([depth[np.isfinite(depth)] for depth in (read(truth, row) for row in facts["rows"])])
    assert (np.diff(read_in_order) > -1e-4).all()
