"""After a signal, what is in the ring is delivered for as long as somebody takes it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oreline import process
from oreline.process import drain
from oreline.stream import Inbox, Outbox
from tests.oreline.streams import info, line, make_inbox, make_outbox

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
