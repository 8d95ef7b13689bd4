"""Products of a hole: what is in its tables, and what changes in them when something is put right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oreline.config import Config
from oreline.errors import ConfigError
from oreline.messages import BACKGROUND, ClassInfo
from oreline.testing import OTHER_RUN, RUN
from sinks.core.box_scans import BoxScan
from sinks.core.commands import edit as editing
from sinks.core.depth import Flag, HoleDepth, Recovery
from sinks.core.hole_folder import HoleFolder
from sinks.core.hole_log import HoleLog
from sinks.core.live import products
from sinks.core.live.making import artefacts
from sinks.core.live.products import make_box, make_hole
from sinks.core.qc.finding import Finding, Level, Verdict
from sinks.core.qc.judging import of_depth
from sinks.core.qc.verdicts import keep, read_verdicts
from sinks.core.session_file import read_session, write_session
from sinks.core.session_in_force import depth_of, edits_of
from sinks.core.source import source_of
from sinks.core.whole_table import spans_of, whole_table
from sinks.station.audit import entries, verify
from tests.sinks.core.live.hole import logged

STEP_M = 0.1


def table_of(hole: HoleFolder) -> pa.Table:
    """The table that `core intervals` and every export make."""
    source = source_of(hole.path)
    return whole_table(source, spans_of(source, STEP_M, None)[0], None)


def changed(before: pa.Table, after: pa.Table) -> Iterator[tuple[float, float]]:
    """Intervals that differ in anything."""
    one, other = (table.to_pylist() for table in (before, after))
    assert [(row["from_m"], row["to_m"]) for row in one] == [(row["from_m"], row["to_m"]) for row in other]
    return ((a["from_m"], a["to_m"]) for a, b in zip(one, other, strict=True) if a != b)


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """An edit makes the hole anew, which takes a moment, only where a test looks at that."""
    if "made_anew" not in request.node.name:
        monkeypatch.setattr(editing, "make_hole", lambda folder: {})  # noqa: ARG005


def edit(hole: HoleFolder, **what: Any) -> list[str]:
    asked = {"block": None, "depth_m": None, "scan": None, "scan_of": None, "who": "ana", "why": "misread", **what}
    return list(editing.edit(hole.path, **asked))


def test_another_depth_for_one_block_changes_the_runs_that_end_there_and_no_other(hole: HoleFolder) -> None:
    """The block of box 2 that says 101.6 m is the end of one run and the beginning of the next."""
    before = table_of(hole)
    (done, *_) = edit(hole, box=2, block=2, depth_m=101.65)
    assert done == "box 2, block 2: 101.6 m is 101.65 m now"
    rows = list(changed(before, table_of(hole)))
    assert rows
    assert all(from_m > 101.2 - STEP_M / 2 and to_m < 102.0 + STEP_M / 2 for from_m, to_m in rows)


def test_an_edit_is_told_by_who_when_why_old_and_new_in_a_log_that_verifies(hole: HoleFolder) -> None:
    edit(hole, box=2, block=2, depth_m=101.65)
    entry = list(entries(hole.audit))[-1]
    assert (entry.record.who, entry.record.old, entry.record.new) == ("ana", 101.6, 101.65)
    assert entry.record.arguments["why"] == "misread"
    assert verify(hole.audit).wrong == 0


def test_an_edit_has_files_made_anew(hole: HoleFolder) -> None:
    make_hole(hole)
    before = (hole.export / "SIM1.las").read_bytes()
    assert edit(hole, box=2, block=2, depth_m=101.65)[1:] == [
        f"made anew: {hole.export / 'manifest.json'}", f"made anew: {hole.export / 'SIM1.html'}"
    ]  # fmt: skip
    assert (hole.export / "SIM1.las").read_bytes() != before


def test_an_edit_back_makes_the_table_what_it_was(hole: HoleFolder) -> None:
    before = table_of(hole)
    edit(hole, box=2, block=2, depth_m=101.65)
    edit(hole, box=2, block=2, depth_m=101.6)
    assert list(changed(before, table_of(hole))) == []


def test_edits_at_once_are_made_one_after_another(hole: HoleFolder) -> None:
    depths = [101.61, 101.62, 101.63, 101.64, 101.66]
    with ThreadPoolExecutor(len(depths)) as pool:
        list(pool.map(lambda depth_m: edit(hole, box=2, block=2, depth_m=depth_m), depths))
    edits = edits_of(hole)
    assert [one.old_m for one in edits] == [101.6, *(one.new_m for one in edits[:-1])]
    assert sorted(one.new_m for one in edits) == depths
    assert depth_of(read_session(hole.session), 2, 2) == edits[-1].new_m


def test_an_edit_that_says_nothing_or_contradicts_is_refused_and_the_session_stays(hole: HoleFolder) -> None:
    session = read_session(hole.session)
    for what in (
        {"why": " "},
        {"block": 2},
        {"scan": 7},
        {"block": 9, "depth_m": 101.0},
        {"block": 2, "depth_m": 100.9},
    ):
        with pytest.raises(ConfigError):
            edit(hole, **{"box": 2, **what})
    assert read_session(hole.session) == session


@pytest.fixture
def twice(hole: HoleFolder, painted: tuple[Any, Any, Any]) -> HoleFolder:
    """Box 2 was scanned again in another run, in which its lines are others."""
    world, info, labels = painted
    other = labels.copy()
    other[(other < 250) & (other != len(info.classes) - 1)] = 0
    logged(
        hole.output, type(info)(**{name: getattr(info, name) for name in info.__slots__} | {"run": OTHER_RUN}), other
    )
    first = round(world.scene.tray_mm)
    hole.scans.add(BoxScan(2, 0, OTHER_RUN.hex(), first, 2 * first - 25, "ana", "later"))
    return hole


def test_of_a_box_that_was_scanned_twice_the_later_is_in_the_tables_and_the_earlier_is_named(twice: HoleFolder) -> None:
    log = HoleLog(twice)
    assert log.scans[2].run == OTHER_RUN.hex()
    assert log.header["earlier_scans"] == ["box 2"]
    parts = {part.box[0]: part for part in source_of(twice.path).samples()}
    assert parts[2].counts[:, 1:].sum() == 0
    assert parts[1].counts[:, 1:].sum() > 0


def test_somebody_may_choose_the_earlier_scan_and_only_its_box_changes(twice: HoleFolder) -> None:
    before = table_of(twice)
    edit(twice, box=2, scan=1, why="the core was wet")
    assert HoleLog(twice).scans[2].run == RUN.hex()
    rows = list(changed(before, table_of(twice)))
    assert rows
    assert all(from_m > 100.85 - STEP_M and to_m < 102.05 + STEP_M for from_m, to_m in rows)
    told = list(entries(twice.audit))[-1].record
    assert (told.verb, told.old, told.new, told.arguments["why"]) == ("choose_scan", 2, 1, "the core was wet")


def test_no_depth_is_there_twice_and_no_interval_is_of_two_boxes_unless_it_says_so(twice: HoleFolder) -> None:
    twice.scans.add(BoxScan(3, 0, OTHER_RUN.hex(), 550, 640, "", "later", cut="the power went"))
    log = HoleLog(twice)
    depths = np.concatenate([part.depth_m for part in source_of(twice.path).samples()])
    assert len(np.unique(depths)) == len(depths)
    table = table_of(twice).to_pylist()
    boxes = [(one.from_m, one.to_m) for one in log.session.boxes]
    for row in table:
        of = [1 for from_m, to_m in boxes if from_m < row["to_m"] - 1e-6 and to_m > row["from_m"] + 1e-6]
        assert len(of) < 2 or "boxes " in row["flags"], row
    assert len({(row["from_m"], row["to_m"]) for row in table}) == len(table)


def test_a_scan_that_was_cut_short_stays_out_of_the_tables(hole: HoleFolder) -> None:
    before = table_of(hole)
    hole.scans.add(BoxScan(2, 0, RUN.hex(), 300, 400, "", "later", cut="the power went"))
    assert list(changed(before, table_of(hole))) == []


def test_a_box_gets_its_verdict_and_a_table_and_a_hole_its_files(hole: HoleFolder) -> None:
    config = Config({"line": {"output": str(hole.output)}})
    for number in (1, 2, 3):
        make_box(hole, number, 1, config)
    assert [(one.box, one.level.words) for one in read_verdicts(hole)] == [(1, "look"), (2, "look"), (3, "look")]
    assert {finding.check for one in read_verdicts(hole) for finding in one.findings} == {"no_reference"}
    box = pq.read_table(hole.path / "boxes" / "box_0002_1.parquet")
    assert (box["from_m"][0].as_py(), box["to_m"][-1].as_py()) == (100.8, 102.1)
    hole.scans.add(BoxScan(4, 0, RUN.hex(), 0, 9, "", "later", cut="the power went"))
    keep(hole, Verdict(4, 1, (Finding("cut_short", Level.RESCAN, {"why": "the power went"}),)))
    made = make_hole(hole)
    assert set(artefacts(hole)) == {"SIM1_tables", "SIM1_page"}
    assert {"SIM1.las", "SIM1.parquet", "SIM1.html", "SIM1_box002.hdr"} <= {one.name for one in hole.export.iterdir()}
    page = made["page"].read_text(encoding="utf-8")
    assert "Keep the folder of references with the output." in page
    header = json.loads(pq.read_table(hole.export / "SIM1.parquet").schema.metadata[b"oreline"])
    assert (header["loss"], header["earlier_scans"]) == ("base", ["box 4"])


def test_without_the_extra_core_a_hole_has_its_other_files_and_what_is_lacking_is_said(
    hole: HoleFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "find_spec", lambda name: None)  # noqa: ARG005
    with pytest.raises(ConfigError, match=r"LAS: this needs lasio, of the extra \[core\]"):
        make_hole(hole)
    assert set(artefacts(hole)) == {"SIM1_tables", "SIM1_page"}
    files = {one.name for one in hole.export.iterdir()}
    assert {"SIM1.parquet", "SIM1.html", "SIM1_box002.hdr"} <= files
    assert "SIM1.las" not in files


def test_a_scan_whose_lines_the_journal_has_not_is_judged_by_that(hole: HoleFolder) -> None:
    hole.scans.add(BoxScan(1, 0, "ee" * 16, 0, 99, "", "later"))
    make_box(hole, 1, 2, Config({"line": {"output": str(hole.output)}}))
    (verdict,) = read_verdicts(hole)
    assert [(one.check, one.level.words) for one in verdict.findings] == [("depth", "rescan")]


def test_a_hole_without_a_scan_says_so(hole: HoleFolder, tmp_path: Path) -> None:
    hole.scans.path.unlink()
    with pytest.raises(ConfigError, match="no box of SIM1 has been scanned yet"):
        make_hole(hole)


def judged(hole: HoleFolder, box: int, scan: int = 1) -> dict[str, str]:
    make_box(hole, box, scan, Config({"line": {"output": str(hole.output)}}))
    (verdict,) = [one for one in read_verdicts(hole) if (one.box, one.scan) == (box, scan)]
    assert all(one.words and one.action for one in verdict.findings)
    return {one.check: one.level.words for one in verdict.findings if one.check != "no_reference"}


def test_a_tray_twice_as_long_as_the_others_may_be_two_and_those_counted_behind_it_are_looked_at(
    hole: HoleFolder,
) -> None:
    whole = hole.scans.read().of(2)[0]
    for first, way_mm in ((whole.first_seq - 1, 230.0), (whole.first_seq - 2, 231.0)):
        hole.scans.add(replace(whole, first_seq=first, way_mm=way_mm))
    hole.scans.add(replace(whole, first_seq=whole.first_seq - 3, way_mm=505.0))
    hole.scans.add(replace(whole, first_seq=whole.first_seq - 4, counted=True))
    assert judged(hole, 2, 2) == judged(hole, 2, 3) == {}
    assert judged(hole, 2, 4) == {"length": "rescan"}
    assert judged(hole, 2, 5) == {"counted": "look"}
    words = [one.words for verdict in read_verdicts(hole) for one in verdict.findings if one.check == "length"]
    assert words == ["0.51 m of way for a box of 0.23 m: two trays may have passed"]


def test_a_box_that_was_taken_for_another_is_put_right_without_a_scan(hole: HoleFolder) -> None:
    last = hole.scans.read().of(3)[0]
    hole.scans.path.write_text("")
    hole.scans.add(replace(last, box=2, who="", counted=True))
    assert judged(hole, 2)["counted"] == "look"
    assert edit(hole, box=3, scan_of=2, why="two trays passed") == ["what was taken for box 2 is box 3 now"]
    (verdict,) = read_verdicts(hole)
    assert (verdict.box, {one.check for one in verdict.findings}) == (3, {"no_reference"})
    assert list(HoleLog(hole).scans) == [3]
    assert [one.name for one in (hole.path / "boxes").iterdir()] == ["box_0003_1.parquet"]
    told = list(entries(hole.audit))[-1].record
    assert (told.verb, told.who, told.old, told.new, told.arguments["why"]) == (
        "move_scan", "ana", 2, 3, "two trays passed",
    )  # fmt: skip
    assert verify(hole.audit).wrong == 0


def test_a_box_of_which_most_blocks_are_not_found_or_with_more_core_than_was_drilled_is_no_pass() -> None:
    block = Flag("block 107 m: its row shows no gap for it", 3, 2, is_grave=True)
    note = Flag("0.31 m of core lie between 101 and 101.3 m", 3, 2)
    depth = HoleDepth({}, (), (Recovery(106.5, 108.0, 5.11), Recovery(108.0, 109.5, 1.6)), (block, note))
    (finding,) = of_depth(depth)
    assert (finding.level.words, finding.values["why"]) == (
        "look", "block 107 m: its row shows no gap for it; run 106.5 to 108 m: 5.11 m of core, 341%",
    )  # fmt: skip
    assert list(of_depth(HoleDepth({}, (), (), (note,)))) == []


def test_the_wall_of_a_metal_tray_in_the_first_lines_is_no_core(
    hole: HoleFolder, painted: tuple[Any, Any, Any]
) -> None:
    """Metal has no absorption bands, and labels have it as rock without any."""
    world, info, labels = painted
    metal = replace(info, run=OTHER_RUN, classes=(*info.classes[:-1], ClassInfo("no bands", (90, 90, 90))))
    logged(hole.output, metal, labels)
    first = round(world.scene.tray_mm)
    front = int(np.flatnonzero((labels[first:] != BACKGROUND).any(axis=1))[0]) + first
    hole.scans.add(BoxScan(2, 0, OTHER_RUN.hex(), front, 2 * first - 25, "", "later"))
    session = read_session(hole.session)
    found = {}
    for tray in ("wood", "metal"):
        write_session(hole.session, session.model_copy(update={"tray": tray}))
        found[tray] = judged(hole, 2, 2)
    assert found["wood"]["front"] == "rescan"
    assert "front" not in found["metal"]
