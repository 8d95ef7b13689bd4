"""Times of lines: the camera's where they can be true, ours elsewhere, and what a camera does that keeps no time."""

from __future__ import annotations

from acquisition.timing import Timing
from oreline.messages import Flag

PERIOD = 1_500_000
START = 1_000_000_000_000
FETCH = 2_000_000
"""From exposure to fetch."""


def run(timing: Timing, exposed: list[int]) -> list[tuple[int, Flag, str]]:
    """Lines fetched on time, whatever their stamps say."""
    return [timing.line(t, START + i * PERIOD + FETCH, 1) for i, t in enumerate(exposed)]


def even(n: int) -> list[int]:
    return [START + i * PERIOD for i in range(n)]


def test_lines_of_a_steady_camera_have_its_times_and_no_incident() -> None:
    assert run(Timing(), even(200)) == [(t, Flag.NONE, "") for t in even(200)]


def test_a_camera_without_a_clock_gets_the_times_of_the_fetch() -> None:
    assert Timing().line(None, START, 1) == (START, Flag.NONE, "")


def test_a_camera_with_a_clock_of_its_own_gets_the_times_of_the_fetch() -> None:
    assert Timing().line(77, START, 1) == (START, Flag.NONE, "")


def test_stamps_that_jump_ahead_are_replaced_and_are_one_incident() -> None:
    exposed = even(100)
    exposed[50:60] = [t + 60_000_000 for t in exposed[50:60]]
    lines = run(Timing(), exposed)
    assert [flag for _, flag, _ in lines] == [Flag.CLOCK if 50 <= i < 60 else Flag.NONE for i in range(100)]
    assert [(i, incident) for i, (_, _, incident) in enumerate(lines) if incident == "clock_jump"] == [
        (50, "clock_jump")
    ]
    assert all(0 <= t - true <= FETCH for (t, _, _), true in zip(lines, even(100), strict=True))


def test_stamps_that_jump_back_are_replaced_until_time_has_caught_up() -> None:
    exposed = even(100)
    exposed[50:] = [t - 15_000_000 for t in exposed[50:]]
    flags = [flag for _, flag, _ in run(Timing(), exposed)]
    assert flags.count(Flag.CLOCK) in (9, 10)
    assert flags[50] == Flag.CLOCK


def test_times_never_run_backwards() -> None:
    times = [t for t, _, _ in run(Timing(), [*even(50), *(t - 40_000_000 for t in even(50))])]
    assert times == sorted(set(times))


def followed(late: list[int]) -> list[tuple[int, str]]:
    """The incidents of lines that come so late, by number, of a host that looks after each millisecond."""
    timing, found = Timing(), []
    for i, late_by in enumerate(late):
        exposed = START + i * PERIOD
        timing.looked_ns = exposed + late_by
        _, flag, incident = timing.line(exposed, timing.looked_ns + 1_000_000, 1)
        assert flag is Flag.NONE
        found += [(i, incident)] if incident else []
    return found


def test_a_camera_that_stops_exposing_stalls_though_no_line_is_missing() -> None:
    exposed = even(200)
    exposed[150:] = [t + 80_000_000 for t in exposed[150:]]
    timing = Timing()
    incidents = [timing.line(t, t + FETCH, 1)[2] for t in exposed]
    assert [(i, what) for i, what in enumerate(incidents) if what] == [(150, "stall")]


def test_frames_that_are_held_back_are_one_stall() -> None:
    held = [max(0, 200_000_000 - i * PERIOD) for i in range(140)]
    assert followed([0] * 100 + held + [0] * 100) == [(100, "stall")]


def test_a_stretch_of_late_frames_is_one_incident_of_jitter() -> None:
    late = [0] * 300
    late[100:140] = [25_000_000 * (i % 2) for i in range(40)]
    late[250] = 30_000_000
    assert followed(late) == [(101, "jitter"), (250, "jitter")]


def test_frames_that_waited_because_nobody_looked_are_not_late() -> None:
    timing = Timing()
    for i, exposed in enumerate(even(200)):
        timing.looked_ns = START if i < 150 else exposed
        assert timing.line(exposed, START + 300_000_000 if i < 150 else exposed + FETCH, 1)[2] == ""


def test_lost_lines_are_no_stall() -> None:
    timing = Timing()
    run(timing, even(100))
    at = START + 200 * PERIOD
    assert timing.line(at, at + FETCH, 101) == (at, Flag.NONE, "")


def test_the_lines_that_a_camera_missed_while_it_was_away_follow_from_its_period() -> None:
    timing = Timing()
    run(timing, even(100))
    assert timing.missing(START + 149 * PERIOD + 300_000, rate_hz=100.0) == 49


def test_before_the_period_is_known_the_set_rate_tells_what_was_missed() -> None:
    timing = Timing()
    timing.line(START, START, 1)
    assert timing.missing(START + 1_000_000_000, rate_hz=100.0) == 99
    assert timing.missing(START + 1_000_000_000, rate_hz=0.0) == 0
