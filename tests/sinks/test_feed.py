"""Between inbox and sink: what is acknowledged is committed, and what could not be committed comes to it again."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from oreline.errors import StoreFailed
from oreline.incidents import INCIDENTS
from oreline.messages import Message
from oreline.metrics import Account
from oreline.sink import Policy
from oreline.testing import end_of_stream, label_line, stream_info
from sinks import feed
from sinks.feed import Feed


@dataclass
class Ends:
    """An inbox and a sink in one, which write down what is asked of them, in order."""

    policy: ClassVar[Policy] = Policy.COMPLETE
    batches: list[list[Message]]
    full: int = 0
    full_idle: int = 0
    asked: list[str] = field(default_factory=list)
    held: list[Message] = field(default_factory=list)
    kept: list[Message] = field(default_factory=list)

    def receive(self, _timeout_ms: int) -> list[Message]:
        return self.batches.pop(0) if self.batches else []

    def ack(self) -> None:
        self.asked.append("ack")

    def consume(self, messages: list[Message]) -> None:
        self.held += messages

    def commit(self) -> None:
        self.asked.append("commit")
        if self.full:
            self.full -= 1
            raise StoreFailed("the disk is full: free space")
        self.kept += self.held
        self.held = []

    def idle(self) -> None:
        self.asked.append("idle")
        if self.full_idle:
            self.full_idle -= 1
            raise StoreFailed("the disk is full: free space")


def feed_of(ends: Any, stage: str) -> Feed:
    return Feed(ends, ends, Account(stage))


def test_what_came_is_committed_and_then_acknowledged() -> None:
    ends = Ends([[stream_info(), label_line(0)]])
    fed = feed_of(ends, "one")
    while "ack" not in ends.asked:
        assert not fed.turn()
    assert [word for word in ends.asked if word != "idle"] == ["commit", "ack"]
    assert len(ends.kept) == 2


def test_a_store_that_is_full_is_asked_again_and_nothing_is_acknowledged_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(feed, "AGAIN_S", 0.01)
    ends = Ends([[stream_info(), label_line(0)], [label_line(1)], [], [label_line(2)]], full=3)
    fed = feed_of(ends, "two")
    end = time.monotonic() + 10.0
    while "ack" not in ends.asked and time.monotonic() < end:
        assert not fed.turn()
    assert ends.asked.count("commit") == 4
    assert ends.asked[-1] == "ack"
    assert INCIDENTS.labels("two", "store_failed")._value.get() == 3
    assert capsys.readouterr().err.endswith("alarm two store_failed: the disk is full: free space; trying again\n")
    assert [message.first for message in ends.kept[1:]] == [0, 1, 2]
    assert fed.account.lines == 3


def test_a_sink_that_finds_no_room_while_nothing_comes_is_asked_again_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "AGAIN_S", 0.01)
    ends = Ends([[], [], [stream_info(), label_line(0)]], full_idle=2)
    fed = feed_of(ends, "idle")
    failing = []
    while "ack" not in ends.asked:
        assert not fed.turn()
        failing.append(fed.failing)
    assert failing[0]
    assert not failing[-1]
    assert len(ends.kept) == 2


def test_the_end_of_the_stream_is_said_when_it_is_committed() -> None:
    info = stream_info()
    ends = Ends([[info, label_line(0), end_of_stream(info, 1)]])
    fed = feed_of(ends, "three")
    while not fed.turn():
        pass
    assert ends.asked[-1] == "ack"
