"""What the report of a run says."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from oreline import moment
from oreline.cli import report as reports
from oreline.config import Config
from oreline.facts import leave_facts
from oreline.incidents import open_log, report


def test_the_summary_of_incidents_lacks_none_that_a_process_has_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = moment.now()
    open_log("inference", tmp_path)
    report("raw", "ring_full", "1000 lines were given up")
    for _ in range(2):
        report("raw", "overwritten")
    report("inference", "lamp")
    open_log("supervisor", tmp_path)
    monkeypatch.setattr("oreline.incidents.following.began", lambda: since)
    found = reports.report_of(Config({"line": {"name": "told", "output": str(tmp_path)}}, "told"))
    assert found["incidents"] == {"raw": {"ring_full": 1, "overwritten": 2}, "inference": {"lamp": 1}}
    assert "raw: ring full 1, overwritten 2" in shown(found)


WHOLE = {
    "acquisition": {"run": "01", "numbers": 100, "lines_per_s": 50.0, "account": {"reference": 10}},
    "log": {"run": "01", "labelled": 80, "shed": 0, "lost": 10, "reference": 10, "end": 100, "closed": 1},
    "inference": {"saturated_samples": 3},
}
NOT_CLOSED = WHOLE["log"] | {"labelled": 70, "end": 90, "closed": 0}


def reported(folder: Path, *left: str, ring: bool = False, **other: dict[str, Any]) -> dict[str, Any]:
    """The report of a run of which these processes have left their counts."""
    config = Config({"line": {"output": str(folder), "state": str(folder / "state")}, "sinks": {"log": {}}}, "told")
    for name in left:
        leave_facts(folder, name, other.get(name, WHOLE[name]))
    if ring:
        (folder / "state").mkdir()
        config.line.ring("raw").touch()
    return reports.report_of(config)


def shown(report: dict[str, Any]) -> str:
    text = io.StringIO()
    reports.show(report, Console(file=text, width=120))
    return text.getvalue()


def test_what_all_processes_have_counted_is_known(tmp_path: Path) -> None:
    report = reported(tmp_path, *WHOLE)
    assert (report["acquired"], report["labelled"], report["lost"], report["unaccounted"]) == (90, 80, 10, 0)
    assert "not known" not in shown(report)


def test_what_no_process_could_leave_is_not_known_and_not_nothing(tmp_path: Path) -> None:
    report = reported(tmp_path, ring=True)
    unknown = ("acquired", "labelled", "shed", "lost", "undelivered", "unaccounted", "lines_per_s", "saturated_samples")
    assert [key for key in unknown if report[key] is not None] == []
    said = shown(report)
    assert "acquired not known = labelled not known + shed not known + lost not known" in said
    assert "unaccounted not known" in said
    assert "undelivered not known: start the line again, and they are delivered first" in said


def test_what_acquisition_could_not_leave_is_known_where_its_end_is_in_the_journal(tmp_path: Path) -> None:
    report = reported(tmp_path, "log")
    assert (report["acquired"], report["unaccounted"], report["undelivered"]) == (90, 0, 0)


def test_lines_of_a_run_that_acquisition_could_not_count_are_not_all_accounted_for(tmp_path: Path) -> None:
    report = reported(tmp_path, "log", ring=True, log=NOT_CLOSED)
    assert (report["acquired"], report["labelled"], report["undelivered"], report["unaccounted"]) == (
        None,
        70,
        None,
        None,
    )


def test_a_journal_that_has_no_line_of_the_run_has_none(tmp_path: Path) -> None:
    report = reported(tmp_path, "acquisition", "log", log=WHOLE["log"] | {"run": "02"})
    assert (report["acquired"], report["labelled"], report["unaccounted"]) == (90, 0, 90)
