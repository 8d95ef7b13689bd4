"""What a site calls its sinks is its own affair: what they are is what counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.line import Line
from tests.system.test_cut_short import LINES, assert_finished, left_by_a_killed_supervisor, started_again


@pytest.fixture
def renamed(line: Line, belt: Path) -> Line:
    """That line, whose log is called journal and whose sorter is called belt_2, and whose truth is known."""
    scene = {"lines": 2000, "counts_per_line": 8.0, "seed": 5}
    line.tables["simulator"] = {"scene": scene, "folder": str(belt), "frame_rate": 450.0}
    kinds = {"belt_2": "conveyor", "journal": "log"}
    line.tables["sinks"] = {name: line.tables["sinks"].get(kind, {}) | {"sink": kind} for name, kind in kinds.items()}
    return line


def test_a_line_whose_sinks_have_names_of_their_own_is_recovered_and_comes_to_a_right_report(renamed: Line) -> None:
    left_by_a_killed_supervisor(renamed, "acquisition")
    output = started_again(renamed)
    assert "it is finished: labelled" in output
    assert_finished(renamed)
    report = renamed.report()
    assert (report["acquired"], report["labelled"], report["lost"], report["unaccounted"]) == (LINES, LINES, 0, 0)
    assert {name: one["kind"] for name, one in report["sinks"].items()} == {"belt_2": "conveyor", "journal": "log"}
    assert report["sorter"]["acquired"] == LINES
    assert report["accuracy"] > 0.9
    assert report["stones"]["seen"] > 0
    assert report["stones"]["true"] == report["plant"]["feed"]["stones"] > 0
    assert set(report["latency_ms"]) == {"p50", "p99", "max"}
    assert {"journal", "parquet", "label_map"} <= set(report["artefacts"])
