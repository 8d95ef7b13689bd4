"""`oreline core export`: from a hole that was scanned to files that others read."""

from __future__ import annotations

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lascheck
import lasio
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pytsg import parse_tsg
from typer.testing import CliRunner

from oreline.cli.core import app
from oreline.errors import ConfigError, OrelineError
from oreline.extras import lacking
from oreline.messages import BACKGROUND
from oreline.point_spectra import read_points
from oreline.testing import RUN, label_line, reflectance_line, stream_info
from sinks.core.box_scans import BoxScan
from sinks.core.commands.export import NO_SPECTRA, NOT_AGAIN, Wanted, export
from sinks.core.hole_folder import HoleFolder
from sinks.core.session import Session
from sinks.core.session_file import write_session
from sinks.core.table import header_of
from sinks.log.journal import JOURNAL, Journal
from sinks.record import Record, RecordSettings
from tests.sinks.core.export.micromine import DATAMINE, MICROMINE, broken_rules
from tests.sinks.disk import room

LINES, SAMPLES = 120, 32
INFO = stream_info(samples=SAMPLES, pitch_mm=1.0)
ALL = "csv,las,parquet,envi,tsg"


def labels() -> np.ndarray:
    """A row of core that is half of one mineral, and half of another."""
    told = np.full((LINES, SAMPLES), BACKGROUND, np.uint8)
    told[:, 8:20] = 0
    told[LINES // 2 :, 8:20] = 1
    return told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> HoleFolder:
    """A hole of which two boxes were scanned, one after another."""
    output = tmp_path_factory.mktemp("core")
    boxes = [{"number": n, "from_m": 10 + 0.12 * n, "to_m": 10.12 + 0.12 * n, "rows": 1, "core": 12} for n in range(2)]
    for number, box in enumerate(boxes, 1):
        box |= {"number": number, "from_m": round(box["from_m"], 6), "to_m": round(box["to_m"], 6)}
    folder = HoleFolder.of(output, "DH, 1")
    write_session(folder.session, Session.model_validate({"hole": {"id": "DH, 1"}, "boxes": boxes}))
    journal = Journal(output / JOURNAL)
    journal.write([INFO, *(label_line(n, INFO, labels()[n % LINES]) for n in range(2 * LINES))], 0)
    journal.close()
    for box in (1, 2):
        folder.scans.add(BoxScan(box, 1, RUN.hex(), (box - 1) * LINES, box * LINES - 1, "Ann", "2026-11-30T10:00:00Z"))
    return folder


def test_every_format_is_written_and_said_with_its_hash(folder: HoleFolder, tmp_path: Path) -> None:
    said = list(export(folder.path, None, tmp_path, Wanted(ALL, "datamine", 0.05)))
    told = json.loads((tmp_path / "manifest.json").read_text())
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    del files["manifest.json"]
    assert {name: one["sha256"] for name, one in told["files"].items()} == files
    assert told["hole"] == "DH, 1"
    assert told["notes"] == said[:-1]
    assert NO_SPECTRA in told["notes"]
    stem = next(name for name in files if name.endswith(".las")).removesuffix(".las")
    assert {name.removeprefix(stem) for name in files} == {
        ".las", ".parquet", "_box001.hdr", "_box001.img", "_box002.hdr", "_box002.img", "_collar.csv", "_columns.csv",
        "_intervals.csv", "_survey.csv", "_tsg.bip", "_tsg.tsg",
    }  # fmt: skip
    names = [tmp_path / f"{stem}_{what}.csv" for what in ("collar", "survey", "intervals")]
    assert broken_rules(names[0], names[1], names[2], DATAMINE, down=1) == []


def test_formats_say_the_same(folder: HoleFolder, tmp_path: Path) -> None:
    list(export(folder.path / "session.toml", None, tmp_path, Wanted(ALL, "leapfrog", 0.02)))
    table = pq.read_table(next(tmp_path.glob("*.parquet")))
    assert header_of(table)["loss"] == "base"
    shares = table["mineral." + INFO.classes[0].name].to_pylist()
    assert shares == pytest.approx([1, 1, 1, 0, 0, 0] * 2, abs=0.1)
    csv = pd.read_csv(next(tmp_path.glob("*_intervals.csv")))
    assert list(csv[f"mineral_{INFO.classes[0].name}"]) == shares
    las = lasio.read(next(tmp_path.glob("*.las")))
    np.testing.assert_allclose(las[f"MINERAL_{INFO.classes[0].name.upper()}"], shares, atol=1e-12)
    minerals = parse_tsg.read_package(tmp_path).nir.scalars["Min1 Oreline"]
    assert list(minerals[:7]) == [INFO.classes[0].name] * 7
    assert list(minerals[8:15]) == [INFO.classes[1].name] * 7


def test_reflectance_that_was_recorded_beside_is_that_of_the_points(folder: HoleFolder, tmp_path: Path) -> None:
    recorder = Record.open(RecordSettings(), folder.output)
    lines = [reflectance_line(n, INFO) for n in range(2 * LINES)]
    recorder.consume([INFO, *lines])
    recorder.commit()
    recorder.close()
    try:
        assert NO_SPECTRA not in list(export(folder.path, None, tmp_path, Wanted("tsg", "leapfrog", 1)))
    finally:
        for path in folder.output.glob("record*"):
            path.unlink()
    (written,) = tmp_path.glob("*.tsg")
    said = list(export(written, None, tmp_path / "again", Wanted("tsg")))
    assert NOT_AGAIN in said
    assert NO_SPECTRA not in said
    points = read_points(written)
    expected = np.mean([line.reflectance[:, 8:20] for line in lines[:8]], axis=(0, 2))
    at = np.interp(points.wavelengths_nm, INFO.wavelengths_nm, expected)
    np.testing.assert_allclose(points.reflectance[0], at, rtol=1e-5)


def test_the_same_hole_gives_the_same_bytes_beside_it(folder: HoleFolder, tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["export", str(folder.path), "--step", "0.05"])
    assert ran.exit_code == 0, ran.output
    assert "taken to be vertical" in ran.output
    list(export(folder.path, None, tmp_path, Wanted("parquet,las,csv", "leapfrog", 0.05)))
    assert (tmp_path / "manifest.json").read_bytes() == (folder.export / "manifest.json").read_bytes()


@pytest.mark.parametrize(
    ("formats", "words"), [("las,cvs", "no format 'cvs'.*Did you mean 'csv'"), (" ,", "no format is named")]
)
def test_a_format_that_is_none_is_refused_before_anything_is_read(formats: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=words):
        list(export(tmp_path, None, None, Wanted(formats, "leapfrog", 1)))


def test_what_is_no_hole_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder of a hole"):
        list(export(tmp_path, None, tmp_path / "to", Wanted("csv", "leapfrog", 1)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.shared
def test_a_tray_that_tsg_logged_is_exported_like_any_other(shared_data: Path, tmp_path: Path) -> None:
    tray = shared_data / "field" / "tsg_core_PE257D" / "PE257D_0001_tsg.tsg"
    with pytest.raises(ConfigError, match="name one by --to"):
        list(export(tray, None, None, Wanted()))
    list(export(tray, None, tmp_path, Wanted(ALL, "micromine", 0.1)))
    names = [tmp_path / f"PE257D_{what}.csv" for what in ("collar", "survey", "intervals")]
    assert broken_rules(names[0], names[1], names[2], MICROMINE) == []
    assert lascheck.read(str(tmp_path / "PE257D.las")).check_conformity()
    expected = pd.read_csv(tray.with_name("expected_interval_0.1m.csv"))
    found = pd.read_csv(names[2])
    np.testing.assert_allclose(found["FROM"], expected["from_m"], atol=1e-9)
    np.testing.assert_allclose(found["group_kaolin"].fillna(0), expected["KAOLIN"], atol=1e-6)
    np.testing.assert_allclose(found["group_white_mica"].fillna(0), expected["WHITE-MICA"], atol=1e-6)
    assert found["TO"].iloc[-1] == pd.read_csv(names[0])["TOTAL_DEPTH"][0]


def test_without_lasio_the_extra_is_named_and_nothing_is_written(
    folder: HoleFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lasio", None)
    with pytest.raises(ModuleNotFoundError) as lacks:
        list(export(folder.path, None, tmp_path / "to", Wanted("csv,las")))
    assert "[core]" in str(lacking(lacks.value))
    assert not (tmp_path / "to").exists()
    list(export(folder.path, None, tmp_path / "to", Wanted("csv,parquet,envi,tsg")))


def test_intervals_of_assays_are_exported_and_those_that_overlap_are_refused(
    folder: HoleFolder, tmp_path: Path
) -> None:
    assays = tmp_path / "assays.csv"
    assays.write_text("hole,from,to,Au\nDH 1,10.0,10.05,1\nDH 1,10.05,10.2,2\n")
    list(export(folder.path, None, tmp_path, Wanted("las,csv", assays=assays)))
    las = lasio.read(next(tmp_path.glob("*.las")))
    assert (list(las["DEPT"]), list(las["TO"]), las.well["STEP"].value) == ([10, 10.05], [10.05, 10.2], 0)
    assert las.params["ASSAYS"].value == "assays.csv"
    assays.write_text("hole,from,to\nDH 1,10.0,10.1\nDH 1,10.05,10.2\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(ConfigError, match=r"10\.05 to 10\.2 m overlaps the one before it"):
        list(export(folder.path, None, tmp_path, Wanted("las,csv,tsg", assays=assays)))
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("formats", ["csv", "las", "parquet", "envi", "tsg"])
def test_a_disk_that_is_full_leaves_the_export_before_it_whole(
    formats: str, folder: HoleFolder, tmp_path: Path
) -> None:
    list(export(folder.path, None, tmp_path, Wanted(ALL, step_m=0.1)))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with room(200), pytest.raises(OrelineError, match=str(tmp_path)):
        list(export(folder.path, None, tmp_path, Wanted(formats, step_m=0.01)))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_exports_at_once_to_one_folder_come_one_after_another(folder: HoleFolder, tmp_path: Path) -> None:
    def write(step_m: float) -> list[str]:
        return list(export(folder.path, None, tmp_path, Wanted("csv,parquet,envi", step_m=step_m)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, (0.01, 0.02, 0.03, 0.04)))
    told = json.loads((tmp_path / "manifest.json").read_text())["files"]
    there = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != "manifest.json"}
    assert {name: one["sha256"] for name, one in told.items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in there.items()
    }
