"""From rows of valves to jets of air."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.plant import ValveFault
from hwsim.plant.belt import Motion
from hwsim.plant.ejector import Ejector, Jets, jets_of
from tests.hwsim.bench import COUNTS, LINE_RATE, shots

MOTION = Motion(COUNTS * np.arange(400), LINE_RATE)
START_S = 0.2
"""When the belt has come to line 0 of what `shots` makes."""


def jets(*faults: ValveFault, lines: range = range(10, 20), **settings: float) -> list[Jets]:
    return jets_of(shots((lines, range(3, 5))), 8, MOTION, Ejector(**settings), faults)


def spans(jet: Jets) -> list[tuple[float, float]]:
    """In ms since START_S."""
    return [
        (round((on - START_S) * 1e3, 3), round((off - START_S) * 1e3, 3))
        for on, off in zip(jet.on, jet.off, strict=True)
    ]


def test_rows_that_follow_each_other_are_one_pulse_of_each_of_their_valves() -> None:
    found = jets(open_ms=0, close_ms=0)
    assert [spans(jet) for jet in found] == [[], [], [], [(10, 20)], [(10, 20)], [], [], []]


def test_the_jet_lags_behind_its_command() -> None:
    assert spans(jets(open_ms=5, close_ms=3)[3]) == [(15, 23)]


def test_rows_half_a_line_off_their_pitch_still_make_one_pulse() -> None:
    rows = shots((range(10, 20), range(3, 4)))
    rows["encoder"][5:] += 5
    assert spans(jets_of(rows, 8, MOTION, Ejector(open_ms=0, close_ms=0, ramp_ms=0))[3]) == [(10, 20.5)]


def test_a_pulse_rises_and_falls_over_the_ramp() -> None:
    jet = jets(open_ms=0, close_ms=0, ramp_ms=2)[3]
    at_ms = np.array([8, 9, 9.5, 10, 11, 15, 19, 20, 21, 30])
    assert jet.pressure(START_S + at_ms / 1e3) == pytest.approx([0, 0, 0.25, 0.5, 1, 1, 1, 0.5, 0, 0], abs=1e-4)


def test_a_short_pulse_never_comes_to_full_pressure() -> None:
    jet = jets(lines=range(10, 11), open_ms=0, close_ms=0, ramp_ms=4)[3]
    assert jet.pressure(START_S + np.linspace(0, 0.03, 301)).max() == pytest.approx(0.25)


def test_a_stuck_valve_blows_always_or_never_and_a_slow_one_late() -> None:
    stuck_open, stuck_closed, slow = (
        jets(ValveFault(valve=3, kind=kind), open_ms=0, close_ms=0) for kind in ("stuck_open", "stuck_closed", "slow")
    )
    far = np.array([-100.0, 0.0, 100.0])
    assert stuck_open[3].pressure(far).tolist() == [1, 1, 1]
    assert spans(stuck_closed[3]) == []
    assert spans(slow[3]) == [(20, 30)]
    assert all(spans(found[4]) == [(10, 20)] for found in (stuck_open, stuck_closed, slow))


def test_a_valve_that_sticks_on_the_way_was_sound_before() -> None:
    breaks_at = int(2000 + 15 * COUNTS)
    stuck_open, stuck_closed = (
        jets(ValveFault(valve=3, kind=kind, from_count=breaks_at), open_ms=0, close_ms=0)[3]
        for kind in ("stuck_open", "stuck_closed")
    )
    assert spans(stuck_closed) == [(10, 15)]
    assert spans(stuck_open)[0][0] == 10
    assert stuck_open.pressure(np.array([10.0])) == 1


def test_a_well_commissioned_bar_stands_half_a_line_and_the_mean_lag_after_where_it_is_taken_to_be() -> None:
    assert Ejector(open_ms=4, close_ms=6).bar(2000, counts_per_line=10, counts_per_s=10_000) == 2000 + 5 + 50
    assert Ejector(distance_counts=1990).bar(2000, counts_per_line=10, counts_per_s=10_000) == 1990


def test_no_rows_make_no_jets() -> None:
    found = jets_of(shots(), 8, MOTION, Ejector())
    assert len(found) == 8
    assert found[0].pressure(np.array([0.0, 1.0])).tolist() == [0, 0]
