"""The first sentence of a report is what the run comes to; what follows is what did not go as promised."""

from __future__ import annotations

from typing import Any

import pytest

from oreline.cli.verdict import ALARM, GOOD, WARNING, share, verdict

WHOLE: dict[str, Any] = {
    "acquired": 9000, "labelled": 9000, "shed": 0, "lost": 0, "undelivered": 0, "unaccounted": 0, "missing_lines": None,
    "stones": None, "sorter": None, "history": [], "artefacts": {"journal": "out/journal.sqlite"},
}  # fmt: skip
SORTER = {"stones": {"seen": 2232, "ejected": 335}, "sorter": {"acquired": 9000, "shed": 0, "commands_late": 0}}
PLANT = {"recovery": 0.952, "concentrate": {"grade": 0.956}}


def said(**changes: Any) -> list[tuple[str, str]]:
    return [(one.severity, one.words) for one in verdict(WHOLE | changes)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "labelled all 9,000 lines"),
        ({"recording": "belt.hdr"}, "recorded all 9,000 lines"),
        (SORTER, "sorted 2,232 stones, of which 335 were told to be ejected"),
        (SORTER | {"plant": PLANT}, "sorted 95 % of the ore, with a grade of 96 %"),
        (
            SORTER | {"plant": {"recovery": 0.0, "concentrate": {"grade": None}}},
            "sorted 0 % of the ore, with a grade of nothing, for nothing was ejected",
        ),
    ],
)
def test_a_run_in_which_all_went_well_says_what_it_did_and_no_more(changes: dict[str, Any], words: str) -> None:
    assert said(**changes, quicker="bfloat16") == [(GOOD, words)]


@pytest.mark.parametrize(
    ("changes", "severity", "words"),
    [
        ({"unaccounted": 3}, ALARM, "3 lines are in no account: see incidents"),
        ({"labelled": 8910, "lost": 90}, ALARM, "1 % of lines were lost (90): see incidents"),
        (
            {"sorter": {"acquired": 9000, "shed": 270}},
            ALARM,
            "3 % of lines came too late to be sorted (270): the machine was too slow or too busy, see latency and "
            "budget_ms",
        ),
        (
            {"sorter": {"acquired": 9000, "shed": 270}, "quicker": "bfloat16"},
            ALARM,
            "3 % of lines came too late to be sorted (270): the machine was too slow or too busy, and is more than "
            'twice as quick at the network with inference.precision = "bfloat16", see latency and budget_ms',
        ),
        (
            {"sorter": {"acquired": 9000, "commands_late": 2, "plc_late": 1}},
            ALARM,
            "3 rows of valves came too late to be fired: see deadline_ms",
        ),
        ({"undelivered": 350, "labelled": 8650}, WARNING, "350 lines wait in the rings for the next start"),
        ({"missing_lines": 1200}, WARNING, "the recording is cut short: 1,200 lines are missing"),
        ({"artefacts": {"parquet": None}}, ALARM, "written, and not there any more: parquet"),
        ({"history": [{"kind": "camera_lost", "severity": "alarm"}]}, ALARM, "alarms: camera lost; see incidents"),
    ],
)
def test_each_promise_that_broke_is_said(changes: dict[str, Any], severity: str, words: str) -> None:
    first, *broken = said(**changes)
    assert first[0] == severity
    assert broken == [(severity, words)]


def test_what_is_worst_stands_first() -> None:
    assert [severity for severity, _ in said(missing_lines=5, lost=9, labelled=8991)] == [ALARM, ALARM, WARNING]


def test_what_nobody_knows_is_not_called_good() -> None:
    first, *broken = said(labelled=None, unaccounted=None)
    assert first == (ALARM, "how many lines were dealt with is not known: a process could not leave its count")
    assert [severity for severity, _ in broken] == [ALARM]


@pytest.mark.parametrize(
    ("n", "of", "words"),
    [(0, 9, "0 %"), (1, 9000, "0.011 %"), (270, 9000, "3 %"), (952, 1000, "95 %"), (8999, 9000, "99.9 %"),
     (9, 9, "100 %"), (1, 0, "0 %")],
)  # fmt: skip
def test_a_share_is_short_and_is_all_only_where_it_is(n: float, of: float, words: str) -> None:
    assert share(n, of) == words
