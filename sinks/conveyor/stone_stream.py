"""Stream of stones: the sorter's own, with a ring and a socket in the line's folder, numbered from 0 in each run.

A process that is started again goes on after the last stone in the ring. Nothing here waits: a full ring loses its
oldest stones, by an alarm here and a gap at whoever lacked them.
"""

from __future__ import annotations

from dataclasses import replace

from oreline.config import Config
from oreline.keys import TcpAddress, server_keys
from oreline.messages import INVALID, ClassInfo, StoneRecord, StreamInfo
from oreline.ring import Ring, slot_bytes
from oreline.sink import SORTER, STONES
from oreline.stream import Outbox
from oreline.stream.sockets import now
from oreline.wire import CLOCK_BYTES, HEADER_LIMIT
from sinks.conveyor.outline import MOST_RUNS
from sinks.conveyor.stones import ToldStone
from sinks.streams import end, takers_of

MOST_BANDS = 1024
_DESCRIPTION = slot_bytes(HEADER_LIMIT, 8 * MOST_BANDS, 24_576, CLOCK_BYTES)
SLOT_BYTES = max(_DESCRIPTION, slot_bytes(HEADER_LIMIT, 4 * (INVALID + 1), 12 * MOST_RUNS))
PUMP_NS = 10_000_000


def open_stones(config: Config, stones: int, listen: TcpAddress | None) -> Outbox:
    """The ring of so many stones, and who may have them. Raises RingError, SecurityError, StreamError."""
    line = config.line
    keys = server_keys(listen, line.keys, SORTER) if listen else None
    ring = Ring.open(line.ring(STONES), stones, SLOT_BYTES)
    names = config.tables.get("sinks", {})
    return Outbox(
        line.endpoint(STONES), ring, takers_of(config, STONES), StoneRecord, named=names, hold_s=line.hold_s,
        listen=listen, keys=keys,
    )  # fmt: skip


class StoneStream:
    """Stream of stones by an outbox."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._info = outbox.info
        self._pumped_ns = 0

    def begin(self, info: StreamInfo, classes: tuple[ClassInfo, ...]) -> None:
        """Stones from now on are of lines of this stream, and their counts of these classes."""
        box, before = self._outbox, self._info
        same_run = before is not None and before.run == info.run
        told = replace(info, seq=box.next if same_run else 0, classes=classes, layers=(), features=())
        if before is None or not same_run or before.epoch != told.epoch or not told.same_setting(before):
            self._describe(told)

    def put(self, told: ToldStone) -> None:
        """Store a stone, under the next number."""
        box = self._outbox
        if self._info is not None and self._info.classes != told.classes:
            self._describe(replace(self._info, seq=box.next, classes=told.classes))
        box.put(replace(told.record, stamp=replace(told.record.stamp, seq=box.next)))

    def _describe(self, info: StreamInfo) -> None:
        self._outbox.put(info)
        self._info = info

    def pump(self) -> None:
        """Send what is asked for, where it is time to look."""
        if now() - self._pumped_ns > PUMP_NS:
            self._pumped_ns = now()
            self._outbox.pump()

    def end(self) -> None:
        """The run is over: no stone comes any more."""
        end(self._outbox)
