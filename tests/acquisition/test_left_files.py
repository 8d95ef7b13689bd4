"""Files in a line's folder that are not what acquisition left there: it says so in one sentence, and goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from acquisition import extra_steps
from acquisition.extra_steps import ExtraSteps
from oreline.camera_settings import Step

RUN, STEP = bytes(range(16)), Step(kind="dark", lines=3, after=[("Shutter", "Open")])


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    monkeypatch.setattr(extra_steps, "report", lambda _, kind, words: told.append(f"{kind}: {words}"))
    return told


def test_a_folder_in_place_of_what_is_asked_for_is_said_and_is_in_nobodys_way(tmp_path: Path, said: list[str]) -> None:
    path = tmp_path / "asked.json"
    path.mkdir()
    asked = ExtraSteps(tmp_path)
    path.write_text(f"[{STEP.model_dump_json()}]")
    assert asked.take() == []
    assert said
    assert all(words.startswith(f"asked: {tmp_path / 'asked.taken'} cannot be taken") for words in said)
    (tmp_path / "asked.taken").rmdir()
    assert asked.take() == [STEP]


WORDS = ["", "{", "[]", "7", '{"run": 7}', '{"lines": "x", "since": null, "after": []}']


@pytest.mark.parametrize("left", WORDS)
def test_a_damaged_note_of_the_lines_in_between_is_said_and_passed_over(
    tmp_path: Path, said: list[str], left: str
) -> None:
    path = tmp_path / "aside.json"
    path.write_text(left)
    aside = ExtraSteps(tmp_path)
    assert aside.resume(RUN, 10) == []
    assert aside.lines == 0
    (words,) = said
    assert words.startswith(f"aside: {path} is damaged")


def test_the_note_that_it_leaves_is_taken_over(tmp_path: Path, said: list[str]) -> None:
    ExtraSteps(tmp_path).begin(RUN, 40, STEP)
    again = ExtraSteps(tmp_path)
    assert (again.resume(RUN, 42), again.lines, said) == ([("Shutter", "Open")], 2, [])
    assert ExtraSteps(tmp_path / "elsewhere").resume(RUN, 42) == []
