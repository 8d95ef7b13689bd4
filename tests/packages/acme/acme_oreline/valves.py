"""A valve output of somebody else: it says on its standard output which valves it would open."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self

from oreline.config import Section
from oreline.plc import State
from sinks.conveyor.outputs.output import BankStatus
from sinks.conveyor.outputs.row_queue import RowQueue


class Options(Section):
    prefix: str = "valves"


class Printed(RowQueue):
    Settings: ClassVar[type[Section]] = Options
    busy, status = False, BankStatus()

    def __init__(self, prefix: str, clock: Callable[[], int]) -> None:
        super().__init__(clock)
        self._prefix = prefix

    @classmethod
    def open(cls, settings: Options, clock: Callable[[], int]) -> Self:
        return cls(settings.prefix, clock)

    def pump(self, state: State) -> None:
        self._drop_late()
        for row in self._waiting:
            print(self._prefix, row.encoder, f"{row.bitmap:b}")
        self._confirm(list(self._waiting))
        self._waiting.clear()

    def farewell(self) -> None:
        return
