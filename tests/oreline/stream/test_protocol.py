"""Each end of the protocol against another that does not keep to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import zmq

from oreline.messages import Message, RawLine
from oreline.stream import Inbox, Outbox, control
from oreline.wire import encode
from tests.oreline.stream.streams import RUN, exchange, info, line, make_inbox, make_outbox

PATIENCE_S = 5.0


class Owner:
    """Says what it likes to a consumer."""

    def __init__(self, folder: Path) -> None:
        self._socket: Any = zmq.Context.instance().socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(f"ipc://{folder}/raw.sock")
        self._consumer = b""
        self._session = 0
        self.index = 0

    def hello(self, inbox: Inbox) -> dict[str, Any]:
        """Wait for the consumer's next HELLO, and answer it from now on."""
        deadline = monotonic() + PATIENCE_S
        while monotonic() < deadline:
            inbox.receive(1)
            while self._socket.poll(1):
                identity, word = self._socket.recv_multipart()
                kind, header = control.unpack(word)
                if kind == "hello":
                    self._consumer, self._session = identity, header["session"]
                    return header
        raise AssertionError("the consumer said no HELLO")

    def send(self, *messages: Message, session: int | None = None) -> None:
        for message in messages:
            head = control.pack("line", session=self._session if session is None else session, index=self.index)
            self._socket.send_multipart([self._consumer, head, *encode(message)])
            self.index += 1

    def close(self) -> None:
        self._socket.close()


class Consumer:
    """Says what it likes to an owner."""

    def __init__(self, outbox: Outbox, folder: Path) -> None:
        self._outbox = outbox
        self._socket: Any = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.connect(f"ipc://{folder}/raw.sock")

    def say(self, kind: str, **fields: Any) -> None:
        """Until the owner has heard it and has answered."""
        self._socket.send(control.pack(kind, **fields))
        for _ in range(20):
            self._outbox.pump(5)

    def close(self) -> None:
        self._socket.close()


@contextmanager
def closing(*ends: Any) -> Iterator[None]:
    try:
        yield
    finally:
        for end in ends:
            end.close()


def received(inbox: Inbox, n: int) -> list[int]:
    """Sequence numbers of lines, until there are `n`, and no more for a moment."""
    got: list[Message] = []
    deadline = monotonic() + PATIENCE_S
    while sum(isinstance(message, RawLine) for message in got) < n and monotonic() < deadline:
        got += inbox.receive(5)
    for _ in range(5):
        got += inbox.receive(5)
    return [message.stamp.seq for message in got if isinstance(message, RawLine)]


def test_a_consumer_takes_the_next_line_only_and_asks_again_for_what_was_left_out(tmp_path: Path) -> None:
    owner, inbox = Owner(tmp_path), make_inbox(tmp_path, local=False)
    with closing(owner, inbox):
        assert owner.hello(inbox)["next"] == 0
        owner.send(info(), line(0), line(2), line(3))
        assert received(inbox, 1) == [0]
        assert owner.hello(inbox)["next"] == 1
        owner.send(line(1), line(2))
        assert received(inbox, 2) == [1, 2]


def test_a_consumer_passes_over_what_it_has(tmp_path: Path) -> None:
    owner, inbox = Owner(tmp_path), make_inbox(tmp_path, local=False)
    with closing(owner, inbox):
        owner.hello(inbox)
        owner.send(info(), line(0), line(1), line(0), line(1), line(2))
        assert received(inbox, 3) == [0, 1, 2]


def test_a_consumer_takes_nothing_that_was_meant_for_an_earlier_session(tmp_path: Path) -> None:
    owner, inbox = Owner(tmp_path), make_inbox(tmp_path, local=False)
    with closing(owner, inbox):
        session = owner.hello(inbox)["session"]
        owner.send(info(), line(0))
        owner.send(line(1), session=session - 1)
        owner.send(line(1))
        assert received(inbox, 2) == [0, 1]


def hello(session: int) -> dict[str, Any]:
    where = {"name": "log", "process": 7, "local": False, "run": RUN, "next": 0, "committed": 0}
    wants = {"fresh": False, "urgent": False, "credit": 16, "budget_ns": 0}
    return {"session": session, "version": control.VERSION, **wants, **where}


def test_an_acknowledgement_counts_in_its_own_session_only(tmp_path: Path) -> None:
    outbox = make_outbox(tmp_path, "log")
    consumer = Consumer(outbox, tmp_path)
    with closing(outbox, consumer):
        for message in (info(), *(line(seq) for seq in range(9))):
            outbox.put(message)
        consumer.say("hello", **hello(5))
        consumer.say("credit", session=4, n=1, acked=8)
        assert outbox.depth == 10
        consumer.say("credit", session=5, n=1, acked=8)
        assert outbox.depth == 2


def test_a_consumer_that_greets_a_new_owner_has_not_committed_what_it_has(tmp_path: Path) -> None:
    first, inbox = make_outbox(tmp_path, "log"), make_inbox(tmp_path)
    with closing(inbox):
        with closing(first):
            for message in (info(), *(line(seq) for seq in range(4))):
                first.put(message)
            exchange(first, inbox, lambda got: len(got) == 5)
            for seq in range(4, 9):
                first.put(line(seq))
            exchange(first, inbox, lambda got: len(got) == 5, acked=False)
        again = make_outbox(tmp_path, "log")
        with closing(again):
            exchange(again, inbox, lambda _: bool(again._consumers), acked=False)
            assert again.depth == 5
            exchange(again, inbox, lambda _: again.drained)


def test_what_no_owner_has_sent_cannot_be_acknowledged(tmp_path: Path) -> None:
    outbox = make_outbox(tmp_path, "log")
    consumer = Consumer(outbox, tmp_path)
    with closing(outbox, consumer):
        for message in (info(), *(line(seq) for seq in range(40))):
            outbox.put(message)
        consumer.say("hello", **hello(5))
        consumer.say("credit", session=5, n=1, acked=41)
        assert outbox.depth >= 41 - 17


def test_credit_alone_acknowledges_nothing(tmp_path: Path) -> None:
    outbox, inbox = make_outbox(tmp_path, "log"), make_inbox(tmp_path)
    with closing(outbox, inbox):
        outbox.put(info())
        got: list[Message] = []
        for seq in range(40):
            outbox.put(line(seq))
            got += exchange(outbox, inbox, lambda more: bool(more), acked=False)
            inbox.ack(committed=False)
        exchange(outbox, inbox, lambda more: len(got + more) == 41, acked=False)
        assert outbox.depth == 41
        exchange(outbox, inbox, lambda _: outbox.drained)


def test_records_are_kept_for_the_slowest(tmp_path: Path) -> None:
    outbox, quick = make_outbox(tmp_path, "quick", "slow", slots=32), make_inbox(tmp_path, "quick")
    with closing(outbox, quick):
        outbox.put(info())
        for seq in range(31):
            outbox.put(line(seq))
        exchange(outbox, quick, lambda _: outbox.holds.acked["quick"] == 32)
        assert not outbox.has_room()
        slow = make_inbox(tmp_path, "slow")
        with closing(slow):
            exchange(outbox, slow, lambda got: len(got) == 32)
            exchange(outbox, slow, lambda _: outbox.drained)
            assert outbox.has_room()


def test_a_consumer_follows_its_owner_to_another_ring(tmp_path: Path) -> None:
    inbox = make_inbox(tmp_path)
    with closing(inbox):
        for slots, run in ((32, RUN), (64, bytes(reversed(RUN)))):
            outbox = make_outbox(tmp_path, "log", slots=slots)
            with closing(outbox):
                outbox.put(info(run=run))
                outbox.put(line(0, run=run))
                got = exchange(outbox, inbox, lambda got: any(isinstance(message, RawLine) for message in got))
                assert [message.stamp.run for message in got if isinstance(message, RawLine)] == [run]
                exchange(outbox, inbox, lambda _, outbox=outbox: outbox.drained)
