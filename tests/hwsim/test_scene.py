"""A rendered scene is what its settings say: real spectra, honest noise, and a truth that fits the picture."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pydantic import ValidationError

from hwsim import dice, scene
from hwsim.preview import preview
from hwsim.replay import prepare, sensor_bits
from hwsim.scene import BeltScene, render_belt
from hwsim.sensor import Pixels, Sensor
from hwsim.stones import throw
from oreline.cameras import CAMERAS
from oreline.jit import kernel
from oreline.messages import BACKGROUND
from oreline.recording import open_recording

SMALL = BeltScene(lines=200, dark_lines=12, white_lines=12)
PURE = BeltScene(lines=200, dark_lines=4, white_lines=4, noise=0, variation=0, mixed_share=0)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    return folder, render_belt(SMALL, folder)


def digests(folder):
    said = json.loads((folder / "manifest.json").read_text())["files"]
    return {name: file["sha256"] for name, file in said.items()}


def maps(folder, name="belt"):
    labels, ids = (open_recording(folder / f"{name}_{kind}.hdr").cube[:, 0] for kind in ("truth", "stones"))
    return labels, ids, json.loads((folder / f"{name}_truth.json").read_text())


def test_the_same_seed_gives_the_same_bytes_in_chunks_of_any_size(tmp_path, rendered, monkeypatch):
    monkeypatch.setattr(scene, "CHUNK", 7)
    render_belt(SMALL, tmp_path)
    assert digests(tmp_path) == digests(rendered[0])
    assert sorted(digests(tmp_path)) == [
        *("belt_stones.hdr", "belt_stones.img", "belt_truth.hdr", "belt_truth.img", "belt_truth.json"),
        *("capture/DARKREF_belt.hdr", "capture/DARKREF_belt.raw", "capture/WHITEREF_belt.hdr"),
        *("capture/WHITEREF_belt.raw", "capture/belt.hdr", "capture/belt.raw"),
    ]


def test_another_seed_gives_other_stones_and_noise(tmp_path, rendered):
    render_belt(SMALL.model_copy(update={"seed": 2}), tmp_path)
    mine, theirs = digests(tmp_path), digests(rendered[0])
    data = [name for name in mine if not name.endswith(".hdr")]
    assert all(mine[name] != theirs[name] for name in data)


@pytest.mark.parametrize("camera", sorted(CAMERAS))
def test_a_perfect_sensor_gives_back_the_spectrum_within_its_steps(tmp_path, camera):
    settings = PURE.model_copy(update={"camera": camera})
    found = render_belt(settings, tmp_path)
    labels, ids, _ = maps(tmp_path)
    dark, white = found.dark.cube.mean(axis=0), found.white.cube.mean(axis=0)
    reflectance = scene.PANEL * (found.scene.cube - dark) / (white - dark)
    step = 2.0 / (white - dark).min()
    spectra = scene.spectra_of(settings)
    same = np.ones_like(labels, bool)
    for down, across in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)):
        same &= np.roll(ids, (down, across), (0, 1)) == ids
    inner = same & (ids > 0)
    assert inner.sum() > 1000
    line, sample = np.nonzero(inner)
    error = np.abs(reflectance[line, :, sample] - spectra[:, labels[inner]].T)
    assert error.max() < step


def test_the_recording_says_what_the_camera_is(rendered):
    found, preset = rendered[1], CAMERAS["swir288"]
    assert found.scene.cube.shape == (200, preset.bands, preset.samples)
    assert found.dark.lines == found.white.lines == 12
    np.testing.assert_allclose(found.scene.wavelengths_nm, preset.wavelengths_nm)
    assert set(found.white.fwhm_nm) == {preset.fwhm_nm}
    assert found.scene.full_scale == 4095
    assert sensor_bits(found) == 12


def test_it_is_played_where_it_lies(rendered, tmp_path):
    sources = prepare(rendered[1], tmp_path / "unused")
    assert sources["scene"].path == rendered[0] / "capture" / "belt.raw"
    assert not (tmp_path / "unused").exists()


def test_the_truth_map_the_stone_map_and_the_list_agree(rendered):
    labels, ids, truth = maps(rendered[0])
    np.testing.assert_array_equal(labels == BACKGROUND, ids == 0)
    assert {stone["id"] for stone in truth["stones"]} == set(np.unique(ids)) - {0}
    names = [species or mineral for species, mineral in zip(truth["species"], truth["minerals"], strict=True)]
    for stone in truth["stones"]:
        line, sample = np.nonzero(ids == stone["id"])
        assert stone["pixels"] == len(line)
        assert (stone["first_line"], stone["last_line"]) == (line.min(), line.max())
        assert (stone["first_sample"], stone["last_sample"]) == (sample.min(), sample.max())
        assert (stone["centre_line"], stone["centre_sample"]) == pytest.approx((line.mean(), sample.mean()))
        found, counts = np.unique([names[label] for label in labels[line, sample]], return_counts=True)
        assert stone["species"] == pytest.approx(dict(zip(found, counts / len(line), strict=True)))
    assert (truth["counts_per_line"], truth["encoder_start"], truth["seed"]) == (1.0, 0, 1)


def test_stones_lie_whole_and_apart(rendered):
    _, ids, _ = maps(rendered[0])
    assert not ids[[0, -1]].any()
    assert not ids[:, [0, -1]].any()
    for near in (ids[1:] * ids[:-1] * (ids[1:] != ids[:-1]), ids[:, 1:] * ids[:, :-1] * (ids[:, 1:] != ids[:, :-1])):
        assert not near.any()


def test_the_cover_is_about_what_was_asked_for():
    settings = BeltScene(lines=4000)
    stones, _ = throw(settings)
    area = (np.pi * stones["radius"] ** 2).sum()
    assert area / (4000 * 384 * 1.5**2) == pytest.approx(settings.cover, rel=0.15)


def test_mixed_stones_have_patches_of_two_minerals(tmp_path):
    render_belt(SMALL.model_copy(update={"mixed_share": 1.0, "waste_share": 0.0}), tmp_path)
    stones = maps(tmp_path)[2]["stones"]
    assert np.mean([len(stone["species"]) == 2 for stone in stones]) > 0.5
    assert all(len(stone["species"]) <= 2 for stone in stones)


def test_waste_is_there_in_its_share():
    settings = BeltScene(lines=9000, waste=("chalcedony", "gypsum"), waste_share=0.3)
    stones, _ = throw(settings)
    waste = [settings.all_minerals.index(name) for name in settings.waste]
    assert np.isin(stones["one"], waste).mean() == pytest.approx(0.3, abs=0.04)
    assert len(np.unique(stones["one"])) == len(settings.all_minerals)


def test_a_longer_scene_begins_with_the_same_stones():
    short, long = throw(SMALL)[0], throw(SMALL.model_copy(update={"lines": 700}))[0]
    assert len(long) > len(short) > 10
    np.testing.assert_array_equal(long[: len(short) - 5], short[:-5])


def test_the_variance_of_the_noise_grows_linearly_with_the_signal():
    settings = BeltScene(lines=1, dark_counts=0, full_well_e=2e5, read_noise_e=150, white_level=0.9)
    sensor = Sensor.of(settings)
    levels = np.linspace(0.05, 0.95, 10)
    spectra = np.tile(levels.astype(np.float32), (288, 1))
    variance, signal = [], []
    for level in range(10):
        counts = np.empty((200, 288, 384), np.uint16)
        sensor.expose(spectra, Pixels.flat(200, 384, level), dice.key_of(level), 0, counts)
        window = counts[:, 100:110, 150:200].astype(np.float64)
        variance.append(window.var(axis=0, ddof=1).mean())
        signal.append(window.mean())
    slope, offset = np.polyfit(signal, variance, 1)
    per_count = settings.full_well_e / settings.full_scale
    assert slope == pytest.approx(1 / per_count, rel=0.03)
    assert offset == pytest.approx((settings.read_noise_e / per_count) ** 2 + 1 / 12, abs=0.6)
    assert np.corrcoef(signal, variance)[0, 1] > 0.999


def test_too_much_light_saturates_at_full_scale(tmp_path):
    found = render_belt(SMALL.model_copy(update={"white_level": 1.5, "lines": 64}), tmp_path)
    assert found.white.cube.max() == 4095
    assert (found.white.cube == 4095).mean() > 0.2


def test_the_dark_is_dark_and_the_white_fills_the_field(rendered):
    dark, white = rendered[1].dark.cube, rendered[1].white.cube
    assert dark.mean() == pytest.approx(SMALL.dark_counts, rel=0.02)
    assert (white.mean(axis=0) - dark.mean(axis=0)).min() > 300
    assert white.max() < 4095


def test_what_was_rendered_is_used_again_until_settings_or_files_change(tmp_path):
    settings = SMALL.model_copy(update={"lines": 64})
    seen = []
    raw = render_belt(settings, tmp_path, lambda done, total: seen.append((done, total))).scene.path
    assert seen[-1] == (88, 88)
    made = raw.stat().st_mtime_ns

    render_belt(settings, tmp_path)
    assert raw.stat().st_mtime_ns == made
    raw.write_bytes(raw.read_bytes()[:-2])
    assert render_belt(settings, tmp_path).scene.missing_lines == 0
    assert render_belt(settings.model_copy(update={"lines": 70}), tmp_path).scene.lines == 70


def test_a_damaged_manifest_only_means_rendering_again(tmp_path):
    settings = SMALL.model_copy(update={"lines": 64})
    render_belt(settings, tmp_path)
    for damage in ("", "[]", '{"files": 3}'):
        (tmp_path / "manifest.json").write_text(damage)
        assert render_belt(settings, tmp_path).scene.lines == 64
        assert digests(tmp_path)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"minerals": ["kaolinit"]}, "Did you mean 'kaolinite'"),
        ({"camera": "swir228"}, "Did you mean 'swir288'"),
        ({"mineral": ["talc"]}, "Extra inputs"),
        ({"minerals": ["talc", "talc"]}, "named twice"),
        ({"cover": 0.9}, "less than or equal"),
        ({"name": "../up"}, "pattern"),
    ],
)
def test_settings_that_make_no_scene_are_refused(settings, says):
    with pytest.raises(ValidationError, match=says):
        BeltScene(**settings)


def test_a_preview_shows_the_camera_and_the_truth_side_by_side(rendered, tmp_path):
    from PIL import Image

    preview(rendered[1], tmp_path / "scene.png", lines=100)
    with Image.open(tmp_path / "scene.png") as picture:
        assert picture.size == (2 * 384, 100)
        assert len(picture.getcolors(1 << 20)) > 1000


@kernel
def draw(table, key, n):
    out = np.empty(n, np.float32)
    for position in range(n):
        out[position] = dice.normal(table, key, position)
    return out


def test_dice_are_normal_and_uncorrelated():
    one, two = (draw(dice.NORMAL, dice.key_of(7, part), 400_000).astype(np.float64) for part in (0, 1))
    assert one.mean() == pytest.approx(0.0, abs=0.006)
    assert one.var() == pytest.approx(1.0, abs=0.01)
    assert (one**4).mean() == pytest.approx(3.0, abs=0.06)
    for other in (np.roll(one, 1), np.roll(one, 384), two):
        assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.0, abs=0.006)
