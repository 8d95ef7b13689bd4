"""The PLC on its network: Modbus TCP by the register map of `oreline.plc`."""

from __future__ import annotations

import asyncio
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, cast

import numpy as np
from pydantic import Field
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from hwsim.camera.shared_file import cameras
from hwsim.plant.belt import CameraBelt
from hwsim.plant.ejector import Ejector
from hwsim.plant.program import Route, ValveFault, VirtualPlc
from oreline import plc
from oreline.config import Section
from oreline.errors import SystemRefused
from oreline.facts import refuse_other
from oreline.files import try_to_write

# What it logs is a lost connection, with all bytes that came before it; the line says so already.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)


class Settings(Section):
    """[plant]: a PLC, the belt that it stands at, and its valves."""

    host: str = "127.0.0.1"
    """Address at which the PLC listens."""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """TCP port of its Modbus server; 0 takes a free one."""
    scan_ms: Annotated[float, Field(gt=0, le=50)] = 5.0
    """Cycle in which the PLC looks at its registers."""
    rearm_s: Annotated[float, Field(ge=0)] | None = 1.0
    """The operator re-arms after so long a time of good heartbeats; left out of a JSON file as null: never."""
    default_route: Literal["reject", "accept"] = "reject"
    """Route of all stones while the PLC is in its safe state."""
    camera: str | None = None
    """Serial number of the simulated camera that looks at the belt; needed where there are several."""
    commands: str = "commands.npz"
    """File in the output folder for the rows that were taken, the changes of route and of the feeder."""
    ejector: Ejector = Ejector()
    """Nozzles and their jets."""
    faults: tuple[ValveFault, ...] = ()
    """Valves that are broken."""
    register_map: Annotated[int, Field(ge=1, le=plc.MAP_VERSION)] = plc.MAP_VERSION
    """Version of the register map that the PLC speaks."""


class Stop(Protocol):
    """An event of threading or multiprocessing."""

    def is_set(self) -> bool: ...


def serve(settings: Settings, output: Path, ready: Callable[[int], None], stop: Stop) -> dict[str, int]:
    """Run the PLC until `stop` is set; `ready` gets the port. Writes `settings.commands`: the arrays `rows` (of dtype
    ROW), `changes` (of dtype CHANGE), `lates` (int64, CLOCK_MONOTONIC in ns of the rows that came too late), `feeds`
    (of dtype FEED) and `tested` (of dtype TESTED).

    Returns the counts: batches, rows, late, refused, dropped, safe_states, valve_faults, tested. Raises SystemRefused
    where the port is taken.
    """
    refuse_other(output / settings.commands, _is_commands)
    try_to_write(output / settings.commands)
    belt = CameraBelt(cameras(), settings.camera)
    program = VirtualPlc(
        settings.rearm_s,
        belt.position,
        scan_ms=settings.scan_ms,
        default=Route[settings.default_route.upper()],
        faults=settings.faults,
        version=settings.register_map,
    )
    asyncio.run(run(program, settings, ready, stop))
    output.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        output / settings.commands,
        rows=program.rows,
        changes=program.changes,
        lates=program.lates,
        feeds=program.feeds,
        tested=program.tested,
    )
    return program.summary()


def _is_commands(path: Path) -> bool:
    """True of a file that `serve` has made."""
    try:
        with np.load(path, allow_pickle=False) as saved:
            return {"rows", "changes"} <= set(saved)
    except (OSError, ValueError, TypeError, zipfile.BadZipFile):
        return False


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

    device = SimDevice(id=0, simdata=_registers(program.version), action=on_access)
    server = ModbusTcpServer(device, address=(settings.host, settings.port))
    try:
        await server.serve_forever(background=True)
    except RuntimeError as error:
        raise SystemRefused(
            f"cannot listen at {settings.host}:{settings.port}: choose a free port, or 0, and an address of this host"
        ) from error
    ready(cast(asyncio.Server, server.transport).sockets[0].getsockname()[1])
    while not stop.is_set():
        await asyncio.sleep(settings.scan_ms / 1e3)
        if image:
            program.scan(image[0])
    await server.shutdown()  # type: ignore[no-untyped-call]


def _registers(version: int) -> list[SimData]:
    status = plc.STATUS_1 if version == 1 else plc.STATUS
    return [
        SimData(plc.start(plc.COMMAND), values=[0] * plc.size(plc.COMMAND), datatype=DataType.REGISTERS),
        SimData(plc.start(status), values=[0] * plc.size(status), datatype=DataType.REGISTERS, readonly=True),
    ]
