"""`oreline replay`: recordings through the simulated camera and the running line."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

from oreline.cli.replay import line_of
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


def small_recording(folder: Path, *, lines: int = 60, x_start: int = 0, reference_samples: int = 30) -> Path:
    """A flat folder of ENVI files in which every count follows from its place."""
    rng = np.random.default_rng(1)
    for name, samples, level, start in (
        ("rock", 20, 1500, x_start),
        ("DARKREF_rock", reference_samples, 100, 0),
        ("WHITEREF_rock", reference_samples, 3000, 0),
    ):
        extra = {"x start": str(start), "ceiling": "4095"}
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
        line_of(folder, output=tmp_path / "run", reflectance=tmp_path / "o.hdr", strict=True)


def test_a_replay_begins_at_a_line_and_goes_on_for_ever_if_it_is_to(tmp_path: Path) -> None:
    folder = small_recording(tmp_path)
    wanted = {"output": tmp_path / "run", "reflectance": tmp_path / "o.hdr"}
    later, _ = line_of(folder, start_line=45, **wanted)
    assert later.tables["simulator"]["start_line"] == 45
    assert [step["lines"] for step in later.tables["acquisition"]["steps"]] == [60, 60, 15]
    endless, _ = line_of(folder, loop=True, **wanted)
    assert endless.tables["simulator"]["loop"]
    assert endless.tables["acquisition"]["steps"][-1]["lines"] is None
    with pytest.raises(ConfigError, match="--start-line 60: the recording has 60 lines"):
        line_of(folder, start_line=60, **wanted)


def test_a_stamped_recording_is_replayed_at_the_rate_and_with_the_counts_it_was_recorded_with(tmp_path: Path) -> None:
    folder = small_recording(tmp_path)
    lines = np.arange(60)
    np.stack([lines * 4_000_000, 7 + lines * 3], axis=1).astype("<i8").tofile(folder / "rock.stamps")
    config, _ = line_of(folder, output=tmp_path / "run", reflectance=tmp_path / "o.hdr", speed="1")
    assert config.tables["simulator"]["frame_rate"] == pytest.approx(250.0)
    assert config.tables["acquisition"]["counts_per_line"] == 3.0
    assert ["ChunkModeActive", True] in config.tables["acquisition"]["features"]


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
