"""A reference ages, and the camera gets warmer or cooler than it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from oreline.errors import ReferenceRefused
from oreline.messages import Flag, ReflectanceLine
from tests.inference.running_stage import WARM, Running, at, reference, used


def test_of_two_times_the_older_counts_and_one_that_is_no_time_does_not() -> None:
    made = reference(hours=2.0)
    older = replace(made, dark=replace(made.dark, captured=at(5.0)))
    unknown = replace(made, dark=replace(made.dark, captured="in spring"))
    assert [round(one.age_s() / 3600, 2) for one in (made, older, unknown)] == [2.0, 5.0, 2.0]


@pytest.mark.parametrize(
    ("hours", "celsius", "says"),
    [(25.0, 30.0, r"25\.0 h old.*does not start beyond 24"), (0.0, 45.0, r"15\.0 K from where")],
)
def test_a_line_does_not_start_with_a_reference_that_has_gone_off(
    tmp_path: Path, hours: float, celsius: float, says: str
) -> None:
    line = Running(tmp_path, reference(hours=hours))
    with pytest.raises(ReferenceRefused, match=says):
        line.feed(replace(WARM, temperature_c=celsius), *line.scene())


def test_a_line_may_start_by_taking_new_references_in_place_of_old_ones(tmp_path: Path) -> None:
    line = Running(tmp_path, reference(hours=100.0))
    out = line.feed(*line.dark(), *line.white(), WARM, *line.scene())
    assert used(out) == [line.store.chosen]


def test_limits_that_are_left_out_do_not_hold(tmp_path: Path) -> None:
    line = Running(tmp_path, reference(hours=1e4), age_h=None, warn_age_h=None)
    assert len(used(line.feed(WARM, *line.scene()))) == 1
    line.active.poll_choice()
    line.active.wait_until_reviewed()
    line.feed(*line.scene())
    assert line.incidents == {}


def test_a_reference_that_goes_off_while_the_line_runs_is_warned_of_once_and_lines_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = Running(tmp_path, reference(hours=9.0))
    out = line.feed(WARM, *line.scene(), replace(WARM, temperature_c=42.0), *line.scene())
    for _ in range(3):
        line.active.poll_choice()
        line.active.wait_until_reviewed()
        out += line.feed(*line.scene())
    assert len(used(out)) == 5
    assert line.incidents == {"reference_stale_age": 1, "reference_stale_temperature": 1}
    said = capsys.readouterr().err
    assert said.count("9.0 h old, the limit is 8") == 1
    assert said.count("the camera has 42.0 C, 12.0 K from where") == 1


def test_lines_under_a_reference_that_has_gone_off_are_flagged_until_the_first_under_a_new_one(tmp_path: Path) -> None:
    line = Running(tmp_path, reference(hours=9.0))
    out = line.feed(WARM, *line.scene(2))
    line.active.poll_choice()
    line.active.wait_until_reviewed()
    out += line.feed(*line.scene(), *line.dark(), *line.white(), WARM, *line.scene())
    line.active.wait_until_reviewed()
    out += line.feed(*line.scene(2))
    flags = [made.flags for made in out if isinstance(made, ReflectanceLine)]
    assert flags == [Flag.NONE] * 2 + [Flag.STALE] * 2 + [Flag.NONE] * 2


def test_a_camera_that_is_as_warm_again_as_its_reference_is_no_longer_flagged(tmp_path: Path) -> None:
    line = Running(tmp_path, reference())
    flags = []
    for celsius in (30.0, 42.0, 30.0):
        line.feed(replace(WARM, temperature_c=celsius))
        line.active.poll_choice()
        line.active.wait_until_reviewed()
        flags += [made.flags for made in line.feed(*line.scene()) if isinstance(made, ReflectanceLine)]
    assert flags == [Flag.NONE, Flag.STALE, Flag.NONE]
