"""The PLC's program, without its network.

It scans its registers as a real one does: each few milliseconds it latches the belt's encoder, looks at the heartbeat,
takes a batch that is committed, and writes its status. What happens to stones is its route: SORT, where rows of valves
fire, else REJECT (no valve opens, all goes to the tails) or ACCEPT (a flap sends all to the concentrate).

It leaves SORT by itself: for REJECT while the line says REJECT_ALL, and for its default route when it is inhibited,
because the heartbeat stands still or somebody pressed the emergency stop. Rows that have not fired by then never do,
nor do those of a batch that comes before it is re-armed: it is acknowledged and dropped.

It feeds rock while the line says RUN and not CALIBRATING, and is not inhibited. What it opens while the line says TEST
is kept apart from what it fires at stones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hwsim.plant.belt import unwrap
from hwsim.plant.valve_test import ValveTest, words_of
from oreline import plc
from oreline.config import Section
from oreline.errors import PlcError

ROW = np.dtype(
    [
        *(("encoder", "<i8"), ("counts", "<u2"), ("valves", "<u2", plc.MAX_VALVES // 16)),
        *(("sequence", "<u2"), ("t_ns", "<i8")),
    ]
)
"""A row that was taken: the belt's absolute count at which its valves open and how many counts later they close (valve
v is bit v % 16 of word v // 16), the batch it came in, and CLOCK_MONOTONIC when it was taken."""
CHANGE = np.dtype([("t_ns", "<i8"), ("count", "<i8"), ("route", "u1"), ("silent_ns", "<i8")])
"""A change of route: CLOCK_MONOTONIC and the belt's count when it was made, and how long the heartbeat had stood."""
FEED = np.dtype([("t_ns", "<i8"), ("count", "<i8"), ("on", "?")])
"""The feeder goes on, or is held: CLOCK_MONOTONIC and the belt's count at that moment."""


class Route(IntEnum):
    """Where stones go. SORT: by the valves."""

    SORT = 0
    REJECT = 1
    ACCEPT = 2


class ValveFault(Section):
    """A valve that is broken."""

    valve: Annotated[int, Field(ge=0, lt=plc.MAX_VALVES)]
    """Number of the valve, from 0."""
    kind: Literal["stuck_open", "stuck_closed", "slow"]
    """Kind of the fault."""
    from_count: int | None = None
    """Count of the belt from which it is broken. None: always."""
    lag_ms: Annotated[float, Field(gt=0, le=1000)] = 10.0
    """Time by which a slow valve opens and closes later than a sound one."""


class VirtualPlc:
    """`scan` is one cycle over the register image; it is to be called every `scan_ms`.

    `rearm_s`: the operator re-arms after so long a time of good heartbeats; None: never. `position`: the absolute count
    of the belt. `clock`: CLOCK_MONOTONIC in ns. `default`: the route when it is inhibited. `version`: of the register
    map that it speaks.

    The heartbeat is seen by scans only, so the PLC gives up two of them early: it is in its default route when 150 ms
    have passed since the line last wrote.
    """

    def __init__(
        self,
        rearm_s: float | None = 1.0,
        position: Callable[[], int] = lambda: 0,
        clock: Callable[[], int] = time.monotonic_ns,
        *,
        scan_ms: float = 0.0,
        default: Route = Route.REJECT,
        faults: Sequence[ValveFault] = (),
        version: int = plc.MAP_VERSION,
    ) -> None:
        self._rearm_ns = None if rearm_s is None else int(rearm_s * 1e9)
        self._patience_ns = int((plc.HEARTBEAT_TIMEOUT_MS - 2 * scan_ms) * 1e6)
        self._belt, self._clock, self._default, self._faults = position, clock, default, faults
        self._position = 0
        self._status = plc.Status(version=version)
        self.state = plc.State.STOPPED
        self.stopped = False
        self.heartbeat: int | None = None
        self._heard_ns = self._good_since_ns = 0
        self._rows, self._changes, self._lates, self._feeds = bytearray(), bytearray(), bytearray(), bytearray()
        self._last: list[tuple[int, ...]] = []
        self._fed: list[tuple[int, int, bool]] = []
        self._route: Route | None = None
        self._safe, self._used = False, 0
        self._test = ValveTest()
        self._refused: list[int] = []
        self.batches = self.refused = self.dropped = self.safe_states = 0

    @property
    def rows(self) -> NDArray[Any]:
        """The rows that fired or will, of dtype ROW."""
        return np.frombuffer(bytes(self._rows), ROW)

    @property
    def changes(self) -> NDArray[Any]:
        """The routes from the first scan on, of dtype CHANGE; the last entry is the last scan."""
        return np.concatenate([np.frombuffer(bytes(self._changes), CHANGE), np.array(self._last, CHANGE)])

    @property
    def feeds(self) -> NDArray[Any]:
        """When the feeder was held and when it ran, of dtype FEED; the last entry is the last scan."""
        return np.concatenate([np.frombuffer(bytes(self._feeds), FEED), np.array(self._fed, FEED)])

    @property
    def tested(self) -> NDArray[Any]:
        """What was opened in tests, of dtype TESTED."""
        return self._test.opened

    @property
    def lates(self) -> NDArray[np.int64]:
        """CLOCK_MONOTONIC when each row came that was due already, and did not fire."""
        return np.frombuffer(bytes(self._lates), np.int64)

    @property
    def version(self) -> int:
        """Version of the register map that it speaks."""
        return self._status.version

    @property
    def inhibited(self) -> bool:
        return bool(self._status.inhibit)

    def disarm(self) -> None:
        """The emergency stop: safe until re-armed, whatever the heartbeat does."""
        self.stopped = True
        self._set(inhibit=1)

    def rearm(self) -> None:
        """The operator's button."""
        self.stopped = False
        self._set(inhibit=0)

    def scan(self, registers: list[int]) -> None:
        """One cycle: read the commands, write the status. `registers`: the image from address 0 on."""
        now, self._position = self._clock(), self._belt()
        command = registers[: plc.size(plc.COMMAND)]
        pulse = plc.start(plc.PULSE)
        self._watch(now, *plc.decode_pulse(command[pulse : pulse + plc.size(plc.PULSE)]))
        if command[-1] and command[-1] != self._status.acknowledged:
            self._take(now, command)
        self._go_on_testing(now)
        self._follow_route(now)
        self._feed(now)
        latch = self._position % plc.ENCODER_MODULUS
        faulty = self.faulty()
        bits = sum(1 << valve for valve in faulty)
        beat = (self._status.heartbeat + 1) & 0xFFFF
        self._set(encoder=latch, heartbeat=beat, valve_faults=len(faulty), faulty=bits)
        said = plc.encode_status(self._status)
        first = plc.start(plc.STATUS)
        registers[first : first + len(said)] = said

    def faulty(self) -> set[int]:
        """The valves that do not answer. One that stands open shows at once, others when they are told to open."""
        return {
            fault.valve
            for fault in self._faults
            if (fault.from_count is None or fault.from_count <= self._position)
            and (fault.kind == "stuck_open" or self._used >> fault.valve & 1)
        }

    def summary(self) -> dict[str, int]:
        return {
            "batches": self.batches,
            "rows": len(self.rows),
            "late": self._status.late,
            "refused": self.refused,
            "dropped": self.dropped,
            "safe_states": self.safe_states,
            "valve_faults": len(self.faulty()),
            "tested": len(self.tested),
        }

    def _watch(self, now: int, state: plc.State, heartbeat: int) -> None:
        """A heartbeat that stands still while the line runs is a dead line."""
        silent, self.state = now - self._heard_ns, state
        if heartbeat != self.heartbeat:
            if silent >= self._patience_ns:
                self._good_since_ns = now
            self.heartbeat, self._heard_ns = heartbeat, now
            if self._rearm_ns is not None and not self.stopped and now - self._good_since_ns >= self._rearm_ns:
                self.rearm()
        elif state & (plc.State.RUN | plc.State.TEST) and silent >= self._patience_ns:
            self._set(inhibit=1)

    def _take(self, now: int, command: list[int]) -> None:
        try:
            batch = plc.decode(command, self._status.version)
        except PlcError:
            self.refused += command != self._refused
            self._refused = command
            return
        if self._status.inhibit:
            self.dropped += sum(map(bool, batch.bitmaps))
            self._set(acknowledged=batch.sequence)
            return
        if batch.test:
            self._used |= self._test.take(now, batch)
            return
        self.batches += 1
        late = 0
        for i, bitmap in enumerate(batch.bitmaps):
            due = unwrap(batch.fire_at(i), self._position)
            if bitmap and due < self._position:
                late += 1
                self._lates += np.int64(now).tobytes()
            elif bitmap:
                row = (due, batch.counts_per_line, words_of(bitmap), batch.sequence, now)
                self._rows += np.array(row, ROW).tobytes()
                self._used |= bitmap
        self._set(acknowledged=batch.sequence, late=(self._status.late + late) & 0xFFFF)

    def _go_on_testing(self, now: int) -> None:
        if plc.State.TEST not in self.state or self._status.inhibit:
            self._test.stop()
        done = self._test.go_on(now)
        if done is not None:
            self._set(acknowledged=done)

    def _follow_route(self, now: int) -> None:
        safe = bool(self._status.inhibit)
        if safe and not self._safe:
            self.safe_states += 1
            self._drop_pending()
        route = Route.REJECT if plc.State.REJECT_ALL in self.state else Route.SORT
        route = self._default if safe else route
        self._last = [(now, self._position, route, now - self._heard_ns)]
        if route is not self._route:
            self._changes += np.array(self._last, CHANGE).tobytes()
        self._route, self._safe = route, safe

    def _feed(self, now: int) -> None:
        wanted = plc.State.RUN in self.state and plc.State.CALIBRATING not in self.state
        before, on = self._fed, wanted and not self.inhibited
        self._fed = [(now, self._position, on)]
        if not before or before[0][2] is not on:
            self._feeds += np.array(self._fed, FEED).tobytes()

    def _drop_pending(self) -> None:
        rows = self.rows
        fired = rows["encoder"] <= self._position
        self.dropped += int((~fired).sum())
        self._rows = bytearray(rows[fired].tobytes())

    def _set(self, **changes: int) -> None:
        self._status = replace(self._status, **changes)
