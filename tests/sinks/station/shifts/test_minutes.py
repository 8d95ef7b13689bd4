from __future__ import annotations

from pathlib import Path

from oreline.messages import Gap, LabelLine, Reason
from oreline.moment import Moment
from sinks.station.shifts.calendar import MINUTE, S
from sinks.station.shifts.minutes import Minutes
from sinks.station.shifts.store import Page, Store
from sinks.station.shifts.tally import Tally, total
from tests.sinks.station.shifts.belt import BOOT, Belt, described, to_minutes, wall

START = wall("2026-06-01T10:00")


def at(t_s: float, wall_ns: int | None = None) -> Moment:
    return Moment(START + round(t_s * S) if wall_ns is None else wall_ns, 0, round(t_s * S), BOOT)


def counted(minutes: Minutes) -> Tally:
    return total(one.tally for one in minutes.open.values())


def test_lines_that_come_after_others_are_missed_by_their_numbers_whoever_left_them_out() -> None:
    belt, minutes = Belt(described(START, 0)), Minutes()
    before = [belt.info, *belt.lines(10)]
    unseen = list(belt.lines(7))
    to_minutes(minutes, [*before, Gap(belt.info.run, 1, 10, 7, Reason.SHED), *belt.lines(5)])
    assert (counted(minutes).lines, counted(minutes).missed, len(unseen)) == (15, 7, 7)


def test_a_station_that_was_killed_goes_on_and_knows_what_it_missed(tmp_path: Path) -> None:
    """It was kept at line 30 and killed at 40; the next one comes back at 55: 25 are missed, and none is counted
    twice."""
    belt, first = Belt(described(START, 0)), Minutes()
    store = Store(tmp_path)
    to_minutes(first, [belt.info, *belt.lines(30)])
    store.write(Page.of([], list(first.open.values()), first.cursor))
    to_minutes(first, [belt.info, *belt.lines(10)])
    list(belt.lines(15))
    second = Minutes(store.cursor(), store.parts(0))
    for minute in store.left_open():
        second.put_back(minute, at(20))
    to_minutes(second, [belt.info, *belt.lines(45)])
    assert (counted(second).lines, counted(second).missed) == (75, 25)
    assert [one.part for one in second.open.values()] == [1]


def test_gaps_across_a_restart_are_counted_once(tmp_path: Path) -> None:
    belt, first = Belt(described(START, 0)), Minutes()
    store = Store(tmp_path)
    to_minutes(first, [belt.info, *belt.lines(10), belt.gap(6, Reason.DROPPED, S), *belt.lines(1)])
    store.write(Page.of([], list(first.open.values()), first.cursor))
    second = Minutes(store.cursor())
    again = Gap(belt.info.run, 1, 10, 9, Reason.RING_FULL)
    list(belt.lines(2))
    to_minutes(second, [belt.info, again, *belt.lines(1)])
    assert counted(second).lost == {"ring_full": 2}


def test_a_minute_that_comes_again_is_another_part_of_it() -> None:
    minutes = Minutes()
    for second in range(70):
        minutes.take_look(at(second), "sorting", "", 0)
    (first,) = minutes.over(at(70))
    for second in range(70, 100):
        minutes.take_look(at(second, START + (second - 70) * S), "sorting", "", 0)
    (again,) = (one for one in minutes.open.values() if one.start_ns == START)
    assert (first.start_ns, first.part, again.part) == (START, 1, 2)
    ended = [first, *minutes.over(at(200, START + 10 * MINUTE))]
    assert sum(one.tally.time_ns["sorting"] for one in ended) == 99 * S


def test_a_clock_that_is_put_forward_makes_no_time() -> None:
    minutes = Minutes()
    minutes.take_look(at(1), "sorting", "", 0)
    minutes.take_look(at(2, START + 3600 * S), "down", "no lines come", 0)
    assert counted(minutes).time_ns == {"down": S}
    assert counted(minutes).down_ns == {"no lines come": S}


def test_time_that_a_station_was_frozen_is_not_known() -> None:
    minutes = Minutes()
    minutes.take_look(at(1), "sorting", "", 0)
    minutes.take_look(at(100), "sorting", "", 0)
    minutes.take_look(at(101), "sorting", "", 0)
    assert counted(minutes).time_ns == {"sorting": S}


def test_what_the_sorter_passed_over_is_counted_from_its_own_counter_also_after_its_restart() -> None:
    minutes = Minutes()
    for second, shed in enumerate((100, 107, 3, 5)):
        minutes.take_look(at(second), "sorting", "", shed)
    assert counted(minutes).shed == 7 + 3 + 2


def test_minutes_over_are_read_once_each_in_the_order_in_which_they_ended(tmp_path: Path) -> None:
    belt, minutes, store = Belt(described(START, 0)), Minutes(), Store(tmp_path)
    to_minutes(minutes, [belt.info, *belt.lines(300)])
    for t_s in (155.0, 500.0):
        store.write(Page.of(minutes.over(at(t_s)), list(minutes.open.values()), minutes.cursor))
    first = store.after(0, most=1)
    rest = store.after(first[0][0])
    assert [one.start_ns for _, one in (*first, *rest)] == [START, START + MINUTE, START + 2 * MINUTE]
    assert store.after(rest[-1][0]) == []
    assert sum(one.tally.lines for _, one in (*first, *rest)) == 300


def test_a_tally_comes_back_from_its_plain_form_as_it_was(tmp_path: Path) -> None:
    whole = Tally(lines=3, missed=1)
    whole.take_stone("ejected", 40, {"calcite": 30, "unknown": 10}, 1.5)
    whole.take_stone("passed", 10, {"gypsum": 10}, 0.0)
    whole.take_samples({"calcite": 5, "background": 7}, 1.5)
    whole.take_time("down", -5, "why")
    whole.see("model", "m", 9)
    whole.see("model", "m", 4)
    minutes = Minutes()
    minutes._minute(START, at(0)).tally.add(whole)
    store = Store(tmp_path)
    store.write(Page.of(list(minutes.open.values()), [], minutes.cursor))
    ((_, back),) = store.after(0)
    assert str(back.tally) == str(whole)
    assert (whole.product.stones, whole.tails.stones, whole.together().stones) == (1, 1, 2)
    assert whole.in_force == {"model": {"m": 4}}


def test_a_block_in_two_minutes_is_shared_out() -> None:
    belt, minutes = Belt(described(START + 55 * S, 0)), Minutes()
    lines = [one for one in belt.lines(20) if isinstance(one, LabelLine)]
    to_minutes(minutes, [belt.info, *lines])
    assert {one.start_ns: one.tally.lines for one in minutes.open.values()} == {START: 10, START + MINUTE: 10}
