"""A step that is asked for while a line runs is taken in between, once, and the camera is set back afterwards."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acquisition.extra_steps import ExtraSteps
from hwsim.camera.sim_camera import Event, FaultKind, SimCamera, Source
from oreline.config import ASKED
from oreline.messages import EndOfStream, Gap, Kind, Message, RawLine, StreamInfo
from tests.acquisition.process import Played, Start
from tests.hwsim.host import until

BANDS, SAMPLES, LINES, SCENE = 12, 40, 50, 400
SETTINGS: dict[str, Any] = {"serial": "SIM1", "silence_s": 600.0, "ready_s": 0.0, "steps": [{"lines": SCENE}]}
"""What announces the scene is answered only when a test looks at it, and that is when the camera has been started."""
DARK = {"kind": "dark", "lines": 30, "features": [["Shutter", "Closed"]], "after": [["Shutter", "Open"]]}


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[SimCamera]:
    """It exposes lines only when it is told to, so a scene does not go on while a test asks for something."""
    sources = {}
    for name, level in (("scene", 1000), ("dark", 100)):
        path = tmp_path / f"{name}.raw"
        np.full(LINES * BANDS * SAMPLES, level, "<u2").tofile(path)
        sources[name] = Source(path, 0, LINES, BANDS, SAMPLES)
    with SimCamera.create(tmp_path / "cameras", "SIM1", frame_rate=200.0, loop=True, stepped=True, **sources) as made:  # type: ignore[arg-type]
        yield made


def ask(folder: Path, *steps: Any) -> None:
    """As `oreline calibrate` does: the file is there when it is whole."""
    draft = folder / "draft"
    draft.write_text(json.dumps(steps))
    draft.replace(folder / ASKED)


def ask_and_wait(folder: Path, *steps: Any) -> None:
    """Until acquisition has taken it."""
    ask(folder, *steps)
    until(lambda: not (folder / ASKED).exists())


def test_a_dark_is_taken_between_scene_lines_and_the_shutter_opens_again(
    acquire: Start, camera: SimCamera, tmp_path: Path
) -> None:
    with acquire(**SETTINGS) as running:
        played = Played(camera, running)
        played.start(41)
        played.receive(41)
        ask_and_wait(tmp_path, DARK)
        played.start(30)
        played.start(SCENE)
        played.receive()
    got = played.got
    lines = [m for m in got if isinstance(m, RawLine)]
    runs = [(kind, len(list(several))) for kind, several in groupby(line.kind for line in lines)]
    assert runs == [(Kind.SCENE, 41), (Kind.DARK, 30), (Kind.SCENE, SCENE - 41)]
    assert [line.first for line in lines] == list(range(SCENE + 30))
    assert all(int(np.median(line.counts)) == (100 if line.kind else 1000) for line in lines)
    infos = [m for m in got if isinstance(m, StreamInfo)]
    assert all(info.same_setting(infos[0]) for info in infos)
    assert not [m for m in got if isinstance(m, Gap)]
    assert isinstance(got[-1], EndOfStream)
    assert (got[-1].lines, got[-1].reference) == (SCENE, 30)


@pytest.mark.parametrize("darks", [10, 30], ids=["in it", "after it"])
def test_a_scene_is_as_long_though_its_process_was_killed_in_a_dark_or_after_it_and_the_shutter_opens_again(
    acquire: Start, camera: SimCamera, tmp_path: Path, darks: int
) -> None:
    with acquire(**SETTINGS) as running:
        played = Played(camera, running)
        played.start(40)
        played.receive(40)
        ask_and_wait(tmp_path, DARK)
        played.start(darks)
        if darks == 30:
            played.start(10)
        played.receive(40 if darks == 30 else darks)
        running.process.kill()
    got = played.got
    with acquire(**SETTINGS) as running:
        running.inbox.run, running.inbox.next = got[0].run, _end(got)
        played = Played(camera, running)
        played.start(SCENE)
        played.receive()
    got += played.got
    covered = [number for m in got if m.n for number in range(m.first, m.first + m.n)]
    assert covered == list(range(SCENE + darks))
    lines = [m for m in got if isinstance(m, RawLine)]
    assert sum(line.kind is Kind.DARK for line in lines) == darks
    assert all(int(np.median(line.counts)) == (100 if line.kind else 1000) for line in lines)


def test_a_gap_ends_with_the_step_that_was_asked_for_and_the_scene_goes_on(
    acquire: Start, camera: SimCamera, tmp_path: Path
) -> None:
    camera.inject(Event(FaultKind.DROP, view="dark", line=25, n=10))
    with acquire(**SETTINGS) as running:
        played = Played(camera, running)
        played.start(40)
        ask_and_wait(tmp_path, DARK)
        played.start(36)
        played.start(SCENE)
        played.receive()
    (gap,) = (m for m in played.got if isinstance(m, Gap))
    kinds = [m.kind for m in played.got if isinstance(m, RawLine)]
    assert (gap.n, kinds.count(Kind.DARK), kinds.count(Kind.SCENE)) == (5, 25, SCENE)


def _end(messages: list[Message]) -> int:
    return max(message.first + message.n for message in messages)


def test_what_was_asked_of_an_earlier_process_is_forgotten(tmp_path: Path) -> None:
    ask(tmp_path, DARK)
    asked = ExtraSteps(tmp_path)
    assert asked.take() == []


def test_what_somebody_waits_for_is_kept_though_it_was_asked_for_while_the_line_started(tmp_path: Path) -> None:
    ask(tmp_path, DARK)
    with (tmp_path / ASKED).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        asked = ExtraSteps(tmp_path)
        assert [step.lines for step in asked.take()] == [30]


def test_what_is_asked_for_while_the_line_takes_its_own_is_taken_in_its_scene(
    acquire: Start, camera: SimCamera, tmp_path: Path
) -> None:
    own = {"kind": "dark", "lines": 20, "features": [["Shutter", "Closed"]], "after": [["Shutter", "Open"]]}
    with acquire(**{**SETTINGS, "steps": [own, {"lines": SCENE}]}) as running:
        played = Played(camera, running)
        played.start(10)
        played.receive(10)
        ask(tmp_path, DARK)
        for _ in range(2):
            camera.step(4)
            played.receive(4)
        assert (tmp_path / ASKED).exists()
        camera.step(2)
        played.receive(2)
        until(lambda: camera.counters()["starts"] >= 2)
        played.starts += 1
        played.start(30)
        played.start(SCENE)
        played.receive()
    infos = [m.kind for m in played.got if isinstance(m, StreamInfo)]
    assert infos[:4] == [Kind.DARK, Kind.SCENE, Kind.DARK, Kind.SCENE]
    kinds = [m.kind for m in played.got if isinstance(m, RawLine)]
    assert (kinds.count(Kind.DARK), kinds.count(Kind.SCENE)) == (50, SCENE)


def test_what_is_asked_for_while_the_last_is_read_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, read = ExtraSteps(tmp_path), Path.read_bytes

    def read_and_ask(path: Path) -> bytes:
        text = read(path)
        ask(tmp_path, DARK | {"lines": 7})
        return text

    ask(tmp_path, DARK)
    monkeypatch.setattr(Path, "read_bytes", read_and_ask)
    assert [step.lines for step in asked.take()] == [30]
    monkeypatch.undo()
    assert [step.lines for step in asked.take()] == [7]


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"kind": "grey"}]', '[{"knid": "dark"}]'])
def test_what_is_not_understood_is_said_and_dropped(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ExtraSteps(tmp_path)
    (tmp_path / ASKED).write_text(text)
    assert asked.take() == []
    assert "was not understood and is dropped" in capsys.readouterr().err
    assert not (tmp_path / ASKED).exists()


def test_a_step_without_an_end_is_not_taken(tmp_path: Path) -> None:
    asked = ExtraSteps(tmp_path)
    ask(tmp_path, {"kind": "dark"}, DARK)
    assert [step.lines for step in asked.take()] == [30]
