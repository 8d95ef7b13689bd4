"""Test of the valves: each opens for a while, one after the other, and counts for no stone and no row."""

from __future__ import annotations

from collections.abc import Callable

from sinks.conveyor.outputs.output import ValveOutput
from sinks.conveyor.outputs.row_queue import Tally
from sinks.conveyor.schedule import Row
from sinks.conveyor.stand_ins import named, valves_in

Took = Callable[[list[Row]], None]
PATIENCE_NS = 5_000_000_000
"""Beyond the time that the valves are open."""


class ValveTest:
    """Test of valves in order, for `ms` each. The output is lent to it from its first moment on until `go_on` says that
    it is over. `took`: hears of the rows that opened. `stopped`: why it was, empty where it was not."""

    def __init__(self, output: ValveOutput, valves: list[int], ms: int, now_ns: int, took: Took) -> None:
        self._output, self._ms, self._tell = output, ms, took
        self._lent = output.tally, output.took
        self._opened: list[int] = []
        self._until_ns = now_ns + len(valves) * ms * 1_000_000 + PATIENCE_NS
        self.stopped = ""
        output.tally, output.took = Tally(), self._took
        output.begin(ms, "")
        output.offer(Row(i, i * ms, 1 << valve, self._until_ns) for i, valve in enumerate(valves))

    @property
    def words(self) -> str:
        """What became of it."""
        if self.stopped:
            return f"{self.stopped}; {named(self._opened)} had opened" if self._opened else self.stopped
        return f"{named(self._opened)} opened in this order, {self._ms} ms each"

    def stop(self, why: str) -> None:
        """Open no more valves."""
        self.stopped = self.stopped or why
        self._output.drop()

    def go_on(self, now_ns: int) -> bool:
        """Returns whether it is over: the bank has nothing of it any more, and the output is given back."""
        if now_ns > self._until_ns:
            self.stop("the PLC did not say that it had opened them")
        if self.stopped:
            self._output.drop()
        if self._output.busy:
            return False
        self._output.tally, self._output.took = self._lent
        return True

    def _took(self, rows: list[Row]) -> None:
        if self.stopped:  # the bank has dropped them, at one of them or another
            return
        self._tell(rows)
        self._opened += [valve for row in rows for valve in valves_in(row.bitmap)]
