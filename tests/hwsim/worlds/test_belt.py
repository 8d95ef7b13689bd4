"""An endless belt: the same stones whenever they are looked at, as many, as close and as fast as was asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hwsim.scenes.base import Motion, Surfaces
from hwsim.scenes.belt import BeltScene
from hwsim.worlds import world_of
from hwsim.worlds.stones import rocks_of

CROWDED = BeltScene(lines=2000, cover=0.55, separation=0.75)


def painted(scene, first=200, lines=300):
    return world_of(scene).paint(first, lines)


def fields(pixels):
    return [getattr(pixels, name) for name in ("one", "two", "a", "b", "slope", "glint")]


@pytest.mark.parametrize("first", [0, 500, 9_000_000])
def test_a_line_is_the_same_however_it_is_asked_for(first):
    scene = CROWDED.model_copy(update={"surface": Surfaces(shadow=0.5, glint=0.2, wet_share=0.5)})
    whole, truth = painted(scene, first, 60)
    world = world_of(scene)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda start: world.paint(start, 12), range(first + 48, first - 1, -12)))[::-1]
    for name, expected in zip(("one", "two", "a", "b", "slope", "glint"), fields(whole), strict=True):
        np.testing.assert_array_equal(np.vstack([getattr(pixels, name) for pixels, _ in parts]), expected, name)
    np.testing.assert_array_equal(np.vstack([part.ids for _, part in parts]), truth.ids)
    assert (truth.ids > 0).any()


def test_a_belt_goes_on_after_its_recording_and_begins_as_a_longer_one():
    short, long = BeltScene(lines=300), BeltScene(lines=3000)
    np.testing.assert_array_equal(painted(short, 0, 200)[1].ids, painted(long, 0, 200)[1].ids)
    np.testing.assert_array_equal(painted(short, 500, 200)[1].ids, painted(long, 500, 200)[1].ids)
    assert (painted(short, 500, 200)[1].ids > 0).mean() > 0.15
    assert not painted(short, 299, 2)[1].ids.any()


def test_the_cover_is_about_what_was_asked_for():
    for scene in (BeltScene(lines=2000), BeltScene(lines=2000, cover=0.5, separation=0.8)):
        assert (painted(scene, 0, 2000)[1].ids > 0).mean() == pytest.approx(scene.cover, rel=0.1)


def test_waste_is_there_in_its_share():
    scene = BeltScene(lines=9000, waste=("chalcedony", "gypsum"), waste_share=0.3)
    stones = world_of(scene).stones(0.0, 9000 * 1.5)
    waste = [scene.all_minerals.index(name) for name in scene.waste]
    assert np.isin(stones["one"], waste).mean() == pytest.approx(0.3, abs=0.04)
    assert len(np.unique(stones["one"])) == len(scene.all_minerals)


def touching(ids):
    """Pairs of neighbouring pixels that belong to two stones."""
    pairs = np.vstack([np.c_[ids[1:].ravel(), ids[:-1].ravel()], np.c_[ids[:, 1:].ravel(), ids[:, :-1].ravel()]])
    return pairs[(pairs > 0).all(axis=1) & (pairs[:, 0] != pairs[:, 1])]


def test_stones_touch_only_where_it_was_asked_for_and_keep_their_own_ids():
    assert len(touching(painted(BeltScene(cover=0.4))[1].ids)) == 0
    world = world_of(CROWDED)
    truth = world.paint(200, 300)[1]
    assert len(touching(truth.ids)) > 200
    stones = {int(stone["id"]): stone for stone in world.stones(0.0, 2000 * 1.5)}
    line, sample = np.nonzero(truth.ids)
    for number in np.unique(truth.ids)[1:]:
        stone, own = stones[int(number)], truth.ids[line, sample] == number
        away = np.hypot((200 + line[own]) * 1.5 - stone["y"], sample[own] * 1.5 - stone["x"])
        assert away.max() <= stone["reach"] + 1.5
        assert set(truth.one[line[own], sample[own]]) == {stone["one"]}


def test_grains_of_two_minerals_are_a_fraction_of_each():
    scene = BeltScene(intimate_share=1.0, mixed_share=0.0)
    truth = painted(scene)[1]
    fractions = truth.fractions().transpose(0, 2, 1)[truth.ids > 0]
    np.testing.assert_allclose(fractions.sum(axis=1), 1.0, atol=1e-6)
    assert ((fractions > 0.15).sum(axis=1) == 2).all()
    np.testing.assert_allclose(rocks_of(scene).sum(axis=1), 1.0)


def shown(surface, nm, **more):
    """Mean reflectance of all rock at some wavelengths."""
    scene = BeltScene(surface=surface, variation=0.0, mixed_share=0.0, **more)
    world = world_of(scene)
    pixels, truth = world.paint(200, 200)
    sure = (truth.ids > 0) & (pixels.b == 0)
    return np.mean(world.spectra_at(nm)[:, pixels.one[sure]], axis=1)


def test_a_wet_stone_is_darker_and_has_deeper_bands_of_water():
    nm = np.array([1300.0, 1450.0, 1650.0, 1940.0, 2130.0])
    dry, wet = (shown(Surfaces(wet_share=share), nm) for share in (0.0, 1.0))
    assert (wet < dry).all()
    for band, shoulder in ((1, 0), (1, 2), (3, 2), (3, 4)):
        assert wet[band] / wet[shoulder] < 0.7 * dry[band] / dry[shoulder]


def test_dust_pulls_every_stone_towards_its_own_spectrum():
    scene = BeltScene(surface=Surfaces(dust=0.3, dust_mineral="gypsum"), mixed_share=0.0)
    world, n = world_of(scene), len(scene.all_minerals)
    gypsum = world_of(BeltScene(minerals=("gypsum",), waste_share=0.0)).spectra[:, 0]
    dry = np.flatnonzero(world.palette.states["water_mm"] == 0)
    covers = world.palette.states["dust"][dry]
    assert len(dry) > 10
    assert covers.max() > 0.4
    for state, cover in zip(dry, covers, strict=True):
        clean, dusty = world.spectra[:, :n], world.spectra[:, state * n : (state + 1) * n]
        np.testing.assert_allclose(dusty, (1 - cover) * clean + cover * gypsum[:, None], atol=2e-6)


def test_a_shadow_darkens_what_lies_beside_a_stone_and_nothing_above_it():
    bright, shaded = (painted(BeltScene(surface=Surfaces(shadow=shadow))) for shadow in (0.0, 0.4))
    light = [pixels.a + pixels.b for pixels, _ in (bright, shaded)]
    belt = bright[1].ids == 0
    ratio = light[1] / light[0]
    assert ratio.min() > 1 - 2 * 0.4 - 1e-6
    assert 0.02 < np.isclose(ratio[belt], 0.6).mean() < 0.5
    assert (ratio[inside(bright[1].ids)] == 1.0).mean() > 0.99


def inside(ids):
    same = ids > 0
    for down, across in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        same &= np.roll(ids, (down, across), (0, 1)) == ids
    return same


def test_few_facets_glint_and_wet_ones_more():
    for share, brightest in ((0.0, 0.2), (1.0, 0.6)):
        pixels, truth = painted(BeltScene(surface=Surfaces(glint=0.2, wet_share=share)))
        assert not pixels.glint[truth.ids == 0][pixels.b[truth.ids == 0] == 0].any()
        lit = pixels.glint[truth.ids > 0]
        assert 0.005 < (lit > 0.02).mean() < 0.2
        assert 0.3 * brightest < lit.max() <= brightest


def test_the_encoder_follows_the_speed_profile():
    steady = world_of(BeltScene(counts_per_line=8.0, encoder_start=100))
    assert [steady.encoder(line) for line in (0, 1, 1000)] == [100, 108, 8100]

    ramp = world_of(BeltScene(counts_per_line=100.0, motion=Motion(ramp_lines=400, ramp_from=0.25)))
    speed = np.diff(ramp.encoders(np.arange(801)))
    np.testing.assert_allclose(speed[:400], 100 * (0.25 + 0.75 * (np.arange(400) + 0.5) / 400), atol=1)
    np.testing.assert_allclose(speed[400:], 100, atol=1)

    jitter = world_of(BeltScene(counts_per_line=1e4, motion=Motion(jitter=0.1)))
    speed = np.diff(jitter.encoders(np.arange(20_001))) / 1e4
    assert speed.mean() == pytest.approx(1.0, abs=0.005)
    assert speed.std() == pytest.approx(0.1, rel=0.1)
    assert speed.min() > 0

    both = world_of(BeltScene(counts_per_line=1e4, motion=Motion(ramp_lines=4000, ramp_from=0.25, jitter=0.1)))
    speed = np.diff(both.encoders(np.arange(20_001))) / 1e4
    assert speed[:400].mean() == pytest.approx(0.2875, rel=0.1)
    assert speed[5000:].mean() == pytest.approx(1.0, abs=0.01)


def test_on_a_slow_belt_stones_are_longer():
    fast, slow = (
        painted(BeltScene(motion=Motion(ramp_lines=10**9, ramp_from=speed)), 0, 600)[1].ids for speed in (1.0, 0.5)
    )
    shared = set(np.unique(fast)) & set(np.unique(slow)[1:-12])
    assert len(shared) > 20
    ratio = [(slow == number).sum() / (fast == number).sum() for number in shared]
    assert np.median(ratio) == pytest.approx(2.0, rel=0.05)


def test_what_is_said_of_a_stone_is_the_state_of_its_surface():
    world = world_of(BeltScene(surface=Surfaces(wet_share=0.5, water_mm=0.2)))
    number = world.stones(0.0, 500.0)[0]["id"]
    said = world.describe(int(number))
    assert set(said) == {"size", "water_mm", "dust"}
    assert said["water_mm"] == 0 or 0.1 <= said["water_mm"] <= 0.4


def test_a_belt_in_stretches_has_the_surfaces_of_each_in_turn_and_again_behind_its_end():
    stretches = {"wet": Surfaces(wet_share=1.0, water_mm=0.2), "dusty": Surfaces(dust=0.2, dust_mineral="gypsum")}
    world = world_of(BeltScene(lines=2000, stretches=stretches))
    end = float(world.way_mm(2000))
    for first, last, name in ((0, 0.5, "wet"), (0.5, 1, "dusty"), (1, 1.5, "wet")):
        stones = world.stones(first * end, last * end)
        inside = stones[(stones["y"] > first * end) & (stones["y"] < last * end)]
        said = [world.describe(int(number)) for number in inside["id"]]
        assert len(said) > 50
        assert {one["stretch"] for one in said} == {name}
        assert all((one["water_mm"] > 0) == (name == "wet") and (one["dust"] > 0) <= (name == "dusty") for one in said)


def test_one_stretch_is_the_belt_without_any():
    surface = Surfaces(wet_share=0.5, dust=0.1, grain_spread=0.2, shadow=0.3, glint=0.1)
    plain, alone = (painted(BeltScene(**how)) for how in ({"surface": surface}, {"stretches": {"all": surface}}))
    for one, other in zip(fields(plain[0]), fields(alone[0]), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_strip_shows_the_panel_whatever_lies_beside_it() -> None:
    world = world_of(BeltScene(lines=200, strip_samples=12, seed=3, camera="nir224"))
    plain = world_of(BeltScene(lines=200, seed=3, camera="nir224"))
    (pixels, truth), (expected, true) = world.paint(50, 40), plain.paint(50, 40)
    panel = world.spectra.shape[1] - 1
    assert set(np.unique(pixels.one[:, :12])) == {panel}
    assert (pixels.a[:, :12] == 1).all()
    assert not pixels.b[:, :12].any()
    assert not truth.ids[:, :12].any()
    assert not truth.fractions()[:, :, :12].any()
    assert np.array_equal(pixels.a[:, 12:], expected.a[:, 12:])
    assert np.array_equal(truth.ids[:, 12:], true.ids[:, 12:])
