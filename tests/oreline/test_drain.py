"""After a signal, what is in the ring is delivered for as long as somebody takes it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oreline import process
from oreline.messages import EndOfStream, Message
from oreline.process import drain
from oreline.stream import Inbox, Outbox
from tests.oreline.streams import RUN, info, line, make_inbox, make_outbox

LINES, PAUSE_S, PATIENCE_S = 12, 0.05, 0.25


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outbox:
    monkeypatch.setattr(process, "DRAIN_S", PATIENCE_S)
    box = make_outbox(tmp_path, "log")
    box.put(info())
    for seq in range(LINES):
        box.put(line(seq))
    return box


def shell(stopping: bool) -> Any:
    return SimpleNamespace(stopping=stopping, progress=lambda _: None)


def take_slowly(inbox: Inbox, taken: list[int]) -> None:
    """A line at a time, each committed after a pause; all together take longer than anybody waits for one."""
    while len(taken) < LINES:
        taken += [message.first for message in inbox.receive(5) if message.n]
        time.sleep(PAUSE_S)
        inbox.ack()


def test_a_slow_consumer_gets_everything_after_a_signal(outbox: Outbox, tmp_path: Path) -> None:
    taken: list[int] = []
    inbox = make_inbox(tmp_path, credit=1)
    consumer = threading.Thread(target=take_slowly, args=(inbox, taken))
    consumer.start()
    drain([outbox], shell(stopping=True))
    consumer.join()
    assert taken == list(range(LINES))
    assert LINES * PAUSE_S > PATIENCE_S
    inbox.close()
    outbox.close()


def test_a_consumer_that_is_gone_is_not_waited_for_and_what_it_lacks_stays_in_the_ring(outbox: Outbox) -> None:
    drain([outbox], shell(stopping=True))
    assert outbox.depth == LINES + 1
    outbox.close()


def serve(outbox: Outbox, inbox: Inbox) -> list[Message]:
    """Drain to a consumer that commits whatever comes, and give back what came."""
    got: list[Message] = []
    thread = threading.Thread(target=drain, args=([outbox], shell(stopping=False)), daemon=True)
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
