"""`sinks.conveyor.plc.modbus.ModbusLink`: whatever answers at the PLC's address, when its status is read."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

from oreline import plc
from oreline.errors import PlcError
from sinks.conveyor.plc.modbus import ModbusLink
from tests.fuzz.target import Frames, Target
from tests.fuzz.targets.plc import STATUSES

DEVICE = 1
READ = 3
_HEAD = struct.Struct(">HHHBBB")


def _encode(status: plc.Status) -> Frames:
    """The answer to the first request of a connection."""
    registers = plc.encode_status(status)
    data = struct.pack(f">{len(registers)}H", *registers)
    return (_HEAD.pack(1, 0, 3 + len(data), DEVICE, READ, len(data)) + data,)


def _decode(frames: Frames) -> plc.Status:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"".join(frames)[:4096])
        theirs.shutdown(socket.SHUT_WR)
        link = ModbusLink("nowhere", 0, DEVICE, timeout_ms=1000)
        link._client.socket = ours  # the answer is there before the question, so nobody waits
        try:
            return link.status()
        except PlcError:
            assert not link.is_open, "a connection that failed was kept"
            raise


def target(_folder: Path) -> Target:
    return Target(STATUSES, _encode, _decode, PlcError, share=1)
