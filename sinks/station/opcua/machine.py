"""State machine of OPC 40100-1: where a line stands in it, and the way from one state to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from sinks.station.alarms.alarm import Alarm, Ne107, Priority
from sinks.station.status import Phase, Status


class State(Enum):
    """State: its NodeId in the companion specification's namespace, and its number. The last three are those of the
    automatic mode, within Operational."""

    PREOPERATIONAL = (5028, 1)
    HALTED = (5029, 2)
    ERROR = (5030, 3)
    OPERATIONAL = (5031, 4)
    INITIALIZED = (5056, 5)
    READY = (5057, 6)
    CONTINUOUS_EXECUTION = (5059, 8)

    @property
    def node(self) -> int:
        return self.value[0]

    @property
    def number(self) -> int:
        return self.value[1]

    @property
    def words(self) -> str:
        return self.name.title().replace("_", "")


S = State
_PHASES = {
    Phase.STARTING: (S.PREOPERATIONAL, None),
    Phase.CALIBRATING: (S.PREOPERATIONAL, None),
    Phase.HELD: (S.OPERATIONAL, S.READY),
    Phase.RUNNING: (S.OPERATIONAL, S.CONTINUOUS_EXECUTION),
    Phase.NO_LINES: (S.ERROR, None),
    Phase.ENDED: (S.HALTED, None),
}


@dataclass(frozen=True, slots=True)
class Transition:
    """Transition between two states: its NodeId and number, and the method that has asked for it, "" where it came by
    itself."""

    before: State
    after: State
    node: int
    number: int
    method: str = ""

    @property
    def words(self) -> str:
        return f"{self.before.words}To{self.after.words}{'' if self.method else 'Auto'}"


TRANSITIONS = (
    Transition(S.PREOPERATIONAL, S.HALTED, 5032, 121, "Halt"),
    Transition(S.PREOPERATIONAL, S.HALTED, 5033, 120),
    Transition(S.PREOPERATIONAL, S.ERROR, 5034, 130),
    Transition(S.PREOPERATIONAL, S.OPERATIONAL, 5253, 141, "SelectModeAutomatic"),
    Transition(S.PREOPERATIONAL, S.OPERATIONAL, 5254, 140),
    Transition(S.HALTED, S.PREOPERATIONAL, 5038, 210),
    Transition(S.ERROR, S.PREOPERATIONAL, 5039, 311, "Reset"),
    Transition(S.ERROR, S.PREOPERATIONAL, 5040, 310),
    Transition(S.ERROR, S.HALTED, 5041, 321, "Halt"),
    Transition(S.ERROR, S.HALTED, 5042, 320),
    Transition(S.ERROR, S.OPERATIONAL, 5255, 340),
    Transition(S.OPERATIONAL, S.PREOPERATIONAL, 5048, 410),
    Transition(S.OPERATIONAL, S.HALTED, 5049, 421, "Halt"),
    Transition(S.OPERATIONAL, S.HALTED, 5050, 420),
    Transition(S.OPERATIONAL, S.ERROR, 5051, 430),
    Transition(S.INITIALIZED, S.READY, 5060, 561, "PrepareRecipe"),
    Transition(S.INITIALIZED, S.READY, 5061, 560),
    Transition(S.READY, S.CONTINUOUS_EXECUTION, 5066, 681, "StartContinuous"),
    Transition(S.READY, S.CONTINUOUS_EXECUTION, 5067, 680),
    Transition(S.CONTINUOUS_EXECUTION, S.READY, 5071, 861, "Stop"),
    Transition(S.CONTINUOUS_EXECUTION, S.READY, 5072, 862, "Abort"),
    Transition(S.CONTINUOUS_EXECUTION, S.READY, 5073, 860),
)


_MODES = (S.INITIALIZED, S.READY, S.CONTINUOUS_EXECUTION)


def stops(alarm: Alarm) -> bool:
    """True of an alarm that says that nothing is sorted, until its cause has gone and somebody has seen it."""
    rule = alarm.rule
    calls = not alarm.hidden and (alarm.active or not alarm.acknowledged)
    return calls and rule.ne107 is Ne107.FAILURE and rule.priority is Priority.CRITICAL


def place(status: Status, alarms: Iterable[Alarm]) -> tuple[State, State | None]:
    """Where a line stands: its state, and within Operational that of the automatic mode."""
    if status.phase is not Phase.ENDED and any(map(stops, alarms)):
        return S.ERROR, None
    return _PHASES[status.phase]


class Machine:
    """Machine of one line. `state`, and within Operational `mode`. `method`: the last that asked for a transition."""

    def __init__(self) -> None:
        self.state, self.method = S.PREOPERATIONAL, ""
        self.mode: State | None = None

    def go(self, state: State, mode: State | None) -> Iterator[Transition]:
        """Go there, one transition after the other: from where there is none, by way of Preoperational; and within
        Operational what is ready was initialized before."""
        if state is not self.state and self._between(self.state, state) is None:
            yield from self.go(S.PREOPERATIONAL, None)
        if state is not self.state:
            yield self._take(state)
            self.mode = None
        if mode is not None:
            self.mode = self.mode or S.INITIALIZED
            while self.mode is not mode:
                step = 1 if _MODES.index(mode) > _MODES.index(self.mode) else -1
                yield self._take(_MODES[_MODES.index(self.mode) + step])

    def _take(self, after: State) -> Transition:
        before = self.mode if after in _MODES else self.state
        way = self._between(before, after) if before is not None else None
        if way is None:
            raise LookupError(f"no way from {before} to {after}")
        if after in _MODES:
            self.mode = after
        else:
            self.state = after
        self.method = "" if way.method else self.method
        return way

    def _between(self, before: State, after: State) -> Transition | None:
        """By the method that has asked for it, where one has; otherwise by itself."""
        ways = [one for one in TRANSITIONS if (one.before, one.after) == (before, after)]
        return next((one for one in ways if one.method == self.method), next(iter(ways[-1:]), None))
