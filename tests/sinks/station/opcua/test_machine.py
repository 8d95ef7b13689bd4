"""Where a line stands in the state machine of OPC 40100-1, and how it gets there."""

from __future__ import annotations

import itertools

import pytest

from sinks.station.alarms.alarm import Alarm
from sinks.station.alarms.rules import RULES
from sinks.station.opcua.machine import Machine, State, place
from sinks.station.status import Phase, Status

S = State
RULE = {rule.name: rule for rule in RULES}
PLACES = [place(Status(phase=phase), ()) for phase in Phase]


@pytest.mark.parametrize(("start", "end"), list(itertools.permutations(PLACES, 2)))
def test_there_is_a_way_from_everywhere_to_everywhere(
    start: tuple[State, State | None], end: tuple[State, State | None]
) -> None:
    machine = Machine()
    list(machine.go(*start))
    at = start[0]
    for way in machine.go(*end):
        if way.after.number <= 4:
            assert way.before is at
            at = way.after
    assert (machine.state, machine.mode) == end
    assert at is end[0]


def test_a_line_that_begins_to_sort_was_ready_before() -> None:
    ways = [way.words for way in Machine().go(S.OPERATIONAL, S.CONTINUOUS_EXECUTION)]
    assert ways == ["PreoperationalToOperationalAuto", "InitializedToReadyAuto", "ReadyToContinuousExecutionAuto"]


def test_a_transition_says_which_method_asked_for_it_and_the_next_does_not() -> None:
    machine = Machine()
    list(machine.go(S.OPERATIONAL, S.READY))
    machine.method = "StartContinuous"
    assert [way.number for way in machine.go(S.OPERATIONAL, S.CONTINUOUS_EXECUTION)] == [681]
    assert [way.number for way in machine.go(S.OPERATIONAL, S.READY)] == [860]


@pytest.mark.parametrize(
    ("alarm", "state"),
    [
        (Alarm(RULE["camera_lost"], present=True, acknowledged=False), S.ERROR),
        (Alarm(RULE["camera_lost"], present=True, acknowledged=True), S.ERROR),
        (Alarm(RULE["camera_lost"], present=False, acknowledged=False), S.ERROR),
        (Alarm(RULE["camera_lost"], present=False, acknowledged=True), S.OPERATIONAL),
        (Alarm(RULE["camera_lost"], present=True, until_ns=1), S.OPERATIONAL),
        (Alarm(RULE["lamp_dim"], present=True, acknowledged=False), S.OPERATIONAL),
    ],
)
def test_an_error_lasts_until_its_cause_has_gone_and_somebody_has_seen_it(alarm: Alarm, state: State) -> None:
    assert place(Status(phase=Phase.RUNNING), [alarm])[0] is state


def test_a_line_that_has_ended_is_halted_whatever_called_before() -> None:
    lost = Alarm(RULE["camera_lost"], present=True, acknowledged=False)
    assert place(Status(phase=Phase.ENDED), [lost])[0] is S.HALTED
