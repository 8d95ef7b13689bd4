"""A rendered scene is what its settings say: real spectra, honest noise, and a truth that fits the picture."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from hwsim import random_field
from hwsim.camera.recording_source import prepare
from hwsim.render import scene
from hwsim.render.scene import BeltScene, CoreScene, Scene, render
from hwsim.scenes.base import Motion
from hwsim.worlds import world_of
from hwsim.worlds.palette import PANEL
from oreline.cameras import CAMERAS
from oreline.errors import RecordingError
from oreline.jit import kernel
from oreline.messages import BACKGROUND
from oreline.recordings.label_map import read_labels
from oreline.recordings.recording import open_recording

SMALL = BeltScene(lines=200, dark_lines=12, white_lines=12)
PURE = BeltScene(lines=200, dark_lines=4, white_lines=4, noise=0, variation=0, mixed_share=0)
CORE = CoreScene(trays=1, row_mm=150, dark_lines=12, white_lines=12, noise=0)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    return folder, render(SMALL, folder)


def digests(folder):
    said = json.loads((folder / "manifest.json").read_text())["files"]
    return {name: file["sha256"] for name, file in said.items()}


def maps(folder, name="belt"):
    labels, ids = (
        read_labels(folder / f"{name}_truth.hdr").labels,
        open_recording(folder / f"{name}_stones.hdr").cube[:, 0],
    )
    return labels, ids, json.loads((folder / f"{name}_truth.json").read_text())


def test_the_same_seed_gives_the_same_bytes_in_chunks_of_any_size(tmp_path, rendered, monkeypatch):
    monkeypatch.setattr(scene, "CHUNK", 7)
    render(SMALL, tmp_path)
    assert digests(tmp_path) == digests(rendered[0])
    assert sorted(digests(tmp_path)) == [
        *("belt_minerals.hdr", "belt_minerals.img", "belt_pixels.hdr", "belt_pixels.img"),
        *("belt_stones.hdr", "belt_stones.img"),
        *("belt_truth.hdr", "belt_truth.img", "belt_truth.json"),
        *("capture/DARKREF_belt.hdr", "capture/DARKREF_belt.raw", "capture/WHITEREF_belt.hdr"),
        *("capture/WHITEREF_belt.raw", "capture/belt.hdr", "capture/belt.raw", "capture/belt.stamps"),
    ]


@pytest.mark.parametrize("settings", [SMALL, CORE], ids=["belt", "core"])
def test_the_same_seed_gives_the_same_bytes_in_another_process_and_by_other_threads(tmp_path, settings, monkeypatch):
    code = (
        "import os, sys; from pathlib import Path; from hwsim.render import scene;"
        "os.sched_getaffinity = lambda _: {0, 1, 2};"
        f"scene.render(scene.{type(settings).__name__}.model_validate_json(sys.argv[1]), Path(sys.argv[2]))"
    )
    there = tmp_path / "there"
    subprocess.run([sys.executable, "-c", code, settings.model_dump_json(), there], check=True)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})
    render(settings, tmp_path / "here")
    assert digests(tmp_path / "here") == digests(there)
    assert len(digests(there)) >= 14


def test_another_seed_gives_other_stones_and_noise(tmp_path, rendered):
    render(SMALL.model_copy(update={"seed": 2}), tmp_path)
    mine, theirs = digests(tmp_path), digests(rendered[0])
    data = [name for name in mine if not name.endswith((".hdr", ".stamps", "_pixels.img"))]
    assert all(mine[name] != theirs[name] for name in data)


def calibrated(found):
    """Reflectance (lines, bands, samples) by the references, and the size of a count in it."""
    dark, white = found.dark.cube.mean(axis=0), found.white.cube.mean(axis=0)
    return PANEL * (found.scene.cube - dark) / (white - dark), 2.0 / (white - dark).min()


def inside(ids):
    """Pixels whose neighbours are all of their stone."""
    same = ids > 0
    for down, across in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)):
        same &= np.roll(ids, (down, across), (0, 1)) == ids
    return same


@pytest.mark.parametrize("camera", sorted(CAMERAS))
def test_a_perfect_sensor_gives_back_the_spectrum_within_its_steps(tmp_path, camera):
    settings = PURE.model_copy(update={"camera": camera})
    reflectance, step = calibrated(render(settings, tmp_path))
    labels, ids, _ = maps(tmp_path)
    spectra, inner = world_of(settings).spectra, inside(ids)
    assert inner.sum() > 1000
    line, sample = np.nonzero(inner)
    error = np.abs(reflectance[line, :, sample] - spectra[:, labels[inner]].T)
    assert error.max() < step


def test_core_under_a_perfect_sensor_is_the_mixture_that_the_truth_says(tmp_path):
    settings = CORE.model_copy(
        update={"variation": 0, "surface": PURE.surface, "veins_per_m": 0.0, "gradual_share": 0.0, "name": "pure"}
    )
    reflectance, step = calibrated(render(settings, tmp_path))
    _, ids, truth = maps(tmp_path, "pure")
    fractions = open_recording(tmp_path / "pure_minerals.hdr").cube
    world = world_of(settings)
    tones = {rock.name: rock.tone for rock in settings.lithologies}
    inner, seen = inside(ids), set()
    for number, rock in enumerate(settings.lithologies):
        parts = world.palette.made_of[number]
        here = inner & np.isclose(fractions, parts[:, None], atol=1e-6).all(axis=1)
        if here.any():
            seen.add(rock.name)
            line, sample = np.nonzero(here)
            want = tones[rock.name] * world.spectra[:, number]
            assert np.abs(reflectance[line, :, sample] - want).max() < step
    assert len(seen) >= 2
    assert {piece["row"] for piece in truth["stones"]} == set(range(len(truth["rows"])))


def test_the_recording_says_what_the_camera_is(rendered):
    found, preset = rendered[1], CAMERAS["swir288"]
    assert found.scene.cube.shape == (200, preset.bands, preset.samples)
    assert found.dark.lines == found.white.lines == 12
    np.testing.assert_allclose(found.scene.wavelengths_nm, preset.wavelengths_nm)
    assert set(found.white.fwhm_nm) == {preset.fwhm_nm}
    assert found.scene.full_scale == 4095


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
        assert sum(stone["species"].values()) == pytest.approx(1.0)
        found, counts = np.unique([names[label] for label in labels[line, sample]], return_counts=True)
        assert set(found) <= set(stone["species"])
        assert max(stone["species"], key=stone["species"].get) == found[counts.argmax()]
    assert (truth["counts_per_line"], truth["encoder_start"], truth["seed"], truth["world"]) == (1.0, 0, 1, "belt")


def test_fractions_sum_to_one_on_rock_and_to_nothing_elsewhere(rendered):
    labels, ids, truth = maps(rendered[0])
    fractions = open_recording(rendered[0] / "belt_minerals.hdr")
    assert fractions.metadata["band names"] == "{" + ", ".join(truth["minerals"]) + "}"
    np.testing.assert_allclose(fractions.cube.sum(axis=1), ids > 0, atol=1e-6)
    rock = ids > 0
    np.testing.assert_array_equal(fractions.cube.argmax(axis=1)[rock], labels[rock])


def test_the_encoder_is_stamped_on_every_line(tmp_path):
    settings = SMALL.model_copy(
        update={"counts_per_line": 8.0, "encoder_start": 50, "motion": Motion(ramp_lines=100, ramp_from=0.5)}
    )
    render(settings, tmp_path)
    t_ns, encoder = np.fromfile(tmp_path / "capture" / "belt.stamps", "<i8").reshape(-1, 2).T
    np.testing.assert_allclose(t_ns, np.arange(200) / 450.0 * 1e9, atol=1)
    world = world_of(settings)
    assert encoder.tolist() == [world.encoder(line) for line in range(200)]


def test_stones_lie_whole_and_apart(rendered):
    _, ids, _ = maps(rendered[0])
    assert not ids[[0, -1]].any()
    assert not ids[:, [0, -1]].any()
    for near in (ids[1:] * ids[:-1] * (ids[1:] != ids[:-1]), ids[:, 1:] * ids[:, :-1] * (ids[:, 1:] != ids[:, :-1])):
        assert not near.any()


def test_mixed_stones_have_patches_of_two_minerals(tmp_path):
    render(SMALL.model_copy(update={"mixed_share": 1.0, "waste_share": 0.0}), tmp_path)
    stones = maps(tmp_path)[2]["stones"]
    assert np.mean([len(stone["species"]) == 2 for stone in stones]) > 0.5
    assert all(len(stone["species"]) <= 2 for stone in stones)


def test_too_much_light_saturates_at_full_scale(tmp_path):
    found = render(SMALL.model_copy(update={"white_level": 1.5, "lines": 64}), tmp_path)
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
    raw = render(settings, tmp_path, lambda done, total: seen.append((done, total))).scene.path
    assert seen[-1] == (88, 88)
    made = raw.stat().st_mtime_ns

    render(settings, tmp_path)
    assert raw.stat().st_mtime_ns == made
    raw.write_bytes(raw.read_bytes()[:-2])
    assert render(settings, tmp_path).scene.missing_lines == 0
    assert render(settings.model_copy(update={"lines": 70}), tmp_path).scene.lines == 70


def test_a_damaged_manifest_only_means_rendering_again(tmp_path):
    settings = SMALL.model_copy(update={"lines": 64})
    render(settings, tmp_path)
    for damage in ("", "[]", '{"files": 3}'):
        (tmp_path / "manifest.json").write_text(damage)
        assert render(settings, tmp_path).scene.lines == 64
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


def test_the_world_of_a_scene_is_a_belt_unless_it_says_otherwise():
    adapter = TypeAdapter(Scene)
    assert adapter.validate_python({"lines": 7}) == BeltScene(lines=7)
    assert adapter.validate_python({"world": "core", "trays": 3}) == CoreScene(trays=3)
    with pytest.raises(ValidationError, match='world is "belt" or "core"'):
        adapter.validate_python({"world": "heap"})
    with pytest.raises(ValidationError, match="Extra inputs"):
        adapter.validate_python({"world": "core", "lines": 3})


@kernel
def draw(table, key, n):
    out = np.empty(n, np.float32)
    for position in range(n):
        out[position] = random_field.normal(table, key, position)
    return out


def test_dice_are_normal_and_uncorrelated():
    one, two = (draw(random_field.NORMAL, random_field.key_of(7, part), 400_000).astype(np.float64) for part in (0, 1))
    assert one.mean() == pytest.approx(0.0, abs=0.006)
    assert one.var() == pytest.approx(1.0, abs=0.01)
    assert (one**4).mean() == pytest.approx(3.0, abs=0.06)
    for other in (np.roll(one, 1), np.roll(one, 384), two):
        assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.0, abs=0.006)


def test_a_recording_that_was_not_rendered_here_is_not_written_over(tmp_path):
    theirs = tmp_path / "capture" / "belt.raw"
    theirs.parent.mkdir()
    theirs.write_text("mine")
    with pytest.raises(RecordingError, match=r"capture/belt\.raw was not rendered here"):
        render(SMALL, tmp_path)
    assert theirs.read_text() == "mine"


def test_a_rendering_that_was_cut_short_is_begun_anew(tmp_path, rendered):
    code = (
        "import os, sys; from pathlib import Path; from hwsim.render import scene;"
        "scene.render(scene.BeltScene.model_validate_json(sys.argv[1]), Path(sys.argv[2]),"
        f"lambda done, _: os._exit(9) if done > {SMALL.dark_lines} else None)"
    )
    killed = subprocess.run([sys.executable, "-c", code, SMALL.model_dump_json(), tmp_path], check=False)
    assert killed.returncode == 9
    assert (tmp_path / "capture" / "DARKREF_belt.raw").exists()
    render(SMALL, tmp_path)
    assert digests(tmp_path) == digests(rendered[0])
