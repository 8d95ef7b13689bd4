from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from oreline.cli.shifts import app
from oreline.errors import ConfigError
from oreline.facts import leave_facts
from tests.sinks.station.shifts.belt import nights, to_log

STATION = {"sinks": {"station": {"shifts": {"zone": "Europe/Berlin"}}, "conveyor": {"recipe": {"ore": ["calcite"]}}}}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    to_log(tmp_path, nights())
    leave_facts(tmp_path, "line", {"line": {"name": "north"}, **STATION})
    return tmp_path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False, env={"COLUMNS": "200"})
    if result.exception is not None:
        raise result.exception
    return result.output


def test_shifts_are_those_of_the_line_s_last_run(output: Path) -> None:
    said = run("list", str(output))
    assert "2026-03-28-night  2026-03-28T19:00:00+01:00  2026-03-29T07:00:00+02:00" in said
    assert "2026-03-28-late" in run("list", str(output), "--start", "late=16:00", "--zone", "UTC")


def test_a_report_is_written_as_page_and_as_csv(output: Path) -> None:
    html, csv = output / "shift.html", output / "shift.csv"
    said = run("report", str(output), "--shift", "2026-03-28-night", "--html", str(html), "--csv", str(csv))
    assert "tonnes_per_m2 is not set" in said
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "Line north" in html.read_text(encoding="utf-8")
    assert csv.read_text(encoding="utf-8").startswith("section,item,value,unit\nshift,site,north,\n")


def test_a_result_that_would_replace_the_journal_is_refused(output: Path) -> None:
    with pytest.raises(ConfigError, match="is read, and a result would replace it"):
        run("report", str(output), "--csv", str(output / "journal.sqlite"))


@pytest.mark.parametrize("wrong", [("--zone", "Mars/Olympus"), ("--start", "night"), ("--start", "night=25:00")])
def test_shifts_that_mean_nothing_are_refused(output: Path, wrong: tuple[str, str]) -> None:
    with pytest.raises(ConfigError, match="like"):
        run("list", str(output), *wrong)


def test_a_line_s_file_may_say_otherwise(output: Path) -> None:
    (output / "other.json").write_text(json.dumps(STATION), encoding="utf-8")
    assert "2026-03-28-night" in run("list", str(output), "--line", str(output / "other.json"))
