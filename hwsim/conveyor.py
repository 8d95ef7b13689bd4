"""The far end of the line: a PLC on Modbus TCP that takes valve commands, and a judge of what they hit.

The PLC scans its registers as a real one does: each few milliseconds it looks at the heartbeat, takes a batch that is
committed, and writes its status. It enforces its safe state by itself and leaves it only when it is re-armed.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from oreline import plc
from oreline.config import Section
from oreline.errors import PlcError, RecordingError

ROW = np.dtype([("encoder", "<u4"), ("valves", "<u2", plc.MAX_VALVES // 16), ("sequence", "<u2"), ("t_ns", "<i8")])
"""A row that was taken: the count at which it fires, the valves (valve v is bit v % 16 of word v // 16), the batch
it came in, and CLOCK_MONOTONIC when it was taken."""


class Settings(Section):
    """`port`: 0 takes a free one. `rearm_s`: the operator re-arms after so long a time of good heartbeats; None: never.

    `commands`: file in the output folder for the rows that were taken.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    scan_ms: Annotated[float, Field(gt=0, le=1000)] = 5.0
    rearm_s: Annotated[float, Field(ge=0)] | None = 1.0
    commands: str = "commands.npz"


class Stop(Protocol):
    """An event of threading or multiprocessing."""

    def is_set(self) -> bool: ...


class VirtualPlc:
    """The PLC's program, without its network: `scan` is one cycle over the register image.

    `position`: encoder count of the belt; without it, no row can be late. `clock`: CLOCK_MONOTONIC in ns.
    """

    def __init__(
        self,
        rearm_s: float | None = 1.0,
        position: Callable[[], int] | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._rearm_ns = None if rearm_s is None else int(rearm_s * 1e9)
        self._position, self._clock = position, clock
        self._status = plc.Status()
        self.state = plc.State.STOPPED
        self.stopped = False
        self.heard: int | None = None
        self._heard_ns = self._good_since_ns = 0
        self._rows = bytearray()
        self.batches = self.refused = self.safe_states = 0

    @property
    def rows(self) -> NDArray[Any]:
        """The rows taken so far, of dtype ROW."""
        return np.frombuffer(bytes(self._rows), ROW)

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
        command = registers[: plc.size(plc.COMMAND)]
        pulse = plc.start(plc.PULSE)
        self._watch(*plc.decode_pulse(command[pulse : pulse + plc.size(plc.PULSE)]))
        if not self._status.inhibit and command[-1] and command[-1] != self._status.acknowledged:
            self._take(command)
        latch = self._position() if self._position else self._status.encoder
        self._set(encoder=latch % plc.ENCODER_MODULUS, heartbeat=(self._status.heartbeat + 1) & 0xFFFF)
        first = plc.start(plc.STATUS)
        registers[first : first + plc.size(plc.STATUS)] = plc.encode_status(self._status)

    def summary(self) -> dict[str, int]:
        return {
            "batches": self.batches,
            "rows": len(self.rows),
            "late": self._status.late,
            "refused": self.refused,
            "safe_states": self.safe_states,
        }

    def _watch(self, state: plc.State, heartbeat: int) -> None:
        """A heartbeat that stands still while the line runs is a dead line."""
        now, self.state = self._clock(), state
        if heartbeat != self.heard:
            if now - self._heard_ns > plc.HEARTBEAT_TIMEOUT_MS * 1_000_000:
                self._good_since_ns = now
            self.heard, self._heard_ns = heartbeat, now
            if self._rearm_ns is not None and not self.stopped and now - self._good_since_ns >= self._rearm_ns:
                self.rearm()
        elif plc.State.RUN in state and now - self._heard_ns > plc.HEARTBEAT_TIMEOUT_MS * 1_000_000:
            self.safe_states += not self._status.inhibit
            self._set(inhibit=1)

    def _take(self, command: list[int]) -> None:
        try:
            batch = plc.decode(command)
        except PlcError:
            self.refused += 1
            return
        self.batches += 1
        now = self._clock()
        for i, bitmap in enumerate(batch.bitmaps):
            if bitmap and not self._late(batch.fire_at(i)):
                valves = [bitmap >> 16 * word & 0xFFFF for word in range(plc.MAX_VALVES // 16)]
                self._rows += np.array((batch.fire_at(i), valves, batch.sequence, now), ROW).tobytes()
        self._set(acknowledged=batch.sequence, encoder=batch.fire_at(len(batch.bitmaps) - 1))

    def _late(self, encoder: int) -> bool:
        if self._position is None:
            return False
        behind = (encoder - self._position()) % plc.ENCODER_MODULUS > plc.ENCODER_MODULUS // 2
        self._set(late=(self._status.late + behind) & 0xFFFF)
        return behind

    def _set(self, **changes: int) -> None:
        values = {field.name: getattr(self._status, field.name) for field in plc.STATUS}
        self._status = plc.Status(**(values | changes))


def serve(settings: Settings, output: Path, ready: Callable[[int], None], stop: Stop) -> dict[str, int]:
    """Run the PLC until `stop` is set; `ready` gets the port. Writes the rows taken to `settings.commands`.

    Returns the counts: batches, rows, late, refused, safe_states. Raises PlcError where the port is taken.
    """
    program = VirtualPlc(settings.rearm_s)
    asyncio.run(run(program, settings, ready, stop))
    output.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(output / settings.commands, rows=program.rows)
    return program.summary()


async def run(program: VirtualPlc, settings: Settings, ready: Callable[[int], None], stop: Stop) -> None:
    """Put a program on the network."""
    image: list[list[int]] = []

    async def on_access(
        _function: int, _start: int, _address: int, _count: int, registers: list[int], _values: Any
    ) -> ExcCodes | None:
        if not image:
            image.append(registers)
            program.scan(registers)
        return None

    device = SimDevice(id=0, simdata=_registers(), action=on_access)
    server = ModbusTcpServer(device, address=(settings.host, settings.port))
    try:
        await server.serve_forever(background=True)
    except RuntimeError as error:
        raise PlcError(f"cannot listen at {settings.host}:{settings.port}: choose a free port, or 0") from error
    ready(cast(asyncio.Server, server.transport).sockets[0].getsockname()[1])
    while not stop.is_set():
        await asyncio.sleep(settings.scan_ms / 1e3)
        if image:
            program.scan(image[0])
    await server.shutdown()  # type: ignore[no-untyped-call]


def _registers() -> list[SimData]:
    return [
        SimData(plc.start(plc.COMMAND), values=[0] * plc.size(plc.COMMAND), datatype=DataType.REGISTERS),
        SimData(plc.start(plc.STATUS), values=[0] * plc.size(plc.STATUS), datatype=DataType.REGISTERS, readonly=True),
    ]


@dataclass(frozen=True, slots=True)
class TrueStone:
    """A stone as it was put on the belt; lines and samples as in the recording. `species`: fraction of each mineral."""

    id: int
    species: dict[str, float]
    first_line: int
    last_line: int
    first_sample: int
    last_sample: int
    centre_line: float
    centre_sample: float
    pixels: int


@dataclass(frozen=True, slots=True)
class Truth:
    """All stones of a scene, and the encoder: count at line 0 and counts from line to line."""

    stones: tuple[TrueStone, ...]
    counts_per_line: float
    encoder_start: int


def load_truth(path: Path) -> Truth:
    """Read `<recording>_truth.json`. Raises RecordingError."""
    try:
        said = json.loads(path.read_text())
        names = TrueStone.__dataclass_fields__
        stones = tuple(TrueStone(**{name: stone[name] for name in names}) for stone in said["stones"])
        return Truth(stones, float(said["counts_per_line"]), int(said["encoder_start"]))
    except OSError as error:
        raise RecordingError(f"cannot read the truth {path}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise RecordingError(f"{path} is not the truth of a scene: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Aim:
    """What should be ejected (as in the recipe), and where the valves are (as in the conveyor's settings)."""

    ore: frozenset[str]
    min_fraction: float
    min_pixels: int
    distance_counts: int
    valves: int
    samples: int

    def wants(self, stone: TrueStone) -> bool:
        ore = sum(fraction for name, fraction in stone.species.items() if name in self.ore)
        return stone.pixels >= self.min_pixels and ore >= self.min_fraction


def judge(rows: NDArray[Any], truth: Truth, aim: Aim, lines: range | None = None) -> dict[str, int]:
    """What the rows (dtype ROW) did to the stones; of those that lie wholly in `lines`, where it is given.

    A stone is hit where the valve at its centre is open for at least half of its lines. "ejected": wanted and hit;
    "missed": wanted and not hit; "wrong": hit and not wanted; "passed": neither.
    """
    judged = [s for s in truth.stones if lines is None or (lines.start <= s.first_line and s.last_line < lines.stop)]
    opened = _opened(rows, truth, aim, max((stone.last_line for stone in judged), default=-1) + 1)
    verdict = {"true": len(judged), "ejected": 0, "missed": 0, "wrong": 0, "passed": 0}
    names = {(True, True): "ejected", (True, False): "missed", (False, True): "wrong", (False, False): "passed"}
    for stone in judged:
        valve = min(int(stone.centre_sample), aim.samples - 1) * aim.valves // aim.samples
        hit = bool(opened[stone.first_line : stone.last_line + 1, valve].mean() >= 0.5)
        verdict[names[aim.wants(stone), hit]] += 1
    return verdict


def _opened(rows: NDArray[Any], truth: Truth, aim: Aim, lines: int) -> NDArray[np.bool_]:
    """Whether a valve was open when a line passed it, (lines, 128)."""
    opened = np.zeros((lines, plc.MAX_VALVES), np.bool_)
    ahead = rows["encoder"].astype(np.int64) - truth.encoder_start - aim.distance_counts
    half = plc.ENCODER_MODULUS // 2
    ahead = (ahead + half) % plc.ENCODER_MODULUS - half
    line = np.rint(ahead / truth.counts_per_line).astype(np.int64)
    valves = np.unpackbits(rows["valves"].astype("<u2").view(np.uint8), axis=1, bitorder="little").astype(np.bool_)
    inside = (line >= 0) & (line < lines)
    np.logical_or.at(opened, line[inside], valves[inside])
    return opened
