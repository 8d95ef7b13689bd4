"""`oreline replay`: recordings through the simulated camera and the running line."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from oreline.cli.replay import find, line_of, try_targets
from oreline.cli.replay_setting import setting_of
from oreline.config import Config
from oreline.errors import ConfigError, RecordingError
from oreline.recordings.envi_writer import EnviWriter
from oreline.recordings.recording import open_recording
from tests.system.line import Command


def sha256(header: Path) -> str:
    return hashlib.sha256(header.with_suffix(".img").read_bytes()).hexdigest()


@pytest.mark.shared
def test_a_real_recording_becomes_reflectance_to_a_millionth(cli: Command, tmp_path: Path, shared_data: Path) -> None:
    folder, out = shared_data / "raw" / "core_vnir", tmp_path / "core.hdr"
    ran = cli("replay", folder, "--reflectance", out, "--output", tmp_path / "run", "--json", tmp_path / "r.json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    raw, white, dark = (
        np.moveaxis(tifffile.imread(folder / f"{kind}CORE_XYZ.tif").astype(np.float64), 2, 1)
        for kind in ("", "WHITEREF_", "DARKREF_")
    )
    dark_mean, white_mean = (reference.mean(axis=0)[:, 88:1287] for reference in (dark, white))
    expected = (raw - dark_mean) / (white_mean - dark_mean)
    recorded = open_recording(out)
    assert (recorded.dtype, recorded.interleave) == (np.float32, "bil")
    assert recorded.wavelengths_nm[0] == pytest.approx(560.84)
    assert np.abs(recorded.cube - expected).max() < 1e-6
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["reference"]["saturated_white_samples"] == int((white >= 4095).sum()) == 31_669
    assert (report["acquired"], report["unaccounted"]) == (85, 0)


def test_two_replays_at_different_speeds_give_the_same_bits(cli: Command, tmp_path: Path, short_belt: Path) -> None:
    hashes = []
    for speed in ("max", "3"):
        labels, reflectance = tmp_path / f"labels-{speed}.hdr", tmp_path / f"reflectance-{speed}.hdr"
        wanted = ["--labels", labels, "--reflectance", reflectance]
        ran = cli("replay", short_belt, "--speed", speed, *wanted, "--output", tmp_path / speed)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "unaccounted 0" in ran.stdout
        hashes.append((sha256(labels), sha256(reflectance)))
        assert open_recording(labels).lines == 300
        reflectance.with_suffix(".img").unlink()
    assert hashes[0] == hashes[1]


def small_recording(
    folder: Path, *, lines: int = 60, x_start: int = 0, reference_samples: int = 30, **said: str
) -> Path:
    """A flat folder of ENVI files in which every count follows from its place."""
    rng = np.random.default_rng(1)
    for name, samples, level, start in (
        ("rock", 20, 1500, x_start),
        ("DARKREF_rock", reference_samples, 100, 0),
        ("WHITEREF_rock", reference_samples, 3000, 0),
    ):
        extra = {"x start": str(start), "ceiling": "4095", **said}
        with EnviWriter.create(
            folder / f"{name}.hdr",
            samples=samples,
            bands=6,
            dtype=np.uint16,
            wavelengths_nm=tuple(range(900, 960, 10)),
            extra=extra,
        ) as writer:
            for _ in range(lines):
                writer.write(rng.integers(level, level + 50, (6, samples)).astype(np.uint16))
    return folder


def test_a_truncated_recording_plays_its_whole_lines_and_says_what_is_missing(cli: Command, tmp_path: Path) -> None:
    folder = small_recording(tmp_path / "cut" if (tmp_path / "cut").mkdir() is None else tmp_path)
    data = next(folder.glob("rock.[!h]*"))
    with data.open("r+b") as file:
        file.truncate(50 * 6 * 20 * 2 + 100)
    out = tmp_path / "o.hdr"
    ran = cli("replay", folder, "--reflectance", out, "--output", tmp_path / "run")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "10 lines" in ran.stdout
    assert open_recording(out).lines == 50


def test_a_replay_says_how_sure_its_reflectance_is(cli: Command, tmp_path: Path) -> None:
    folder = small_recording(tmp_path / "rock" if (tmp_path / "rock").mkdir() is None else tmp_path)
    out, sure = tmp_path / "r.hdr", tmp_path / "u.hdr"
    ran = cli("replay", folder, "--reflectance", out, "--uncertainty", sure, "--output", tmp_path / "run")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    reflectance, uncertainty = (np.asarray(open_recording(header).cube) for header in (out, sure))
    assert uncertainty.shape == reflectance.shape == (60, 6, 20)
    scatter = reflectance.std(axis=0, ddof=1).mean()
    assert uncertainty.mean() == pytest.approx(scatter, rel=0.1)


def test_a_truncated_recording_can_be_refused_instead(tmp_path: Path) -> None:
    folder = small_recording(tmp_path)
    with (folder / "rock.img").open("r+b") as file:
        file.truncate(50 * 6 * 20 * 2 + 100)
    with pytest.raises(RecordingError, match=r"lacks 10 lines: repair it, or play the 50 that are whole"):
        find(folder, strict=True)


def line(folder: Path, **options: Any) -> Config:
    """The line that plays a folder's recording."""
    found = find(folder)
    return line_of(found, setting_of(found), {"reflectance"}, output=folder / "run", **options)


def test_a_replay_begins_at_a_line_and_goes_on_for_ever_if_it_is_to(tmp_path: Path) -> None:
    folder = small_recording(tmp_path)
    later = line(folder, start_line=45)
    assert later.tables["simulator"]["start_line"] == 45
    assert [step["lines"] for step in later.tables["acquisition"]["steps"]] == [15]
    endless = line(folder, loop=True)
    assert endless.tables["simulator"]["loop"]
    assert endless.tables["acquisition"]["steps"][-1]["lines"] is None
    with pytest.raises(ConfigError, match="--start-line 60: the recording has 60 lines"):
        find(folder, start_line=60)


def test_a_stamped_recording_is_replayed_at_the_rate_and_with_the_counts_it_was_recorded_with(tmp_path: Path) -> None:
    folder = small_recording(tmp_path)
    lines = np.arange(60)
    np.stack([lines * 4_000_000, 7 + lines * 3], axis=1).astype("<i8").tofile(folder / "rock.stamps")
    config = line(folder, speed="1")
    assert config.tables["simulator"]["frame_rate"] == pytest.approx(250.0)
    assert config.tables["acquisition"]["counts_per_line"] == 3.0
    assert ["ChunkModeActive", True] in config.tables["acquisition"]["features"]


@pytest.mark.parametrize(
    ("said", "rate", "exposure"),
    [({}, 100.0, None), ({"tint": "20"}, 50.0, 20_000.0), ({"tint": "2", "fps": "30"}, 30.0, 2000.0)],
)
def test_the_camera_of_a_replay_is_set_as_the_header_says(
    tmp_path: Path, said: dict[str, str], rate: float, exposure: float | None
) -> None:
    simulated = line(small_recording(tmp_path, sensorid="CAM 7", **said)).tables["simulator"]
    assert (simulated["frame_rate"], simulated.get("exposure_us")) == (rate, exposure)
    assert simulated["serial"] == "CAM_7"


def test_bad_bands_and_what_is_no_data_are_said_to_calibration(tmp_path: Path) -> None:
    config = line(small_recording(tmp_path, **{"bbl": "{1, 1, 0, 1, 1, 1}", "data ignore value": "0"}))
    assert config.tables["inference"]["correction"] == {"bad_bands": [2], "no_data": 0}


def test_a_result_never_takes_the_place_of_its_recording_whatever_the_names(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    folder = small_recording(tmp_path / "a")
    for path in folder.glob("*rock*"):
        path.rename(path.with_name(path.name.replace("rock", "core_1.5m").removesuffix(".img")))
    found = find(folder)
    for target in (folder / "core_1.5m.hdr", folder / "core_1.5m", folder / "DARKREF_core_1.5m.hdr"):
        with pytest.raises(ConfigError, match="would replace the recording itself"):
            try_targets({"reflectance": target}, found)
    try_targets({"reflectance": folder / "core_1.hdr", "labels": folder / "core_1.5m_labels"}, found)


def test_a_specim_iq_folder_is_what_plain_numpy_makes_of_it(cli: Command, tmp_path: Path) -> None:
    """14 bits, wide, the white at half the integration time and with a dark of its own, dark lines at the end."""
    rng = np.random.default_rng(4)
    shape, capture = (6, 5000), tmp_path / "iq" / "capture"
    light = rng.uniform(4000, 12_000, shape)
    capture.mkdir(parents=True)
    scene = np.concatenate(
        [rng.normal(500 + light * rng.uniform(0.1, 0.9, shape), 3, (40, *shape)), rng.normal(500, 3, (10, *shape))]
    )
    cubes = {
        "444": (np.rint(scene), {"tint": "20", "autodarkstartline": "40", "bit depth": "14"}),
        "WHITEREF_444": (np.rint(700 + light[None] / 2), {"tint": "10"}),
        "WHITEDARKREF_444": (np.full((1, *shape), 700.0), {"tint": "10"}),
    }
    for name, (cube, said) in cubes.items():
        with EnviWriter.create(
            capture / f"{name}.hdr", samples=shape[1], bands=6, dtype=np.uint16, extra=said, suffix=".raw"
        ) as file:
            for one in cube:
                file.write(one)
    out, report = tmp_path / "r.v1.hdr", tmp_path / "r.json"
    wanted = ["--reflectance", out, "--uncertainty", tmp_path / "u.hdr"]
    ran = cli("replay", tmp_path / "iq", *wanted, "--output", tmp_path / "run", "--json", report)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    scene, white, own = (cube for cube, _ in cubes.values())
    expected = (scene[:40] - scene[40:].mean(0)) / 20 / ((white[0] - own[0]) / 10)
    recorded = open_recording(out)
    assert (recorded.lines, recorded.path.name) == (40, "r.v1.img")
    np.testing.assert_allclose(recorded.cube, expected, rtol=2e-5)
    assert np.isnan(open_recording(tmp_path / "u.hdr").cube).all()
    said = json.loads(report.read_text())
    notes = " ".join(said["notes"])
    for words in (
        "the last 10 lines of 444.raw are dark ones",
        "scaled by exposure: the white has 10000 us",
        "averaged before",
    ):
        assert words in notes
        assert words.split()[0] in ran.stdout
    assert said["saturated_samples"] == 0


def test_a_reference_that_does_not_cover_the_region_is_refused(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "roi").mkdir()
    folder = small_recording(tmp_path / "roi", x_start=15)
    ran = cli("replay", folder, "--reflectance", tmp_path / "o.hdr", "--output", tmp_path / "run")
    assert ran.returncode == 30, ran.stdout + ran.stderr
    assert "covers" in ran.stderr


def test_a_recording_without_references_is_refused(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    folder = small_recording(tmp_path / "bare")
    for path in folder.glob("WHITEREF_*"):
        path.unlink()
    ran = cli("replay", folder, "--reflectance", tmp_path / "o.hdr", "--output", tmp_path / "run")
    assert ran.returncode == 40
    assert "no white reference" in ran.stderr


def test_a_model_for_other_bands_is_refused(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "bands").mkdir()
    folder = small_recording(tmp_path / "bands")
    wanted = ["--labels", tmp_path / "o.hdr", "--model", "swir288"]
    ran = cli("replay", folder, *wanted, "--output", tmp_path / "run")
    assert ran.returncode == 21, ran.stdout + ran.stderr
    assert "288" in ran.stderr


def test_a_broken_saved_reference_is_refused_and_a_whole_one_serves(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "ref").mkdir()
    folder = small_recording(tmp_path / "ref")
    first = cli("replay", folder, "--reflectance", tmp_path / "a.hdr", "--output", tmp_path / "run")
    assert first.returncode == 0, first.stdout + first.stderr
    saved = tmp_path / "run" / "references" / "current"
    again = ["--reference", saved, "--output", tmp_path / "again"]
    second = cli("replay", folder, "--reflectance", tmp_path / "b.hdr", *again)
    assert second.returncode == 0, second.stdout + second.stderr
    assert sha256(tmp_path / "a.hdr") == sha256(tmp_path / "b.hdr")
    damaged = tmp_path / "damaged"
    shutil.copytree(saved, damaged)
    victim = next(damaged.glob("white*.img"))
    victim.write_bytes(bytes([victim.read_bytes()[0] ^ 1]) + victim.read_bytes()[1:])
    third = cli(
        "replay", folder, "--reflectance", tmp_path / "c.hdr", "--reference", damaged, "--output", tmp_path / "x"
    )
    assert third.returncode == 30, third.stdout + third.stderr
    assert "white" in third.stderr


def test_bad_bands_and_missing_data_of_a_header_reach_labels_and_reflectance(
    cli: Command, tmp_path: Path, short_belt: Path
) -> None:
    shutil.copytree(short_belt, tmp_path / "belt")
    header = next(p for p in (tmp_path / "belt" / "capture").glob("*.hdr") if "REF_" not in p.name)
    scene = open_recording(header)
    counts = np.memmap(scene.path, "<u2", "r+", scene.offset, scene.cube.shape)
    counts[:, 40], counts[10:20, :, 30], counts[15, 7, 99] = 0, 65_535, 65_535
    counts.flush()
    bbl = ",".join("0" if band == 40 else "1" for band in range(scene.bands))
    text = header.read_text(encoding="utf-8") + f"bbl = {{{bbl}}}\ndata ignore value = 65535\n"
    header.write_bytes(text.encode("utf-16"))
    labels, reflectance, report = (tmp_path / name for name in ("labels.hdr", "r.hdr", "r.json"))
    ran = cli(
        "replay",
        header,
        "--labels",
        labels,
        "--reflectance",
        reflectance,
        "--output",
        tmp_path / "run",
        "--json",
        report,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    made, found = open_recording(reflectance).cube, open_recording(labels).cube[:, 0]
    gone = np.zeros(found.shape, np.bool_)
    gone[10:20, 30], gone[15, 99] = True, True
    np.testing.assert_array_equal(np.isnan(made).all(axis=1), gone)
    names = [name.strip() for name in open_recording(labels).metadata["class names"].strip("{}").split(",")]
    invalid = names.index("invalid")
    assert (found[gone] == invalid).all()
    usable = ~gone & (found != invalid)
    assert usable.mean() > 0.9
    between = (made[:, 39] + made[:, 41])[usable] / 2
    np.testing.assert_allclose(made[:, 40][usable], between, atol=0.02)
    said = json.loads(report.read_text(encoding="utf-8"))
    assert any("1 band is bad by 'bbl', from band 40 on" in note for note in said["notes"])
    assert any("hold 65535 in any band have no data" in note for note in said["notes"])
