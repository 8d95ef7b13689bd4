"""The one loop: what it acknowledges, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oreline.messages import Message, StreamInfo
from oreline.metrics import Account
from oreline.process import _store, run
from oreline.sink import Policy
from oreline.stream import Outbox
from oreline.stream import inbox as inboxes
from tests.oreline.stream.streams import exchange, info, line, make_inbox, make_outbox, make_ring

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
            service.stopping = up.has_answered("log")

        def stage(batches: Iterator[list[Message]]) -> Iterator[list[Message]]:
            for batch in batches:
                for message in batch:
                    if isinstance(message, StreamInfo) and message.seq:
                        for _ in range(PUMPS):
                            up.pump(1)
                        answered.append(up.has_answered("log"))
                    yield [message]

        service: Any = SimpleNamespace(stopping=False, progress=progress)
        for message in (info(), line(0), replace(info(), seq=1)):
            up.put(message)
        run(inbox, stage, [down], service, Account("test"))
    assert answered == [False]


class Looking:
    """A stage that passes on what comes and looks at the two lines before each again; `seen` are all that came to it,
    begun anew or not."""

    before = 2

    def __init__(self) -> None:
        self.held: list[int] = []
        self.seen: list[list[int]] = []

    @property
    def oldest(self) -> int | None:
        return self.held[0] if self.held else None

    def __call__(self, batches: Iterator[list[Message]]) -> Iterator[list[Message]]:
        self.seen.append([])
        for message in chain.from_iterable(batches):
            self.held = [*self.held, message.first][-self.before :] if message.n else []
            self.seen[-1] += [message.first] if message.n else []
            yield [message]


def looked_at(
    tmp_path: Path, stage: Looking, *messages: Message, intact: Callable[[int], bool] = lambda _: True
) -> int:
    """Run the messages through a stage; returns how many records it has given back. `intact`: by how often it was asked
    for."""
    for name in ("up", "down"):
        (tmp_path / name).mkdir()
    with (
        closing(make_outbox(tmp_path / "up", "log")) as up,
        closing(make_outbox(tmp_path / "down")) as down,
        closing(make_inbox(tmp_path / "up")) as inbox,
    ):
        asked = count()
        inbox.intact = lambda: intact(next(asked))  # type: ignore[method-assign]
        idle = 0

        def progress(*_: object) -> None:
            nonlocal idle
            up.pump()
            idle = idle + 1 if down.ring.head >= len(messages) else 0
            service.stopping = idle > PUMPS

        service: Any = SimpleNamespace(stopping=False, progress=progress)
        for message in messages:
            up.put(message)
        run(inbox, stage, [down], service, Account("test"), stage)
        stored = [entry.first for entry in map(down.ring.entry, range(down.ring.head)) if entry and entry.n]
        assert stored == [message.first for message in messages if message.n]
        return up.holds.acked["log"]


def test_lines_that_are_looked_at_again_are_given_back_when_they_are_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inboxes, "CREDIT_NS", 0)
    lines = [line(seq) for seq in range(6)]
    for name, messages, given_back in (
        ("held", [info(), *lines], 5),
        ("parted", [info(), *lines, replace(info(), seq=6)], 8),
    ):
        (tmp_path / name).mkdir()
        assert looked_at(tmp_path / name, Looking(), *messages) == given_back


def test_a_stage_that_is_begun_anew_gets_its_context_once_more(tmp_path: Path) -> None:
    stage = Looking()
    looked_at(tmp_path, stage, info(), *(line(seq) for seq in range(8)), intact=lambda asked: asked != 5)
    assert stage.seen[0][:5] == [0, 1, 2, 3, 4]
    assert stage.seen[1] == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(("named", "stored"), [(["log", "station"], True), (["log", "station", "record"], False)])
def test_a_stream_that_nobody_takes_holds_up_no_other_and_one_that_somebody_may_take_waits_for_it(
    tmp_path: Path, named: list[str], stored: bool
) -> None:
    slots, folders = 16, [tmp_path / "labels", tmp_path / "reflectance"]
    for folder in folders:
        folder.mkdir()
    labels, reflectance = (
        Outbox(f"ipc://{folder}/raw.sock", make_ring(folder, n), named=named)
        for folder, n in zip(folders, (8 * slots, slots), strict=True)
    )
    log, station = make_inbox(folders[0]), make_inbox(folders[0], "station", Policy.FRESH)
    with closing(labels), closing(reflectance), closing(log), closing(station):
        labels.put(info())
        reflectance.put(info())
        for inbox in (log, station):
            exchange(labels, inbox, bool)
        service: Any = SimpleNamespace(stopping=False)
        service.progress = lambda _: setattr(service, "stopping", True)
        assert all(_store(line(seq), [labels, reflectance], service) for seq in range(3 * slots)) is stored
