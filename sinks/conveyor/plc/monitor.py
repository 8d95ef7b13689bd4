"""Monitor of a PLC: whether it lives and what it has counted, by its status from one reading to the next."""

from __future__ import annotations

from oreline import plc
from oreline.errors import PlcError

_PATIENCE_NS = plc.HEARTBEAT_TIMEOUT_MS * 1_000_000
_COUNTS = 1 << 16


class PlcMonitor:
    """Monitor of one PLC. `status`: what it last said, at `seen_ns`. `alive`: its heartbeat was seen to move since the
    link was opened. `late`: rows that came to it after they were due."""

    def __init__(self, status: plc.Status) -> None:
        self.late = self.seen_ns = 0
        self.reopened(status)

    def reopened(self, status: plc.Status) -> None:
        """The first status of a connection. The PLC may have been started anew, and with it its counts."""
        self.status, self.alive = status, False
        self._still_since_ns: int | None = None

    def see(self, status: plc.Status, now_ns: int) -> None:
        """A status that was read. Raises PlcError where the PLC answers but its program stands still."""
        before, self.status, self.seen_ns = self.status, status, now_ns
        self.late += (status.late - before.late) % _COUNTS
        self._listen(status.heartbeat != before.heartbeat, now_ns)

    def _listen(self, beats: bool, now_ns: int) -> None:
        """Between two readings that say the same; when we slept ourselves, nothing is known of the time before."""
        if beats:
            self.alive, self._still_since_ns = True, None
        elif self._still_since_ns is None:
            self._still_since_ns = now_ns
        elif now_ns - self._still_since_ns >= _PATIENCE_NS:
            raise PlcError(f"the PLC answers, but its heartbeat has stood still for {plc.HEARTBEAT_TIMEOUT_MS} ms")
