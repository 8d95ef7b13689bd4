"""Orders to the sorter of a running line, and what it says of them: held or not, a test of its valves."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, StrictBool

from oreline.config import SORTED, SORTING, Config
from oreline.errors import StageFailed
from oreline.moment import now
from oreline.orders import OrderFile, Part, Said
from oreline.plc import MAX_VALVES
from oreline.sink import SORTER
from oreline.state_folder import runs

REPLACED = "valves_replaced.json"
"""In the output folder: valves that are new, and since when, as text. An order that stands."""
ANSWER_S = 5.0
LOOK_S = 0.02
Valve = Annotated[int, Field(ge=0, lt=MAX_VALVES)]


class TestOrder(Part):
    """Test that is asked for, under a name of its own. `valves`: in this order; all where there are none. `ms`: how
    long each opens."""

    __test__ = False
    id: Annotated[str, Field(max_length=64)] = ""
    valves: Annotated[tuple[Valve, ...], Field(max_length=MAX_VALVES)] = ()
    ms: Annotated[int, Field(ge=1, le=1000)] = 20


class SortingOrder(Part):
    """Order to a sorter, as it stands in its file."""

    held: StrictBool = False
    test: TestOrder | None = None


class TestState(StrEnum):
    """What became of a test."""

    __test__ = False
    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    REFUSED = "refused"


class TestSaid(Part):
    """Test, and what became of it, in words once it is over."""

    __test__ = False
    order: TestOrder = TestOrder()
    state: TestState = TestState.DONE
    words: str = ""

    def ended(self, state: TestState, words: str) -> Self:
        return self.model_copy(update={"state": state, "words": words})


class Sorting(Said):
    """What a sorter, of process `pid`, says of its orders. No test was asked for where that has no id."""

    held: bool = False
    test: TestSaid = TestSaid()
    pid: int = 0


class SortingOrders:
    """Orders to the sorter of a line. Each call waits until the sorter has answered, and raises StageFailed where the
    line does not run, has no sorter, or that does not answer."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._orders = OrderFile(config.line.folder / SORTING)
        self._said = OrderFile(config.line.folder / SORTED)

    @property
    def said(self) -> Sorting:
        """What the sorter has said last."""
        return Sorting.of(self._said.read())

    def hold(self) -> None:
        """Have no valve open for a stone, and no rock be fed."""
        self._order(held=True)

    def resume(self) -> None:
        """Sort on, from the next stone."""
        self._order(held=False)

    def test(self, valves: Iterable[int] = (), ms: int = 20) -> str:
        """Open valves one after the other, all where none are named. Returns what became of it, in words; raises
        StageFailed with why it was refused or stopped, and ValueError for valves or a time that no bank has."""
        order = TestOrder(id=uuid.uuid4().hex, valves=tuple(valves), ms=ms)
        self._order(held=self._answering().held, test=order)
        patience = ANSWER_S + (len(order.valves) or MAX_VALVES) * ms / 1e3
        said = self._await(lambda said: said.test.order.id == order.id and said.test.words != "", patience)
        if said.test.state is not TestState.DONE:
            raise StageFailed(said.test.words)
        return said.test.words

    def replaced(self, valves: Iterable[int]) -> None:
        """Count the openings of valves from 0, since they are new ones now; whether or not the line runs."""
        file = OrderFile(self._config.line.output / REPLACED)
        since, numbers = now().text, TestOrder(valves=tuple(valves)).valves
        file.write(file.read() | {str(valve): since for valve in numbers})

    def _order(self, *, held: bool, test: TestOrder | None = None) -> None:
        self._answering()
        self._orders.write(SortingOrder(held=held, test=test).model_dump(mode="json"))
        self._await(lambda said: said.held == held, ANSWER_S)

    def _answering(self) -> Sorting:
        """Raises StageFailed where nobody would answer."""
        if not next(iter(self._config.sinks(SORTER)), None):
            raise StageFailed("this line has no sorter: its file has no sink of that kind")
        if not runs(self._config):
            raise StageFailed("this line does not run: start it first")
        return self.said

    def _await(self, is_so: Any, patience_s: float) -> Sorting:
        end = time.monotonic() + patience_s
        while True:
            said = self.said
            if is_so(said) and _lives(said.pid):
                return said
            if time.monotonic() > end:
                raise StageFailed(f"the sorter has not answered for {patience_s:.0f} s; what was asked stands")
            if not runs(self._config):
                raise StageFailed("the line has ended before its sorter answered")
            time.sleep(LOOK_S)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):
        return False
    return pid > 0
