"""Reconnection to the PLC, in a thread of its own: an attempt takes as long as a time-out, and lines do not wait."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from oreline import plc
from oreline.errors import PlcError
from sinks.conveyor.plc.modbus import ModbusLink

_FIRST_BACK_OFF_NS = 100_000_000
_LAST_BACK_OFF_NS = 2_000_000_000


class Reconnector:
    """Reconnector of one link: one attempt per back-off, which doubles up to 2 s. While one is under way, the link is
    the thread's alone."""

    def __init__(self, link: ModbusLink) -> None:
        self._link = link
        self._thread = ThreadPoolExecutor(1, "plc")
        self._attempt: Future[plc.Status] | None = None
        self._back_off_ns, self._next_ns = _FIRST_BACK_OFF_NS, 0

    @property
    def under_way(self) -> bool:
        return self._attempt is not None

    def lost(self, now_ns: int) -> None:
        """Wait before the next attempt, longer each time."""
        self._next_ns = now_ns + self._back_off_ns
        self._back_off_ns = min(2 * self._back_off_ns, _LAST_BACK_OFF_NS)

    def succeeded(self) -> None:
        """The PLC lives: should it be lost again, begin with short waits."""
        self._back_off_ns = _FIRST_BACK_OFF_NS

    def poll(self, now_ns: int) -> plc.Status | None:
        """The status that the link was opened with, once it is; begins an attempt when it is time."""
        if self._attempt is None:
            if now_ns >= self._next_ns:
                self._attempt = self._thread.submit(self._link.open)
            return None
        if not self._attempt.done():
            return None
        attempt, self._attempt = self._attempt, None
        try:
            return attempt.result()
        except PlcError:
            self.lost(now_ns)
            return None

    def close(self) -> None:
        """Waits for an attempt that is under way."""
        self._thread.shutdown()
        self._attempt = None
