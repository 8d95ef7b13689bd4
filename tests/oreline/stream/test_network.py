"""A stream served to another host: who gets it, who does not, and what garbage does to those who do."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic

import msgpack
import pytest
import zmq

from oreline import keys
from oreline.errors import SecurityError, StreamError
from oreline.incidents import INCIDENTS
from oreline.keys import Pair, client_keys, server_keys
from oreline.messages import EndOfStream, Message
from oreline.sink import Policy
from oreline.stream import Inbox, Outbox, control
from oreline.stream.curve import new_pair
from oreline.stream.listener import Listener
from oreline.stream.outbox import HEARD
from tests.oreline.stream.streams import RUN, exchange, info, line, make_inbox, make_ring, seqs
from tests.oreline.stream.test_stream import ended

ANY_PORT = "tcp://127.0.0.1:0"
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)


class Hosts:
    """A folder of keys on each of two hosts that have exchanged them: one serves, `log` and `dashboard` read."""

    def __init__(self, root: Path) -> None:
        self.here, self.there = root / "here", root / "there"
        for folder, name in ((self.here, "inference"), (self.there, "log"), (self.there, "dashboard")):
            keys.save(folder, name, new_pair())
            other = self.there if folder is self.here else self.here
            keys.allow(other, folder / f"{name}.key")

    def serve(self, folder: Path) -> Outbox:
        served = server_keys(ANY_PORT, self.here, "inference")
        return Outbox(f"ipc://{folder}/raw.sock", make_ring(folder), listen=ANY_PORT, keys=served)

    def connect(self, outbox: Outbox, name: str, key: str | None = None) -> Inbox:
        address = outbox.listeners[1].address
        held = client_keys(address, self.there, key or name, "inference")
        return Inbox(address, name, Policy.COMPLETE, ring=None, keys=held, credit=16)


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    return Hosts(tmp_path)


@pytest.fixture
def outbox(hosts: Hosts, tmp_path: Path) -> Iterator[Outbox]:
    with closing(hosts.serve(tmp_path)) as served:
        yield served


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Outbox]:
    """Served at loopback without keys."""
    with closing(Outbox(f"ipc://{tmp_path}/raw.sock", make_ring(tmp_path), listen=ANY_PORT)) as served:
        yield served


def counted(kind: str, stage: str = "raw") -> float:
    return INCIDENTS.labels(stage, kind)._value.get()


def put_run(outbox: Outbox, lines: int) -> None:
    outbox.put(info())
    for seq in range(lines):
        outbox.put(line(seq))
    outbox.put(EndOfStream(RUN, 0, lines, lines, 0, 0))


def pump_until(outbox: Outbox, holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 10
    while not holds():
        assert monotonic() < deadline, "it never came true"
        outbox.pump(5)


def never(outbox: Outbox, inbox: Inbox, for_s: float = 0.6) -> list[Message]:
    """What comes within a time in which an allowed consumer would have had everything several times."""
    until, got = monotonic() + for_s, []
    while monotonic() < until:
        outbox.pump(1)
        got += inbox.receive(1)
    return got


def test_a_consumer_on_another_host_gets_every_line_s_bytes(hosts: Hosts, outbox: Outbox) -> None:
    put_run(outbox, 40)
    with closing(hosts.connect(outbox, "log")) as inbox:
        got = exchange(outbox, inbox, ended)
        assert got[0] == info()
        assert seqs(got) == list(range(40))
        assert all((m.counts == m.stamp.seq).all() for m in got[1:41])  # type: ignore[union-attr]
        exchange(outbox, inbox, lambda _: outbox.drained)


def test_consumers_on_both_hosts_get_the_same_stream_side_by_side(hosts: Hosts, outbox: Outbox, tmp_path: Path) -> None:
    put_run(outbox, 40)
    with closing(hosts.connect(outbox, "log")) as far, closing(make_inbox(tmp_path, "record")) as near:
        assert seqs(exchange(outbox, near, ended)) == seqs(exchange(outbox, far, ended)) == list(range(40))


def test_what_travels_over_tcp_cannot_be_read_on_its_way(hosts: Hosts, outbox: Outbox) -> None:
    """A relay in the middle sees no field of a message; without keys it does."""
    secret_name = "a camera that nobody should know of"
    assert secret_name.encode() in control.pack("refuse", session=1, why=secret_name)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        held = client_keys("tcp://127.0.0.1:1", hosts.there, "log", "inference")
        with closing(Inbox(f"tcp://127.0.0.1:{port}", "log", Policy.COMPLETE, ring=None, keys=held)) as inbox:
            inbox.receive(1)
            relay, _ = listening.accept()
            with relay, socket.create_connection(_place(outbox)) as served:
                put_run(outbox, 5)
                seen = _relayed(outbox, inbox, relay, served)
    assert b"CURVE" in seen
    assert b"hello" not in seen
    assert b"RawLine" not in seen


def _place(outbox: Outbox) -> tuple[str, int]:
    host, port = outbox.listeners[1].address.removeprefix("tcp://").split(":")
    return host, int(port)


def _relayed(outbox: Outbox, inbox: Inbox, client: socket.socket, server: socket.socket) -> bytes:
    seen, got = b"", list[Message]()
    client.setblocking(False)
    server.setblocking(False)
    deadline = monotonic() + 10
    while not ended(got):
        assert monotonic() < deadline
        for source, target in ((client, server), (server, client)):
            try:
                passing = source.recv(65536)
            except BlockingIOError:
                continue
            seen += passing
            target.sendall(passing)
        outbox.pump(1)
        got += inbox.receive(1)
    return seen


@pytest.mark.parametrize("listed", [True, False], ids=["forbidden later", "never allowed"])
def test_a_key_that_is_not_allowed_gets_nothing_and_is_counted(hosts: Hosts, outbox: Outbox, listed: bool) -> None:
    before = counted("refused_key")
    if listed:
        keys.forbid(hosts.here, "log")
    else:
        stranger = new_pair()
        (hosts.there / "log.key").write_bytes(stranger.public)
        (hosts.there / "log.secret").write_bytes(stranger.secret)
    put_run(outbox, 5)
    refused = pytest.raises(StreamError, match=r"on that host, `oreline keys allow log\.key`")
    with closing(hosts.connect(outbox, "log")) as inbox, refused:
        exchange(outbox, inbox, bool)
    assert counted("refused_key") == before + 1


def test_a_peer_without_curve_gets_nothing(hosts: Hosts, outbox: Outbox) -> None:
    put_run(outbox, 5)
    with closing(Inbox(outbox.listeners[1].address, "log", Policy.COMPLETE, ring=None)) as inbox:
        assert never(outbox, inbox) == []


def test_a_server_with_another_key_is_not_believed(
    hosts: Hosts, outbox: Outbox, capfd: pytest.CaptureFixture[str]
) -> None:
    (hosts.there / "allowed" / "inference.key").write_bytes(new_pair().public)
    put_run(outbox, 5)
    with closing(hosts.connect(outbox, "log")) as inbox:
        assert never(outbox, inbox) == []
    said = capfd.readouterr().err
    assert "has another key than ours of it" in said
    assert said.count("no_handshake") == 1


def test_an_allowed_consumer_cannot_take_the_cursor_of_another(hosts: Hosts, outbox: Outbox) -> None:
    put_run(outbox, 20)
    before = counted("refused_name")
    thief = hosts.connect(outbox, "log", key="dashboard")
    with closing(thief), pytest.raises(StreamError, match="its key is that of 'dashboard'"):
        exchange(outbox, thief, lambda _: False)
    assert counted("refused_name") == before + 1
    with closing(hosts.connect(outbox, "log")) as inbox:
        assert seqs(exchange(outbox, inbox, ended)) == list(range(20))


@pytest.mark.parametrize("first", ["near", "far"])
def test_a_name_belongs_to_the_consumer_on_the_stream_s_own_host(
    hosts: Hosts, outbox: Outbox, tmp_path: Path, first: str
) -> None:
    put_run(outbox, 5)
    with closing(make_inbox(tmp_path, "log")) as near, closing(hosts.connect(outbox, "log")) as far:
        if first == "far":
            exchange(outbox, far, ended, acked=False)
        assert seqs(exchange(outbox, near, ended)) == list(range(5))
        with pytest.raises(StreamError, match="give this one another name"):
            exchange(outbox, far, lambda _: False)


def test_a_word_at_another_s_address_counts_for_nothing(
    hosts: Hosts, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should libzmq ever give a peer the address of one that has just left."""
    put_run(outbox, 5)
    with closing(hosts.connect(outbox, "log")) as inbox:
        exchange(outbox, inbox, ended, acked=False)
    (listener, identity), consumer = next(iter(outbox._consumers.items()))
    behind = outbox.depth
    acknowledged = control.pack("credit", session=consumer.session, n=0, acked=consumer.index)
    monkeypatch.setattr(listener, "hear", lambda: (identity, "dashboard", [acknowledged]))
    outbox._hear(listener)
    assert outbox.depth == behind > 0
    monkeypatch.setattr(listener, "hear", lambda: (identity, "log", [acknowledged]))
    outbox._hear(listener)
    assert outbox.depth == 0


def test_a_consumer_that_comes_back_goes_on_where_it_was(hosts: Hosts, outbox: Outbox) -> None:
    outbox.put(info())
    for seq in range(10):
        outbox.put(line(seq))
    with closing(hosts.connect(outbox, "log")) as inbox:
        assert seqs(exchange(outbox, inbox, lambda got: 9 in seqs(got))) == list(range(10))
        cursor = inbox.run, inbox.next
    outbox.put(line(10))
    held = client_keys(ANY_PORT, hosts.there, "log", "inference")
    again = Inbox(outbox.listeners[1].address, "log", Policy.COMPLETE, ring=None, keys=held, cursor=cursor)
    with closing(again):
        assert seqs(exchange(outbox, again, lambda got: 10 in seqs(got))) == [10]
        exchange(outbox, again, lambda _: outbox.drained)


@pytest.mark.parametrize("address", ["tcp://0.0.0.0:7401", "tcp://*:7401", "tcp://10.0.0.5:7401", "tcp://[::]:7401"])
def test_an_address_that_others_can_reach_needs_keys(address: str, tmp_path: Path) -> None:
    with pytest.raises(SecurityError, match="name their folder"):
        server_keys(address, None, "inference")
    with pytest.raises(SecurityError, match="name their folder"):
        client_keys(address, None, "log", "inference")
    with pytest.raises(SecurityError, match="make it with `oreline keys make inference`"):
        server_keys(address, tmp_path, "inference")
    keys.save(tmp_path, "inference", new_pair())
    with pytest.raises(SecurityError, match="nobody may connect"):
        server_keys(address, tmp_path, "inference")


def test_loopback_needs_none() -> None:
    assert server_keys("tcp://127.0.0.1:7401", None, "inference") is None
    assert client_keys("tcp://[::1]:7401", None, "log", "inference") is None


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_secret_that_others_can_read_is_refused(hosts: Hosts, mode: int) -> None:
    (hosts.here / "inference.secret").chmod(mode)
    with pytest.raises(SecurityError, match=r"chmod 600 .*inference\.secret"):
        server_keys(ANY_PORT, hosts.here, "inference")


@pytest.mark.parametrize("place", [".", "allowed"])
def test_a_list_that_others_can_add_to_is_refused(hosts: Hosts, place: str) -> None:
    (hosts.here / place).chmod(0o777)
    with pytest.raises(SecurityError, match="others can put keys into"):
        server_keys(ANY_PORT, hosts.here, "inference")


def test_a_secret_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys.save(tmp_path / "keys", "log", new_pair())
    finally:
        os.umask(before)
    assert (tmp_path / "keys" / "log.secret").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_a_key_is_never_replaced_read_through_a_link_or_taken_for_one(hosts: Hosts, tmp_path: Path) -> None:
    with pytest.raises(SecurityError, match="if it is to have another"):
        keys.save(hosts.here, "inference", new_pair())
    (hosts.here / "acquisition.secret").symlink_to(hosts.here / "inference.secret")
    with pytest.raises(SecurityError, match="it is a link"):
        server_keys(ANY_PORT, hosts.here, "acquisition")
    (tmp_path / "text.key").write_text("not a key\n")
    with pytest.raises(SecurityError, match="must hold 40 characters"):
        keys.allow(hosts.here, tmp_path / "text.key")
    with pytest.raises(SecurityError, match="no name of a key"):
        keys.save(hosts.here, "../evil", Pair(b"", b""))


GARBAGE = {
    "text": b"GET / HTTP/1.1\r\nHost: ore\r\n\r\n",
    "old protocol": b"\x01\x00" + b"\x03\x00\xde\xad" * 20,
    "half a greeting": GREETING[:20],
    "a greeting alone": GREETING,
    "an oversized frame": GREETING + b"\x02" + struct.pack(">Q", 1 << 40),
    "zeros": bytes(4096),
}


@pytest.mark.parametrize("keyed", [True, False], ids=["CURVE", "plain"])
@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_at_the_door_disturbs_no_one(
    hosts: Hosts, request: pytest.FixtureRequest, garbage: bytes, keyed: bool
) -> None:
    served: Outbox = request.getfixturevalue("outbox" if keyed else "plain")
    put_run(served, 40)
    good = (
        hosts.connect(served, "log") if keyed else Inbox(served.listeners[1].address, "log", Policy.COMPLETE, ring=None)
    )
    with closing(good), socket.create_connection(_place(served)) as stranger:
        stranger.sendall(garbage)
        assert seqs(exchange(served, good, ended)) == list(range(40))
        exchange(served, good, lambda _: served.drained)


@pytest.mark.parametrize("keyed", [True, False], ids=["CURVE", "plain"])
def test_garbage_is_counted_and_said_once(
    request: pytest.FixtureRequest, keyed: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    served: Outbox = request.getfixturevalue("outbox" if keyed else "plain")
    before = counted("bad_message")
    for _ in range(5):
        with socket.create_connection(_place(served)) as stranger:
            stranger.sendall(GARBAGE["old protocol"])
            seen = counted("bad_message")
            pump_until(served, lambda seen=seen: counted("bad_message") > seen)  # type: ignore[misc]
    assert counted("bad_message") >= before + 5
    assert capfd.readouterr().err.count("bad_message") == 1


def test_a_word_of_too_many_or_too_large_frames_is_refused_and_its_sender_s_next_one_heard(plain: Outbox) -> None:
    put_run(plain, 3)
    with closing(_dealer(plain)) as consumer:
        before = counted("bad_message")
        consumer.send_multipart([b"x"] * 100_000)
        consumer.send_multipart([_hello(), b"and more"])
        consumer.send(b"")
        consumer.send(msgpack.packb({"is": "hello", "session": []}))
        pump_until(plain, lambda: counted("bad_message") == before + 4)
        assert not consumer.poll(0), "none of that was a HELLO"
        consumer.send(_hello())
        pump_until(plain, lambda: bool(consumer.poll(0)))
        assert control.unpack(consumer.recv_multipart()[0])[0] == "line"
        consumer.send(bytes(513))
        for _ in range(20):
            plain.pump(5)
        assert counted("bad_message") == before + 4, "libzmq cuts it off before it is a message"


def test_a_flood_of_words_takes_turns_with_the_lines(plain: Outbox, tmp_path: Path) -> None:
    put_run(plain, 40)
    with closing(_dealer(plain)) as consumer, closing(make_inbox(tmp_path)) as good:
        before = counted("bad_message")
        for _ in range(500):
            consumer.send(b"garbage")
        plain.listeners[1].socket.poll(5_000)
        got: list[Message] = []
        while counted("bad_message") < before + 500 or not ended(got):
            heard = counted("bad_message")
            plain.pump(5)
            assert counted("bad_message") - heard <= HEARD
            got += good.receive(1)
            good.ack()
        assert seqs(got) == list(range(40))


def _dealer(served: Outbox) -> zmq.Socket[bytes]:
    consumer = zmq.Context.instance().socket(zmq.DEALER)
    consumer.setsockopt(zmq.LINGER, 0)
    consumer.connect(served.listeners[1].address)
    return consumer


def _hello(name: str = "peer") -> bytes:
    return control.pack(
        "hello", session=1, version=control.VERSION, name=name, process=7, fresh=False, urgent=False,
        local=False, run=bytes(16), next=0, committed=0, credit=16, budget_ns=0,
    )  # fmt: skip


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with closing(Listener(ANY_PORT)) as first, pytest.raises(StreamError, match="cannot bind"):
        Listener(first.address)
