"""What the PLC's status says from one reading to the next: that it lives, what it counts, and what is wrong with it."""

from __future__ import annotations

from collections import Counter

from oreline import plc
from oreline.errors import PlcError
from oreline.incidents import report

_PATIENCE_NS = plc.HEARTBEAT_TIMEOUT_MS * 1_000_000
_COUNTS = 1 << 16
_NEVER_NS = -(1 << 62)


class PlcMonitor:
    """`status`: what it last said, at `seen_ns`. `alive`: its heartbeat was seen to move since the link was opened.
    `late`: rows that came to it after they were due. `incidents`: how often something went wrong, by kind; the last
    time at `alarm_ns`.
    """

    def __init__(self, status: plc.Status) -> None:
        self.incidents: Counter[str] = Counter()
        self.late = self.seen_ns = 0
        self.alarm_ns = _NEVER_NS
        self.reopened(status)

    def reopened(self, status: plc.Status) -> None:
        """The first status of a connection. The PLC may have been started anew, and with it its counts."""
        self.status, self.alive = status, False
        self._still_since_ns: int | None = None

    def see(self, status: plc.Status, now_ns: int) -> None:
        """A status that was read. Raises PlcError where the PLC answers but its program stands still."""
        before, self.status, self.seen_ns = self.status, status, now_ns
        self.late += (status.late - before.late) % _COUNTS
        if status.inhibit and not before.inhibit:
            self.alarm("plc_inhibit", now_ns)
        if status.valve_faults > before.valve_faults:
            self.alarm("valve_fault", now_ns)
        self._listen(status.heartbeat != before.heartbeat, now_ns)

    def alarm(self, kind: str, now_ns: int, words: str = "") -> None:
        self.incidents[kind] += 1
        self.alarm_ns = now_ns
        report("conveyor", kind, words)

    def _listen(self, beats: bool, now_ns: int) -> None:
        """Between two readings that say the same; when we slept ourselves, nothing is known of the time before."""
        if beats:
            self.alive, self._still_since_ns = True, None
        elif self._still_since_ns is None:
            self._still_since_ns = now_ns
        elif now_ns - self._still_since_ns >= _PATIENCE_NS:
            raise PlcError(f"the PLC answers, but its heartbeat has stood still for {plc.HEARTBEAT_TIMEOUT_MS} ms")
