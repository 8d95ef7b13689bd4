"""State of the line, as the bank of valves is told it: by what lines say of belt and light, and by their silence."""

from __future__ import annotations

from oreline.messages import Flag, Kind, LabelLine, StreamInfo
from oreline.plc import State
from sinks.conveyor.bank_monitor import BankMonitor

_SILENT_PERIODS, _SILENCE_NS = 3, 50_000_000
"""Of lines that do not come, so many periods and this much more are silence: stones pass unseen."""
_TRIGGERED_NS = 450_000_000
"""In place of those periods, where lines come when a trigger says so."""
_DEGRADED_NS = 1_000_000_000
_UNANSWERED = 10
"""Lines in a row that the network had no number for, from which on nothing that it says is acted on."""


class LineState:
    """State of one line. Times are CLOCK_MONOTONIC in ns. `fail_safe`: "accept" or "reject", while nothing is known of
    what passes."""

    def __init__(self, fail_safe: str) -> None:
        self._stopped = State.REJECT_ALL if fail_safe == "reject" else State.STOPPED
        self._sees = Kind.SCENE
        self._calibrated = False
        self._silence_ns = self._unanswered = 0
        self._last_line_ns = self._last_trouble_ns = self._last_dim_ns = -_DEGRADED_NS

    def begin(self, info: StreamInfo) -> None:
        """A stream of this kind and of this rate."""
        rate, self._sees = info.line_rate_hz, info.kind
        self._silence_ns = _SILENCE_NS + (round(_SILENT_PERIODS * 1e9 / rate) if rate > 0 else _TRIGGERED_NS)

    def came(self, line: LabelLine, now_ns: int) -> None:
        """A line has come, however late."""
        self._last_line_ns, self._calibrated = now_ns, bool(line.reference_id)

    def see(self, flags: Flag, now_ns: int) -> bool:
        """Take note of a line that is in time. Returns whether anything is known of what passes."""
        self._unanswered = self._unanswered + 1 if Flag.NO_ANSWER in flags else 0
        if Flag.LAMP in flags:
            self._last_dim_ns = now_ns
        return Flag.NO_LIGHT not in flags and not self._is_unanswered

    def trouble(self, now_ns: int) -> None:
        """Something was not as it should be."""
        self._last_trouble_ns = now_ns

    def at(self, now_ns: int, bank: BankMonitor, *, misplaced: bool) -> State:
        """The state at a moment. `misplaced`: nothing is known of where on the belt a stone is."""
        state = State.STOPPED if self._sees is Kind.SCENE else State.CALIBRATING
        if misplaced or self._is_unanswered or now_ns - self._last_line_ns >= self._silence_ns:
            return state | self._stopped
        state |= State.RUN
        if self._calibrated:
            state |= State.CALIBRATED
        if now_ns - max(self._last_trouble_ns, bank.alarm_ns) < _DEGRADED_NS or bank.status.valve_faults:
            state |= State.DEGRADED
        if now_ns - self._last_dim_ns < _DEGRADED_NS:
            state |= State.LAMP_FAULT
        return state

    @property
    def _is_unanswered(self) -> bool:
        return self._unanswered >= _UNANSWERED
