"""The layout of a simulated camera's shared-memory file: the mirror of `producer/layout.h`; a test compares the two."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

MAGIC, VERSION, EVENTS, PIXELS_AT = b"SIMCAM1", 4, 1024, 64
NEXT = FOR_EVER = (1 << 64) - 1
ANY_VIEW = 3
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
    *("WhiteAvailable", "SensorBits", "RecordingEnded"),
)


def _page(size: int, fields: list[tuple[Any, ...]]) -> np.dtype[np.void]:
    used = np.dtype(fields).itemsize
    return np.dtype([*fields, ("reserved", f"V{size - used}")])


def _number(name: str) -> tuple[Any, ...]:
    kind = "<f8" if name in REALS else "<i8"
    return (name, kind, (4,)) if name == "ChunkEnable" else (name, kind)


HEAD = _page(
    4096,
    [
        *(("magic", "S8"), ("version", "<u4"), ("ring_slots", "<u4"), ("slot_bytes", "<u8"), ("file_bytes", "<u8")),
        *(("dark_offset", "<u8"), ("xml_offset", "<u8"), ("xml_bytes", "<u8")),
    ],
)
REGISTERS = _page(4096, [*((name, "S64") for name in TEXTS), *(_number(name) for name in NUMBERS)])
CONTROL = _page(
    2048,
    [
        *(("speed", "<f8"), ("counts_per_line", "<f8"), ("encoder_start", "<i8"), ("start_line", "<u8")),
        *(("loop", "<u4"), ("link", "<u4"), ("line0_pulses", "<u8"), ("ring_pushed", "<u8")),
        *(("ring_frames", "<u8"), ("patient", "<u8"), ("stepped", "<u8"), ("steps", "<u8")),
        *(("reboot_ns", "<i8"), ("events", "<u8"), ("id_bits", "<u8"), ("id_from_one", "<u8"), ("id_start", "<u8")),
        *(("settle_ns", "<i8"), ("exposure_step", "<f8")),
    ],
)
COUNTERS = ("starts", "produced", "delivered", "underruns", "dropped", "incomplete", "scene_line", "scene_ends")
STATE = _page(
    2048,
    [
        *(("doorbell", "<u4"), ("write_seq", "<u4"), ("acquiring", "<u4"), ("reserved_word", "<u4")),
        *((name, "<u8") for name in (*COUNTERS, "software_triggers", "ring_taken")),
        *(
            ("exposed", "<u8", (3,)),
            ("encoder", "<i8"),
            ("encoder_offset", "<i8"),
            ("link", "<i8"),
            ("link_until", "<i8"),
        ),
    ],
)
SOURCE = np.dtype(
    [
        *(("path", "S2016"), ("stamps", "S2016"), ("reserved", "V32")),
        *(("offset", "<u8"), ("lines", "<u8"), ("samples", "<u8"), ("x_start", "<u8")),
    ],
)
EVENT = _page(
    64,
    [
        *(("kind", "<u4"), ("view", "<u4"), ("line", "<u8"), ("n", "<u8"), ("amount", "<f8"), ("seed", "<u8")),
        *(("from", "<u8"), ("to", "<u8")),
    ],
)
OUTCOME = _page(
    64,
    [
        *(("done", "<u8"), ("lost", "<u8"), ("line", "<u8"), ("first_id", "<u8"), ("last_id", "<u8")),
        *(("t_ns", "<i8"), ("value", "<f8")),
    ],
)
FILE = np.dtype(
    [
        *(("head", HEAD), ("registers", REGISTERS), ("defaults", REGISTERS)),
        *(("control", CONTROL), ("state", STATE), ("sources", SOURCE, (3,))),
        *(("events", EVENT, (EVENTS,)), ("outcomes", OUTCOME, (EVENTS,))),
    ],
)
SLOT = np.dtype([("frame_id", "<u8"), ("t_ns", "<i8"), ("encoder", "<i8"), ("flags", "<u8"), ("size", "<u8")])


class Link(IntEnum):
    """SILENT: no frames, accesses time out. DOWN: no frames, accesses fail at once."""

    UP = 0
    SILENT = 1
    DOWN = 2


class FaultKind(IntEnum):
    """What can go wrong at a line, and what an event's amount is then."""

    DROP = 0
    """The frame does not come, its id is missing."""
    INCOMPLETE = 1
    """Half of the frame comes, and is said to be incomplete."""
    DUPLICATE_ID = 2
    """The frame has the id of the one before."""
    OUT_OF_ORDER = 3
    """The frame comes after the next one."""
    TIME_JUMP = 4
    """The time stamp is wrong by `amount` ns."""
    ID_RESET = 5
    """Ids begin again with 0."""
    JITTER = 6
    """The frame comes late, by up to `amount` us; its time stamp is right."""
    STALL = 7
    """For `amount` ms no frame comes. As many as fit into the camera's memory come after it, all at once; the others
    are lost, the latest first."""
    SHORT_PAYLOAD = 8
    """The payload is `amount` bytes too short, and not said to be incomplete."""
    ENCODER_SLIP = 9
    """The encoder jumps by `amount` counts, at each of the lines."""
    ENCODER_ROLLOVER = 10
    """The encoder's counter has `amount` bits, from the start, and comes to 0 at this line of a recording, if it has
    not slipped or turned back before; with a ring, wherever it does."""
    ENCODER_REVERSAL = 11
    """The belt runs backwards."""
    SATURATED_LINE = 12
    """The line is at full scale."""
    BLACK_LINE = 13
    """The line is zero."""
    LAMP_FAILURE = 14
    """The lamp gives the share `amount` of its light."""
    LAMP_FLICKER = 15
    """The lamp loses a share up to `amount` of its light, another one at each line."""
    LAMP_DRIFT = 16
    """The lamp's light goes evenly to the share `amount` over the lines."""
    STUCK_SHUTTER = 17
    """The shutter does not close: dark lines see the scene, or the white panel."""
    LIGHT_LEAK = 18
    """The share `amount` of the scene's light falls on dark lines."""
    DIRTY_WHITE = 19
    """The white panel lacks the share `amount` of its light, at some samples."""
    SILENCE = 20
    """Nothing comes and nothing answers, for `amount` ms; 0: for ever."""
    DISCONNECT = 21
    """The link is down, which the host is told, for `amount` ms; 0: for ever."""
    REGISTER_ERROR = 22
    """Accesses to registers fail, from the exposure of the line on."""
    EVENT_ERROR = 23
    """Waiting for a frame fails, from the exposure of the line on."""
    FAILED_START = 24
    """Starting the stream fails, from the exposure of the line on."""
    TILTED_WHITE = 25
    """The white panel's light goes evenly from 1 + `amount`/2 at the sensor's first sample to 1 - `amount`/2 at its
    last."""
    MOVING_WHITE = 26
    """The white panel's grain slides by, a sample a line: its light differs by up to `amount`."""
