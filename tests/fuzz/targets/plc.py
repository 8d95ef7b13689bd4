"""The register map of `oreline.plc`, each block as the big-endian words that Modbus carries."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from oreline import plc
from oreline.errors import PlcError
from tests.fuzz.target import Frames, Target

WORD = st.integers(0, 0xFFFF)
DOUBLE = st.integers(0, 2**32 - 1)
STATE = WORD.map(plc.State)
BATCHES = st.builds(
    plc.Batch,
    sequence=st.integers(1, 0xFFFF),
    encoder=DOUBLE,
    counts_per_line=WORD,
    bitmaps=st.lists(st.integers(0, 2**plc.MAX_VALVES - 1), min_size=1, max_size=plc.MAX_ROWS).map(tuple),
    state=STATE,
    heartbeat=WORD,
    model_crc=DOUBLE,
    version=st.integers(1, plc.MAP_VERSION),
    test=st.booleans(),
)


def _statuses(**of_map: st.SearchStrategy[int]) -> st.SearchStrategy[plc.Status]:
    both = dict.fromkeys(("heartbeat", "acknowledged", "late", "valve_faults", "inhibit"), WORD)
    return st.builds(plc.Status, encoder=DOUBLE, **both, **of_map)


STATUSES = _statuses(version=st.just(1)) | _statuses(faulty=st.integers(0, 2**plc.MAX_VALVES - 1))


def words(frames: Frames) -> list[int]:
    """Registers of the first frame; half a register at its end is none."""
    data = frames[0] if frames else b""
    return list(struct.unpack(f">{len(data) // 2}H", data[: len(data) & ~1]))


def frame(registers: list[int]) -> Frames:
    return (struct.pack(f">{len(registers)}H", *registers),)


def _block(valid: st.SearchStrategy[Any], encode: Callable, decode: Callable, share: int) -> Target:
    return Target(valid, lambda m: frame(encode(m)), lambda frames: decode(words(frames)), PlcError, share=share)


def batch(_folder: Path) -> Target:
    return _block(BATCHES, plc.encode, plc.decode, 10)


def pulse(_folder: Path) -> Target:
    return _block(st.tuples(STATE, WORD), lambda pulse: plc.encode_pulse(*pulse), plc.decode_pulse, 5)


def status(_folder: Path) -> Target:
    return _block(STATUSES, plc.encode_status, plc.decode_status, 5)
