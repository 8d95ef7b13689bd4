"""Runs of a line over nights, clock steps and gaps: the same messages to the log, and to the minutes of a station."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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
    Decision,
    EndOfStream,
    Gap,
    LabelLine,
    Message,
    Reason,
    Stamp,
    StoneRecord,
    StreamInfo,
)
from oreline.moment import Moment
from oreline.sink import STONES
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


def stone_of(info: StreamInfo, seq: int, line: int, t_ns: int, rng: np.random.Generator) -> StoneRecord:
    """Some stone that ends in a line."""
    counts = rng.integers(0, 50, len(info.classes) + 1).astype(np.uint32)
    decision = Decision(int(rng.integers(0, 4)))
    product = int(rng.integers(1, 3)) if decision is Decision.EJECTED else 0
    stamp = Stamp(info.run, info.epoch, seq, line, t_ns, 10 * line)
    return StoneRecord(
        stamp=stamp, first_line=max(0, line - 2), last_line=line, first_sample=1, stop_sample=9,
        pixels=int(counts.sum()), decision=decision, why="", measure=0.5, valves=1, product=product,
        recipe=f"cu v{1 + line // 300}", model=info.model, reference_id="fedcba9876543210", cut=False, clump=False,
        counts=counts, outline=np.zeros((0, 3), np.int32),
    )  # fmt: skip


def with_stones(messages: Iterable[Message]) -> list[Message]:
    """The same, and a stone at every third line, numbered in each run."""
    found, numbers, rng = list[Message](), Counter[bytes](), np.random.default_rng(2)
    info: StreamInfo | None = None
    for one in messages:
        found.append(one)
        info = one if isinstance(one, StreamInfo) else info
        if isinstance(one, LabelLine) and info is not None and one.stamp.seq % 3 == 0:
            found.append(stone_of(info, numbers[info.run], one.stamp.seq, one.stamp.t_ns, rng))
            numbers[info.run] += 1
    return found


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


def to_log(output: Path, messages: Sequence[Message]) -> None:
    log = Log.open(LogSettings(), output)
    log.consume([one for one in messages if not isinstance(one, StoneRecord)])
    log.commit()
    log.companion(STONES).consume([one for one in messages if isinstance(one, StoneRecord | StreamInfo | EndOfStream)])
    log.companion(STONES).commit()
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
        if isinstance(one, StoneRecord):
            assert info is not None
            names = [each.name for each in info.classes]
            minutes.take_stone(one, names, info.pitch_mm, Moment(0, 0, one.stamp.t_ns, BOOT))
        elif isinstance(one, StreamInfo):
            info = one
            minutes.take_info(one)
        elif isinstance(one, Gap):
            minutes.take_gap(one)
        else:
            minutes.take_end(Moment(0, 0, 0, BOOT))
    flush()
