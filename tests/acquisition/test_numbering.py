"""Sequence numbers from block ids: nothing is lost without a gap, nothing comes twice."""

from __future__ import annotations

import pytest

from acquisition.numbering import ANEW, Numbering
from oreline.messages import Gap, Reason

RUN = bytes(16)


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
