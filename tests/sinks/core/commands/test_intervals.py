"""`oreline core intervals`: from a journal and a session to a table."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from hwsim.render.session import write_session
from hwsim.worlds.core import CoreWorld
from oreline.cli.main import app
from oreline.errors import ConfigError, SpectraRefused
from oreline.locks import locked
from oreline.messages import BACKGROUND
from oreline.testing import stream_info
from sinks.core.hole_folder import HoleFolder
from sinks.core.live.scanning import RUN_ENDED
from sinks.core.table import header_of
from tests.sinks.core.live.hole import SCENE, logged, seen


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["core", "intervals", *map(str, words)])


@pytest.fixture(scope="module")
def three_boxes() -> tuple[CoreWorld, Any, Any]:
    """A hole of three boxes, what its lines are, and their labels."""
    world = CoreWorld(SCENE)
    return world, *seen(world)


@pytest.fixture
def journal(three_boxes: Any, tmp_path: Path) -> Path:
    """Output of a replay that nobody followed, with the session beside it."""
    world, info, labels = three_boxes
    logged(tmp_path / "out", info, labels)
    write_session(world, tmp_path)
    return tmp_path


def test_lines_that_a_recording_lacks_between_two_trays_make_no_box_of_both(three_boxes: Any, tmp_path: Path) -> None:
    world, info, labels = three_boxes
    middle = round(2 * world.scene.tray_mm) - 20
    logged(tmp_path / "out", info, labels, lost=range(middle - 90, middle + 60))
    write_session(world, tmp_path)
    ran = run(tmp_path / "session.toml", tmp_path / "out", "--parquet", tmp_path / "a.parquet")
    assert ran.exit_code == 0, ran.output
    header = header_of(pq.read_table(tmp_path / "a.parquet"))
    assert ([scan["box"] for scan in header["scans"]], header["earlier_scans"]) == ([1, 3], ["box 2"])


def test_a_recording_that_was_labelled_has_its_trays_in_order_as_boxes(journal: Path) -> None:
    ran = run(
        journal / "session.toml",
        journal / "out",
        "--step",
        0.1,
        "--parquet",
        journal / "a.parquet",
        "--csv",
        journal / "a.csv",
    )
    assert ran.exit_code == 0, ran.output
    table = pq.read_table(journal / "a.parquet")
    header, rows = header_of(table), table.to_pylist()
    assert rows[0]["from_m"] == 100.0
    assert [scan["box"] for scan in header["scans"]] == list(range(1, SCENE.trays + 1))
    assert (header["loss"], header["step_m"], header["answer"]) == ("base", 0.1, "labels")
    lost = [one for one in header["missing"] if one["to_m"] - one["from_m"] > 0.01]
    assert lost
    for row in rows:
        shares = [value for name, value in row.items() if name.startswith(("mineral.", "unknown."))]
        assert sum(shares) == 1.0 if row["n"] else set(shares) == {None}
        assert ("core lost" in row["flags"]) == any(
            one["from_m"] < row["to_m"] and one["to_m"] > row["from_m"] for one in header["missing"]
        )
        inside = any(one["from_m"] <= row["from_m"] and row["to_m"] <= one["to_m"] for one in header["missing"])
        assert not inside or (row["n"], row["recovery"]) == (0, 0)
    with (journal / "a.csv").open() as file:
        assert [float(row["from_m"]) for row in csv.DictReader(file)] == [row["from_m"] for row in rows]
    assert json.loads((journal / "a.json").read_text()) == header
    assert "pixels of rock" in ran.output


def test_core_that_passed_without_boxes_is_one_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    labels = np.full((600, 60), BACKGROUND, np.uint8)
    labels[:, 6:54] = 1
    logged(tmp_path / "out", stream_info(samples=60, pitch_mm=1.0), labels)
    (tmp_path / "session.toml").write_text(
        'continuous = true\nhole = { id = "DH-1" }\n'
        '[[boxes]]\nnumber = 1\nfrom_m = 10.0\nto_m = 10.6\nrows = 1\ncore = "NQ"\n'
    )
    ran = run(tmp_path / "session.toml", tmp_path / "out", "--step", 0.1, "--parquet", tmp_path / "a.parquet")
    assert ran.exit_code == 0, ran.output
    rows = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert [row["n"] for row in rows] == pytest.approx([4800] * 6, abs=48)
    assert {row["mineral.kaolinite"] for row in rows} == {1.0}


def told(journal: Path, hole: str = "session.toml") -> list[tuple[int, str]]:
    """Boxes that are said to be written down, and why they are not whole."""
    ran = CliRunner().invoke(app, ["core", "register", str(journal / hole), str(journal / "out")])
    assert ran.exit_code == 0, ran.output
    scans = HoleFolder.of(journal / "out", "SIM1").scans.read().all
    return [(one.box, one.cut) for one in scans]


def test_what_only_reads_writes_nothing_into_the_output_nor_does_what_is_refused(journal: Path) -> None:
    before = sorted((journal / "out").rglob("*"))
    text = (journal / "session.toml").read_text()
    (journal / "short.toml").write_text(text[: text.rindex("[[boxes]]")])
    for command, words in {"intervals": [], "depth": [], "page": ["--html", journal / "a.html"], "export": []}.items():
        hole = [journal / "session.toml", journal / "out"]
        to = ["--to", journal / "to"] if command == "export" else []
        ran = CliRunner().invoke(app, ["core", command, *map(str, (*hole, *words, *to))])
        assert ran.exit_code == 0, ran.output
        assert CliRunner().invoke(app, ["core", command, str(journal / "short.toml"), str(journal / "out")]).exit_code
    assert isinstance(
        CliRunner().invoke(app, ["core", "register", *map(str, (journal / "short.toml", journal / "out"))]).exception,
        ConfigError,
    )
    assert sorted((journal / "out").rglob("*")) == before


def test_trays_are_registered_when_somebody_says_so_and_once(journal: Path) -> None:
    with locked(journal / "out"):
        early = CliRunner().invoke(app, ["core", "register", str(journal / "session.toml"), str(journal / "out")])
    assert "wait until it has ended" in str(early.exception)
    assert told(journal) == [(number, "") for number in range(1, SCENE.trays + 1)]
    again = CliRunner().invoke(app, ["core", "register", str(journal / "session.toml"), str(journal / "out")])
    assert "written down already" in str(again.exception)


def test_trays_that_are_boxes_of_another_hole_are_not_taken_for_this_one(journal: Path) -> None:
    told(journal)
    other = journal / "other.toml"
    other.write_text((journal / "session.toml").read_text().replace('"SIM1"', '"S1M1"'))
    ran = run(other, journal / "out")
    assert isinstance(ran.exception, ConfigError)
    assert "are boxes of SIM1: see whether that is the hole, and not S1M1" in str(ran.exception)
    assert [path.name for path in (journal / "out" / "core").iterdir()] == ["SIM1"]


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_a_tray_that_was_cut_short_by_the_end_of_its_run_is_in_no_table(
    three_boxes: Any, tmp_path: Path, share: float
) -> None:
    world, info, labels = three_boxes
    logged(tmp_path / "out", info, labels[: round((SCENE.trays - 1 + share) * SCENE.tray_mm)])
    write_session(world, tmp_path)
    ran = run(tmp_path / "session.toml", tmp_path / "out", "--parquet", tmp_path / "a.parquet")
    assert ran.exit_code == 0, ran.output
    assert f"take note: box {SCENE.trays}: cut short: {RUN_ENDED}" in ran.output
    boxes = [scan["box"] for scan in header_of(pq.read_table(tmp_path / "a.parquet"))["scans"]]
    assert boxes == list(range(1, SCENE.trays))
    assert told(tmp_path)[-1] == (SCENE.trays, RUN_ENDED)


def test_a_tray_that_its_recording_ends_with_is_whole(three_boxes: Any, tmp_path: Path) -> None:
    world, info, labels = three_boxes
    lit = np.flatnonzero((labels != BACKGROUND).any(axis=1))
    logged(tmp_path / "out", info, labels[: lit[-1] + 1])
    write_session(world, tmp_path)
    assert told(tmp_path) == [(number, "") for number in range(1, SCENE.trays + 1)]


def test_assays_that_miss_the_hole_are_refused_and_those_that_miss_it_in_part_told(journal: Path) -> None:
    told(journal)
    folder, assays = HoleFolder.of(journal / "out", "SIM1").path, journal / "feet.csv"
    assays.write_text("HOLEID,FROM,TO\nSIM1,330,335\n")
    ran = run(folder, "--assays", assays)
    assert isinstance(ran.exception, ConfigError)
    assert re.search(r"none of its intervals, 330 to 335 m, lies in the hole's boxes.*in feet", str(ran.exception))
    assays.write_text("HOLEID,FROM,TO\nSIM1,100,100.25\nSIM1,330,335\n")
    assert "1 intervals lie outside of the hole's boxes" in run(folder, "--assays", assays).output


def test_what_was_found_and_what_is_wrong_with_a_session_is_printed(journal: Path) -> None:
    right = (journal / "session.toml").read_text()
    ran = run(journal / "session.toml", journal / "out")
    assert re.search(r"recovery \d+% to \d+% in \d+ runs, 0\.\d\d m of core are missing", ran.output), ran.output
    assert "outside" not in ran.output
    rows = int(re.search(r"rows = (\d+)", right)[1])  # type: ignore[index]
    text = re.sub(r"\bblocks = .*", "", right)
    (journal / "other.toml").write_text(text.replace(f"rows = {rows}", f"rows = {rows - 1}", 1))
    ran = run(journal / "other.toml", journal / "out")
    assert re.search(rf"take note: box 1: \d+% of its core lies outside its {rows - 1} rows", ran.output), ran.output
    told(journal)
    (journal / "other.toml").write_text(text[: text.rindex("[[boxes]]")])
    ran = run(journal / "other.toml", journal / "out")
    assert f"box {SCENE.trays}: it was scanned, but the session has no such box" in ran.output


def test_its_folder_is_enough_from_then_on_and_assays_have_their_own_intervals(journal: Path) -> None:
    told(journal)
    folder = HoleFolder.of(journal / "out", "SIM1").path
    (journal / "assays.csv").write_text("HOLEID,FROM,TO,AU\nSIM1,100,100.25,1\nSIM1,100.25,101,2\nSIM1,,,0\n")
    ran = run(folder, "--assays", journal / "assays.csv", "--parquet", journal / "b.parquet", "--all-minerals")
    assert ran.exit_code == 0, ran.output
    assert "1 rows without depths are left out" in ran.output
    table = pq.read_table(journal / "b.parquet")
    assert [(row["from_m"], row["to_m"]) for row in table.to_pylist()] == [(100, 100.25), (100.25, 101)]
    assert {f"mineral.{name}" for name in SCENE.all_minerals} <= set(table.column_names)
    assert header_of(table)["assays"] == "assays.csv"


def test_more_trays_than_boxes_and_an_answer_that_nobody_gave_are_refused(journal: Path) -> None:
    text = (journal / "session.toml").read_text()
    (journal / "short.toml").write_text(text[: text.rindex("[[boxes]]")])
    ran = run(journal / "short.toml", journal / "out")
    assert isinstance(ran.exception, ConfigError)
    assert f"{SCENE.trays} trays passed" in str(ran.exception)
    ran = run(journal / "session.toml", journal / "out", "--answer", "bands")
    assert isinstance(ran.exception, ConfigError)
    assert "lines do not tell bands" in str(ran.exception)
    ran = run(journal / "session.toml", journal / "out", "--step", 0)
    assert "give one above 0" in str(ran.exception)


@pytest.mark.shared
def test_a_tray_that_tsg_logged_has_a_table_by_either_of_its_answers_and_without_what_is_masked(
    shared_data: Path, tmp_path: Path
) -> None:
    tray = shared_data / "field" / "tsg_core_PE257D" / "PE257D_0001_tsg.tsg"
    made = {}
    for name, words in {"plain": (), "masked": ("--mask", "sec_end_mask"), "visible": ("--answer", "sTSAV")}.items():
        ran = run(tray, "--parquet", tmp_path / name, *words)
        assert ran.exit_code == 0, ran.output
        made[name] = pq.read_table(tmp_path / name)
    assert made["plain"]["n"].to_pylist() == [12, 168, 174, 167, 85]
    assert made["plain"]["group.white mica"][3].as_py() == pytest.approx(0.6886, abs=5e-5)
    assert sum(made["masked"]["masked"].to_pylist()) == 10
    assert "group.oxide" in made["visible"].column_names
    assert [header_of(one)["answer"] for one in made.values()] == ["sTSAS", "sTSAS", "sTSAV"]
    assert isinstance(run(tray, "--answer", "bands").exception, SpectraRefused)


def test_masks_and_answers_of_tsg_are_none_of_a_hole_that_was_scanned(journal: Path) -> None:
    for words, why in (
        (("--mask", "Kahuna"), "masks are those of a data set"),
        (("--answer", "sTSAS"), "no answer 'sTSAS'"),
    ):
        ran = run(journal / "session.toml", journal / "out", *words)
        assert isinstance(ran.exception, ConfigError)
        assert why in str(ran.exception)


@pytest.mark.shared
def test_features_may_be_asked_to_be_deeper(shared_data: Path, tmp_path: Path) -> None:
    rocks = shared_data / "field" / "tsg_testrocks_HL4" / "HL4_testrocks_tsg.tsg"
    made = []
    for least in (0.01, 0.1):
        ran = run(rocks, "--least-depth", least, "--parquet", tmp_path / "a.parquet")
        assert ran.exit_code == 0, ran.output
        made.append(pq.read_table(tmp_path / "a.parquet"))
    plain, deep = made
    assert 0 < deep["feature.2200W.n"][0].as_py() < plain["feature.2200W.n"][0].as_py()
    assert deep["feature.2200D"][0].as_py() > 0.1
    assert [header_of(one)["least_depth"] for one in made] == [0.01, 0.1]
