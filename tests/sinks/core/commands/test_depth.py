"""`oreline core depth`: from a hole that was scanned to the depth of each line."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from oreline.cli.core import app
from oreline.errors import ConfigError
from oreline.messages import BACKGROUND
from oreline.testing import RUN, label_line, stream_info
from sinks.core.box_scans import BoxScan
from sinks.core.hole_folder import HoleFolder
from sinks.core.session import Block, Box, Hole, Session
from sinks.core.session_file import read_session, write_session
from sinks.core.table import header_of
from sinks.log.journal import JOURNAL, Journal

LINES, SAMPLES = 240, 64
INFO = stream_info(samples=SAMPLES, pitch_mm=1.0)
BOX = Box(number=1, from_m=10.0, to_m=10.4, rows=2, core=20.0, blocks=(Block(row=1, depth_m=10.1),))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> HoleFolder:
    return scanned_hole(tmp_path_factory.mktemp("core"))


def scanned_hole(output: Path) -> HoleFolder:
    """Two rows of 200 mm, a block of 40 mm behind the first 100 mm, and 40 mm that are missing; the next box is not
    scanned yet, and one was that nobody told of."""
    labels = np.full((LINES, SAMPLES), BACKGROUND, np.uint8)
    labels[20:120, 8:28] = labels[160:220, 8:28] = labels[20:220, 34:54] = 0
    journal = Journal(output / JOURNAL)
    journal.write([INFO, *(label_line(n, INFO, labels[n % LINES]) for n in range(2 * LINES))], 0)
    journal.close()
    folder = HoleFolder.of(output, "DH-1")
    later = BOX.model_copy(update={"number": 2, "from_m": 10.4, "to_m": 10.8, "blocks": ()})
    write_session(folder.session, Session(hole=Hole(id="DH-1"), boxes=(BOX, later), loss="top"))
    for box, first in ((1, 0), (7, LINES)):
        folder.scans.add(BoxScan(box, 1, RUN.hex(), first, first + LINES - 1, "Ann", "2026-11-30T10:00:00Z"))
    return folder


def said(*words: object) -> str:
    result = CliRunner().invoke(app, ["depth", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_depths_recovery_and_what_is_missing_are_told(folder: HoleFolder) -> None:
    assert said(folder.path).splitlines() == [
        "box 1: 0.36 m of core in 2 rows",
        "run 10 to 10.1 m: 0.10 m of core, 100%",
        "missing: 10.10 to 10.14 m, at the top of its run",
        "not scanned yet: box 2",
        "take note: box 7: it was scanned, but the session has no such box",
    ]


@pytest.mark.parametrize(("end", "read"), [("csv", pd.read_csv), ("parquet", pd.read_parquet)])
def test_tables_hold_the_depth_of_each_line_and_the_recovery_of_each_run(
    folder: HoleFolder, tmp_path: Path, end: str, read: Any
) -> None:
    lines, runs = tmp_path / f"lines.{end}", tmp_path / f"runs.{end}"
    assert f"wrote {lines}" in said(folder.path, "--lines", lines, "--runs", runs)
    told = read(lines)
    assert list(told.columns) == [
        "box", "row", "line", "seq", "depth_m", "sd_m", "length_m", "kind", "first_sample", "stop_sample",
    ]  # fmt: skip
    assert told["row"].value_counts().to_dict() == {1: 160, 2: 200}
    first, last = told.iloc[0], told.iloc[-1]
    assert (first["line"], first["seq"], first["kind"], first["first_sample"]) == (20, 20, "ROCK", 8)
    assert (first["depth_m"], last["depth_m"]) == pytest.approx((10.0005, 10.3995), abs=0.001)
    assert told["length_m"].sum() == pytest.approx(0.36, abs=0.002)
    assert read(runs).iloc[0].tolist() == pytest.approx([10.0, 10.1, 0.1, 1.0], abs=0.01)


def test_how_depth_was_laid_stands_in_the_header(folder: HoleFolder, tmp_path: Path) -> None:
    from pyarrow import parquet

    said(folder.path, "--lines", tmp_path / "lines.parquet")
    header = header_of(parquet.read_table(tmp_path / "lines.parquet"))
    assert (header["hole"], header["loss"], header["spread"]) == ("DH-1", "top", "rock")


def test_a_session_and_an_output_are_taken_as_a_hole(folder: HoleFolder, tmp_path: Path) -> None:
    write_session(tmp_path / "mine.toml", read_session(folder.session))
    assert said(tmp_path / "mine.toml", folder.output) == said(folder.path)


def test_a_box_of_which_but_a_part_was_scanned_is_told(folder: HoleFolder, tmp_path: Path) -> None:
    known = read_session(folder.session)
    box = known.boxes[0].model_copy(update={"to_m": 11.5})
    write_session(tmp_path / "core" / "DH-1" / "session.toml", known.model_copy(update={"boxes": (box,)}))
    for path in (folder.output / JOURNAL, *folder.output.glob(f"{JOURNAL}*")):
        shutil.copy(path, tmp_path)
    shutil.copy(folder.scans.path, tmp_path / "core" / "DH-1")
    assert "box 1: 1.50 m of hole for 0.48 m of rows that were scanned" in said(tmp_path / "core" / "DH-1")


def test_what_is_no_table_and_what_is_no_hole_are_refused(folder: HoleFolder, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"NAME\.csv or NAME\.parquet"):
        said(folder.path, "--lines", tmp_path / "lines.xlsx")
    with pytest.raises(ConfigError, match="no folder of a hole"):
        said(tmp_path, "--lines", tmp_path / "lines.csv")
