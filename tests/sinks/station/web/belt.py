"""A station with a belt of made-up stones, as fast as a test gives it lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline import palette
from oreline.config import Config
from oreline.incidents import Incident, Severity
from oreline.messages import BACKGROUND, UNKNOWN, ClassInfo, Decision, Flag, LabelLine, Stamp, StoneRecord, StreamInfo
from oreline.moment import now
from oreline.testing import stream_info
from sinks.station import Station
from sinks.station.settings import StationSettings

NAMES = ("muscovite", "illite", "alunite", "epidote", "galena", "quartz", "kaolinite", "microcline")
CLASSES = tuple(ClassInfo(name, palette.colour_of(name, (0, 0, 0))) for name in NAMES)
BLOCK = 22
"""Lines that are given at a time: 30 times a second at 670 lines/s."""


def info_of(samples: int, line_rate_hz: float = 450.0) -> StreamInfo:
    return stream_info(
        samples=samples, classes=CLASSES, model="4f2a9c0d1b7e6a35", pitch_mm=1.5, line_rate_hz=line_rate_hz,
        counts_per_line=8.0, camera="swir288", serial="SIM0001", layers=(),
    )  # fmt: skip


class Belt:
    """Lines with stones on them, the same for the same seed; each stone is told when its last line has been made."""

    def __init__(self, info: StreamInfo, seed: int = 1) -> None:
        self.info, self.seq = info, 0
        self._random = np.random.default_rng(seed)
        self._open: list[tuple[int, NDArray[np.uint8], int]] = []
        self._told = 0

    def lines(self, n: int) -> tuple[list[LabelLine], list[StoneRecord]]:
        """The next lines, and the stones that end on them."""
        made = [self._line() for _ in range(n)]
        return [line for line, _ in made], [stone for _, stones in made for stone in stones]

    def _line(self) -> tuple[LabelLine, list[StoneRecord]]:
        samples, random = self.info.samples, self._random
        if random.random() < samples / 4500:
            size = int(random.integers(14, 44))
            left = int(random.integers(0, max(1, samples - size)))
            if all(left + size < at or left > at + box.shape[1] for _, box, at in self._open):
                self._open.append((self.seq, self._box(size), left))
        labels = np.full(samples, BACKGROUND, np.uint8)
        for first, box, left in self._open:
            labels[left : left + box.shape[1]] = box[self.seq - first]
        stamp = Stamp(self.info.run, 1, self.seq, self.seq, time.monotonic_ns(), self.seq * 8)
        confidence = np.full(samples, 255, np.uint8)
        line = LabelLine(stamp, Flag.NONE, self.info.model, "c0ffee5eed123456", labels, confidence)
        ended = [one for one in self._open if self.seq - one[0] == len(one[1]) - 1]
        self._open = [one for one in self._open if self.seq - one[0] < len(one[1]) - 1]
        self.seq += 1
        return line, [self._stone(stamp, *one) for one in ended]

    def _box(self, size: int) -> NDArray[np.uint8]:
        """A stone's labels: an ellipse of a class, with a vein of another and some that are not known."""
        random, axis = self._random, np.linspace(-1, 1, size)
        own, other = random.choice(len(CLASSES), 2, p=(0.2, 0.16, 0.22, 0.16, 0.08, 0.08, 0.06, 0.04))
        tilt, vein = random.uniform(-0.4, 0.4), random.uniform(-0.6, 0.6)
        x, y = axis[:, None], axis[None, :]
        box = np.where(np.abs(x * 0.8 + y * 0.6 - vein) < 0.14, other, own).astype(np.uint8)
        box[random.random(box.shape) < 0.05] = UNKNOWN
        box[x**2 + y**2 + tilt * x * y > 0.92] = BACKGROUND
        return box[(box != BACKGROUND).any(axis=1)]

    def _stone(self, stamp: Stamp, first: int, box: NDArray[np.uint8], left: int) -> StoneRecord:
        rock = box != BACKGROUND
        counts = np.bincount(box[rock], minlength=256)
        told = np.append(counts[: len(CLASSES)], counts[UNKNOWN]).astype(np.uint32)
        ore = float(told[:2].sum() / max(1, told.sum()))
        decision = Decision.EJECTED if ore >= 0.5 else Decision.PASSED
        rows = [(i, left + np.flatnonzero(row)[0], left + np.flatnonzero(row)[-1] + 1) for i, row in enumerate(rock)]
        step = self.info.samples / 64
        opened = range(int(left / step), int((left + box.shape[1]) / step) + 1) if decision is Decision.EJECTED else ()
        self._told += 1
        return StoneRecord(
            replace(stamp, seq=self._told - 1, encoder=first * 8), first, self.seq, left, left + box.shape[1],
            int(told.sum()), decision, "enough ore" if ore >= 0.5 else "too little ore", ore,
            sum(1 << valve for valve in opened if valve < 64), 0, "white mica v3", self.info.model, "c0ffee5eed123456",
            False, False, told, np.array(rows, np.int32),
        )  # fmt: skip


@contextmanager
def station(
    tmp_path: Path, accounts: Path | None = None, tables: dict[str, Any] | None = None, **web: Any
) -> Iterator[Station]:
    """A station whose page has a port of its own. `tables`: more of its line's file."""
    settings = StationSettings.model_validate({"accounts": accounts, "web": {"port": 0, **web}})
    station = Station.open(settings, tmp_path)
    line = {"output": str(tmp_path), "state": str(tmp_path / "state"), "name": "demo"}
    sinks = {"conveyor": {"recipe": {"ore": ["white mica"]}}, "station": {}}
    station.join(Config({"line": line, "sinks": sinks, **(tables or {})}))
    try:
        yield station
    finally:
        station.close()


Told = Callable[[list[LabelLine]], object]


@contextmanager
def moving(station: Station, belt: Belt, lines_per_s: float = 670.0, told: Told = bool) -> Iterator[None]:
    """The belt, running past until the test is done. `told`: hears of its lines just before the station."""
    stop = Event()
    station.consume([belt.info])
    taker = station.companion("stones")
    taker.consume([belt.info])

    def run() -> None:
        begin, given = time.monotonic(), belt.seq
        while not stop.wait(0.005):
            due = given + int((time.monotonic() - begin) * lines_per_s)
            if due - belt.seq >= BLOCK:
                lines, stones = belt.lines(due - belt.seq)
                told(lines)
                station.consume(list(lines))
                taker.consume(list(stones))
            station.idle()

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


def happens(station: Station, kind: str, number: int, words: str = "", stage: str = "acquisition") -> None:
    """Something happens on the line that a rule of the alarms is about."""
    at = now()
    station._tell(
        station.hub.take_incident,
        Incident(
            at.text,
            Severity.ALARM,
            stage,
            stage,
            kind,
            1,
            None,
            None,
            words or kind,
            at.t_ns,
            at.boot.hex(),
            "l",
            number,
        ),
    )
