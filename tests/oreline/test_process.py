"""The one loop: what it acknowledges, and when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oreline.messages import Message, StreamInfo
from oreline.metrics import Account
from oreline.process import run
from oreline.stream import inbox as inboxes
from tests.oreline.stream.streams import info, line, make_inbox, make_outbox

PUMPS = 20


def test_what_a_batch_ends_with_is_acknowledged_when_the_stage_is_done_with_it_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A description covers no line, so that all lines have come out is no sign that it was dealt with."""
    monkeypatch.setattr(inboxes, "CREDIT_NS", 0)
    (tmp_path / "up").mkdir()
    (tmp_path / "down").mkdir()
    answered: list[bool] = []
    with (
        closing(make_outbox(tmp_path / "up", "log")) as up,
        closing(make_outbox(tmp_path / "down")) as down,
        closing(make_inbox(tmp_path / "up")) as inbox,
    ):

        def progress(*_: object) -> None:
            up.pump()
            service.stopping = up.answered

        def stage(batches: Iterator[list[Message]]) -> Iterator[list[Message]]:
            for batch in batches:
                for message in batch:
                    if isinstance(message, StreamInfo) and message.seq:
                        for _ in range(PUMPS):
                            up.pump(1)
                        answered.append(up.answered)
                    yield [message]

        service: Any = SimpleNamespace(stopping=False, progress=progress)
        for message in (info(), line(0), replace(info(), seq=1)):
            up.put(message)
        run(inbox, stage, [down], service, Account("test"))
    assert answered == [False]
