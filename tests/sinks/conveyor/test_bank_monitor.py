"""What goes wrong with the bank of valves is an alarm when it begins, and no other."""

from __future__ import annotations

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
