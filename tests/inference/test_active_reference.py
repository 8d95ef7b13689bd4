"""Which reference is in force: at which line it comes, and that lines go on meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oreline.messages import Gap, ReflectanceLine, StreamInfo
from tests.inference.reference_builders import INFO
from tests.inference.running_stage import WARM, Running, reference, used


def test_a_first_capture_is_waited_for_and_is_in_force_at_the_first_line(tmp_path: Path) -> None:
    line = Running(tmp_path)
    out = line.feed(*line.dark(), *line.white(), WARM, *line.scene(3))
    assert [type(m) for m in out] == [StreamInfo, Gap, StreamInfo, Gap, StreamInfo, *[ReflectanceLine] * 3]
    assert used(out) == [line.store.chosen] * 3
    line.active.end()
    assert line.store.history()[-1] | {"at": ""} == {
        "at": "", "what": "in_force", "id": line.store.chosen, "run": INFO.run.hex(), "line": 40,
    }  # fmt: skip


def test_what_is_in_force_is_noted_once_in_a_run_though_another_process_goes_on_with_it(tmp_path: Path) -> None:
    first = Running(tmp_path)
    first.feed(*first.dark(), *first.white(), WARM, *first.scene(3))
    first.active.end()
    old = first.store.chosen
    again = Running(tmp_path, first.store.load(old))
    again.next = first.next
    again.feed(WARM, *again.scene(3))
    again.active.end()
    assert [entry["line"] for entry in again.store.history() if entry["what"] == "in_force"] == [40]
    again.feed(*again.dark(), *again.white(2400.0), WARM, *again.scene(1))
    again.active.wait_until_reviewed()
    again.feed(*again.scene(2))
    new = again.store.chosen
    again.chosen_now(old)
    again.feed(*again.scene(2))
    again.active.end()
    assert [entry["id"] for entry in again.store.history() if entry["what"] == "in_force"] == [old, new, old]


def test_a_capture_of_the_very_same_counts_comes_into_force_again_for_who_has_asked_for_it(tmp_path: Path) -> None:
    line = Running(tmp_path)
    line.feed(*line.dark(), *line.white(), WARM, *line.scene(3))
    first = line.store.chosen
    line.feed(*line.white(), WARM)
    line.active.wait_until_reviewed()
    line.feed(*line.scene(2))
    line.active.end()
    history = [(entry["what"], entry["id"]) for entry in line.store.history() if entry["id"]]
    assert history == [("captured", first), ("in_force", first)] * 2


def test_a_run_that_begins_with_references_uses_them_from_its_first_line_on(tmp_path: Path) -> None:
    old = reference()
    line = Running(tmp_path, old)
    out = line.feed(*line.dark(), *line.white(2400.0), WARM, *line.scene(2))
    assert used(out) == [line.store.chosen] * 2
    assert line.store.chosen != old.id


def test_lines_go_on_under_the_old_reference_until_the_new_one_comes_between_two_of_them(tmp_path: Path) -> None:
    old = reference()
    line = Running(tmp_path, old)
    out = line.feed(WARM, *line.scene(5), *line.dark(), *line.white(2400.0), WARM, *line.scene(5))
    line.active.wait_until_reviewed()
    out += line.feed(*line.scene(5))
    names = used(out)
    new = line.store.chosen
    swap = names.index(new)
    assert 5 <= swap <= 10
    assert names == [old.id] * swap + [new] * (15 - swap)
    line.active.end()
    assert line.last() == ("in_force", new)
    in_force = line.store.history()[-1]["line"]
    seqs = [m.first for m in out if isinstance(m, ReflectanceLine)]
    assert in_force == seqs[swap]


def test_a_dark_of_another_exposure_does_not_make_lines_wait(tmp_path: Path) -> None:
    old = reference()
    line = Running(tmp_path, old)
    long = replace(WARM, exposure_us=4000.0)
    out = line.feed(WARM, *line.scene(2), *line.dark(330.0, long), WARM, *line.scene(2))
    line.active.wait_until_reviewed()
    out += line.feed(*line.scene(2))
    names = used(out)
    assert names[:2] == [old.id] * 2
    assert names[4:] == [line.store.chosen] * 2 != [old.id] * 2
    assert [dark.exposure_us for dark in line.store.load(line.store.chosen).darks] == [4000.0]


def test_a_choice_comes_into_force_at_the_next_line_and_lines_before_keep_theirs(tmp_path: Path) -> None:
    first, other = reference(), reference(2400.0)
    line = Running(tmp_path, first)
    line.store.keep(other)
    before = line.feed(WARM, *line.scene(2))
    line.chosen_now(other.id)
    after = line.feed(*line.scene(2))
    assert used(before + after) == [first.id] * 2 + [other.id] * 2
    values = [m.reflectance for m in before + after if isinstance(m, ReflectanceLine)]
    assert np.nanmedian(values[2] / values[1]) == pytest.approx(2200 / 2100, rel=0.05)
