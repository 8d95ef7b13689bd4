"""Everything that can go wrong with a camera, in one scripted run: each fault is noticed, once, and for what it is."""

from __future__ import annotations

import json
import sqlite3
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hwsim.camera.layout import FaultKind
from oreline.messages import Flag, Reason
from tests.system.line import ROOT, oreline

pytestmark = pytest.mark.alone

EXAMPLE = ROOT / "deploy" / "examples" / "faults.toml"
LONG_EPOCH = 2
"""After two losses of the link; ids count the scene's lines there."""

INCIDENTS = {
    "duplicate_id": "repeated_frame",
    "out_of_order": "late_frame",
    "time_jump": "clock_jump",
    "id_reset": "camera_restart",
    "jitter": "jitter",
    "stall": "stall",
    "encoder_slip": "encoder_slip",
    "encoder_rollover": "encoder_rollover",
    "encoder_reversal": "encoder_reversal",
    "register_error": "register_error",
    "event_error": "fetch_error",
    "failed_start": "failed_start",
    "disconnect": "camera_lost",
    "silence": "camera_lost",
    "black_line": "no_light",
    "lamp_failure": "no_light",
    "lamp_flicker": "lamp",
    "lamp_drift": "lamp",
    "stuck_shutter": "reference_shutter",
    "light_leak": "reference_leak",
    "dirty_white": "reference_dirty",
    "tilted_white": "reference_tilted",
    "moving_white": "reference_moving",
}
FLAGS = {
    "time_jump": Flag.CLOCK,
    "encoder_slip": Flag.ENCODER,
    "encoder_reversal": Flag.ENCODER,
    "saturated_line": Flag.SATURATED,
    "black_line": Flag.NO_LIGHT,
    "lamp_failure": Flag.NO_LIGHT,
    "lamp_flicker": Flag.LAMP,
    "lamp_drift": Flag.LAMP,
}
OF_THE_MACHINE = {"jitter", "stall"}
"""A simulated camera that is not given its turn is late, too: there may be more of these than were scripted."""
SOME = {"lamp_flicker", "lamp_drift"}
"""Of whose lines only those with much less light are flagged."""
LOSSES = {
    "drop": Reason.DROPPED,
    "duplicate_id": Reason.DROPPED,
    "out_of_order": Reason.DROPPED,
    "stall": Reason.DROPPED,
    "incomplete": Reason.INCOMPLETE,
    "short_payload": Reason.INCOMPLETE,
}


class Ran:
    """What came of the run, and what the camera says that it did."""

    def __init__(self, folder: Path) -> None:
        tables = tomllib.loads(EXAMPLE.read_text())
        tables["line"] |= {"name": "faulty", "output": str(folder / "out"), "state": str(folder / "state")}
        path = folder / "line.json"
        path.write_text(json.dumps(tables))
        self.ran = oreline("run", path, "--json", folder / "report.json")
        assert self.ran.returncode == 0, self.ran.stderr
        self.report: dict[str, Any] = json.loads((folder / "report.json").read_text())
        self.events: list[dict[str, Any]] = json.loads((folder / "out" / "faults.json").read_text())
        with sqlite3.connect(folder / "out" / "journal.sqlite") as db:
            self.lines = db.execute("SELECT epoch, block_id, flags FROM lines ORDER BY seq").fetchall()
            self.gaps = db.execute("SELECT first, n, reason FROM gaps ORDER BY first").fetchall()
        db.close()

    def noticed(self, stage: str) -> dict[str, int]:
        found: dict[str, int] = self.report["incidents"][stage]
        return found

    def flagged(self, flag: Flag) -> set[int]:
        return {block for epoch, block, flags in self.lines if epoch == LONG_EPOCH and Flag(flags) & flag}

    def lost(self, reason: Reason) -> int:
        return sum(n for _, n, why in self.gaps if why == reason)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Ran(tmp_path_factory.mktemp("faults"))


def expected(ran: Ran, names: dict[str, str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for event in ran.events:
        if name := names.get(event["kind"]):
            counts[name] = counts.get(name, 0) + 1
    return counts


def test_every_kind_of_fault_was_scripted_and_done_and_has_a_way_to_be_noticed(ran: Ran) -> None:
    kinds = {kind.name.lower() for kind in FaultKind}
    assert {event["kind"] for event in ran.events} == kinds
    assert all(event["outcome"]["done"] == event["n"] for event in ran.events)
    assert kinds == set(INCIDENTS) | set(FLAGS) | set(LOSSES)


def test_each_is_one_incident_of_its_kind_and_nothing_else_is(ran: Ran) -> None:
    seen = {**ran.noticed("acquisition"), **ran.noticed("inference")}
    due = expected(ran, INCIDENTS) | {"reference_few_lines": 1}  # which the example's reference is
    assert {kind: min(n, due.get(kind, 0)) if kind in OF_THE_MACHINE else n for kind, n in seen.items()} == due


def test_each_line_that_is_not_to_be_trusted_is_flagged_and_no_other(ran: Ran) -> None:
    for flag in {*FLAGS.values()}:
        all_of, some_of = set(), set()
        for event in (event for event in ran.events if FLAGS.get(event["kind"]) is flag):
            done = event["outcome"]
            hit = set(range(done["first_id"], done["last_id"] + 1))
            (some_of if event["kind"] in SOME else all_of).update(hit)
            assert hit & ran.flagged(flag), event
        assert all_of <= ran.flagged(flag) <= all_of | some_of, flag


def test_each_lost_line_stands_in_a_gap_of_its_reason(ran: Ran) -> None:
    due = dict.fromkeys(LOSSES.values(), 0)
    for event in ran.events:
        if reason := LOSSES.get(event["kind"]):
            due[reason] += event["outcome"]["lost"] or event["outcome"]["done"]
    assert {reason: ran.lost(reason) for reason in due} == due


def test_what_was_exposed_while_the_camera_was_away_stands_in_one_gap_each(ran: Ran) -> None:
    away = [event["outcome"] for event in ran.events if event["kind"] in ("disconnect", "silence")]
    gaps = [n for _, n, reason in ran.gaps if reason == Reason.RESTART]
    assert len(gaps) == len(away) == 2
    assert all(n >= outcome["lost"] for n, outcome in zip(gaps, away, strict=True))


def test_every_line_is_accounted_for_and_the_good_reference_stays_in_force(ran: Ran) -> None:
    report = ran.report
    assert report["unaccounted"] == report["shed"] == 0
    assert report["acquired"] == report["labelled"] + report["lost"]
    assert report["reference"]["dark_lines"] == 50
    assert report["accuracy"] > 0.9
