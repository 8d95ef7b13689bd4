"""For whom a ring keeps lines, and for how long; the clock is moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic_ns
from types import SimpleNamespace

import pytest

from oreline import process
from oreline.errors import StreamError
from oreline.messages import Gap, Message, Reason
from oreline.process import drain
from oreline.stream import Outbox, holds
from tests.oreline.stream.streams import RUN, closing, exchange, info, line, make_inbox, make_ring, seqs, service

SLOTS, MOST, HOLD_S = 64, 56, 30.0


class Clock:
    """The time that holds are judged by."""

    ahead_s = 0.0

    def __call__(self) -> int:
        return monotonic_ns() + int(self.ahead_s * 1e9)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(holds, "now", clock)
    return clock


def owner(folder: Path, *named: str) -> Outbox:
    """A ring of 64 records whose line names these consumers."""
    return Outbox(f"ipc://{folder}/raw.sock", make_ring(folder, SLOTS), named=named, hold_s=HOLD_S)


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Outbox]:
    """An owner that a visitor has left."""
    outbox = owner(tmp_path)
    with closing(outbox):
        outbox.put(info())
        visited(outbox, tmp_path)
        yield outbox


def put(outbox: Outbox, numbers: range) -> None:
    for seq in numbers:
        assert outbox.has_room(), f"line {seq} would have been waited for"
        outbox.put(line(seq))


def visited(outbox: Outbox, folder: Path, name: str = "visitor") -> None:
    """Somebody says HELLO, takes what is there, and leaves without a word."""
    visitor = make_inbox(folder, name)
    exchange(outbox, visitor, lambda got: bool(got), acked=False)
    visitor.close()


def test_a_visitor_that_has_left_holds_up_nobody_and_loses_lines_by_a_gap(tmp_path: Path, clock: Clock) -> None:
    outbox, log = owner(tmp_path, "log"), make_inbox(tmp_path)
    with closing(outbox, log):
        outbox.put(info())
        visited(outbox, tmp_path)
        got: list[Message] = []
        for seq in range(3 * SLOTS):
            put(outbox, range(seq, seq + 1))
            got += exchange(outbox, log, lambda more, seq=seq: seq in seqs(more))
        assert seqs(got) == list(range(3 * SLOTS))
        visitor = make_inbox(tmp_path, "visitor")
        with closing(visitor):
            came = exchange(outbox, visitor, lambda more: 3 * SLOTS - 1 in seqs(more))
            (gap,) = (message for message in came if isinstance(message, Gap))
            assert (gap.first, gap.reason) == (0, Reason.RING_FULL)
            assert seqs(came) == list(range(gap.n, 3 * SLOTS))
            assert len(seqs(came)) >= MOST


def test_who_falls_too_far_behind_is_said_once(left: Outbox, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    for seq in range(3 * SLOTS):
        put(left, range(seq, seq + 1))
        left._look_at_holds()
    (said,) = (words for words in capsys.readouterr().err.splitlines() if "hold_exceeded" in words)
    assert "visitor lacks more than 56 records, which is all that is kept for it" in said


def test_a_consumer_that_the_line_s_file_names_is_kept_for_without_limit(tmp_path: Path, clock: Clock) -> None:
    outbox = owner(tmp_path, "log")
    with closing(outbox):
        outbox.put(info())
        visited(outbox, tmp_path, "log")
        put(outbox, range(SLOTS - 1))
        clock.ahead_s = 1e6
        outbox._look_at_holds()
        assert not outbox.has_room()
        assert outbox.depth == SLOTS
        log = make_inbox(tmp_path)
        with closing(log):
            assert seqs(exchange(outbox, log, lambda more: SLOTS - 2 in seqs(more))) == list(range(SLOTS - 1))


def test_the_end_waits_for_a_visitor_only_as_long_as_it_may_be_silent(
    left: Outbox, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    put(left, range(5))
    clock.ahead_s = HOLD_S - 5.0
    left._look_at_holds()
    assert not left.drained
    clock.ahead_s = HOLD_S + 5.0
    drain([left], service(stopping=False))
    assert "visitor was not heard from for 30 s: nothing is kept for it" in capsys.readouterr().err


def test_a_visitor_that_has_everything_may_be_silent_for_as_long_as_it_likes(tmp_path: Path, clock: Clock) -> None:
    outbox, visitor = owner(tmp_path), make_inbox(tmp_path, "visitor")
    with closing(outbox, visitor):
        outbox.put(info())
        exchange(outbox, visitor, lambda _: outbox.holds.acked.get("visitor") == 1)
        for _ in range(3):
            clock.ahead_s += HOLD_S + 1.0
            outbox._look_at_holds()
        put(outbox, range(5))
        assert outbox.depth == 5
        assert seqs(exchange(outbox, visitor, lambda more: 4 in seqs(more))) == list(range(5))


def test_an_owner_that_restarts_does_not_wait_for_a_visitor_of_its_predecessor_for_ever(
    tmp_path: Path, clock: Clock
) -> None:
    outbox = owner(tmp_path)
    with closing(outbox):
        outbox.put(info())
        visited(outbox, tmp_path)
        put(outbox, range(5))
    again = owner(tmp_path)
    with closing(again):
        assert again.holds.behind() == {"visitor": 6}
        clock.ahead_s = HOLD_S + 1.0
        drain([again], service(stopping=False))
    third = owner(tmp_path)
    with closing(third):
        assert third.holds.acked == {}


@pytest.mark.parametrize("committed", [0, 20])
def test_what_was_sent_again_after_a_silence_is_kept_until_it_is_committed(tmp_path: Path, committed: int) -> None:
    """A consumer whose commit takes longer than an owner may be silent says HELLO with lines in its hands; where it is
    killed then, its successor must get them."""
    outbox, log = owner(tmp_path, "log"), make_inbox(tmp_path, credit=64)
    with closing(outbox):
        outbox.put(info())
        put(outbox, range(committed))
        with closing(log):
            exchange(outbox, log, lambda _: outbox.drained)
            put(outbox, range(committed, 40))
            exchange(outbox, log, lambda got: 39 in seqs(got), acked=False)
            log._hello()
            exchange(outbox, log, lambda _: not outbox.listeners[0].waiting, acked=False)
            assert outbox.depth >= 40 - committed
        successor = make_inbox(tmp_path, cursor=(RUN, committed))
        with closing(successor):
            assert seqs(exchange(outbox, successor, lambda got: 39 in seqs(got))) == list(range(committed, 40))


def test_the_end_waits_for_a_visitor_that_comes_again_and_commits_nothing_only_as_long_as_for_a_silent_one(
    left: Outbox, tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log on another host whose disk is full is started again and again."""
    passed = [0.0]
    monkeypatch.setattr(process, "time", SimpleNamespace(monotonic=lambda: passed[0]))

    def come_again() -> None:
        passed[0] += 1.0
        clock.ahead_s += 1.0
        visited(left, tmp_path)
        assert passed[0] < 3 * HOLD_S, "the end waits for a visitor"

    put(left, range(5))
    drain([left], service(stopping=False), come_again)
    assert "visitor lacks 6 records at the end of the line" in capsys.readouterr().err


def test_so_many_visitors_are_let_in_as_the_ring_can_note_and_the_others_hear_why_not(tmp_path: Path) -> None:
    outbox, longest = owner(tmp_path, "log"), "{:\U0001f311>64}"
    with closing(outbox):
        outbox.put(info())
        for number in range(holds.VISITORS):
            visited(outbox, tmp_path, longest.format(number))
        late, log = make_inbox(tmp_path, "late"), make_inbox(tmp_path)
        with closing(late, log):
            with pytest.raises(StreamError, match="64 consumers are there that the line's file does not name"):
                exchange(outbox, late, lambda _: False)
            assert exchange(outbox, log, bool)
        put(outbox, range(5))
        outbox.free()
    again = owner(tmp_path)
    with closing(again):
        assert len(again.holds.acked) == holds.VISITORS + 1
