"""The rows of a simulated camera's table of faults: what is to happen, and what the producer says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hwsim.camera.layout import EVENTS, FOR_EVER, NEXT, FaultKind
from hwsim.camera.shared_file import fill
from oreline.errors import ConfigError

VIEWS = ("scene", "dark", "white", "any")


@dataclass(frozen=True, slots=True)
class Event:
    """A fault that happens `n` times, from `line` on.

    `view`: "scene", "dark", "white" or "any", by Shutter and TargetSelector. A line is that of the scene, loops counted
    on; with a ring, and for dark and white, it is the number of frames since AcquisitionStart. Accesses fail from the
    exposure of the line on (0: at once). `start`, `stop`: samples of the sensor, for DIRTY_WHITE. `memory`: frames, for
    STALL.
    """

    kind: FaultKind
    line: int = NEXT
    n: int = 1
    amount: float = 0.0
    view: str = "any"
    seed: int = 0
    start: int = 0
    stop: int = 0
    memory: int = 0

    @property
    def end(self) -> int:
        """The first line that it leaves alone."""
        return min(self.line + self.n, FOR_EVER)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the producer did: `done` times, first at `line`, in the frames `first_id` to `last_id`.

    `lost`: frames that did not come because of it. `t_ns`: CLOCK_MONOTONIC of the first. `value`: the amount at the
    last of them, such as the share of light that a flickering lamp gave. For accesses there is no id, and `line` is
    the first that had not yet been exposed.
    """

    done: int
    lost: int
    line: int
    first_id: int
    last_id: int
    t_ns: int
    value: float


class Table:
    """The events and outcomes in the shared file `record`. Rows are only added."""

    def __init__(self, record: Any) -> None:
        self._record = record

    @property
    def events(self) -> list[Event]:
        n = int(self._record["control"]["events"])
        return [_event(row) for row in self._record["events"][:n]]

    @property
    def outcomes(self) -> list[Outcome]:
        """One an event, in their order."""
        n = int(self._record["control"]["events"])
        names = Outcome.__dataclass_fields__
        return [Outcome(**{name: row[name].item() for name in names}) for row in self._record["outcomes"][:n]]

    def write(self, events: Sequence[Event]) -> None:
        """Fill the next rows, which are not in force before the counter `events` says so. Raises ConfigError."""
        first = int(self._record["control"]["events"])
        if first + len(events) > EVENTS:
            raise ConfigError(
                f"{first + len(events)} faults for a table of {EVENTS}: script fewer, or give one fault more lines."
            )
        for row, event in zip(self._record["events"][first:], events, strict=False):
            fill(row, kind=event.kind, view=VIEWS.index(event.view), line=event.line, n=event.n, seed=event.seed)
            fill(row, amount=event.amount, to=event.stop)
            row["from"] = event.memory if event.kind is FaultKind.STALL else event.start


def _event(row: Any) -> Event:
    kind, first = FaultKind(int(row["kind"])), int(row["from"])
    places = {"memory": first} if kind is FaultKind.STALL else {"start": first, "stop": int(row["to"])}
    names = ("line", "n", "amount", "seed")
    return Event(kind, view=VIEWS[int(row["view"])], **{name: row[name].item() for name in names}, **places)
