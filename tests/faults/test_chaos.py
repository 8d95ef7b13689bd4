"""Harm at the camera's full rate, a minute of it on each of three seeds; and that the verdict on it can be another."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oreline.messages import Reason
from tests.faults.chaos import Run, chaos
from tests.faults.plan import STAGES, plan
from tests.faults.verdict import LABELS, RAW, broken, judge, long_gaps
from tests.faults.witness import SEEN

pytestmark = [pytest.mark.alone, pytest.mark.long]

SEEDS = (1, 2, 3)
AGAIN = """INSERT INTO stones SELECT run, 1000000, first_line, last_line, first_sample, stop_sample, pixels, counts,
    decision, why, measure, valves, product, cut, clump, t_ns, encoder, epoch, block_id, recipe, model, reference,
    outline FROM stones WHERE number = 5"""
SECONDS, KILLS = 60.0, 3


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return harmed(tmp_path_factory.mktemp("chaos"), SEEDS[0])


def harmed(folder: Path, seed: int) -> Run:
    return chaos(folder, seed, SECONDS, plan(seed, SECONDS))


def test_the_same_seed_plans_the_same_and_another_seed_something_else() -> None:
    assert plan(1, 60.0) == plan(1, 60.0) != plan(2, 60.0)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", SEEDS)
def test_no_promise_is_broken_in_a_minute_of_it(ran: Run, tmp_path: Path, seed: int) -> None:
    run = ran if seed == SEEDS[0] else harmed(tmp_path, seed)
    figures = judge(run)
    assert figures["broken"] == [], run.printed
    assert all(figures["done"].get(f"kill {stage}", 0) >= KILLS for stage in STAGES), figures["done"]
    assert figures["compared"] > figures["labelled"] / 2
    assert figures["stones"] > 100


def doctored(ran: Run, folder: Path, sql: str, one: int) -> list[str]:
    """What is said of the run when its journal had been another; `sql` may speak of the line `:one`."""
    shutil.copytree(ran.folder / "kept", folder / "kept")
    shutil.copy(ran.folder / "witness.bin", folder)
    with closing(sqlite3.connect(folder / "kept" / "journal.sqlite")) as db:
        db.execute(sql, {"one": one})
        db.commit()
    broken: list[str] = judge(replace(ran, folder=folder))["broken"]
    return broken


@pytest.fixture(scope="module")
def one_line(ran: Run) -> int:
    """The number of a line that the journal has, and that the witness saw in both rings."""
    seen = np.fromfile(ran.folder / "witness.bin", SEEN)
    with closing(sqlite3.connect(ran.folder / "kept" / "journal.sqlite")) as db:
        known = {seq for (seq,) in db.execute("SELECT seq FROM lines")}
    for ring in (RAW, LABELS):
        known &= set(seen["first"][(seen["ring"] == ring) & (seen["n"] == 1)].tolist())
    return sorted(known)[500]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DELETE FROM lines WHERE seq = :one", "1 lines that the witness saw appended"),
        ("DELETE FROM lines WHERE seq = :one", "1 numbers that nothing covers"),
        ("INSERT INTO gaps SELECT run, seq, 1, 0, 1 FROM lines WHERE seq = :one", "1 numbers that two records"),
        ("UPDATE lines SET confidence = zeroblob(640) WHERE seq = :one", "1 journalled lines that are not the"),
        ("UPDATE lines SET layers = zeroblob(length(layers)) WHERE seq = :one", "1 journalled lines that are not"),
        ("UPDATE lines SET labels = zeroblob(640) WHERE seq = :one", "1 lines of the recording that got other"),
        ("DELETE FROM stones WHERE number = 5", "1 stones that the witness saw told"),
        (AGAIN, "1 stones that the journal has under two numbers"),
        (AGAIN, "1 numbers of stones, up to their end, that nothing in the journal covers"),
        ("INSERT INTO stone_gaps SELECT run, 5, 2, 1, 3 FROM stone_runs", "2 numbers of stones, up to their end"),
        ("UPDATE runs SET end = end + 7", "7 numbers by which the journal's end differs"),
        ("UPDATE runs SET end = NULL", "the end of the stream is not in the journal"),
    ],
)
def test_a_journal_that_was_wrong_would_be_found_out(
    ran: Run, tmp_path: Path, one_line: int, sql: str, says: str
) -> None:
    assert any(says in what for what in doctored(ran, tmp_path, sql, one_line))


def test_a_gap_that_is_longer_than_the_time_without_lines_would_be_found_out() -> None:
    raw = np.zeros(20, SEEN)
    raw["index"], raw["n"] = np.arange(20), 1
    raw["first"] = [*range(10), *range(1010, 1020)]
    gaps = [(10, 1000, int(Reason.RESTART))]
    for away_s, long in ((1.5, 0), (1.0, 1)):
        raw["seen_ns"] = np.arange(20) * 1_000_000 + (np.arange(20) >= 10) * int(away_s * 1e9)
        assert long_gaps(raw, gaps) == long


@pytest.mark.parametrize(
    ("figure", "value", "says"),
    [("plc_late", 3, "3 rows that came to the PLC"), ("unsafe", 1, "1 times that the PLC"), ("exit_code", 70, "70 is")],
)
def test_what_the_plant_and_the_line_say_counts_too(ran: Run, figure: str, value: int, says: str) -> None:
    assert any(says in what for what in broken({**judge(ran), figure: value}))
