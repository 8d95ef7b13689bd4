from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oreline import plc
from oreline.errors import PlcError
from oreline.plc import Batch, State, Status

BATCH = Batch(7, 0x12345678, 10, (1, 1 << 127, 0), State.RUN | State.CALIBRATED, 99, 0xCAFEBABE)


@given(st.lists(st.integers(0, 0x10000), min_size=7, max_size=16))
def test_registers_that_no_bus_carries_are_refused(registers: list[int]) -> None:
    with suppress(PlcError):
        said = plc.encode_status(plc.decode_status(registers))
        assert said == registers[: len(said)]


def test_the_map_is_the_documented_one() -> None:
    registers = plc.encode(BATCH)
    assert len(registers) == 115
    assert registers[:10] == [2, 7, 0x1234, 0x5678, 3, 10, 3, 99, 0xCAFE, 0xBABE]
    assert registers[10:18] == [1, 0, 0, 0, 0, 0, 0, 0]
    assert registers[18:26] == [0, 0, 0, 0, 0, 0, 0, 0x8000]
    assert registers[114] == 7
    assert {field.name: field.address for field in plc.STATUS}["acknowledged"] == 203


@pytest.mark.parametrize("block", [plc.COMMAND, plc.STATUS, plc.STATUS_1, plc.PULSE])
def test_a_block_has_no_holes_and_fits_one_request(block: tuple[plc.Field, ...]) -> None:
    assert all(a.address + a.words == b.address for a, b in pairwise(block))
    assert plc.size(block) <= 123


def test_a_batch_that_is_half_written_is_not_taken() -> None:
    registers = plc.encode(BATCH)
    registers[114] = 6
    with pytest.raises(PlcError, match="not committed"):
        plc.decode(registers)
    with pytest.raises(PlcError, match="not committed"):
        plc.decode([1, *[0] * 114])


def test_another_version_of_the_map_is_refused() -> None:
    registers = plc.encode(BATCH)
    registers[0] = 3
    with pytest.raises(PlcError, match="version 3"):
        plc.decode(registers)
    registers[0] = 1
    assert plc.decode(registers, newest=1) == replace(BATCH, version=1)


def test_a_test_is_told_apart_from_what_fires_at_the_belt() -> None:
    assert plc.decode(plc.encode(replace(BATCH, test=True))).test
    with pytest.raises(PlcError, match="1 to 13 rows"):
        plc.decode(plc.encode(replace(BATCH, version=1, test=True)), newest=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sequence": 0}, "1 to 65535"),
        ({"encoder": 2**32}, "encoder"),
        ({"counts_per_line": 65536}, "counts_per_line"),
        ({"bitmaps": ()}, "1 to 13 rows"),
        ({"bitmaps": (0,) * 14}, "1 to 13 rows"),
        ({"bitmaps": (1 << 128,)}, "128 valves"),
        ({"heartbeat": -1}, "heartbeat"),
    ],
)
def test_a_value_out_of_range_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(PlcError, match=message):
        plc.encode(replace(BATCH, **change))  # type: ignore[arg-type]


def test_too_few_registers_are_refused() -> None:
    with pytest.raises(PlcError, match="115"):
        plc.decode(plc.encode(BATCH)[:-1])


def test_the_status_survives_the_registers() -> None:
    status = Status(encoder=2**31 + 5, heartbeat=3, acknowledged=9, late=2, valve_faults=1, inhibit=1)
    for said in (status, replace(status, faulty=1 << 127 | 5), replace(status, version=1)):
        assert plc.decode_status(plc.encode_status(said)) == said


@pytest.mark.parametrize("version", [0, 1, 3, 4711])
def test_registers_beside_a_plc_of_map_1_say_nothing(version: int) -> None:
    registers = plc.encode_status(Status(encoder=5, valve_faults=1, faulty=8))
    registers[7] = version
    assert plc.decode_status(registers) == Status(encoder=5, valve_faults=1, version=1)


def test_state_and_heartbeat_travel_alone() -> None:
    assert plc.encode_pulse(State.RUN, 5) == plc.encode(replace(BATCH, state=State.RUN, heartbeat=5))[6:8]
    assert plc.decode_pulse([1, 5]) == (State.RUN, 5)


def test_row_encoders_and_sequences_wrap() -> None:
    assert Batch(1, 2**32 - 5, 10, (1, 1)).fire_at(1) == 5
    assert plc.next_sequence(0xFFFF) == 1
    assert plc.next_sequence(0) == 1
