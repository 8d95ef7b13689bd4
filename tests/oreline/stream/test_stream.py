"""Delivery as its two ends see it, over real sockets and a real ring."""

from __future__ import annotations

from pathlib import Path
from time import monotonic_ns

import pytest

from oreline.errors import StreamError
from oreline.incidents import open_log
from oreline.messages import EndOfStream, Gap, Message, RawLine, Reason, StreamInfo
from oreline.ring import HEADER_BYTES, Ring
from oreline.sink import Policy
from oreline.stream import Inbox, Outbox, control
from oreline.stream.sockets import SILENCE_NS, pending
from tests.oreline.stream.streams import RUN, closing, exchange, info, line, make_inbox, make_outbox, make_ring, seqs


def ended(messages: list[Message]) -> bool:
    return bool(messages) and isinstance(messages[-1], EndOfStream)


@pytest.mark.parametrize("local", [True, False], ids=["same host", "other host"])
def test_every_line_comes_once_and_in_order(tmp_path: Path, local: bool) -> None:
    outbox, inbox = make_outbox(tmp_path, "log"), make_inbox(tmp_path, local=local)
    with closing(outbox, inbox):
        outbox.put(info())
        for seq in range(40):
            outbox.put(line(seq))
        outbox.put(EndOfStream(RUN, 0, 40, 40, 0, 0))
        got = exchange(outbox, inbox, ended)
        assert isinstance(got[0], StreamInfo)
        assert got[0] == info()
        assert seqs(got) == list(range(40))
        exchange(outbox, inbox, lambda _: outbox.drained)


def test_a_consumer_that_died_before_it_committed_gets_the_lines_again(tmp_path: Path) -> None:
    outbox, first = make_outbox(tmp_path, "log"), make_inbox(tmp_path)
    with closing(outbox):
        outbox.put(info())
        for seq in range(20):
            outbox.put(line(seq))
        with closing(first):
            assert seqs(exchange(outbox, first, lambda got: len(seqs(got)) >= 10, acked=False))[:10] == list(range(10))
        second = make_inbox(tmp_path, cursor=(RUN, 5))
        with closing(second):
            got = exchange(outbox, second, lambda got: len(seqs(got)) == 15)
            assert seqs(got) == list(range(5, 20))
            assert isinstance(got[0], StreamInfo)


def test_a_full_ring_never_blocks_and_says_what_it_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_log("acquisition", tmp_path)
    outbox, inbox = make_outbox(tmp_path, "log", slots=32), make_inbox(tmp_path)
    with closing(outbox, inbox):
        outbox.put(info())
        for seq in range(50):
            outbox.put(line(seq))
        open_log("", tmp_path)
        first, *_, last = (words for words in capsys.readouterr().err.splitlines() if "raw ring_full" in words)
        got = exchange(outbox, inbox, lambda got: 49 in seqs(got))
        gap = next(m for m in got if isinstance(m, Gap))
        assert (gap.first, gap.reason) == (0, Reason.RING_FULL)
        assert seqs(got) == list(range(gap.n, 50))
        assert "raw ring_full at line 0: 3 lines were given up that log lacked, 3 in all" in first
        assert last.endswith(f"4 lines were given up that log lacked, {gap.n} in all")


def test_a_consumer_that_was_there_first_and_was_never_fed_before_the_ring_had_turned_over_is_told_all(
    tmp_path: Path,
) -> None:
    outbox, inbox = make_outbox(tmp_path, "log", slots=32), make_inbox(tmp_path)
    with closing(outbox, inbox):
        for _ in range(20):
            outbox.pump(2)
            assert inbox.receive(2) == []
        outbox.put(info())
        for seq in range(50):
            outbox.put(line(seq))
        got = exchange(outbox, inbox, lambda got: 49 in seqs(got))
        assert isinstance(got[0], StreamInfo)
        assert isinstance(got[1], Gap)
        assert (got[1].first, seqs(got)) == (0, list(range(got[1].n, 50)))


def test_who_comes_when_the_first_descriptions_are_gone_gets_the_last_one_and_a_gap_from_the_start(
    tmp_path: Path,
) -> None:
    outbox, inbox = make_outbox(tmp_path, slots=32), make_inbox(tmp_path)
    with closing(outbox, inbox):
        outbox.put(info())
        for seq in range(100):
            if seq == 20:
                outbox.put(info(seq=20, epoch=1))
            outbox.put(line(seq))
        got = exchange(outbox, inbox, lambda got: 99 in seqs(got))
        assert isinstance(got[0], StreamInfo)
        assert got[0].epoch == 1
        assert sum(m.n for m in got) == 100


def test_a_fresh_consumer_gets_no_stale_line_and_is_told_how_many_were_shed(tmp_path: Path) -> None:
    outbox, inbox = make_outbox(tmp_path), make_inbox(tmp_path, policy=Policy.FRESH, budget_ms=10_000)
    with closing(outbox, inbox):
        outbox.put(info())
        for seq in range(6):
            outbox.put(line(seq, t_ns=monotonic_ns() - 60_000_000_000))
        outbox.put(line(6))
        got = exchange(outbox, inbox, lambda got: bool(seqs(got)))
        assert [m for m in got if isinstance(m, Gap)] == [Gap(RUN, 0, 0, 6, Reason.SHED)]
        assert seqs(got) == [6]


def test_lines_of_a_camera_on_another_host_are_as_old_as_their_record_whatever_its_clock_says(tmp_path: Path) -> None:
    outbox = Outbox(f"ipc://{tmp_path}/raw.sock", make_ring(tmp_path), elsewhere=True)
    inbox = make_inbox(tmp_path, policy=Policy.FRESH, budget_ms=60_000)
    with closing(outbox, inbox):
        for message in (info(), line(0, t_ns=1), line(1, t_ns=2)):
            outbox.put(message)
        assert seqs(exchange(outbox, inbox, lambda got: 1 in seqs(got))) == [0, 1]


def test_only_a_consumer_to_which_late_lines_do_harm_hurries_a_stream(tmp_path: Path) -> None:
    outbox, console = make_outbox(tmp_path), make_inbox(tmp_path, "console", Policy.FRESH)
    ring = tmp_path / "raw.ring"
    sorter = Inbox(f"ipc://{tmp_path}/raw.sock", "sorter", Policy.FRESH, ring=ring, urgent=True)
    with closing(outbox, console, sorter):
        outbox.put(info())
        exchange(outbox, console, bool)
        assert not outbox.hurried
        exchange(outbox, sorter, bool)
        assert outbox.hurried


def test_a_slow_consumer_does_not_slow_another(tmp_path: Path) -> None:
    outbox, quick = make_outbox(tmp_path, "quick"), make_inbox(tmp_path, "quick")
    slow = make_inbox(tmp_path, "slow", credit=4)
    with closing(outbox, quick, slow):
        outbox.put(info())
        exchange(outbox, slow, lambda got: bool(got), acked=False)
        for seq in range(200):
            outbox.put(line(seq))
            got = exchange(outbox, quick, lambda got, seq=seq: seq in seqs(got))
            assert not any(isinstance(m, Gap) for m in got)
        got = exchange(outbox, slow, lambda got: 199 in seqs(got))
        lost = sum(m.n for m in got if isinstance(m, Gap))
        assert lost + len(seqs(got)) == 200
        assert lost > 0


def test_a_consumer_that_was_busy_for_longer_than_an_owner_is_silent_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox, inbox = make_outbox(tmp_path, "log"), make_inbox(tmp_path)
    with closing(outbox, inbox):
        outbox.put(info())
        got = exchange(outbox, inbox, lambda got: len(got) == 1)
        for seq in range(8):
            outbox.put(line(seq))
        outbox.pump(1)
        assert pending(inbox._socket, 5000)
        later = monotonic_ns() + 2 * SILENCE_NS
        monkeypatch.setattr("oreline.stream.inbox.now", lambda: later)
        got += exchange(outbox, inbox, lambda got: len(seqs(got)) == 8)
    assert [type(message) for message in got] == [StreamInfo, *[RawLine] * 8]


def test_lines_overwritten_while_they_are_borrowed_are_noticed(tmp_path: Path) -> None:
    outbox = make_outbox(tmp_path, "log", slots=16)
    inbox = Inbox(f"ipc://{tmp_path}/raw.sock", "log", Policy.COMPLETE, ring=tmp_path / "raw.ring", borrow=True)
    with closing(outbox, inbox):
        outbox.put(info())
        outbox.put(line(0))
        exchange(outbox, inbox, lambda got: 0 in seqs(got), acked=False)
        assert inbox.intact()
        for seq in range(1, 20):
            outbox.put(line(seq))
        assert not inbox.intact()
        inbox.rewind(0)
        got = exchange(outbox, inbox, lambda got: 19 in seqs(got))
        assert any(isinstance(m, Gap) and m.first == 0 for m in got)
        assert inbox.intact()


def test_an_owner_that_restarts_goes_on_where_its_ring_ends(tmp_path: Path) -> None:
    inbox = make_inbox(tmp_path)
    with closing(inbox):
        outbox = make_outbox(tmp_path, "log")
        with closing(outbox):
            outbox.put(info())
            for seq in range(10):
                outbox.put(line(seq))
            assert seqs(exchange(outbox, inbox, lambda got: len(seqs(got)) == 10)) == list(range(10))
            outbox.put(line(10))
        outbox = make_outbox(tmp_path, "log")
        with closing(outbox):
            assert (outbox.run, outbox.next) == (RUN, 11)
            outbox.put(line(11))
            assert seqs(exchange(outbox, inbox, lambda got: 11 in seqs(got))) == [10, 11]


def test_an_owner_that_restarts_still_keeps_lines_for_whom_it_knew(tmp_path: Path) -> None:
    inbox = make_inbox(tmp_path)
    outbox = make_outbox(tmp_path)
    with closing(outbox, inbox):
        outbox.put(info())
        outbox.put(line(0))
        exchange(outbox, inbox, lambda got: 0 in seqs(got))
        outbox.put(line(1))
    outbox = make_outbox(tmp_path)
    with closing(outbox):
        outbox.put(EndOfStream(RUN, 0, 2, 2, 0, 0))
        assert not outbox.drained
        inbox = make_inbox(tmp_path, cursor=(RUN, 1))
        with closing(inbox):
            assert seqs(exchange(outbox, inbox, ended)) == [1]
            exchange(outbox, inbox, lambda _: outbox.drained)


def test_the_end_waits_for_a_fresh_consumer_that_is_there(tmp_path: Path) -> None:
    outbox, inbox = make_outbox(tmp_path), make_inbox(tmp_path, policy=Policy.FRESH)
    with closing(outbox, inbox):
        outbox.put(info())
        outbox.put(EndOfStream(RUN, 0, 0, 0, 0, 0))
        exchange(outbox, inbox, ended, acked=False)
        assert not outbox.drained
        exchange(outbox, inbox, lambda _: outbox.drained)


def test_a_second_run_begins_anew_for_a_consumer_that_stayed(tmp_path: Path) -> None:
    outbox, inbox = make_outbox(tmp_path, "log"), make_inbox(tmp_path)
    other = bytes(reversed(RUN))
    with closing(outbox, inbox):
        outbox.put(info())
        outbox.put(line(0))
        exchange(outbox, inbox, lambda got: 0 in seqs(got))
        outbox.put(info(run=other))
        outbox.put(line(0, run=other))
        got = exchange(outbox, inbox, lambda got: 0 in seqs(got))
        assert [type(m) for m in got] == [StreamInfo, RawLine]


@pytest.mark.parametrize("at", [0, 4, 9], ids=["first", "middle", "newest"])
@pytest.mark.parametrize("where", ["entry", "bytes"])
@pytest.mark.parametrize("local", [True, False], ids=["same host", "other host"])
def test_a_damaged_record_becomes_a_gap_of_its_line_and_no_other(
    tmp_path: Path, at: int, where: str, local: bool
) -> None:
    outbox, inbox = make_outbox(tmp_path, "log"), make_inbox(tmp_path, local=local)
    with closing(outbox, inbox):
        outbox.put(info())
        for seq in range(10):
            outbox.put(line(seq))
        damage(outbox.ring, index=at + 1, entry=where == "entry")
        outbox.put(line(10))
        got = exchange(outbox, inbox, lambda got: 10 in seqs(got))
        assert [m for m in got if isinstance(m, Gap)] == [Gap(RUN, 0, at, 1, Reason.DAMAGED)]
        assert seqs(got) == [seq for seq in range(11) if seq != at]
        exchange(outbox, inbox, lambda _: outbox.drained)


def damage(ring: Ring, index: int, *, entry: bool) -> None:
    """Change a byte of a record's table entry, or of its counts."""
    at = HEADER_BYTES + 64 * index + 8 if entry else HEADER_BYTES + 64 * ring.slots + ring.slot_bytes * index + 80
    with ring.path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0x55]))


def test_a_consumer_that_was_replaced_is_refused_and_moves_nothing(tmp_path: Path) -> None:
    outbox, zombie = make_outbox(tmp_path, "log"), make_inbox(tmp_path)
    with closing(outbox, zombie):
        outbox.put(info())
        for seq in range(10):
            outbox.put(line(seq))
        exchange(outbox, zombie, lambda got: 9 in seqs(got), acked=False)
        successor = make_inbox(tmp_path)
        with closing(successor):
            got = exchange(outbox, successor, lambda got: bool(seqs(got)), acked=False)
            zombie.ack()
            with pytest.raises(StreamError, match="another process has taken over as 'log'"):
                exchange(outbox, zombie, lambda _: False)
            assert outbox.depth == 11
            got += exchange(outbox, successor, lambda more: 9 in seqs(got + more))
            assert seqs(got) == list(range(10))


def test_another_protocol_version_is_refused_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox, inbox = make_outbox(tmp_path, "log"), make_inbox(tmp_path)
    with closing(outbox, inbox):
        ours = control.VERSION
        monkeypatch.setattr(control, "VERSION", ours + 1)
        while not outbox.listeners[0].waiting:
            inbox.receive(5)
        monkeypatch.setattr(control, "VERSION", ours)
        with pytest.raises(StreamError, match="install the same release"):
            exchange(outbox, inbox, lambda _: False)
