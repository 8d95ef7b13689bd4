"""Findings and verdicts: in words, and as they are kept."""

from __future__ import annotations

import json
import string

import pytest

from sinks.core.qc.finding import WORDS, Finding, Level, Verdict, percent

MINE = Finding("missing", Level.LOOK, {"n": "4", "mm": "3.1"})
EDGE = Finding("edge", Level.RESCAN, {"sample": "0", "share": "12 %"})


def test_a_verdict_is_as_grave_as_its_gravest_finding_which_is_said_first() -> None:
    verdict = Verdict(3, 1, (MINE, EDGE), "2026-11-30T10:00:00+00:00")
    told = json.loads(json.dumps(verdict.told()))
    assert told["verdict"] == "rescan"
    assert told["findings"][0]["words"] == (
        "rock is cut by the end of the field of view at sample 0, in 12 % of the lines"
    )
    again = Verdict.of(told)
    assert (again.level, {one.check for one in again.findings}) == (Level.RESCAN, {"missing", "edge"})


def test_a_box_without_findings_passes() -> None:
    assert Verdict.of(Verdict(1, 2).told()).level is Level.PASS


def test_what_is_no_verdict_is_none() -> None:
    with pytest.raises(ValueError, match="no check"):
        Verdict.of({"box": 1, "scan": 1, "made_at": "", "findings": [{"check": "odd", "level": "pass", "values": {}}]})


def test_each_check_says_what_is_wrong_and_what_to_do() -> None:
    for words, action in WORDS.values():
        assert not words.endswith(".")
        assert action.endswith((".", "?"))
        assert not [field for _, field, _, _ in string.Formatter().parse(action) if field]


@pytest.mark.parametrize(("share", "said"), [(0.4, "40 %"), (0.031, "3.1 %"), (0.0004, "0.04 %")])
def test_shares_are_said_as_finely_as_they_matter(share: float, said: str) -> None:
    assert percent(share) == said
