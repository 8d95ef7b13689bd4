"""Gauges of a sorter: they are read when somebody asks, and cost its lines nothing."""

from __future__ import annotations

from oreline.metrics import HELD, PLC_CONNECTED, PLC_INHIBIT, VALVE_FAULTS, VALVE_FAULTY, VALVE_SHOTS, VALVES_TESTING
from sinks.conveyor.bank_monitor import BankMonitor
from sinks.conveyor.operator import Operator
from sinks.conveyor.wear import Wear


def tell(operator: Operator, bank: BankMonitor, wear: Wear) -> None:
    """Have the metrics of this process say what these say."""
    HELD.read = lambda: operator.held
    VALVES_TESTING.read = lambda: operator.testing
    PLC_CONNECTED.read = lambda: not bank.status.lost
    PLC_INHIBIT.read = lambda: bank.status.inhibit
    VALVE_FAULTS.read = lambda: bank.status.valve_faults
    VALVE_FAULTY.read = lambda: (bank.status.faulty >> valve & 1 for valve in range(len(wear.shots)))
    VALVE_SHOTS.read = lambda: list(wear.shots)
