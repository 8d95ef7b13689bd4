"""A stage whose ring is full: whom it waits for, and for whose sake it does not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oreline.messages import Gap, Reason
from oreline.process import _store
from oreline.sink import Policy
from oreline.stream import Outbox
from tests.oreline.stream.streams import exchange, info, line, make_inbox, make_outbox

SLOTS = 16
SHELL: Any = SimpleNamespace(stopping=False, progress=lambda _: None)


def full(folder: Path) -> Outbox:
    """A ring that nobody has taken anything from, though a log must get all of it."""
    outbox = make_outbox(folder, "log", slots=SLOTS)
    outbox.put(info())
    for seq in range(SLOTS - 1):
        outbox.put(line(seq))
    assert not outbox.has_room()
    return outbox


def test_with_a_sorter_there_a_log_that_is_behind_loses_its_oldest_lines_and_is_told(tmp_path: Path) -> None:
    outbox, sorter = full(tmp_path), make_inbox(tmp_path, "sorter", Policy.FRESH, urgent=True)
    exchange(outbox, sorter, lambda got: len(got) == SLOTS)
    _store(line(SLOTS - 1), [outbox], SHELL)
    got = exchange(outbox, sorter, lambda got: bool(got))
    assert [message.first for message in got] == [SLOTS - 1]
    log = make_inbox(tmp_path, "log")
    told = exchange(outbox, log, lambda got: any(message.first == SLOTS - 1 for message in got))
    (gap,) = (message for message in told if isinstance(message, Gap))
    assert (gap.first, gap.reason) == (0, Reason.RING_FULL)
    for end in (sorter, log, outbox):
        end.close()


@pytest.mark.parametrize("others", [[], ["console"]])
def test_without_a_sorter_it_waits_until_the_log_has_made_room(tmp_path: Path, others: list[str]) -> None:
    outbox, log = full(tmp_path), make_inbox(tmp_path, "log")
    fresh = [make_inbox(tmp_path, name, Policy.FRESH) for name in others]
    for console in fresh:
        exchange(outbox, console, lambda got: bool(got))
    got: list[Any] = []

    def take(_: object) -> None:
        got.extend(log.receive(1))
        log.ack()

    _store(line(SLOTS - 1), [outbox], SimpleNamespace(stopping=False, progress=take))  # type: ignore[arg-type]
    got += exchange(outbox, log, lambda more: any(message.first == SLOTS - 1 for message in more))
    assert not any(isinstance(message, Gap) for message in got)
    for end in (*fresh, log, outbox):
        end.close()
