from __future__ import annotations

import csv
import io
import re
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from oreline.errors import ConfigError, RecordingError
from oreline.messages import BACKGROUND, INVALID, LOST, UNKNOWN, Reason
from oreline.moment import Moment
from oreline.testing import CLASSES
from sinks.station.audit import AUDIT, AuditLog, Record
from sinks.station.shifts.calendar import S, Shift
from sinks.station.shifts.minutes import Minutes
from sinks.station.shifts.page import page
from sinks.station.shifts.report import ShiftReport, chosen, report_of, shifts_in
from sinks.station.shifts.summary import Measures, of_shift
from sinks.station.shifts.table import csv_of
from sinks.station.shifts.tally import total
from sinks.station.words import LANGUAGES
from tests.sinks.station.shifts.belt import Belt, described, nights, plant, to_log, to_minutes, wall, with_stones

MEASURES = Measures(("calcite",), 0.05)
NAMES = {
    **dict(enumerate(one.name for one in CLASSES)),
    UNKNOWN: "unknown",
    BACKGROUND: "background",
    INVALID: "invalid",
}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("line")
    to_log(folder, with_stones(nights()))
    return folder


def reports(output: Path) -> list[ShiftReport]:
    calendar = plant()
    return [report_of(output, calendar, MEASURES, shift, "line") for shift, _ in shifts_in(output, calendar).values()]


def rows(output: Path, query: str, *values: object) -> list[tuple[int, ...]]:
    with closing(sqlite3.connect(output / "journal.sqlite")) as db:
        return db.execute(query, values).fetchall()


def within(shift: Shift) -> tuple[int, int]:
    return shift.start_ns, shift.stop_ns


def test_the_nights_are_those_of_the_plant_s_clocks(output: Path) -> None:
    found = {key: n for key, (_, n) in shifts_in(output, plant()).items()}
    assert list(found) == ["2026-03-28-day", "2026-03-28-night", "2026-03-29-day", "2026-03-29-night"]
    assert sum(found.values()) == rows(output, "SELECT count(*) FROM lines")[0][0]


def test_lines_and_samples_of_each_shift_are_the_journal_s_to_the_unit(output: Path) -> None:
    for report in reports(output):
        query = "SELECT labels FROM timed_lines WHERE wall_ns >= ? AND wall_ns < ?"
        found = [bytes(row[0]) for row in rows(output, query, *within(report.shift))]
        assert report.told["lines"] == len(found)
        counted = Counter(NAMES[code] for labels in found for code in labels)
        assert report.told["samples"] == counted
        rock = sum(counted[name] for name in counted if name not in ("background", "invalid"))
        assert report.told["rock_m2"] == pytest.approx(rock * 1e-6)


def test_stones_of_each_shift_are_the_journal_s_to_the_unit(output: Path) -> None:
    """By SQL of its own: numbers, samples by class, grade and recovery."""
    stones = 0
    for report in reports(output):
        where, values = "FROM timed_stones WHERE wall_ns >= ? AND wall_ns < ?", within(report.shift)
        told = report.told
        counted = dict(rows(output, f"SELECT decision, count(*) {where} GROUP BY decision", *values))
        kinds = Counter[str]()
        for decision, n in told["decisions"].items():
            kinds[decision.split()[0]] += n
        assert kinds == counted
        stones += sum(kinds.values())
        whole = rows(output, f"SELECT count(*), total(pixels) {where}", *values)[0]
        assert (told["feed"]["stones"], told["feed"]["pixels"]) == whole
        ore = "total(json_extract(counts, '$.calcite'))"
        product = f"{where} AND decision = 'ejected'"
        (ejected, pixels), (all_ore, _) = (
            rows(output, f"SELECT {ore}, total(pixels) {of}", *values)[0] for of in (product, where)
        )
        assert told["product"]["grade"] == pytest.approx(ejected / pixels, abs=1e-6)
        assert told["recovery"] == pytest.approx(ejected / all_ore, abs=1e-6)
        assert told["feed"]["tonnes"] == pytest.approx(whole[1] * 1e-6 * 0.05, abs=1e-6)
    assert stones == rows(output, "SELECT count(*) FROM stones")[0][0]


def test_every_line_that_did_not_come_is_in_one_shift_with_its_reason(output: Path) -> None:
    lost, reference = Counter[str](), 0
    for report in reports(output):
        lost.update(report.told["lost"])
        reference += report.told["reference"]
    gaps = dict(rows(output, "SELECT reason, total(n) FROM gaps GROUP BY reason"))
    assert lost == {reason.name.lower(): gaps[reason] for reason in LOST if reason in gaps}
    assert reference == gaps[Reason.REFERENCE]


def test_no_time_is_counted_twice_and_none_is_negative(output: Path) -> None:
    """All but what lies between two runs: the shifts share out what CLOCK_MONOTONIC says that each run has lasted."""
    counted = sum(sum(report.told["seconds"].values()) for report in reports(output))
    lasted = rows(output, "SELECT total(span) FROM (SELECT max(t_ns) - min(t_ns) AS span FROM lines GROUP BY run)")
    assert counted == pytest.approx(lasted[0][0] / S, abs=0.01)
    for report in reports(output):
        assert all(seconds >= 0 for seconds in report.told["seconds"].values())
        assert all(
            report.shift.start_ns <= stop.start_ns < stop.stop_ns <= report.shift.stop_ns for stop in report.stops
        )


def test_stops_have_their_reasons(tmp_path: Path) -> None:
    belt = Belt(described(wall("2026-06-01T10:00"), 9 * S))
    messages = [belt.info, *belt.lines(10), belt.gap(5, Reason.REFERENCE, 30 * S), *belt.lines(10)]
    to_log(tmp_path, [*messages, belt.gap(9, Reason.DROPPED, 12 * S), *belt.lines(10)])
    (report,) = reports(tmp_path)
    assert [(one.state, round(one.ns / S, 1), one.reason) for one in report.stops] == [
        ("calibrating", 30.5, "a reference was taken"),
        ("down", 12.5, "lines lost: dropped"),
    ]
    assert report.told["seconds"] == {"calibrating": 30.5, "down": 12.5, "held": 0.0, "sorting": 13.5}


def test_what_a_station_has_counted_as_it_ran_is_what_the_journal_says(output: Path) -> None:
    minutes = Minutes()
    to_minutes(minutes, with_stones(nights()))
    for report in reports(output):
        start, stop = within(report.shift)
        seen = total(one.tally for one in minutes.open.values() if start <= one.start_ns < stop)
        told = report.told
        assert (seen.lines, seen.reference, seen.missed) == (told["lines"], told["reference"], 0)
        assert (dict(seen.lost), dict(seen.samples)) == (told["lost"], told["samples"])
        live = of_shift(report.shift, seen, plant(), MEASURES, complete=True)
        for part in ("decisions", "feed", "product", "tails", "recovery", "rock_m2"):
            assert live[part] == told[part]


def test_the_csv_has_the_same_numbers_and_the_page_asks_for_nothing(output: Path) -> None:
    report = reports(output)[1]
    table = list(csv.reader(io.StringIO(csv_of(report))))
    assert table[0] == ["section", "item", "value", "unit"]
    found = {(row[0], row[1]): row[2] for row in table}
    assert found["lines", "lines"] == str(report.told["lines"])
    assert {name: int(found["samples", name]) for name in report.told["samples"]} == report.told["samples"]
    html = page(report, plant())
    assert not [word for word in ("http", "<script", "src=", "url(") if word in html]
    assert f"{report.told['lines']:,}".replace(",", "\u202f") in html


NAMED = {
    "calcite",
    "kaolinite",
    "gypsum",
    "line",
    "night",
    "shifts",
    "sinks",
    "station",
    "tonnes_per_m2",
    "acquisition",
}
"""What a page says in any language: names, and keys of the line's file."""


def test_the_page_is_in_the_language_that_is_asked_for(output: Path) -> None:
    report = reports(output)[1]
    tags = re.compile("<style>.*?</style>|<[^>]*>", re.DOTALL)
    shown = {language: tags.sub(" ", page(report, plant(), language)) for language in LANGUAGES}
    assert "Recuperación de mena" in shown["es"]
    in_force = {one["name"] for all_ in report.told["in_force"].values() for one in all_}
    allowed = NAMED | in_force | set(plant().zone.key.split("/"))
    assert set(re.findall(r"\b[A-Za-z_]\w{3,}", shown["zh-CN"])) - allowed == set()
    numbers = {language: re.findall(r"\d+", text) for language, text in shown.items()}
    assert numbers["es"] == numbers["zh-CN"] == numbers["en"]


def test_a_journal_without_dates_is_in_no_shift_and_the_report_says_so(tmp_path: Path) -> None:
    belt = Belt(described(wall("2026-06-01T10:00"), 9 * S))
    to_log(tmp_path, [belt.info, *belt.lines(10)])
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db, db:
        db.execute("UPDATE streams SET wall_ns = NULL, t_ns = NULL")
    shift = plant().at(wall("2026-06-01T10:00"))
    report = report_of(tmp_path, plant(), MEASURES, shift, "line")
    assert report.told["lines"] == 0
    assert "10 lines of the journal have no date" in report.notes[0]
    with pytest.raises(ConfigError, match="no line that a clock could date"):
        chosen(tmp_path, plant(), None)


def test_a_shift_that_is_none_is_refused(output: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean"):
        chosen(output, plant(), "2026-03-28-nigth")
    with pytest.raises(RecordingError, match=r"journal\.sqlite does not exist"):
        chosen(tmp_path, plant(), None)
    assert chosen(output, plant(), None).key == "2026-03-29-night"


def test_time_that_somebody_held_the_sorter_and_who_it_was_are_of_the_audit_log(tmp_path: Path) -> None:
    start = wall("2026-06-01T10:00")
    belt = Belt(described(start, 9 * S))
    to_log(tmp_path, [belt.info, *belt.lines(201)])
    at = [start]
    audit = AuditLog(tmp_path / AUDIT, "line", lambda: Moment(at[0], 7200, 0, bytes(16)))
    for second, verb, result in (
        (10, "hold", "done"),
        (15, "hold", "done"),
        (20, "resume", "refused"),
        (30, "resume", "done"),
        (90, "hold", "done"),
    ):
        at[0] = start + second * S
        audit.append(Record(verb, "ana", role="operator", face="web", result=result))
    (report,) = reports(tmp_path)
    assert report.told["seconds"] == {"held": 30.0, "sorting": 70.0}
    acts = [(one.record.who, one.record.verb, one.record.result) for one in report.acts[1:]]
    assert acts[2:4] == [("ana", "resume", "refused"), ("ana", "resume", "done")]
    assert "ana" in page(report, plant())
