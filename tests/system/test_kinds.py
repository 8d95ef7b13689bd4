"""What a site calls its sinks is its own affair: what they are is what counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oreline.sink import Policy
from sinks import SINKS, find
from tests.packages.installed import acme, both
from tests.system.line import Line
from tests.system.test_cut_short import LINES, assert_finished, left_by_a_killed_supervisor, started_again

__all__ = ["acme", "both"]
KINDS = {"belt_2": "conveyor", "journal": "log", "console": "tally"}
OTHERS = {
    f"my_{kind}": kind
    for kind in SINKS.own
    if kind not in KINDS.values() and find(kind).stream == "labels" and find(kind).policy is Policy.COMPLETE
}


@pytest.fixture
def renamed(line: Line, belt: Path, acme: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    """That line, whose log is called journal and whose sorter is called belt_2, and whose truth is known; with a sink
    of another package, and all others of labels that come with Oreline."""
    monkeypatch.setenv("PYTHONPATH", str(acme))
    scene = {"lines": 2000, "counts_per_line": 8.0, "seed": 5}
    line.tables["simulator"] = {"scene": scene, "folder": str(belt), "frame_rate": 450.0}
    tables = line.tables["sinks"]
    line.tables["sinks"] = {name: tables.get(kind, {}) | {"sink": kind} for name, kind in (KINDS | OTHERS).items()}
    return line


@pytest.mark.long
def test_a_line_whose_sinks_have_names_of_their_own_is_recovered_and_comes_to_a_right_report(renamed: Line) -> None:
    left_by_a_killed_supervisor(renamed, "acquisition")
    output = started_again(renamed)
    assert "it is finished: labelled" in output
    assert_finished(renamed)
    report = renamed.report()
    assert (report["acquired"], report["labelled"], report["lost"], report["unaccounted"]) == (LINES, LINES, 0, 0)
    assert {name: one["kind"] for name, one in report["sinks"].items()} == KINDS | OTHERS
    assert [report["sinks"][name]["lines"] for name in ("journal", *OTHERS)] == [LINES] * (1 + len(OTHERS))
    tally = json.loads((renamed.output / "console.json").read_text())
    assert (tally["kind"], tally["counted"]) == ("tally", tally["account"]["lines"])
    assert {*OTHERS.values()} <= set(report["artefacts"])
    assert report["sorter"]["acquired"] == LINES
    assert report["accuracy"] > 0.9
    assert report["stones"]["seen"] > 0
    assert report["stones"]["true"] == report["plant"]["feed"]["stones"] > 0
    assert set(report["latency_ms"]) == {"p50", "p99", "max"}
    assert {"journal", "parquet", "label_map"} <= set(report["artefacts"])
