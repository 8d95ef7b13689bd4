from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sinks.station.shifts.calendar import Calendar, S
from sinks.station.shifts.settings import ShiftsSettings

TWO = {"day": time(7), "night": time(19)}


def calendar(zone: str, starts: dict[str, time] = TWO) -> Calendar:
    return Calendar(ShiftsSettings(zone=zone, starts=starts))


def at(text: str, zone: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * S


def test_a_shift_that_crosses_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    plant = calendar("America/Santiago")
    late, early = (plant.at(at(text, "America/Santiago")) for text in ("2026-06-01T23:59", "2026-06-02T06:59"))
    assert late == early
    assert late.key == "2026-06-01-night"
    assert plant.at(at("2026-06-02T07:00", "America/Santiago")).key == "2026-06-02-day"


@pytest.mark.parametrize(("evening", "hours"), [("2026-03-28", 11), ("2026-10-24", 13), ("2026-06-01", 12)])
def test_a_night_in_which_clocks_change_is_as_long_as_it_is(evening: str, hours: int) -> None:
    plant = calendar("Europe/Berlin")
    shift = plant.at(at(f"{evening}T22:00", "Europe/Berlin"))
    assert shift.stop_ns - shift.start_ns == hours * 3600 * S
    assert (plant.text(shift.start_ns)[:16], plant.text(shift.stop_ns)[11:16]) == (f"{evening}T19:00", "07:00")


def test_starts_that_the_clock_skips_leave_no_time_out_and_none_twice() -> None:
    plant = calendar("Europe/Berlin", {"a": time(2, 30), "b": time(3), "c": time(12)})
    found = list(plant.between(at("2026-03-28T12:00", "Europe/Berlin"), at("2026-03-30T12:00", "Europe/Berlin")))
    assert all(one.stop_ns == two.start_ns for one, two in pairwise(found))
    assert all(one.start_ns < one.stop_ns for one in found)


@settings(max_examples=150)
@given(
    st.integers(1_600_000_000, 1_900_000_000),
    st.sampled_from(["America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Berlin", "UTC"]),
    st.lists(st.integers(0, 1439), min_size=1, max_size=5, unique=True),
)
def test_each_moment_is_in_exactly_one_shift_whose_key_finds_it(second: int, zone: str, starts: list[int]) -> None:
    midnight = datetime(2026, 1, 1)
    named = {f"s{n}": (midnight + timedelta(minutes=minute)).time() for n, minute in enumerate(starts)}
    plant = calendar(zone, named)
    shift = plant.at(second * S)
    assert shift.start_ns <= second * S < shift.stop_ns
    assert plant.at(shift.stop_ns).start_ns == shift.stop_ns
    assert plant.at(shift.start_ns - 1).stop_ns == shift.start_ns
    assert plant.find(shift.key) == shift


@pytest.mark.parametrize("key", ["2026-06-01-evening", "2026-13-01-night", "night", "", "2026-06-01"])
def test_a_key_of_no_shift_finds_none(key: str) -> None:
    assert calendar("UTC").find(key) is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"zone": "Mars/Olympus"}, "no zone"),
        ({"zone": "../etc/passwd"}, "no zone"),
        ({"starts": {"day": "07:00:30"}}, "full minute"),
        ({"starts": {"day": "07:00", "other": "07:00"}}, "same time"),
        ({"starts": {}}, "at least 1"),
        ({"starts": {"day shift": "07:00"}}, "pattern"),
        ({"tonnes_per_m2": 0}, "greater than 0"),
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ShiftsSettings.model_validate(wrong)
