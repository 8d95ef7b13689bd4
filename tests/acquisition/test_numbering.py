"""Sequence numbers from block ids: nothing is lost without a gap, nothing comes twice."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition.numbering import ANEW, Numbering
from oreline.messages import Gap, Reason

RUN = bytes(16)


@dataclass(frozen=True)
class Counter:
    """A camera's frame counter of `bits` bits, which begins anew with 0 or, where it has none, with 1."""

    bits: int
    zero: bool

    def id(self, exposure: int) -> int:
        """Of the exposure so many after the one that follows the highest id."""
        return exposure % ((1 << self.bits) - 1 + self.zero) + (not self.zero)


COUNTERS = [Counter(bits, zero) for bits in (16, 32, 64) for zero in (False, True)]
name = "{0.bits} bits {0.zero}".format


@st.composite
def deliveries(draw: st.DrawFn, whole: range = range(0)) -> list[int]:
    """Exposures about a wrap, in the order in which they come: some never do, some twice, some late. Those in `whole`
    do, once at least."""
    order: list[tuple[int, int]] = []
    for exposure in range(-draw(st.integers(0, 30)), draw(st.integers(3, 30))):
        times = draw(st.integers(exposure in whole, 2))
        order += [
            (exposure + delay, exposure) for delay in draw(st.lists(st.integers(0, 9), min_size=times, max_size=times))
        ]
    return [exposure for _, exposure in sorted(order)]


def play(numbering: Numbering, ids: list[int]) -> list[int]:
    """Sequence numbers of the frames, as the acquisition loop gives them; -1 for one that is passed over."""
    seen = []
    for block_id in ids:
        if ANEW < numbering.step(block_id) <= 0:
            seen.append(-1)
            continue
        _, stamp = numbering.frame(block_id, 0, None)
        assert stamp is not None
        seen.append(stamp.seq)
    assert numbering.epoch <= 1
    return seen


def counted(exposures: list[int]) -> list[int]:
    """The oracle: a frame has the number of exposures since the first that came, unless a later one came before it."""
    first, seen = exposures[0] if exposures else 0, []
    for i, exposure in enumerate(exposures):
        seen.append(exposure - first if all(exposure > earlier for earlier in exposures[:i]) else -1)
    return seen


@pytest.mark.parametrize("counter", COUNTERS, ids=name)
@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
@settings(max_examples=50)
@given(exposures=deliveries())
def test_losses_repeats_and_delays_about_a_wrap_are_counted_exactly(
    counter: Counter, told: bool, exposures: list[int]
) -> None:
    """Of a counter that has shown before whether it has a 0."""
    numbering = Numbering(RUN, bits=counter.bits if told else 64)
    for exposure in (-1, 0):
        numbering.frame(counter.id(exposure), 0, None)
    numbering.reopen()
    assert play(numbering, [counter.id(exposure) for exposure in exposures]) == [
        seq if seq < 0 else seq + 2 for seq in counted(exposures)
    ]


@pytest.mark.parametrize("counter", [one for one in COUNTERS if one.zero or one.bits == 16], ids=name)
@settings(max_examples=50)
@given(exposures=deliveries(whole=range(-1, 2)))
def test_a_counter_that_is_seen_for_the_first_time_owes_no_line_in_the_end(
    counter: Counter, exposures: list[int]
) -> None:
    numbering = Numbering(RUN, bits=counter.bits)
    last = max(exposures) + 1
    play(numbering, [counter.id(exposure) for exposure in [*exposures, last]])
    assert numbering.next == last - exposures[0] + 1


@pytest.mark.parametrize("counter", COUNTERS, ids=name)
@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
def test_a_wrap_without_a_loss_has_no_gap_whatever_the_counter(counter: Counter, told: bool) -> None:
    numbering = Numbering(RUN, bits=counter.bits if told else 64)
    assert play(numbering, [counter.id(exposure) for exposure in range(-3, 4)]) == list(range(7))


def test_a_block_id_of_64_bits_that_wraps_fits_on_the_wire() -> None:
    numbering = Numbering(RUN)
    stamps = [numbering.frame(block_id, 0, None)[1] for block_id in ((1 << 64) - 1, 0, 1)]
    assert [stamp.block_id for stamp in stamps if stamp] == [(1 << 64) - 1, 0, 1]


def test_lines_are_numbered_from_zero_whatever_the_camera_begins_with() -> None:
    numbering = Numbering(RUN)
    stamps = [numbering.frame(block_id, 10, 20)[1] for block_id in (7, 8, 9)]
    assert [s.seq for s in stamps] == [0, 1, 2]
    assert [s.block_id for s in stamps] == [7, 8, 9]


def test_a_jump_of_the_block_id_is_a_gap() -> None:
    numbering = Numbering(RUN)
    numbering.frame(1, 0, None)
    gaps, stamp = numbering.frame(5, 0, None)
    assert gaps == [Gap(RUN, 0, 1, 3, Reason.DROPPED)]
    assert stamp.seq == 4


def test_incomplete_frames_are_told_from_dropped_ones() -> None:
    numbering = Numbering(RUN)
    numbering.frame(1, 0, None)
    gaps, _ = numbering.frame(6, 0, None, incomplete=1)
    assert gaps == [Gap(RUN, 0, 1, 1, Reason.INCOMPLETE), Gap(RUN, 0, 2, 3, Reason.DROPPED)]


@pytest.mark.parametrize(
    ("lost", "reasons"),
    [
        ({"block_id": 21}, {Reason.DROPPED: 5}),
        ({"block_id": 21, "incomplete": 20}, {Reason.INCOMPLETE: 5}),
        ({"block_id": 21, "incomplete": 2}, {Reason.INCOMPLETE: 2, Reason.DROPPED: 3}),
        ({"block_id": 2, "unseen": 9}, {Reason.RESTART: 5}),
        ({"block_id": 4, "unseen": 4}, {Reason.RESTART: 4, Reason.DROPPED: 1}),
        ({"block_id": 2, "unseen": 5}, {Reason.RESTART: 5}),
    ],
)
def test_what_is_lost_beyond_the_room_is_nobody_s_and_neither_is_the_frame(
    lost: dict[str, int], reasons: dict[Reason, int]
) -> None:
    numbering = Numbering(RUN)
    numbering.frame(1, 0, None)
    gaps, stamp = numbering.frame(**lost, t_ns=0, encoder=None, room=5)
    assert {gap.reason: gap.n for gap in gaps} == reasons
    assert stamp is None
    assert numbering.next == 6


def test_a_frame_that_just_has_room_is_the_last() -> None:
    numbering = Numbering(RUN)
    numbering.frame(1, 0, None)
    gaps, stamp = numbering.frame(6, 0, None, room=5)
    assert [gap.n for gap in gaps] == [4]
    assert stamp is not None
    assert (stamp.seq, numbering.next) == (5, 6)


def test_a_repeated_frame_and_a_late_one_are_told_from_the_next() -> None:
    numbering = Numbering(RUN)
    for block_id in (10, 11, 12):
        numbering.frame(block_id, 0, None)
    assert [numbering.step(block_id) for block_id in (13, 12, 11)] == [1, 0, -1]


def test_a_16_bit_counter_wraps_from_65535_to_1() -> None:
    numbering = Numbering(RUN, bits=16)
    numbering.frame(65_534, 0, None)
    assert numbering.frame(65_535, 0, None)[0] == []
    gaps, stamp = numbering.frame(1, 0, None)
    assert gaps == []
    assert stamp.block_id == 65_536


def test_a_camera_that_counts_anew_begins_an_epoch_and_keeps_the_sequence() -> None:
    numbering = Numbering(RUN)
    numbering.frame(1000, 0, None)
    assert numbering.step(0) == ANEW
    gaps, stamp = numbering.frame(0, 0, None, unseen=40)
    assert gaps == [Gap(RUN, 1, 1, 40, Reason.RESTART)]
    assert (stamp.seq, stamp.epoch) == (41, 1)


def test_a_camera_that_was_opened_again_begins_an_epoch() -> None:
    numbering = Numbering(RUN)
    numbering.frame(5, 0, None)
    numbering.reopen()
    gaps, stamp = numbering.frame(9, 0, None)
    assert gaps == []
    assert (stamp.seq, stamp.epoch, stamp.block_id) == (1, 1, 9)


def test_a_missing_encoder_is_replaced_by_the_line_count() -> None:
    numbering = Numbering(RUN)
    stamps = [numbering.frame(block_id, 0, encoder)[1] for block_id, encoder in ((0, None), (1, 77))]
    assert [s.encoder for s in stamps] == [0, 77]
