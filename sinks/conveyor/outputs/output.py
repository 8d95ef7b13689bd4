"""Valve output: the way from rows of valves to the bank of valves that fires them, and what that bank says.

Each is a file or folder and one line in the table `VALVE_OUTPUTS`; `RowQueue` is the half of it that all share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

from oreline.config import Section
from oreline.plc import State
from sinks.conveyor.outputs.row_queue import Tally
from sinks.conveyor.schedule import Row


@dataclass(frozen=True, slots=True)
class BankStatus:
    """Status of a bank of valves, or of the PLC before it, as it last said at `seen_ns` of CLOCK_MONOTONIC."""

    seen_ns: int = 0
    encoder: int = 0
    """Its count of the belt, modulo 2^32."""
    inhibit: bool = False
    """It is in its safe state: no row fires."""
    valve_faults: int = 0
    """Valves that do not answer."""
    late: int = 0
    """Rows that came to it after they were due, since the output was opened."""
    unanswered: int = 0
    """Messages to it that got no answer, while others did."""
    lost: str = ""
    """Why it is not to be reached, in words; empty while it is."""
    faulty: int = 0
    """Which valves do not answer, bit v for valve v; 0 also where it tells only how many."""
    register_map: int = 0
    """Version of the register map that it speaks; 0 where it speaks none. By 2, it tests valves."""


class ValveOutput(Protocol):
    """Output to a bank: rows in, valves open.

    Single-threaded: `offer` or `drop`, then `pump`, over and over, then `farewell`. A row fires when the belt's encoder
    reaches its count, by the bank's own reading of it: nothing here opens a valve by a clock. A bank that hears nothing
    for 150 ms while the state says RUN goes to its safe state by itself.
    """

    Settings: ClassVar[type[Section]]
    """Its own keys, which stand in the conveyor's table beside the conveyor's; none has the name of one of those."""
    tally: Tally
    took: Callable[[list[Row]], None]
    """Called with the rows of each message that the bank took; the conveyor sets it."""

    @classmethod
    def open(cls, settings: Any, clock: Callable[[], int]) -> Self:
        """Connect. `clock`: CLOCK_MONOTONIC in ns. Raises PlcError where nobody answers."""

    @property
    def status(self) -> BankStatus:
        """Status of the bank, as it last said: the same object until it says more."""

    @property
    def busy(self) -> bool:
        """True while rows wait to be sent, or to be confirmed."""

    def begin(self, counts_per_line: int, model: str) -> None:
        """A stream begins: encoder counts from one row to the next, and the id of the model that labels it."""

    def offer(self, rows: Iterable[Row]) -> None:
        """Rows in order, to be sent before their deadlines."""

    def drop(self, rows: Iterable[Row] = ()) -> None:
        """Rows that must not fire, and with them all that wait."""

    def pump(self, state: State) -> None:
        """Send what can be sent now, a heartbeat where one is due, and hear what the bank says.

        Called after each commit, and at least every 50 ms. Never raises; waits for one answer at the most.
        """

    def farewell(self) -> None:
        """Say that the run has stopped, and close the connection."""
