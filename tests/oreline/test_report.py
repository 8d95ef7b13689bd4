"""What the report of a run says."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from oreline import moment
from oreline import report as reports
from oreline.config import Config
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
    shown = io.StringIO()
    reports.show(found, Console(file=shown, width=120))
    assert "raw: ring full 1, overwritten 2" in shown.getvalue()
