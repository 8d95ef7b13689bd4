"""Reading the encoder's count of a frame: one failure costs that frame's and no other."""

from __future__ import annotations

import pytest

from acquisition import encoder_reader
from acquisition.encoder_reader import LONGEST_PAUSE, EncoderReader
from acquisition.numbering import Numbering
from acquisition.source import Frame
from acquisition.stamping import Stamping
from oreline.messages import Flag


class Camera:
    """Counts the times that it is asked; frames in `bad` have no count."""

    def __init__(self, bad: set[int]) -> None:
        self.asked, self.frame, self._bad = 0, -1, bad
        self.reader = EncoderReader("ChunkEncoderValue", self._read, (OSError,))

    def _read(self) -> int:
        self.asked += 1
        if self.frame in self._bad:
            raise OSError("no chunk")
        return 8 * self.frame

    def counts(self, frames: int) -> list[int | None]:
        seen = []
        for self.frame in range(frames):
            seen.append(self.reader.read())
        return seen


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    monkeypatch.setattr(encoder_reader, "report", lambda _, kind, words: told.append(f"{kind}: {words}"))
    return told


def test_a_frame_whose_count_cannot_be_read_is_told_once_and_is_the_only_one(said: list[str]) -> None:
    assert Camera({3}).counts(6) == [0, 8, 16, None, 32, 40]
    assert said == ["encoder_missed: ChunkEncoderValue cannot be read: no chunk"]


def test_counts_that_stay_away_are_told_once_and_are_there_again_when_they_come(said: list[str]) -> None:
    seen = Camera(set(range(10, 3000))).counts(3000 + LONGEST_PAUSE + 2)
    assert seen[:10] == [8 * n for n in range(10)]
    assert seen[-1] is not None
    assert len(said) == 1


def test_a_camera_that_never_sends_a_count_is_seldom_asked_and_nothing_is_said(said: list[str]) -> None:
    camera = Camera(set(range(100_000)))
    assert set(camera.counts(100_000)) == {None}
    assert camera.asked < 100_000 / LONGEST_PAUSE + 10
    assert said == []


def test_the_way_of_the_belt_during_lines_without_a_count_is_no_slip() -> None:
    stamping, flags = Stamping(Numbering(bytes(16)), 8.0, 64), []
    stamping.begin(450.0, even=True)
    for n, count in enumerate(Camera(set(range(3, 20))).counts(60)):
        frame = Frame(None, n, n * 2_000_000, count, None)
        flags.append(stamping.stamp(frame, n * 2_000_000, 0, 1000).flags & (Flag.ENCODER | Flag.NO_ENCODER))
    assert Flag.NO_ENCODER in flags
    assert Flag.ENCODER not in flags
