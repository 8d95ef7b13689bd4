"""A scene begins when inference has answered what announces it: its reference is in force by then, and it is warm.

All in one thread: the acquisition loop reports progress in each of its turns, and that is when its consumer acts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acquisition.extra_steps import ExtraSteps
from acquisition.loop import Acquisition
from acquisition.settings import Settings
from acquisition.source import CameraInfo, Exposed, Frame
from oreline.camera_settings import Step
from oreline.config import ASKED
from oreline.messages import EndOfStream, Kind, Message, RawLine, StreamInfo
from oreline.ring import Ring
from oreline.sink import Policy
from oreline.stream import Inbox, Outbox

BANDS, SAMPLES = 4, 8
STEPS = [Step(kind="dark", lines=3), Step(kind="white", lines=3), Step(kind="scene", lines=5)]
NEVER_S = 1e6
TURNS = 50
"""So often the loop comes round, for what it does not do to be told from what it has not done yet."""


@dataclass
class Camera:
    """A frame at each fetch while it runs, when the one before has come to the consumer, who says how many have
    (`taken`). `started`: how often it was. `settle_s`: so long it wants to be left alone when it was set."""

    started: int = 0
    running: bool = False
    incomplete: int = 0
    frames: int = 0
    given: int = 0
    taken: int = 0
    settle_s: float = 0.0

    def configure(self, _features: Sequence[tuple[str, Any]], wait: Callable[[float], bool]) -> None:
        wait(self.settle_s)

    def describe(self) -> CameraInfo:
        return CameraInfo("FAKE", "1", BANDS, SAMPLES, SAMPLES, 0, 4095, 100.0, 1.0, 200.0, triggered=False)

    def exposed(self) -> Exposed:
        return Exposed(100.0, 1.0)

    def temperature(self) -> float | None:
        return None

    def start(self) -> None:
        self.started, self.running, self.frames = self.started + 1, True, 0

    def fetch(self, _timeout_s: float) -> Frame | None:
        assert self.running
        if self.given > self.taken:
            return None
        self.frames, self.given = self.frames + 1, self.given + 1
        return Frame(np.zeros((BANDS, SAMPLES), np.uint16), self.frames, None, None, None)

    def waiting(self) -> int:
        return 0

    def ended(self) -> bool:
        return False

    def release(self, frame: Frame) -> None:
        pass

    def stop(self) -> None:
        self.running = False

    def reopen(self) -> None:
        raise AssertionError("this camera is never lost")

    def close(self) -> None:
        pass


@dataclass
class Line:
    """Acquisition into the ring of `folder`, and a consumer that acknowledges while `answers`. What `turn` is given is
    called in each turn of the loop."""

    folder: Path
    camera: Camera = field(default_factory=Camera)
    got: list[Message] = field(default_factory=list)
    turn: Callable[[Line], None] = lambda _: None
    answers: bool = True
    stopping: bool = False
    turns: int = 0

    def run(self, **settings: Any) -> Acquisition:
        """Until its stream ends."""
        endpoint, ring = f"ipc://{self.folder}/raw.sock", Ring.open(self.folder / "raw.ring", 64, 4096)
        with (
            closing(Outbox(endpoint, ring, complete=["inference"])) as outbox,
            closing(Inbox(endpoint, "inference", Policy.COMPLETE, ring=self.folder / "raw.ring")) as self.inbox,
        ):
            chosen = Settings(**{"steps": STEPS, "gather_ms": 0.0, "ready_s": NEVER_S, **settings})
            made = Acquisition(self.camera, outbox, chosen, self, ExtraSteps(self.folder))  # type: ignore[arg-type]
            made.run()
            while not self.ended:
                outbox.pump(1)
                self.progress()
        return made

    def is_set(self) -> bool:
        return self.stopping

    def patient(self, _seconds: float) -> Any:
        return nullcontext()

    def progress(self, *_: object) -> None:
        self.got += self.inbox.receive(0)
        self.camera.taken = sum(isinstance(message, RawLine) for message in self.got)
        self.turns += 1
        assert self.turns < 100 * TURNS, "the loop turns for ever"
        self.turn(self)
        if self.answers:
            self.inbox.ack()

    def lines(self, kind: Kind) -> int:
        return sum(isinstance(m, RawLine) and m.kind is kind for m in self.got)

    @property
    def ended(self) -> bool:
        return bool(self.got) and isinstance(self.got[-1], EndOfStream)

    @property
    def announced(self) -> bool:
        """Whether the scene is."""
        return any(isinstance(m, StreamInfo) and m.kind is Kind.SCENE for m in self.got)


def test_each_step_is_announced_by_what_it_sees(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.run()
    assert announced(line) == [Kind.DARK, Kind.WHITE, Kind.SCENE]


def announced(line: Line) -> list[Kind]:
    return [m.kind for m in line.got if isinstance(m, StreamInfo)]


def test_references_without_a_scene_are_said_to_be_complete_unless_they_were_stopped(tmp_path: Path) -> None:
    def stop(line: Line) -> None:
        line.stopping = line.lines(Kind.WHITE) > 0

    whole, stopped = Line(tmp_path / "whole"), Line(tmp_path / "stopped", turn=stop)
    for line in (whole, stopped):
        line.folder.mkdir()
        line.run(steps=STEPS[:2])
    assert announced(whole) == [Kind.DARK, Kind.WHITE, Kind.SCENE]
    assert announced(stopped) == [Kind.DARK, Kind.WHITE]


def test_a_scene_begins_when_inference_has_answered_and_the_camera_stands_until_then(tmp_path: Path) -> None:
    line = Line(tmp_path)
    waited = []

    def hesitate(line: Line) -> None:
        line.answers = not line.announced or len(waited) == TURNS
        if not line.answers:
            waited.append((line.camera.started, line.camera.running))

    line.turn = hesitate
    made = line.run()
    assert waited == [(2, False)] * TURNS
    assert line.lines(Kind.SCENE) == 5
    assert made.account.incidents == {}


def test_an_inference_that_is_not_ready_in_time_loses_no_rock_and_is_complained_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = Line(tmp_path)

    def answer_after_the_first_line(line: Line) -> None:
        line.answers = not line.announced or line.lines(Kind.SCENE) > 0

    line.turn = answer_after_the_first_line
    made = line.run(ready_s=0.01)
    assert line.lines(Kind.SCENE) == 5
    assert made.account.incidents == {"not_ready": 1}
    assert "not ready for the scene within 0.01 s" in capsys.readouterr().err


def test_a_scene_goes_on_after_a_dark_that_was_asked_for_though_inference_has_not_answered(tmp_path: Path) -> None:
    line = Line(tmp_path)

    def ask_and_fall_silent(line: Line) -> None:
        if line.answers and line.lines(Kind.SCENE) and not line.ended:
            (tmp_path / ASKED).write_text('[{"kind": "dark", "lines": 4}]')
        line.answers = line.lines(Kind.SCENE) == 0 or line.ended

    line.turn = ask_and_fall_silent
    line.run()
    assert (line.lines(Kind.DARK), line.lines(Kind.SCENE)) == (7, 5)


def killed_at(folder: Path, happened: Callable[[Line], bool], ready_s: float) -> None:
    """Leave what a process leaves that is killed when something has happened."""

    class Killed(Exception):
        pass

    def kill(line: Line) -> None:
        line.answers = not line.announced
        if happened(line):
            raise Killed

    line = Line(folder, turn=kill)
    with pytest.raises(Killed):
        line.run(ready_s=ready_s)


def test_a_scene_that_an_earlier_process_has_begun_goes_on_at_once(tmp_path: Path) -> None:
    killed_at(tmp_path, lambda line: line.lines(Kind.SCENE) == 2, ready_s=0.0)
    line = Line(tmp_path)

    def answer_at_the_end(line: Line) -> None:
        line.answers = line.ended

    line.turn = answer_at_the_end
    line.run()
    assert line.camera.started == 1


def test_a_scene_that_an_earlier_process_has_only_announced_is_waited_for_anew(tmp_path: Path) -> None:
    killed_at(tmp_path, lambda line: line.announced, ready_s=NEVER_S)
    line = Line(tmp_path)
    waited = []

    def hesitate(line: Line) -> None:
        line.answers = not line.announced or len(waited) == TURNS
        if not line.answers:
            waited.append(line.camera.started)

    line.turn = hesitate
    line.run()
    assert waited == [0] * TURNS
    assert line.lines(Kind.SCENE) == 5


def test_a_signal_ends_the_wait(tmp_path: Path) -> None:
    line = Line(tmp_path)

    def stop_when_announced(line: Line) -> None:
        line.stopping = line.announced
        line.answers = not line.announced or line.ended

    line.turn = stop_when_announced
    line.run()
    assert line.camera.started == 2


@pytest.mark.parametrize("steps", [STEPS, [Step(kind="dark", lines=3, settle_s=600.0)]], ids=["camera", "step"])
def test_a_signal_ends_the_time_in_which_a_camera_settles_and_consumers_are_heard_meanwhile(
    tmp_path: Path, steps: list[Step]
) -> None:
    line = Line(tmp_path, Camera(settle_s=NEVER_S if steps is STEPS else 0.0))

    def stop_soon(line: Line) -> None:
        line.stopping = line.turns >= 2

    line.turn = stop_soon
    line.run(steps=steps)
    assert line.camera.started == 0
