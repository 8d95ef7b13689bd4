"""The layout of a simulated camera's shared-memory file: the mirror of `producer/layout.h`; a test compares the two."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

MAGIC, VERSION, FAULTS, PIXELS_AT = b"SIMCAM1", 1, 16, 64
MONO12, MONO16 = 0x01100005, 0x01100007
LOCK_SIMULATOR = 1
FRAME_INCOMPLETE = 1
TEXTS = ("DeviceVendorName", "DeviceModelName", "DeviceSerialNumber", "DeviceUserID")
REALS = frozenset({"ExposureTime", "AcquisitionFrameRate", "Gain", "DeviceTemperature"})
NUMBERS = (
    *("SensorWidth", "SensorHeight", "Width", "Height", "OffsetX", "PixelFormat", "PayloadSize", "ExposureTime"),
    *("AcquisitionFrameRate", "Gain", "DeviceTemperature", "AcquisitionMode", "AcquisitionStart"),
    *("AcquisitionStop", "TriggerMode", "TriggerSource", "TriggerSoftware", "Shutter", "TargetSelector"),
    *("ChunkModeActive", "ChunkSelector", "ChunkEnable", "TLParamsLocked", "DeviceReset", "DarkAvailable"),
    *("WhiteAvailable", "SensorBits"),
)


def _page(size: int, fields: list[tuple[Any, ...]]) -> np.dtype[np.void]:
    used = np.dtype(fields).itemsize
    return np.dtype([*fields, ("reserved", f"V{size - used}")])


def _number(name: str) -> tuple[Any, ...]:
    kind = "<f8" if name in REALS else "<i8"
    return (name, kind, (4,)) if name == "ChunkEnable" else (name, kind)


HEAD = _page(
    4096,
    [("magic", "S8"), ("version", "<u4"), ("ring_slots", "<u4"), ("slot_bytes", "<u8"), ("file_bytes", "<u8")],
)
REGISTERS = _page(4096, [*((name, "S64") for name in TEXTS), *(_number(name) for name in NUMBERS)])
CONTROL = _page(
    2048,
    [
        *(("speed", "<f8"), ("counts_per_line", "<f8"), ("encoder_start", "<i8"), ("start_line", "<u8")),
        *(("loop", "<u4"), ("link", "<u4"), ("line0_pulses", "<u8"), ("ring_pushed", "<u8")),
        *(("ring_frames", "<u8"), ("patient", "<u8"), ("faults", "<u8", (FAULTS,))),
    ],
)
COUNTERS = ("starts", "produced", "delivered", "underruns", "dropped", "incomplete", "scene_line", "scene_ends")
STATE = _page(
    2048,
    [
        *(("doorbell", "<u4"), ("write_seq", "<u4"), ("acquiring", "<u4"), ("reserved_word", "<u4")),
        *((name, "<u8") for name in (*COUNTERS, "line0_taken", "ring_taken")),
        ("faults_done", "<u8", (FAULTS,)),
    ],
)
SOURCE = np.dtype(
    [("path", "S4064"), ("offset", "<u8"), ("lines", "<u8"), ("samples", "<u8"), ("x_start", "<u8")],
)
FILE = np.dtype(
    [
        *(("head", HEAD), ("registers", REGISTERS), ("defaults", REGISTERS)),
        *(("control", CONTROL), ("state", STATE), ("sources", SOURCE, (3,))),
    ],
)
SLOT = np.dtype([("frame_id", "<u8"), ("t_ns", "<i8"), ("encoder", "<i8"), ("flags", "<u8"), ("size", "<u8")])


class Link(IntEnum):
    """SILENT: no frames, accesses time out. DOWN: no frames, accesses fail at once."""

    UP = 0
    SILENT = 1
    DOWN = 2


class Fault(IntEnum):
    """What can be made to happen a number of times.

    DROP: a frame does not come, its id is missing. INCOMPLETE: half a frame comes. DUPLICATE: a frame has the id of the
    one before. REGISTER: an access to a register fails. EVENT: waiting for a frame fails. START: starting the stream
    fails.
    """

    DROP = 0
    INCOMPLETE = 1
    DUPLICATE = 2
    REGISTER = 3
    EVENT = 4
    START = 5
