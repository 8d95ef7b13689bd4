"""Core in trays: its depths, its losses, its rocks, and the tray around it."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from hwsim.render.scene import render
from hwsim.scenes.base import Surfaces
from hwsim.scenes.core import CoreScene, Lithology
from hwsim.worlds import geology, world_of
from hwsim.worlds.block import written
from hwsim.worlds.core import METAL, TABLE, WOOD
from oreline.errors import ConfigError
from oreline.recordings.recording import open_recording

LOSSY = CoreScene(trays=3, loss=0.15)


@pytest.fixture(scope="module")
def lossy():
    world = world_of(LOSSY)
    return world, *world.paint(0, world.lines)


def rows_of(world, truth):
    """Depths along the middle of each row, in the order of the core, NaN where there is none."""
    for row in world.facts()["rows"]:
        middle = (row["first_sample"] + row["last_sample"]) // 2
        yield row, truth.depth_m[row["first_line"] : row["last_line"] + 1, middle]


def test_depth_grows_along_the_core_from_row_to_row_and_from_tray_to_tray(lossy):
    world, _, truth = lossy
    along = np.concatenate([depth[np.isfinite(depth)] for _, depth in rows_of(world, truth)])
    assert len(along) > 10_000
    assert along[0] == pytest.approx(100.0, abs=0.02)
    assert (np.diff(along) > -1e-4).all()
    np.testing.assert_array_equal(np.isfinite(truth.depth_m), truth.ids > 0)


def test_depth_jumps_over_a_loss_and_nowhere_else(lossy):
    world, _, truth = lossy
    along = np.concatenate([depth[np.isfinite(depth)] for _, depth in rows_of(world, truth)])
    steps = np.diff(along)
    losses = world.facts()["losses"]
    assert len(losses) >= 3
    for loss, at in zip(losses, np.flatnonzero(steps > 0.06), strict=True):
        assert along[at] == pytest.approx(loss["depth_from_m"], abs=0.03)
        assert along[at + 1] == pytest.approx(loss["depth_to_m"], abs=0.03)
    for piece in world.tray(0).pieces:
        for loss in losses:
            assert piece["depth_m"] >= loss["depth_to_m"] - 1e-9 or piece["depth_m"] < loss["depth_from_m"]


def test_pieces_and_losses_make_up_the_depth_exactly(lossy):
    world = lossy[0]
    for number in range(3):
        tray = world.tray(number)
        found = (tray.pieces["end"] - tray.pieces["start"]).sum() / 1e3 + sum(
            loss.to_m - loss.from_m for loss in tray.losses
        )
        assert found == pytest.approx(tray.end.depth_m - tray.begin.depth_m, abs=1e-6)
        assert tray.begin.depth_m == (world.tray(number - 1).end.depth_m if number else 100.0)


def test_the_share_that_was_lost_is_about_what_was_asked_for():
    world = world_of(CoreScene(trays=60, loss=0.08, diameters_mm=(47.6,)))
    drilled = world.tray(59).end.depth_m - 100.0
    lost = sum(loss.to_m - loss.from_m for number in range(60) for loss in world.tray(number).losses)
    assert lost / drilled == pytest.approx(0.08, abs=0.02)


def test_what_is_said_of_a_piece_and_of_a_row_is_what_the_map_of_depth_shows(lossy):
    world, _, truth = lossy
    for number in np.unique(truth.ids)[1::7]:
        said, depth = world.describe(int(number)), truth.depth_m[truth.ids == number]
        length = said["depth_to_m"] - said["depth_from_m"]
        assert depth.mean() == pytest.approx((said["depth_from_m"] + said["depth_to_m"]) / 2, abs=0.02)
        assert np.ptp(depth) < length + 0.05
    for row, depth in rows_of(world, truth):
        assert np.nanmin(depth) == pytest.approx(row["depth_from_m"], abs=0.02)
        assert np.nanmax(depth) == pytest.approx(row["depth_to_m"], abs=0.02)


def test_a_depth_block_lies_at_the_end_of_every_run(lossy):
    world, pixels, truth = lossy
    blocks = world.facts()["blocks"]
    depths = [block["depth_m"] for block in blocks]
    assert depths == pytest.approx(np.arange(len(depths)) * 1.5 + depths[0])
    for tray in map(world.tray, range(3)):
        for row, start, _ in tray.blocks:
            assert 0 <= start <= 1000 - 45
            in_row = tray.pieces[tray.pieces["row"] == row]
            assert ((in_row["end"] <= start) | (in_row["start"] >= start + 45)).all()
    tray = world.tray(0)
    row, start, _ = tray.blocks[0]
    lines = slice(int(np.ceil(start + 15 + 5)), int(start + 15 + 40))
    block = (lines, slice(*(np.searchsorted(world.x_mm, tray.rows_mm[row] + off) for off in (-15, 15))))
    assert not truth.ids[block].any()
    around = world.palette.around
    assert set(np.unique(pixels.one[block])) == {around + WOOD, around + TABLE}


def test_the_depth_is_written_to_be_read():
    dots = written("1.7")
    said = ["".join(" #"[int(dot)] for dot in row).rstrip() for row in dots]
    assert [row for row in said if row] == [
        "   #      ###",
        "  ##        #",
        "   #        #",
        "   #        #",
        "  ###  #    #",
    ]


def test_fractions_sum_to_one_on_core_whatever_the_contact_or_vein(lossy):
    _, _, truth = lossy
    np.testing.assert_allclose(truth.fractions().sum(axis=1), truth.ids > 0, atol=1e-6)
    assert ((truth.share > 0.1) & (truth.share < 0.9) & (truth.ids > 0)).mean() > 0.005


def test_a_gradual_contact_turns_one_rock_into_the_other_and_a_sharp_one_does_not():
    rocks = (Lithology(name="one", minerals={"calcite": 1}), Lithology(name="two", minerals={"talc": 1}))
    base = CoreScene(trays=1, lithologies=rocks, veins_per_m=0, loss=0, fractures_per_m=0.5)
    mixed = {}
    for share in (0.0, 1.0):
        scene = base.model_copy(update={"gradual_share": share})
        world = world_of(scene)
        truth = world.paint(0, world.lines)[1]
        calcite = truth.fractions()[:, 0][truth.ids > 0]
        assert 0.2 < calcite.mean() < 0.8
        mixed[share] = ((calcite > 0.05) & (calcite < 0.95)).mean()
    assert mixed[0.0] < 0.02
    assert mixed[1.0] > 0.1


def test_units_that_meet_are_of_different_rocks():
    scene = CoreScene(depth_m=-5.0)
    rocks = geology.contacts(scene, -5.0, 200.0)["rock"]
    assert (np.diff(rocks.astype(int)) != 0).all()
    assert set(rocks) == set(range(4))
    depths = geology.contacts(scene, 0.0, 200.0)["depth"]
    assert (np.diff(depths) > 0).all()


def test_veins_are_of_their_minerals_and_about_as_thick_as_was_asked_for():
    scene = CoreScene(trays=1, veins_per_m=6, vein_mm=8, vein_minerals=("gypsum",), loss=0, fractures_per_m=0.5)
    world = world_of(scene)
    truth = world.paint(0, world.lines)[1]
    vein = truth.fractions()[:, scene.all_minerals.index("gypsum")][truth.ids > 0]
    assert vein.max() == 1.0
    assert 0.02 < vein.mean() < 0.2
    none = world_of(scene.model_copy(update={"veins_per_m": 0.0})).paint(0, 300)[1]
    assert not none.fractions()[:, scene.all_minerals.index("gypsum")].any()


def test_half_core_is_evenly_lit_and_whole_core_darkens_towards_its_sides():
    for cut, least, most in (("whole", 0.55, 0.85), ("half", 0.95, 1.05)):
        scene = CoreScene(trays=1, cut=cut, surface=Surfaces(), fractures_per_m=0.5)
        world = world_of(scene)
        pixels, truth = world.paint(0, world.lines)
        tray = world.tray(0)
        light = np.where(truth.ids > 0, pixels.a + pixels.b, np.nan)
        middle, side = (
            np.nanmean(light[:, np.abs(world.x_mm - tray.rows_mm[1] - off * tray.radius_mm) < 1]) for off in (0.0, 0.9)
        )
        assert least < side / middle < most


def test_the_next_tray_follows_for_ever_with_the_core_of_its_size():
    scene = CoreScene(trays=1)
    world = world_of(scene)
    ids = world.paint(5 * 1075 + 300, 4)[1].ids
    assert set(np.unique(ids)[1:] // 10_000) == {5}
    assert world.tray(0).radius_mm == 63.5 / 2
    assert world.tray(5).radius_mm == 47.6 / 2
    between = world.paint(1075 - 20, 10)
    assert not between[1].ids.any()
    assert set(np.unique(between[0].one)) == {world.palette.around + TABLE}


def test_trays_are_of_wood_or_metal():
    for tray, material in (("wood", WOOD), ("metal", METAL)):
        world = world_of(CoreScene(tray=tray))
        pixels, _ = world.paint(2, 8)
        assert (pixels.one == world.palette.around + material).mean() > 0.8


def test_lines_are_the_same_in_any_order():
    scene = CoreScene(surface=Surfaces(wet_share=0.4, dust=0.1, shadow=0.5, glint=0.2))
    whole, truth = world_of(scene).paint(1040, 90)
    world = world_of(scene)
    for start in (1115, 1040, 1070):
        pixels, part = world.paint(start, 15)
        at = slice(start - 1040, start - 1025)
        for name in ("one", "two", "a", "b", "slope", "glint"):
            np.testing.assert_array_equal(getattr(pixels, name), getattr(whole, name)[at], name)
        np.testing.assert_array_equal(part.depth_m, truth.depth_m[at])


def test_a_recording_of_core_has_a_map_of_depth(tmp_path):
    scene = CoreScene(trays=1, row_mm=120, dark_lines=4, white_lines=4)
    found = render(scene, tmp_path)
    assert found.scene.lines == scene.lines == 195
    depth = open_recording(tmp_path / "core_depth.hdr")
    ids = open_recording(tmp_path / "core_stones.hdr").cube[:, 0]
    np.testing.assert_array_equal(np.isfinite(depth.cube[:, 0]), ids > 0)
    assert np.nanmin(depth.cube) == pytest.approx(100.0, abs=0.02)


def test_core_that_the_camera_does_not_see_is_refused():
    with pytest.raises(ConfigError, match="raise pixel_mm"):
        world_of(CoreScene(pixel_mm=0.1))
    with pytest.raises(ValidationError, match="Did you mean 'talc'"):
        CoreScene(vein_minerals=("talk",))
    with pytest.raises(ValidationError, match="Did you mean 'talc'"):
        Lithology(name="soapstone", minerals={"talk": 1.0})
