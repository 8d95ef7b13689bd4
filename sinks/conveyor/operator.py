"""What an operator asks of the sorter while a line runs: to hold its fire, to go on, to test its valves.

Orders are files in the line's folder, and so is what became of them; an order stands, also for a sorter that is started
again. Held, no valve opens for a stone that is seen meanwhile, in whole or in part: sorting goes on with the next one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from oreline.config import SORTED, SORTING
from oreline.incidents import report
from oreline.orders import OrderFile, OrderReader
from oreline.plc import State
from oreline.sorting import Sorting, SortingOrder, TestOrder, TestSaid, TestState
from sinks.conveyor.outputs.output import BankStatus, ValveOutput
from sinks.conveyor.valve_test import Took, ValveTest

QUIET_NS = 1_000_000_000
"""Without a stone for so long, no ore runs."""


class Operator:
    """Orders to one sorter of so many valves. `tested`: hears of the rows that opened in tests. `clock`:
    CLOCK_MONOTONIC in ns."""

    def __init__(
        self, valves: int, output: ValveOutput, tested: Took, clock: Callable[[], int], *, held: bool = False
    ) -> None:
        self._valves, self._output, self._tested, self._clock = valves, output, tested, clock
        self._held, self._test = held, TestSaid()
        self._running: ValveTest | None = None
        self._stones, self._stone_ns = 0, clock() - QUIET_NS
        self._stream = 1, ""
        self._reader: OrderReader | None = None

    @property
    def held(self) -> bool:
        """True while no valve opens for a stone."""
        return self._held or self._running is not None

    @property
    def testing(self) -> bool:
        return self._running is not None

    def join(self, folder: Path) -> None:
        """Follow the orders in a line's folder. A test that an earlier process had begun is over."""
        self._reader, self._said = OrderReader(folder / SORTING, self._clock), OrderFile(folder / SORTED)
        self._test = Sorting.of(self._said.read()).test
        if self._test.state is TestState.RUNNING:
            self._test = self._test.ended(TestState.STOPPED, "the sorter was started again")
        if self._held:
            report("", "held")
        self._look()
        self._say()

    def begin(self, counts_per_line: int, model: str) -> None:
        """A stream begins, of which the output is to be told."""
        self._stream = counts_per_line, model
        self._stop("the stream began anew")
        if self._running is None:
            self._output.begin(*self._stream)

    def follow(self, stones: int, status: BankStatus) -> None:
        """Do what is asked for now. `stones`: how many there were so far."""
        now = self._clock()
        if stones != self._stones:
            self._stones, self._stone_ns = stones, now
        if self._reader is not None:
            self._look()
        if self._running is not None:
            self._go_on(self._running, status, now)
        elif self._test.state is TestState.ASKED:
            self._begin(self._test.order, status, now)

    def close(self) -> None:
        """Test no more, since the line ends."""
        self._stop("the line has ended")

    def state(self, state: State) -> State:
        """State that the bank is to be told, in place of that of the line."""
        if self._running is not None and not self._running.stopped:
            return state & ~(State.RUN | State.REJECT_ALL) | State.TEST
        return state & ~State.RUN | State.REJECT_ALL if self.held else state

    def _look(self) -> None:
        assert self._reader is not None
        order = self._reader.poll()
        if order is None:
            return
        try:
            asked = SortingOrder.model_validate(order)
        except ValidationError as error:
            self._reader.refuse(_why(error))
            return
        self._hold(asked.held)
        if asked.test is not None and asked.test.id != self._test.order.id:
            self._stop("another test was asked for")
            self._test = TestSaid(order=asked.test, state=TestState.ASKED)
        elif asked.test is None:
            self._stop("nobody asks for it any more")

    def _hold(self, held: bool) -> None:
        if held == self._held:
            return
        self._held = held
        if not held:
            self._stop("the sorter was told to go on")
        report("", "held" if held else "resumed")
        self._say()

    def _begin(self, order: TestOrder, status: BankStatus, now: int) -> None:
        valves = list(order.valves) or list(range(self._valves))
        refusal = self._refusal(valves, status, now)
        if refusal:
            self._end(TestState.REFUSED, refusal)
            return
        self._running = ValveTest(self._output, valves, order.ms, now, self._tested)
        self._test = self._test.ended(TestState.RUNNING, "")
        self._say()

    def _refusal(self, valves: list[int], status: BankStatus, now: int) -> str:
        if not self._held:
            return "valves are tested while the sorter is held: hold it, and stop the feed"
        if now - self._stone_ns < QUIET_NS:
            return "stones are on the belt: wait until none has come for a second"
        if status.lost:
            return f"nothing reaches the valves: {status.lost}"
        if status.register_map != 2:
            return "this bank of valves takes no tests: that needs a PLC with register map 2"
        if status.inhibit:
            return "the PLC is in its safe state: re-arm it"
        if wrong := [valve for valve in valves if valve >= self._valves]:
            return f"the bank has valves 0 to {self._valves - 1}, and no {wrong[0]}"
        return ""

    def _go_on(self, test: ValveTest, status: BankStatus, now: int) -> None:
        if now - self._stone_ns < QUIET_NS:
            test.stop("stones came")
        elif status.lost or status.inhibit:
            test.stop(status.lost or "the PLC went to its safe state")
        if test.go_on(now):
            self._running = None
            self._output.begin(*self._stream)
            self._end(TestState.STOPPED if test.stopped else TestState.DONE, test.words)

    def _stop(self, why: str) -> None:
        if self._running is not None:
            self._running.stop(why)

    def _end(self, state: TestState, words: str) -> None:
        self._test = self._test.ended(state, words)
        report("", "valves_tested", f"test of valves {state}: {words}")
        self._say()

    def _say(self) -> None:
        if self._reader is None:
            return
        try:
            self._said.write(Sorting(held=self._held, test=self._test, pid=os.getpid()).model_dump(mode="json"))
        except OSError as error:
            report("", "asked", f"{self._said.path} cannot be written: {error.strerror}")


def _why(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
