"""Monitor of the bank of valves: an alarm for each thing that goes wrong with it, when it begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from oreline.incidents import report
from sinks.conveyor.outputs.output import BankStatus

_NEVER_NS = -(1 << 62)


class BankMonitor:
    """Monitor of one bank. `status`: the last one that was seen. `alarms`: how many there were, by kind of incident;
    the last at `alarm_ns` of CLOCK_MONOTONIC. `loss`: says what becomes of the stones of valves that do not answer,
    a bit each."""

    def __init__(self, status: BankStatus, loss: Callable[[int], str] = lambda _dead: "") -> None:
        self.status, self._loss = status, loss
        self._named = self._map = 0
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
        if status.register_map != self._map:
            self._map = status.register_map
            if self._map == 1:
                report("", "plc_map")
        self._see_valves(before, status, now_ns)
        if status.unanswered > before.unanswered:
            self.alarm("unanswered", now_ns)

    def _see_valves(self, before: BankStatus, status: BankStatus, now_ns: int) -> None:
        fresh, self._named = status.faulty & ~self._named, status.faulty
        if fresh:
            self.alarm("valve_fault", now_ns, self._loss(status.faulty))
        elif not status.faulty and status.valve_faults > before.valve_faults:
            words = f"{status.valve_faults} of the valves did not do as told; which ones, their bank does not say"
            self.alarm("valve_fault", now_ns, words)

    def alarm(self, kind: str, now_ns: int, words: str = "") -> None:
        """Count an incident of this kind, and report it."""
        self.alarms[kind] += 1
        self.alarm_ns = now_ns
        report("", kind, words)
