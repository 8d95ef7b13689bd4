"""Frames to lines: what the clock adds to the frame ids."""

from __future__ import annotations

import pytest

from acquisition.numbering import Numbering
from acquisition.source import Frame
from acquisition.stamping import Stamped, Stamping
from acquisition.timing import CALM
from oreline.messages import Flag, Gap, Reason

RUN, PERIOD_NS, FIRST = bytes(16), 1_000_000, 40_000


@pytest.fixture
def stamping() -> Stamping:
    """Of a camera with 16 bits, which has sent a line a millisecond."""
    stamping = Stamping(Numbering(RUN, bits=16), 1.0, 64)
    stamping.begin(1e9 / PERIOD_NS, even=True)
    for n in range(CALM + 2):
        stamp(stamping, FIRST + n, n)
    return stamping


def stamp(stamping: Stamping, block_id: int, line: float) -> Stamped:
    t_ns = round((line + 1000) * PERIOD_NS)
    return stamping.stamp(Frame(None, block_id, t_ns, None, None), t_ns, 0, 100_000)


def test_a_counter_that_begins_anew_far_from_its_end_has_not_wrapped(stamping: Stamping) -> None:
    line = stamp(stamping, 1, CALM + 4)
    assert line.incidents == ["camera_restart"]
    assert line.gaps == [Gap(RUN, 1, CALM + 2, 2, Reason.RESTART)]
    assert line.stamp is not None
    assert (line.stamp.seq, line.stamp.epoch) == (CALM + 4, 1)


@pytest.mark.parametrize(("back", "incident"), [(0, "repeated_frame"), (1, "late_frame")])
def test_a_frame_that_has_been_or_comes_late_is_no_line(stamping: Stamping, back: int, incident: str) -> None:
    last = CALM + 1
    assert stamp(stamping, FIRST + last - back, last) == Stamped(None, Flag.NONE, [], [incident])
    line = stamp(stamping, FIRST + last + 1, last + 1)
    assert (line.stamp and line.stamp.seq, line.gaps, line.incidents) == (last + 1, [], [])


def test_frames_that_were_lost_for_as_long_as_the_clock_says_are_lost(stamping: Stamping) -> None:
    lost = 65_535 - (FIRST + CALM + 1)
    line = stamp(stamping, 1, CALM + 2 + lost)
    assert line.gaps == [Gap(RUN, 0, CALM + 2, lost, Reason.DROPPED)]
    assert "camera_restart" not in line.incidents
