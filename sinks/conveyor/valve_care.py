"""Care for the valves: what their bank says of them, and who stands in for those that do not answer."""

from __future__ import annotations

from collections.abc import Callable

from sinks.conveyor.bank_monitor import BankMonitor
from sinks.conveyor.outputs.output import ValveOutput
from sinks.conveyor.settings import ConveyorSettings
from sinks.conveyor.stand_ins import loss
from sinks.conveyor.valves import ValveBank


class ValveCare:
    """Care for the valves of an output. `monitor`: of their bank. `clock`: CLOCK_MONOTONIC in ns."""

    def __init__(self, settings: ConveyorSettings, output: ValveOutput, clock: Callable[[], int]) -> None:
        self._settings, self._output, self._clock = settings, output, clock
        self.monitor = BankMonitor(output.status, self._loss)
        self._bank: ValveBank | None = None

    def begin(self, samples: int) -> ValveBank:
        """Valves over so many samples, from now on."""
        settings = self._settings
        self._bank = ValveBank(settings.valves, samples, settings.margin_valves)
        self._stand_in()
        return self._bank

    def hear(self) -> None:
        """What the bank has said since."""
        if self._output.status is not self.monitor.status:
            self.monitor.see(self._output.status, self._clock())
            self._stand_in()

    def _stand_in(self) -> None:
        if self._bank is not None and self._settings.stand_ins:
            self._bank.dead = self.monitor.status.faulty

    def _loss(self, dead: int) -> str:
        return loss(dead, (1 << self._settings.valves) - 1 if self._settings.stand_ins else 0)
