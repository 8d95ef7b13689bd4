"""What goes wrong with the bank of valves is an alarm when it begins, and no other."""

from __future__ import annotations

import pytest

from sinks.conveyor.bank_monitor import BankMonitor
from sinks.conveyor.outputs.output import BankStatus


def seen(*statuses: BankStatus) -> BankMonitor:
    """After these, 1 ns apart."""
    monitor = BankMonitor(BankStatus())
    for now_ns, status in enumerate(statuses, 1):
        monitor.see(status, now_ns)
    return monitor


def test_inhibit_and_each_valve_that_fails_are_alarms_when_they_begin() -> None:
    said = [(False, 0), (True, 0), (True, 2), (True, 2), (False, 1), (True, 2)]
    monitor = seen(*(BankStatus(inhibit=inhibit, valve_faults=faults) for inhibit, faults in said))
    assert monitor.alarms == {"plc_inhibit": 2, "valve_fault": 2}
    assert monitor.alarm_ns == 6


def test_a_bank_that_stays_away_is_lost_once_and_again_when_it_was_there_meanwhile() -> None:
    here, away = BankStatus(), BankStatus(lost="nobody answers")
    assert seen(here, away, away).alarms == {"plc_lost": 1}
    assert seen(here, away, here, away).alarms == {"plc_lost": 2}


def test_a_bank_that_is_found_again_in_its_safe_state_has_been_lost_and_nothing_else() -> None:
    assert seen(BankStatus(lost="nobody answers"), BankStatus(inhibit=True)).alarms == {"plc_lost": 1}


def test_each_valve_that_is_named_is_an_alarm_when_it_fails_and_when_it_fails_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    monitor = BankMonitor(BankStatus(), lambda dead: f"{dead} are dead")
    for now_ns, faulty in enumerate([4, 4, 6, 2, 6]):
        monitor.see(BankStatus(faulty=faulty, valve_faults=faulty.bit_count()), now_ns)
    assert monitor.alarms == {"valve_fault": 3}
    assert "4 are dead" in capsys.readouterr().err


def test_a_valve_that_is_dead_when_the_bank_is_first_heard_of_is_an_alarm() -> None:
    monitor = BankMonitor(BankStatus(faulty=1, valve_faults=1))
    monitor.see(BankStatus(seen_ns=1, faulty=1, valve_faults=1), 1)
    assert monitor.alarms == {"valve_fault": 1}


def test_a_bank_that_does_not_say_which_valves_fail_says_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    seen(BankStatus(valve_faults=2))
    assert "2 of the valves did not do as told; which ones" in capsys.readouterr().err
