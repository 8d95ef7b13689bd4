"""Runs of a line over nights, clock steps and gaps: the same messages to the log, and to the minutes of a station."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from oreline.answers import answer_of
from oreline.messages import (
    BACKGROUND,
    INVALID,
    UNKNOWN,
    EndOfStream,
    Gap,
    LabelLine,
    Message,
    Reason,
    StreamInfo,
)
from oreline.moment import Moment
from oreline.testing import OTHER_RUN, RUN, label_line, stream_info
from sinks.log import Log
from sinks.log.sink import LogSettings
from sinks.station.lines import block_of
from sinks.station.shifts.calendar import Calendar, S
from sinks.station.shifts.minutes import Minutes
from sinks.station.shifts.settings import ShiftsSettings

ZONE = "Europe/Berlin"
BOOT = b"b" * 16
CODES = np.array([0, 1, 2, UNKNOWN, BACKGROUND, INVALID], np.uint8)


def plant() -> Calendar:
    return Calendar(ShiftsSettings(zone=ZONE))


def wall(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp()) * S


def described(wall_ns: int, t_ns: int, seq: int = 0, run: bytes = RUN, epoch: int = 1) -> StreamInfo:
    return replace(stream_info(run=run), epoch=epoch, seq=seq, clock=Moment(wall_ns, 3600, t_ns, BOOT))


@dataclass
class Belt:
    """Belt of one run: lines that come one after the other. `t_ns`: CLOCK_MONOTONIC of the next."""

    info: StreamInfo
    seq: int = 0
    t_ns: int = 0
    step_ns: int = S // 2

    def __post_init__(self) -> None:
        self.t_ns = self.info.clock.t_ns
        self._rng = np.random.default_rng(1)

    def lines(self, n: int) -> Iterator[LabelLine]:
        for _ in range(n):
            yield label_line(self.seq, self.info, self._rng.choice(CODES, self.info.samples), t_ns=self.t_ns)
            self.seq, self.t_ns = self.seq + 1, self.t_ns + self.step_ns

    def gap(self, n: int, reason: Reason, lasts_ns: int) -> Gap:
        gap = Gap(self.info.run, self.info.epoch, self.seq, n, reason)
        self.seq, self.t_ns = self.seq + n, self.t_ns + lasts_ns
        return gap

    def stepped(self, by_ns: int) -> StreamInfo:
        """The stream is described anew, after somebody has set the wall's clock."""
        clock = self.info.clock
        now = Moment(clock.wall_ns + self.t_ns - clock.t_ns + by_ns, 3600, self.t_ns, BOOT)
        self.info = replace(self.info, seq=self.seq, epoch=self.info.epoch + 1, clock=now)
        return self.info

    def end(self) -> EndOfStream:
        return EndOfStream(self.info.run, self.info.epoch, self.seq, 0, 0, 0)


def nights() -> list[Message]:
    """Two runs: over a midnight in which clocks change, with steps of the clock to and fro, references and losses; and
    the next evening, without an end."""
    one = Belt(described(wall("2026-03-28T18:58"), 5 * S))
    messages: list[Message] = [one.info, one.gap(20, Reason.REFERENCE, 20 * S), *one.lines(300)]
    messages += [one.gap(7, Reason.DROPPED, 4 * S), *one.lines(100)]
    messages += [one.stepped(5 * 3600 * S), *one.lines(250)]
    messages += [one.gap(3, Reason.RESTART, 40 * S), one.gap(2, Reason.DAMAGED, S), *one.lines(50)]
    messages += [one.stepped(-3600 * S - 17), *one.lines(260), one.stepped(9 * 3600 * S), *one.lines(120)]
    messages += [one.gap(5, Reason.RING_FULL, S), one.end()]
    two = Belt(described(wall("2026-03-29T18:59:30"), one.t_ns + 500 * S, run=OTHER_RUN))
    return [*messages, two.info, *two.lines(200)]


def to_log(output: Path, messages: Iterable[Message]) -> None:
    log = Log.open(LogSettings(), output)
    log.consume(list(messages))
    log.commit()
    log.close()


def to_minutes(minutes: Minutes, messages: Iterable[Message], most: int = 37) -> None:
    """As a station gets them: lines in blocks, each handed over before what comes after it."""
    waiting: list[LabelLine] = []
    info: StreamInfo | None = None

    def flush() -> None:
        if waiting and info is not None:
            at = Moment(0, 0, waiting[-1].stamp.t_ns, BOOT)
            answer = answer_of("labels", info.classes, info.layers)
            minutes.take_block(block_of(waiting, answer, at.t_ns), answer, at)
            waiting.clear()

    for one in messages:
        if isinstance(one, LabelLine):
            waiting.append(one)
            if len(waiting) == most:
                flush()
            continue
        flush()
        if isinstance(one, StreamInfo):
            info = one
            minutes.take_info(one)
        elif isinstance(one, Gap):
            minutes.take_gap(one)
        else:
            minutes.take_end(Moment(0, 0, 0, BOOT))
    flush()
