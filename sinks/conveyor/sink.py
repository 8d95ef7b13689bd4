"""The conveyor: label lines in, valve commands out, in time or not at all.

`segment` finds stones, `recipe` decides them, `schedule` makes rows of valves, `dispatch` gets them to the PLC. Nothing
is kept for a restart: a stone that was not fired in time has passed. A gap, a line that is too old, or one without an
encoder count cuts the stones that are open: they are decided by what was seen of them, and what follows is a new stone.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import BaseModel

from oreline.errors import StreamError
from oreline.messages import (
    BACKGROUND,
    INVALID,
    UNKNOWN,
    EndOfStream,
    Flag,
    Gap,
    LabelLine,
    Message,
    Reason,
    StreamInfo,
)
from oreline.metrics import PIXELS, STONES, LatencyHistogram
from oreline.plc import State, Status
from oreline.sink import Policy
from sinks.conveyor.dispatch import Dispatcher
from sinks.conveyor.link import Link
from sinks.conveyor.recipe import Decider
from sinks.conveyor.schedule import Schedule, ValveBank
from sinks.conveyor.segment import Segmenter, Stone
from sinks.conveyor.settings import ConveyorSettings

_SILENCE_NS = 500_000_000
_DEGRADED_NS = 1_000_000_000
_SPECIAL = {"unknown": UNKNOWN, "background": BACKGROUND, "invalid": INVALID}


class Conveyor:
    """Ejects ore. `clock`: CLOCK_MONOTONIC in ns."""

    policy: ClassVar[Policy] = Policy.FRESH
    stream: ClassVar[str] = "labels"
    Settings: ClassVar[type[BaseModel]] = ConveyorSettings

    def __init__(self, settings: ConveyorSettings, dispatcher: Dispatcher, clock: Callable[[], int]) -> None:
        self._settings, self._dispatcher, self._clock = settings, dispatcher, clock
        self._info: StreamInfo | None = None
        self._segmenter: Segmenter
        self._schedule: Schedule
        self._next_seq = 0
        self._handled: list[int] = []
        self._last_line_ns = self._last_trouble_ns = -_DEGRADED_NS
        self._calibrated = False
        self._latency = LatencyHistogram()
        self._pixels = np.zeros(256, np.int64)
        self._counts = {"stones": 0, "ejected": 0, "cut": 0, "stale": 0}
        self._report: dict[str, Any] | None = None

    @classmethod
    def open(cls, settings: ConveyorSettings, output: Path, clock: Callable[[], int] = time.monotonic_ns) -> Conveyor:  # noqa: ARG003
        """Connect to the PLC. Raises PlcError."""
        link = Link(settings.host, settings.port, settings.device_id, settings.timeout_ms)
        return cls(settings, Dispatcher(link, link.open(), settings.heartbeat_ms, clock), clock)

    def resume(self) -> None:
        """A sorter starts with what is on the belt now."""
        return

    def consume(self, messages: list[Message]) -> None:
        for message in messages:
            if isinstance(message, LabelLine):
                self._line(message)
            elif isinstance(message, StreamInfo):
                self._begin(message)
            elif isinstance(message, Gap):
                self._gap(message)
            elif isinstance(message, EndOfStream) and self._info is not None:
                self._cut()

    def commit(self) -> None:
        """Send what is decided, and note how old the lines are by then."""
        self.idle()
        now = self._clock()
        for t_ns in self._handled:
            self._latency.observe_ns(now - t_ns)
        self._handled.clear()

    def idle(self) -> None:
        if self._info is not None:
            self._dispatcher.offer(self._schedule.release(self._clock()))
        self._dispatcher.pump(self._state())

    def close(self) -> dict[str, Any]:
        """Cut what is open, send what is still in time, and say good-bye to the PLC."""
        if self._report is None:
            if self._info is not None:
                self._cut()
            self._drain()
            self._dispatcher.farewell()
            self._report = self.report()
        return self._report

    @property
    def status(self) -> Status:
        """What the PLC last said."""
        return self._dispatcher.status

    def report(self) -> dict[str, Any]:
        """What happened so far. `stones` are those of at least the recipe's size."""
        tally = self._dispatcher.tally
        classes = self._info.classes if self._info else ()
        pixels = {info.name: int(self._pixels[i]) for i, info in enumerate(classes)}
        return {
            **self._counts,
            "late": tally.late,
            "commands": tally.commands,
            "outages": tally.outages,
            "latency_ms": self._latency.summary(),
            "classes": pixels | {name: int(self._pixels[label]) for name, label in _SPECIAL.items()},
            "artefacts": {},
        }

    def _begin(self, info: StreamInfo) -> None:
        counts_per_line = self._settings.check(info)
        decider = Decider.of(self._settings.recipe, info.classes)
        if self._info is not None:
            self._cut()
            self._dispatcher.offer(self._schedule.release(self._clock()))
        self._info = info
        self._segmenter = Segmenter(len(info.classes))
        self._names = dict(enumerate(c.name for c in info.classes)) | {label: name for name, label in _SPECIAL.items()}
        bank = ValveBank(self._settings.valves, info.samples, self._settings.margin_valves)
        self._schedule = Schedule(bank, decider.decide, self._settings.distance_counts, self._settings.max_lines)
        self._dispatcher.counts_per_line = counts_per_line
        self._dispatcher.model_crc = zlib.crc32(info.model.encode())

    def _line(self, line: LabelLine) -> None:
        if self._info is None:
            raise StreamError("a line came before the StreamInfo that describes it")
        stamp, now = line.stamp, self._clock()
        self._handled.append(stamp.t_ns)
        self._last_line_ns, self._calibrated = now, bool(line.calibration)
        self._tally(line)
        deadline = stamp.t_ns + int(self._settings.deadline_ms * 1e6)
        if now > deadline or Flag.NO_ENCODER in line.flags:
            self._counts["stale"] += 1
            self._trouble()
            return
        if stamp.seq != self._next_seq:
            self._cut()
        runs, closed = self._segmenter.push(stamp.seq, line.labels)
        self._schedule.push(stamp.seq, stamp.encoder, deadline - int(self._settings.send_ms * 1e6), deadline, runs)
        self._close(closed)
        self._next_seq = stamp.seq + 1

    def _tally(self, line: LabelLine) -> None:
        pixels = np.bincount(line.labels, minlength=256)
        self._pixels += pixels
        for label in np.flatnonzero(pixels):
            PIXELS.labels(self._names.get(int(label), "other")).inc(int(pixels[label]))

    def _gap(self, gap: Gap) -> None:
        if gap.reason is not Reason.REFERENCE and self._info is not None:
            self._trouble()

    def _trouble(self) -> None:
        self._last_trouble_ns = self._clock()
        self._cut()

    def _cut(self) -> None:
        stones = self._segmenter.cut()
        self._close(stones)
        self._counts["cut"] += sum(map(self._counted, stones))

    def _close(self, stones: list[Stone]) -> None:
        self._schedule.close(stones)
        for stone in filter(self._counted, stones):
            self._counts["stones"] += 1
            self._counts["ejected"] += bool(stone.decision)
            STONES.labels("seen").inc()
            STONES.labels("ejected" if stone.decision else "passed").inc()

    def _counted(self, stone: Stone) -> bool:
        return stone.pixels >= self._settings.recipe.min_pixels

    def _state(self) -> State:
        now = self._clock()
        if now - self._last_line_ns >= _SILENCE_NS:
            return State.REJECT_ALL if self._settings.fail_safe == "reject" else State.STOPPED
        state = State.RUN
        if self._calibrated:
            state |= State.CALIBRATED
        if now - self._last_trouble_ns < _DEGRADED_NS:
            state |= State.DEGRADED
        return state

    def _drain(self) -> None:
        """Rows still queued are sent or late when the deadline is over."""
        end = self._clock() + int(self._settings.deadline_ms * 1e6)
        self.idle()
        while self._dispatcher.busy and self._dispatcher.linked and self._clock() <= end:
            time.sleep(0.001)
            self.idle()
