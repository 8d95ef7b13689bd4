"""Monitor of the bank of valves: an alarm for each thing that goes wrong with it, when it begins."""

from __future__ import annotations

from collections import Counter

from oreline.incidents import report
from sinks.conveyor.outputs.output import BankStatus

_NEVER_NS = -(1 << 62)


class BankMonitor:
    """Monitor of one bank. `status`: the last one that was seen. `alarms`: how many there were, by kind of incident;
    the last at `alarm_ns` of CLOCK_MONOTONIC."""

    def __init__(self, status: BankStatus) -> None:
        self.status = status
        self.alarms: Counter[str] = Counter()
        self.alarm_ns = _NEVER_NS

    def see(self, status: BankStatus, now_ns: int) -> None:
        """A status. One that was lost and is found again begins anew: what it says then is no change."""
        before, self.status = self.status, status
        if status.lost and not before.lost:
            self.alarm("plc_lost", now_ns, status.lost)
        if status.lost or before.lost:
            return
        if status.inhibit and not before.inhibit:
            self.alarm("plc_inhibit", now_ns)
        if status.valve_faults > before.valve_faults:
            self.alarm("valve_fault", now_ns)
        if status.unanswered > before.unanswered:
            self.alarm("unanswered", now_ns)

    def alarm(self, kind: str, now_ns: int, words: str = "") -> None:
        """Count an incident of this kind, and report it."""
        self.alarms[kind] += 1
        self.alarm_ns = now_ns
        report("", kind, words)
