"""A step that is asked for while a line runs is taken in between, once, and the camera is set back afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import dropwhile, groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acquisition.asked import Asked
from hwsim.camera import Event, FaultKind, SimCamera, Source
from oreline.config import ASKED
from oreline.messages import EndOfStream, Gap, Kind, Message, RawLine, StreamInfo
from tests.acquisition.process import Start

BANDS, SAMPLES, LINES, SCENE = 12, 40, 50, 400
DARK = {"kind": "dark", "lines": 30, "features": [["Shutter", "Closed"]], "after": [["Shutter", "Open"]]}


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[SimCamera]:
    sources = {}
    for name, level in (("scene", 1000), ("dark", 100)):
        path = tmp_path / f"{name}.raw"
        np.full(LINES * BANDS * SAMPLES, level, "<u2").tofile(path)
        sources[name] = Source(path, 0, LINES, BANDS, SAMPLES)
    with SimCamera.create(tmp_path / "cameras", "SIM1", frame_rate=200.0, loop=True, **sources) as made:  # type: ignore[arg-type]
        yield made


def ask(folder: Path, *steps: Any) -> None:
    (folder / ASKED).write_text(json.dumps(steps))


def test_a_dark_is_taken_between_scene_lines_and_the_shutter_opens_again(
    acquire: Start, camera: SimCamera, tmp_path: Path
) -> None:
    with acquire(serial="SIM1", steps=[{"lines": SCENE}]) as running:
        got = []
        for message in running.messages():
            got.append(message)
            if message.first == 40 and isinstance(message, RawLine):
                ask(tmp_path, DARK)
    lines = [m for m in got if isinstance(m, RawLine)]
    runs = [(kind, len(list(several))) for kind, several in groupby(line.kind for line in lines)]
    assert [kind for kind, _ in runs] == [Kind.SCENE, Kind.DARK, Kind.SCENE]
    assert runs[1][1] == 30
    assert runs[0][1] + runs[2][1] == SCENE
    assert [line.first for line in lines] == list(range(SCENE + 30))
    assert all(int(np.median(line.counts)) == (100 if line.kind else 1000) for line in lines)
    infos = [m for m in got if isinstance(m, StreamInfo)]
    assert all(info.same_setting(infos[0]) for info in infos)
    assert not [m for m in got if isinstance(m, Gap)]
    assert isinstance(got[-1], EndOfStream)
    assert (got[-1].lines, got[-1].reference) == (SCENE, 30)
    assert not (tmp_path / ASKED).exists()


@pytest.mark.parametrize("killed_after", [10, 40])
def test_a_scene_is_as_long_though_its_process_was_killed_in_a_dark_or_after_it_and_the_shutter_opens_again(
    acquire: Start, camera: SimCamera, tmp_path: Path, killed_after: int
) -> None:
    got: list[Message] = []
    for last in (False, True):
        with acquire(serial="SIM1", steps=[{"lines": SCENE}]) as running:
            if last:
                running.inbox.run, running.inbox.next = got[0].run, _end(got)
            for message in running.messages():
                got.append(message)
                if len(got) == 40:
                    ask(tmp_path, DARK)
                if not last and len(list(after_the_first_dark(got))) == killed_after:
                    running.process.kill()
                    break
    covered = [number for m in got if m.n for number in range(m.first, m.first + m.n)]
    assert covered == list(range(_end(got)))
    lines = [m for m in got if isinstance(m, RawLine)]
    darks = sum(line.kind is Kind.DARK for line in lines)
    assert min(killed_after, 30) <= darks <= 30
    assert all(int(np.median(line.counts)) == (100 if line.kind else 1000) for line in lines)
    assert _end(got) - darks == SCENE


def test_a_gap_ends_with_the_step_that_was_asked_for_and_the_scene_goes_on(
    acquire: Start, camera: SimCamera, tmp_path: Path
) -> None:
    camera.inject(Event(FaultKind.DROP, view="dark", line=25, n=10))
    with acquire(serial="SIM1", steps=[{"lines": SCENE}]) as running:
        got = []
        for message in running.messages():
            got.append(message)
            if message.first == 40 and isinstance(message, RawLine):
                ask(tmp_path, DARK)
    (gap,) = (m for m in got if isinstance(m, Gap))
    kinds = [m.kind for m in got if isinstance(m, RawLine)]
    assert (gap.n, kinds.count(Kind.DARK), kinds.count(Kind.SCENE)) == (5, 25, SCENE)


def after_the_first_dark(got: list[Message]) -> Iterator[RawLine]:
    return dropwhile(lambda line: not line.kind, (m for m in got if isinstance(m, RawLine)))


def _end(messages: list[Message]) -> int:
    return max(message.first + message.n for message in messages)


def test_what_was_asked_of_an_earlier_process_is_forgotten(tmp_path: Path) -> None:
    ask(tmp_path, DARK)
    asked = Asked(tmp_path / ASKED)
    assert asked.take() == []


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"kind": "grey"}]', '[{"knid": "dark"}]'])
def test_what_is_not_understood_is_said_and_dropped(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = Asked(tmp_path / ASKED)
    (tmp_path / ASKED).write_text(text)
    assert asked.take() == []
    assert "was not understood and is dropped" in capsys.readouterr().err
    assert not (tmp_path / ASKED).exists()


def test_a_step_without_an_end_is_not_taken(tmp_path: Path) -> None:
    asked = Asked(tmp_path / ASKED)
    ask(tmp_path, {"kind": "dark"}, DARK)
    assert [step.lines for step in asked.take()] == [30]
