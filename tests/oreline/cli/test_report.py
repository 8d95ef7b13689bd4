"""What the report of a run says."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from oreline import moment
from oreline.cli import report as reports
from oreline.cli.report_table import show
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
    config = Config(
        {"line": {"output": str(folder), "state": str(folder / "state")}, "sinks": {"journal": {"sink": "log"}}}, "told"
    )
    for name in left:
        leave_facts(folder, "journal" if name == "log" else name, other.get(name, WHOLE[name]))
    if ring:
        (folder / "state").mkdir()
        config.line.ring("raw").touch()
    return reports.report_of(config)


def shown(report: dict[str, Any]) -> str:
    text = io.StringIO()
    show(report, Console(file=text, width=120))
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


def with_sinks(folder: Path, *names: str, **tables: Any) -> dict[str, Any]:
    """The report of a whole run of a line with these sinks, as tables of the configuration."""
    sinks = {name: tables.get(name, {}) for name in names}
    for name, facts in (WHOLE | {name: table.pop("left") for name, table in tables.items()}).items():
        leave_facts(folder, name, facts)
    return reports.report_of(
        Config({"line": {"output": str(folder), "state": str(folder / "state")}, "sinks": sinks}, "told")
    )


SORTED = {"stones": 7, "ejected": 2, "late": 0, "account": {"acquired": 90, "shed": 9}, "latency_ms": {"p50": 8.5}}


def test_a_line_without_a_sorter_has_nothing_of_one_in_its_report(tmp_path: Path) -> None:
    report = reported(tmp_path, *WHOLE)
    assert (report["stones"], report["sorter"], report["latency_ms"]) == (None, None, {})
    said = shown(report)
    assert not any(word in said for word in ("stones", "sorter", "latency", "nan", "late", "None"))


def test_nor_has_it_where_its_scene_is_a_simulated_one(tmp_path: Path) -> None:
    line, simulator = {"output": str(tmp_path), "state": str(tmp_path / "state")}, {"scene": {"lines": 90}}
    report = reports.report_of(Config({"line": line, "simulator": simulator, "sinks": {"log": {}}}, "told"))
    assert (report["stones"], report["sorter"]) == (None, None)


def test_sinks_are_found_by_what_they_are_and_not_by_their_names(tmp_path: Path) -> None:
    report = with_sinks(
        tmp_path, "journal", "gate",
        journal={"sink": "log", "left": WHOLE["log"]}, gate={"sink": "conveyor", "left": SORTED},
    )  # fmt: skip
    assert (report["labelled"], report["unaccounted"]) == (80, 0)
    assert report["stones"] == {"seen": 7, "ejected": 2}
    assert "10 % of lines came too late to be sorted (9)" in shown(report)


def test_stones_are_those_of_the_journal_where_the_sorter_was_started_again(tmp_path: Path) -> None:
    log = {"sink": "log", "left": WHOLE["log"] | {"stones": {"stones": 1059, "ejected": 273, "held": 109}}}
    report = with_sinks(tmp_path, "journal", "gate", journal=log, gate={"sink": "conveyor", "left": SORTED})
    assert report["stones"] == {"seen": 1059, "ejected": 273}
    assert report["sorter"]["held"] == 109


def test_the_recipe_in_force_is_said_where_it_is_not_that_of_the_lines_file(tmp_path: Path) -> None:
    told = {"name": "mica", "version": 3, "sha256": "ab", "by": "anna", "since": "2026-03-01T14:05:09.123+01:00"}
    report = with_sinks(tmp_path, "log", "conveyor", conveyor={"left": {**SORTED, "recipe": told}})
    assert report["recipe"] == told
    assert "mica v3 since 2026-03-01T14:05:09.123+01:00, asked for by anna" in shown(report)
    own = told | {"name": "line", "version": 0}
    assert "recipe" not in shown(report | {"recipe": own})


def test_that_shed_is_load_stands_below_the_sorter(tmp_path: Path) -> None:
    report = with_sinks(tmp_path, "log", "conveyor", conveyor={"left": SORTED})
    report["reference"] = {"id": "ab"}
    lines = shown(report).splitlines()
    (place,) = (number for number, line in enumerate(lines) if "shed is load" in line)
    assert lines[place - 1].startswith("sorter")


def test_what_was_not_timed_has_no_rate(tmp_path: Path) -> None:
    for name in WHOLE:
        leave_facts(tmp_path, name, WHOLE[name])
    tables = {
        "line": {"output": str(tmp_path), "state": str(tmp_path / "state")},
        "sinks": {"journal": {"sink": "log"}},
    }
    assert reports.report_of(Config(tables, "told"))["lines_per_s"] == 50.0
    assert reports.report_of(Config(tables | {"simulator": {"speed": "max"}}, "told"))["lines_per_s"] is None


def test_what_every_sink_has_written_is_said_and_what_is_not_there_any_more(tmp_path: Path) -> None:
    there, gone = tmp_path / "belt.hdr", tmp_path / "lines.parquet"
    there.touch()
    report = with_sinks(
        tmp_path, "log", "record",
        log={"left": WHOLE["log"] | {"artefacts": {"parquet": str(gone)}}},
        record={"left": {"artefacts": {"reflectance": str(there)}}},
    )  # fmt: skip
    assert report["artefacts"] == {"parquet": None, "reflectance": str(there)}
    said = shown(report)
    assert "written, and not there any more: parquet" in said
    assert str(there) in said.replace("\n", "")


def test_incidents_have_one_row_though_a_file_has_their_name(tmp_path: Path) -> None:
    report = reported(tmp_path, *WHOLE)
    report["incidents"] = {"acquisition": {"jitter": 2}, "raw": {"ring_full": 1}}
    report["artefacts"] = {"incidents": "out/incidents.parquet"}
    rows = [line.split() for line in shown(report).splitlines() if line.startswith("incidents")]
    assert rows == [["incidents", "acquisition:", "jitter", "2;", "raw:", "ring", "full", "1"]]


def test_a_promise_that_broke_is_red(tmp_path: Path) -> None:
    text = io.StringIO()
    show(reported(tmp_path, *WHOLE), Console(file=text, width=120, force_terminal=True, color_system="standard"))
    (first,) = (line for line in text.getvalue().splitlines() if "labelled 80 of 90 lines" in line)
    assert "\x1b[1;31m" in first


def test_a_report_on_80_columns_loses_nothing(tmp_path: Path) -> None:
    report = reported(tmp_path, *WHOLE)
    report["artefacts"] = {"parquet": "/a/very/long/path" * 8}
    text = io.StringIO()
    show(report, Console(file=text, width=80))
    assert "/a/very/long/path" * 8 in "".join(line.strip() for line in text.getvalue().splitlines())
    assert max(map(len, text.getvalue().splitlines())) <= 80


def test_a_report_as_json_has_the_fields_that_are_documented_and_no_number_that_is_none(tmp_path: Path) -> None:
    report = with_sinks(tmp_path, "log", "conveyor", conveyor={"left": SORTED | {"latency_ms": {"p50": float("nan")}}})
    assert set(report) <= set(reports.FIELDS)
    reports.save(report, tmp_path / "r.json")
    read = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"), parse_constant=lambda name: pytest.fail(name))
    assert read["latency_ms"] == {"p50": None}
    assert (read["version"], read["verdict"][0]["severity"]) == (1, "alarm")


def test_each_sink_is_in_the_report_by_its_name_with_its_kind_its_account_and_what_it_wrote(tmp_path: Path) -> None:
    sinks = {"journal": {"sink": "log"}, "cube": {"sink": "record"}, "labels": {"sink": "record", "what": "labels"}}
    config = Config({"line": {"output": str(tmp_path), "state": str(tmp_path / "state")}, "sinks": sinks}, "told")
    for name in ("acquisition", "inference"):
        leave_facts(tmp_path, name, WHOLE[name])
    leave_facts(tmp_path, "journal", WHOLE["log"])
    for name, lines in (("cube", 78), ("labels", 80)):
        (tmp_path / f"{name}.hdr").touch()
        written = {"record": str(tmp_path / f"{name}.hdr")}
        leave_facts(tmp_path, name, {"account": {"lines": lines, "lost": 2}, "artefacts": written})
    report = reports.report_of(config)
    assert report["sinks"]["journal"]["kind"] == "log"
    assert report["sinks"]["cube"] == {"kind": "record", "lines": 78, "lost": 2}
    assert [*report["artefacts"]] == ["record", "labels_record"]
    assert "lines 78, lost 2" in " ".join(shown(report).split())


def test_the_shares_of_the_rock_are_told_with_its_groups_and_why_what_is_unknown_is(tmp_path: Path) -> None:
    shares = {
        "classes": {"unknown": 0.5, "calcite": 0.3, "dolomite": 0.2},
        "groups": {"carbonate": 0.75},
        "reasons": {"unsure": 0.45, "noisy": 0.05},
    }
    found = reported(tmp_path, *WHOLE, log=WHOLE["log"] | {"shares": shares})
    assert found["shares"] == shares
    words = " ".join(shown(found).split())
    for line in (
        "rock unknown 50.0%, calcite 30.0%, dolomite 20.0%",
        "groups carbonate 75.0%",
        "unknown unsure 45.0%, noisy 5.0%",
    ):
        assert line in words


def test_of_many_minerals_the_largest_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    shares = {"classes": {f"mineral {n}": 0.1 for n in range(11)}}
    assert "mineral 7 10.0% and 3 more" in " ".join(
        shown(reported(tmp_path, *WHOLE, log=WHOLE["log"] | {"shares": shares})).split()
    )
