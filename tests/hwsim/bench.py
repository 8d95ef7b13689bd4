"""A PLC on the bench, and a belt with stones laid by hand; for the tests of the plant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwsim.plant import CHANGE, ROW, Route, ValveFault, VirtualPlc
from hwsim.plant.belt import Motion
from hwsim.plant.ejector import Ejector
from hwsim.plant.judge import Aim, Bar, Feed
from hwsim.plant.stones import TrueStone
from oreline import plc
from oreline.plc import Batch, State

MS = 1_000_000
LINE_RATE, COUNTS, PIXEL_MM, SAMPLES, VALVES = 1000.0, 10.0, 3.0, 128, 32
"""3 m/s under square pixels of 3 mm; nozzles every 12 mm."""
AIM = Aim(frozenset({"calcite"}), 0.5, 4)
AT = 2000
"""Where the sorter takes the nozzles to be, in counts."""
EXACT = Ejector(speed_spread=0.0)


class Bench:
    """A PLC whose clock and belt stand still unless they are moved."""

    def __init__(self, rearm_s: float | None = 1.0, faults: Sequence[ValveFault] = (), **options: Any) -> None:
        self.now, self.position = 10**12, 0
        self.program = VirtualPlc(rearm_s, lambda: self.position, lambda: self.now, faults=faults, **options)
        self.registers = [0] * (plc.start(plc.STATUS) + plc.size(plc.STATUS))
        self.heartbeat = 0

    @property
    def status(self) -> plc.Status:
        return plc.decode_status(self.registers[200:])

    @property
    def routes(self) -> list[Route]:
        return [Route(route) for route in self.program.changes["route"][:-1]]

    def write(self, batch: Batch) -> None:
        self.registers[:115] = plc.encode(batch)
        self.program.scan(self.registers)

    def beat(self, after_ms: float = 30, state: State = State.RUN) -> None:
        self.heartbeat += 1
        self.registers[6:8] = plc.encode_pulse(state, self.heartbeat)
        self.silence(after_ms)

    def silence(self, ms: float) -> None:
        self.now += round(ms * MS)
        self.program.scan(self.registers)


class Laid(NamedTuple):
    """A rectangle of stone: first line and sample, size in lines and samples."""

    line: int
    sample: int
    lines: int
    samples: int
    mineral: str = "calcite"


def feed_of(laid: Iterable[Laid], lines: int = 400, samples: int = SAMPLES) -> Feed:
    """These stones on a belt at 3 m/s, ids from 1 in their order."""
    ids = np.zeros((lines, samples), np.int32)
    stones = []
    for i, one in enumerate(laid, 1):
        ids[one.line : one.line + one.lines, one.sample : one.sample + one.samples] = i
        stones.append(_stone(i, one))
    counts = COUNTS * np.arange(lines)
    return Feed(stones, ids, counts, Motion(counts, LINE_RATE), PIXEL_MM, PIXEL_MM / COUNTS)


def _stone(number: int, one: Laid) -> TrueStone:
    last_line, last_sample = one.line + one.lines - 1, one.sample + one.samples - 1
    centre = (one.line + last_line) / 2, (one.sample + last_sample) / 2
    box = (one.line, last_line, one.sample, last_sample)
    return TrueStone(number, {one.mineral: 1.0}, *box, *centre, one.lines * one.samples)


def bar(ejector: Ejector = EXACT, faults: Sequence[ValveFault] = (), valves: int = VALVES) -> Bar:
    """Nozzles that were commissioned as the ejector's settings say."""
    return Bar(ejector, valves, ejector.bar(AT, COUNTS, COUNTS * LINE_RATE), faults)


def shots(*where: tuple[range, range]) -> NDArray[Any]:
    """Rows that fire at lines of the belt, with valves; as the sorter would."""
    rows = [
        (AT + round(COUNTS) * line, round(COUNTS), _words(sum(1 << valve for valve in valves)), 1, 0)
        for lines, valves in where
        for line in lines
    ]
    return np.array(rows, ROW)


def shots_at(*laid: Laid) -> NDArray[Any]:
    """Rows over these stones, and over nothing else."""
    pitch = SAMPLES // VALVES
    return shots(
        *(
            (range(one.line, one.line + one.lines), range(one.sample // pitch, -(-(one.sample + one.samples) // pitch)))
            for one in laid
        )
    )


def _words(bitmap: int) -> list[int]:
    return [bitmap >> 16 * word & 0xFFFF for word in range(plc.MAX_VALVES // 16)]


def routes(*changes: tuple[int, Route]) -> NDArray[Any]:
    """Changes of route, each at a count of the belt."""
    return np.array([(count * MS, count, route, 0) for count, route in changes], CHANGE)


ALWAYS_SORT = routes((0, Route.SORT))
