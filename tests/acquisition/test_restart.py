"""Acquisition is killed and started again: the run goes on where it was, and what was missed is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hwsim.camera.sim_camera import SimCamera, Source
from oreline.messages import EndOfStream, Gap, Kind, Message, RawLine, Reason, StreamInfo
from tests.acquisition.process import Played, Start

BANDS, SAMPLES, RATE = 8, 16, 200.0
STEPS = [
    {"kind": "dark", "lines": 40, "features": [["Shutter", "Closed"]]},
    {"kind": "white", "lines": 40, "features": [["Shutter", "Open"], ["TargetSelector", "White"]]},
    {"kind": "scene", "lines": 400, "features": [["TargetSelector", "Scene"]]},
]
LEVELS = {Kind.DARK: 100, Kind.WHITE: 3000, Kind.SCENE: 1000}


def playing(tmp_path: Path, *, stepped: bool = False) -> SimCamera:
    """Dark, white and scene are told apart by their counts."""
    sources = {}
    for kind, level in LEVELS.items():
        path = tmp_path / f"{kind.name.lower()}.raw"
        np.full(10 * BANDS * SAMPLES, level, "<u2").tofile(path)
        sources[kind.name.lower()] = Source(path, 0, 10, BANDS, SAMPLES)
    return SimCamera.create(tmp_path / "cameras", "SIM1", frame_rate=RATE, loop=True, stepped=stepped, **sources)


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[SimCamera]:
    with playing(tmp_path) as made:
        yield made


def killed_at(acquire: Start, *lines: int, endless: bool = False) -> list[Message]:
    """All messages of a run whose process is killed when these lines have come. `endless`: the scene goes on until its
    last process has sent a line, however long that took to come."""
    got: list[Message] = []
    steps = [*STEPS[:-1], STEPS[-1] | {"lines": None}] if endless else STEPS
    for line in (*lines, None):
        with acquire(serial="SIM1", steps=steps, gather_ms=0.0) as running:
            if got:
                running.inbox.run, running.inbox.next = next(m.run for m in got if isinstance(m, StreamInfo)), _end(got)
            for message in running.messages():
                got.append(message)
                if isinstance(message, RawLine):
                    assert message.counts[0, 0] == LEVELS[message.kind]
                if line is not None and _end(got) > line:
                    running.process.kill()
                    break
                if line is None and endless and isinstance(message, RawLine):
                    running.process.terminate()
                    endless = False
    return got


def _end(messages: list[Message]) -> int:
    return max(message.first + message.n for message in messages)


def check(got: list[Message]) -> list[Gap]:
    """Every number once, each kind where its step is; returns the gaps."""
    covered = [number for m in got if m.n for number in range(m.first, m.first + m.n)]
    assert covered == list(range(_end(got)))
    assert isinstance(got[-1], EndOfStream)
    for message in got:
        if isinstance(message, RawLine):
            kind = Kind.DARK if message.first < 40 else Kind.WHITE if message.first < 80 else Kind.SCENE
            assert message.kind is kind
    return [m for m in got if isinstance(m, Gap)]


def test_a_scene_goes_on_without_new_references_and_what_was_missed_is_one_gap(
    acquire: Start, camera: SimCamera
) -> None:
    got = killed_at(acquire, 150, endless=True)
    (gap,) = check(got)
    assert (gap.reason, gap.epoch) == (Reason.RESTART, 1)
    lines = {m.first: m for m in got if isinstance(m, RawLine)}
    before, after = lines[gap.first - 1], lines[gap.first + gap.n]
    assert (before.stamp.epoch, after.stamp.epoch) == (0, 1)
    assert gap.n == pytest.approx((after.stamp.t_ns - before.stamp.t_ns) * 1e-9 * RATE - 1, abs=1.0)


@pytest.mark.parametrize(("before", "after"), [([20], [20, 40, 400]), ([40, 20], [20, 400])], ids=["dark", "white"])
def test_references_that_were_begun_are_ended_and_nothing_was_missed(
    acquire: Start, tmp_path: Path, before: list[int], after: list[int]
) -> None:
    got: list[Message] = []
    with playing(tmp_path, stepped=True) as camera:
        for steps, killed in ((before, True), (after, False)):
            with acquire(serial="SIM1", steps=STEPS, silence_s=600.0, ready_s=0.0) as running:
                if got:
                    running.inbox.run, running.inbox.next = got[0].run, _end(got)
                played = Played(camera, running)
                for n in steps:
                    played.start(n)
                    played.receive(n)
                if killed:
                    running.process.kill()
                else:
                    played.receive()
                got += played.got
    assert check(got) == []
    assert sum(isinstance(m, RawLine) and m.kind is not Kind.SCENE for m in got) == 80


def test_killed_again_and_again_it_loses_count_of_nothing(acquire: Start, camera: SimCamera) -> None:
    gaps = check(killed_at(acquire, 10, 90, 200, 350))
    assert 1 <= len(gaps) <= 4  # One for each kill that came in the scene; a gap may reach beyond the next.


@pytest.mark.parametrize("line", [470, 479], ids=["near", "last but one"])
def test_a_scene_is_as_long_though_its_end_came_while_nobody_looked(
    acquire: Start, camera: SimCamera, line: int
) -> None:
    got = killed_at(acquire, line - 1)
    (gap,) = check(got)
    assert gap.reason is Reason.RESTART
    assert gap.first + gap.n == _end(got) == 480


def test_a_process_that_finds_all_its_steps_done_ends_the_stream_where_its_lines_end(
    acquire: Start, camera: SimCamera
) -> None:
    got: list[Message] = []
    with acquire(serial="SIM1") as running:
        for message in running.messages():
            got.append(message)
            if _end(got) > 60:
                running.process.kill()
                break
    with acquire(serial="SIM1", steps=[{"lines": 50}]) as running:
        running.inbox.run, running.inbox.next = got[0].run, _end(got)
        got += running.messages()
    assert isinstance(got[-1], EndOfStream)
    assert got[-1].seq == _end(got[:-1]) > 60
