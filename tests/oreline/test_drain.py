"""After a signal, what is in the ring is delivered for as long as somebody takes it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from oreline import process
from oreline.errors import StateGone, Undelivered
from oreline.messages import EndOfStream, Message
from oreline.process import drain
from oreline.stream import Inbox, Outbox
from tests.oreline.stream.streams import RUN, closing, exchange, info, line, make_inbox, make_outbox, service

LINES, PAUSE_S, PATIENCE_S = 12, 0.05, 0.25


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outbox:
    monkeypatch.setattr(process, "DRAIN_S", PATIENCE_S)
    box = make_outbox(tmp_path, "log")
    box.put(info())
    for seq in range(LINES):
        box.put(line(seq))
    return box


def end() -> EndOfStream:
    return EndOfStream(RUN, 0, LINES, LINES, 0, 0)


def test_a_slow_consumer_gets_everything_after_a_signal(
    outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a line at a time, and for all of them longer than anybody waits for one."""
    clock, taken = [0.0], list[int]()
    monkeypatch.setattr(process, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    assert LINES * PAUSE_S > PATIENCE_S > PAUSE_S
    inbox = make_inbox(tmp_path, credit=1)

    def take() -> None:
        came = [message.first for message in inbox.receive(5) if message.n]
        taken.extend(came)
        clock[0] += PAUSE_S * len(came)
        inbox.ack()

    with closing(outbox, inbox):
        drain([outbox], service(stopping=True), take)
    assert taken == list(range(LINES))


def test_a_consumer_of_the_line_that_is_gone_is_not_waited_for_and_what_it_lacks_stays_in_the_ring(
    outbox: Outbox,
) -> None:
    outbox.put(end())
    with pytest.raises(Undelivered, match=f"log lacks {LINES + 2} of raw: they stay in the ring; start the line again"):
        drain([outbox], service(stopping=True))
    assert (outbox.depth, outbox.ring.head - outbox.ring.tail) == (LINES + 2, LINES + 2)
    outbox.close()


def test_what_it_lacks_is_not_said_to_stay_in_a_ring_that_was_removed(outbox: Outbox) -> None:
    outbox.ring.path.unlink()
    with pytest.raises(StateGone, match=f"log lacks {LINES + 1} of raw: they are lost"):
        drain([outbox], service(stopping=True))
    outbox.close()


def serve(outbox: Outbox, inbox: Inbox) -> list[Message]:
    """Drain to a consumer that commits whatever comes, and give back what came."""
    got: list[Message] = []
    thread = threading.Thread(target=drain, args=([outbox], service(stopping=False)), daemon=True)
    thread.start()
    deadline = time.monotonic() + 10.0
    while thread.is_alive():
        assert time.monotonic() < deadline, "the drain waits for an acknowledgement that cannot come"
        got += inbox.receive(5)
        inbox.ack()
    return got


@pytest.mark.parametrize("knows", [LINES, 0], ids=["all", "nothing"])
def test_who_comes_back_after_everything_was_delivered_hears_the_end_again(
    outbox: Outbox, tmp_path: Path, knows: int
) -> None:
    """Its process was killed after it had acknowledged the end, and so was the owner's after it had freed its ring."""
    outbox.put(EndOfStream(RUN, 0, LINES, LINES, 0, 0))
    first = make_inbox(tmp_path)
    assert isinstance(serve(outbox, first)[-1], EndOfStream)
    first.close()
    outbox.close()
    box, inbox = make_outbox(tmp_path), make_inbox(tmp_path, cursor=(RUN, knows) if knows else None)
    got = serve(box, inbox)
    assert isinstance(got[-1], EndOfStream)
    assert sum(message.n for message in got) == LINES - knows
    assert box.depth == 0
    inbox.close()
    box.close()


def test_a_consumer_that_lacks_nothing_is_not_waited_for(outbox: Outbox, tmp_path: Path) -> None:
    inbox = make_inbox(tmp_path, cursor=(RUN, LINES))
    serve(outbox, inbox)
    assert outbox.depth == 0
    inbox.close()
    outbox.close()


def test_a_visitor_that_is_gone_is_left_behind_with_an_alarm(
    outbox: Outbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor, log = make_inbox(tmp_path, "visitor"), make_inbox(tmp_path)
    with closing(outbox, log):
        exchange(outbox, visitor, lambda got: len(got) > 1, acked=False)
        visitor.close()
        exchange(outbox, log, lambda got: len(got) == LINES + 1)
        exchange(outbox, log, lambda _: not outbox.holds.behind().keys() - {"visitor"})
        drain([outbox], service(stopping=True))
        assert "visitor lacks 13 records at the end of the line: nothing is kept for it" in capsys.readouterr().err


def test_a_process_that_is_told_to_end_in_the_middle_of_a_stream_keeps_where_its_lines_go_on(
    outbox: Outbox, tmp_path: Path
) -> None:
    log = make_inbox(tmp_path)
    with closing(log):
        exchange(outbox, log, lambda got: len(got) == LINES + 1)
        exchange(outbox, log, lambda _: outbox.drained)
        drain([outbox], service(stopping=True))
    outbox.close()
    again = make_outbox(tmp_path, "log")
    assert (again.run, again.next) == (RUN, LINES)
    again.close()
