"""What is offered as a reference is taken or refused, and what is said of it."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from inference.references.reference import Reference
from oreline.errors import ReferenceRefused, StoreFailed
from tests.inference.reference_builders import stream
from tests.inference.running_stage import WARM, Running, reference, used


def test_a_choice_of_another_camera_is_refused_and_taken_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, other = reference(), reference(info=stream(serial="S2"))
    line = Running(tmp_path, first)
    line.store.keep(other)
    line.feed(WARM, *line.scene())
    line.chosen_now(other.id)
    assert used(line.feed(*line.scene())) == [first.id]
    assert line.incidents == {"reference_camera": 1}
    assert line.store.chosen == first.id
    assert line.last() == ("refused", other.id)
    said = capsys.readouterr().err
    assert "the reference is of camera 'S2', the stream of 'S1'" in said
    assert f"reference {first.id} stays in force" in said
    assert "--force" not in said


def test_a_choice_that_is_damaged_is_refused_and_taken_back(tmp_path: Path) -> None:
    first, other = reference(), reference(2400.0)
    line = Running(tmp_path, first)
    line.store.keep(other)
    (tmp_path / other.id / "white.img").write_bytes(b"")
    line.feed(WARM, *line.scene())
    line.chosen_now(other.id)
    assert used(line.feed(*line.scene())) == [first.id]
    assert line.incidents == {"reference_damaged": 1}


def test_what_is_refused_is_kept_beside_and_its_reasons_stand_in_the_history(tmp_path: Path) -> None:
    first = reference()
    line = Running(tmp_path, first)
    line.feed(WARM, *line.scene(), *line.dark(), *line.white(1200.0), WARM, *line.scene())
    line.active.end()
    assert line.incidents == {"reference_change": 1}
    assert line.store.chosen == first.id
    (refused,) = [entry for entry in line.store.history() if entry["what"] == "refused"]
    assert [doubt["code"] for doubt in refused["doubts"]] == ["change"]
    assert refused["id"] in line.store.ids()


def test_a_first_reference_that_is_wrong_for_certain_ends_the_line_with_all_reasons(tmp_path: Path) -> None:
    line = Running(tmp_path, least_lines=50)
    with pytest.raises(ReferenceRefused) as refusal:
        line.feed(*line.dark(), *line.white(4300.0), WARM, *line.scene())
    assert "only 20 lines of a kind" in str(refusal.value)
    assert "at full scale" in str(refusal.value)


def test_a_recording_keeps_the_references_that_it_has_and_what_speaks_against_them_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = Running(tmp_path, reference(), refuse=False)
    out = line.feed(*line.dark(), *line.white(1200.0), WARM, *line.scene())
    assert used(out) == [line.store.chosen]
    assert line.incidents == {"reference_change": 1}
    assert "41% of the light it had last time" in capsys.readouterr().err


def test_a_stream_that_is_exposed_too_unlike_the_white_is_refused(tmp_path: Path) -> None:
    line = Running(tmp_path, reference(), exposure_ratio=5.0)
    with pytest.raises(ReferenceRefused, match="exposed 10 times as much as the stream"):
        line.feed(replace(WARM, exposure_us=100.0), *line.scene())


def test_a_line_goes_on_with_its_reference_where_the_folder_can_no_longer_be_read(tmp_path: Path) -> None:
    first = reference()
    running = Running(tmp_path / "references", first)
    (running.store.folder / "current").unlink()
    running.store.folder.rename(tmp_path / "moved")
    running.store.folder.symlink_to("references")
    review = running.active._review
    assert (review.review_choice(WARM), review.latest) == (None, first)


def test_a_first_reference_for_which_the_disk_has_no_room_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Running(tmp_path)

    def full(_: Reference) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "dark.npy"))

    monkeypatch.setattr(line.store, "keep", full)
    with pytest.raises(StoreFailed, match=rf"no reference could be kept in {tmp_path}: No space left.*; free space"):
        line.feed(*line.dark(), *line.white(), WARM, *line.scene())
