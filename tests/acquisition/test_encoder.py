"""Positions from encoder counts: unwrapped, and doubted where no belt can have moved so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.encoder import Encoder
from oreline.messages import Flag


def run(encoder: Encoder, counts: list[int]) -> list[tuple[int, Flag, str]]:
    return [encoder.position(count, 1) for count in counts]


def test_a_steady_belt_gives_its_counts_and_no_doubt() -> None:
    counts = list(range(100, 900, 8))
    assert run(Encoder(8.0), counts) == [(count, Flag.NONE, "") for count in counts]


@given(start=st.integers(0, 2**16 - 1), steps=st.lists(st.integers(0, 30), min_size=1, max_size=200))
def test_a_counter_of_16_bits_is_unwrapped_wherever_it_begins(start: int, steps: list[int]) -> None:
    encoder, true = Encoder(8.0, bits=16), start
    encoder.position(start, 1)
    for step in steps:
        true += step
        assert encoder.position(true % 2**16, 1)[:2] == (true, Flag.NONE)


@given(
    bits=st.sampled_from([16, 32, 64]),
    told=st.booleans(),
    signed=st.booleans(),
    start=st.integers(-400, 400),
    steps=st.lists(st.tuples(st.floats(-4.0, 4.0), st.integers(1, 200)), max_size=60),
)
def test_counters_of_any_width_signed_or_not_are_unwrapped_forwards_and_backwards_across_lost_lines(
    bits: int, told: bool, signed: bool, start: int, steps: list[tuple[float, int]]
) -> None:
    """`start`: from where the counter turns. `steps`: how fast the belt runs, in usual steps, and lines up to there."""
    encoder, turn = Encoder(8.0, bits if told else 64), 1 << bits
    true = start + (turn // 2 if signed else turn)
    low = -turn // 2 if signed else 0
    first = (true - low) % turn + low
    encoder.position(first, 1)
    for speed, lines in steps:
        true += int(speed * 8 * lines)
        position, _, incident = encoder.position((true - low) % turn + low, lines)
        assert position - first == true - (start + (turn // 2 if signed else turn))
        assert incident != "encoder_slip"


def test_a_wide_counter_that_jumps_is_not_taken_for_a_narrow_one() -> None:
    seen = run(Encoder(8.0), [65_500, 100_000, 100_008, 70_000_000_000, 8, 16])
    assert [(position, incident) for position, _, incident in seen][1:] == [
        *((100_000, "encoder_slip"), (100_008, ""), (70_000_000_000, "encoder_slip"), (8, "encoder_slip"), (16, "")),
    ]


def test_a_rollover_is_counted_and_not_doubted() -> None:
    seen = run(Encoder(8.0, bits=16), [65_520, 65_528, 0, 8])
    assert seen[2:] == [(65_536, Flag.NONE, "encoder_rollover"), (65_544, Flag.NONE, "")]


def test_a_jump_is_a_slip_at_one_line() -> None:
    seen = run(Encoder(8.0), [0, 8, 500, 508])
    assert seen[2:] == [(500, Flag.ENCODER, "encoder_slip"), (508, Flag.NONE, "")]


def test_a_belt_that_runs_backwards_is_one_incident_and_every_line_of_it_is_flagged() -> None:
    seen = run(Encoder(8.0), [0, 8, 0, -8, -16, -8])
    assert seen[2:] == [
        (0, Flag.ENCODER, "encoder_reversal"),
        (-8, Flag.ENCODER, ""),
        (-16, Flag.ENCODER, ""),
        (-8, Flag.NONE, ""),
    ]


@pytest.mark.parametrize("counts", [[50, 50, 50, 51, 50], [0, 2, 3, 20, 40]], ids=["standing", "starting"])
def test_a_belt_that_stands_still_trembles_or_starts_is_not_doubted(counts: list[int]) -> None:
    assert all((flag, incident) == (Flag.NONE, "") for _, flag, incident in run(Encoder(8.0), counts))


def test_after_lost_lines_a_long_step_is_no_slip() -> None:
    encoder = Encoder(8.0)
    encoder.position(0, 1)
    assert encoder.position(800, 100) == (800, Flag.NONE, "")
