"""The consumer's end: what it takes, in order, each once."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import replace
from pathlib import Path

import zmq

from oreline.errors import RingError, StreamError, WireError
from oreline.incidents import report
from oreline.keys import ClientKeys
from oreline.messages import EndOfStream, Gap, Message, StreamInfo
from oreline.ring import RingReader
from oreline.sink import Policy
from oreline.stream import control
from oreline.stream.curve import HandshakeMonitor
from oreline.stream.sockets import NO_RUN, SILENCE_NS, make_socket, now, pending, reach_far, receive, run_of
from oreline.wire import FRAMES_LIMIT, decode

CREDIT_NS = 10_000_000
RETRY_NS = 20_000_000
FAILURES = 100


class Inbox:
    """The consumer's end of a stream."""

    def __init__(
        self,
        endpoint: str,
        name: str,
        policy: Policy,
        *,
        ring: Path | None,
        cursor: tuple[bytes, int] | None = None,
        credit: int = 128,
        budget_ms: float = 100.0,
        urgent: bool = False,
        borrow: bool = False,
        frame_bytes: int = 16_777_216,
        keys: ClientKeys | None = None,
    ) -> None:
        """Connect to `endpoint`. `ring`: the owner's file where it is on this host. `cursor`: run and next sequence
        number after the last that was committed. `urgent`: late lines do harm, see `Sink.acts_on_plant`. `borrow`:
        give views of the ring instead of copies; what was made of them counts only while `intact` holds. `keys`: to
        another host, under `name`."""
        self._borrow = borrow
        self.endpoint, self.name, self.policy, self._urgent = endpoint, name, policy, urgent
        self.run, self.next = cursor or (NO_RUN, 0)
        self._committed = self.next
        self._ring_path = ring
        self._ring: RingReader | None = None
        self._credit, self._budget_ns = credit, int(budget_ms * 1e6)
        self._process = secrets.randbits(62) | 1
        self._session = secrets.randbits(62)
        self._index = self._acked = 0
        self._uncommitted: deque[tuple[int, int]] = deque()
        self._changed = self._ended = False
        self._credited = 0
        self._failures = 0
        self._owed = 0
        self._heard_ns = 0
        self._announced = 0
        self._ready: deque[Message] = deque()
        self._socket = make_socket(zmq.DEALER, frame_bytes)
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        if endpoint.startswith("tcp:"):
            reach_far(self._socket, endpoint)
        else:
            self._socket.setsockopt(zmq.IDENTITY, self._process.to_bytes(8, "little"))
        self._handshakes = HandshakeMonitor(self._socket, keys) if keys else None
        try:
            self._socket.connect(endpoint)
        except zmq.ZMQError as error:
            raise StreamError(f"cannot connect to {endpoint}: {error}; give the address of the other host") from None

    @property
    def position(self) -> tuple[int, int]:
        """Where we stand: it changes with each record, and with each line, that comes."""
        return self.next, self._index

    @property
    def stored(self) -> int:
        """Number of records that the owner has stored, as far as we know."""
        return self._announced if self._ring is None else self._ring.head

    def receive(self, timeout_ms: int) -> list[Message]:
        """The next messages in order, or an empty list after `timeout_ms`.

        Raises StreamError where the owner refuses us.
        """
        if now() - self._heard_ns > SILENCE_NS and not pending(self._socket, 0):
            self._hello()
        if self._changed and now() - self._credited > CREDIT_NS:
            self._give_credit()
        while pending(self._socket, timeout_ms):
            self._take([frame.buffer for frame in receive(self._socket, FRAMES_LIMIT + 1)])
            timeout_ms = 0
            if len(self._ready) >= self._credit:
                break
        messages = list(self._ready)
        self._ready.clear()
        return messages

    def ack(self, *, committed: bool = True, before: int | None = None) -> None:
        """Ask for more; unless `committed` is False, say that everything that `receive` has returned is committed, or
        only what lies before the sequence number `before`.

        Said at once at the end of the stream, and where a quarter of the credit is used up, otherwise within
        `CREDIT_NS`: each word costs the owner a wake-up.
        """
        self._changed |= bool(self._owed)
        if committed:
            self._commit(self.next if before is None else before)
        at_once = self._ended or self._owed >= self._credit // 4
        if self._changed and (at_once or now() - self._credited > CREDIT_NS):
            self._give_credit()

    def _commit(self, seq: int) -> None:
        waiting = self._uncommitted
        while waiting and waiting[0][1] <= seq:
            waiting.popleft()
        acked = waiting[0][0] if waiting else self._index
        self._changed |= acked != self._acked
        self._acked, self._committed = acked, max(self._committed, min(seq, self.next))

    def _give_credit(self) -> None:
        credit = control.pack("credit", session=self._session, n=min(self._owed, 4096), acked=self._acked)
        self._owed, self._changed, self._credited = 0, False, now()
        self._say(credit)

    def intact(self) -> bool:
        """True where everything borrowed since the last commit still stood in the ring when it was used."""
        ring = self._ring
        if not self._borrow or ring is None:
            return True
        return not self._uncommitted or ring.entry(self._uncommitted[0][0]) is not None

    def rewind(self, seq: int) -> None:
        """Ask again from a sequence number on."""
        self.next, self._committed = seq, min(seq, self._committed)
        self._ready.clear()
        self._distrust("overwritten")

    def _distrust(self, why: str) -> None:
        """Void everything on its way, for it is not what should come, and say HELLO again in a moment.

        Raises StreamError where it happens again and again without one good message between.
        """
        report(self.name, why, run=self.run, seq=self.next)
        self._failures += 1
        if self._failures > FAILURES:
            raise StreamError(f"{self.endpoint} sends nothing that {self.name} can use ({why}): are both up to date?")
        self._session += 1
        self._uncommitted.clear()
        self._heard_ns = now() - SILENCE_NS + RETRY_NS

    def _hello(self) -> None:
        """Say where we stand, and what of it is committed; everything on its way to us is void."""
        self._look_at_handshakes()
        self._session += 1
        self._heard_ns = now()
        self._owed, self._changed = 0, False
        self._uncommitted.clear()
        hello = control.pack(
            "hello",
            session=self._session,
            version=control.VERSION,
            name=self.name,
            process=self._process,
            fresh=self.policy is Policy.FRESH,
            urgent=self._urgent,
            local=self._map(),
            run=self.run,
            next=self.next,
            committed=self._committed,
            credit=self._credit,
            budget_ns=self._budget_ns,
        )
        self._say(hello)

    def _look_at_handshakes(self) -> None:
        """Raises StreamError where another host refuses our key; says where nobody with its key answers."""
        refused, failed = self._handshakes.failed() if self._handshakes else (False, 0)
        if refused:
            remedy = f"on that host, `oreline keys allow {self.name}.key`"
            raise StreamError(f"{self.endpoint} does not allow the key of {self.name}: {remedy}")
        if failed:
            report(self.name, "no_handshake", f"{self.endpoint} has another key than ours of it, or none", n=failed)

    def _map(self) -> bool:
        if self._ring_path is None:
            return False
        if self._ring is not None and self._ring.current:
            return True
        try:
            self._ring = RingReader(self._ring_path)
        except RingError:
            self._ring = None
        return self._ring is not None

    def _say(self, frame: bytes) -> None:
        """Send, or where nobody is there to hear it, say HELLO again in a moment."""
        try:
            self._socket.send(frame, zmq.NOBLOCK)
        except zmq.Again:
            self._heard_ns = now() - SILENCE_NS + RETRY_NS

    def _take(self, frames: list[memoryview]) -> None:
        try:
            if len(frames) > FRAMES_LIMIT + 1:
                raise WireError("too many frames")
            kind, header = control.unpack(frames[0])
        except WireError as error:
            report(self.name, "bad_message", str(error))
            return
        if header["session"] != self._session:
            return
        self._heard_ns = now()
        if kind == "refuse":
            raise StreamError(f"{self.endpoint} refused {self.name}: {header['why']}")
        if kind == "line":
            self._owed += header["index"] >= 0 or self._is_gap(frames[1:])
            self._accept(frames[1:], int(header["index"]))
        elif kind == "at":
            self._owed += header["n"]
            self._take_records(int(header["index"]), int(header["n"]))
        elif kind == "beat":
            self._announced = int(header["head"])

    def _is_gap(self, frames: list[memoryview]) -> bool:
        return len(frames) == 1

    def _take_records(self, index: int, n: int) -> None:
        session = self._session
        for at in range(index, index + n):
            frames = self._ring.read(at) if self._ring is not None else None
            if frames is not None and not self._borrow:
                frames = self._copied(at, frames)
            if frames is None:
                self._distrust("damaged_or_gone")
            else:
                self._accept(frames, at)
            if self._session != session:
                return

    def _copied(self, index: int, frames: list[memoryview]) -> list[memoryview] | None:
        """The owner may overwrite what it reads: copy, then look whether the record still stood."""
        copies = [memoryview(bytes(frame)) for frame in frames]
        return copies if self._ring is not None and self._ring.entry(index) is not None else None

    def _accept(self, frames: list[memoryview], index: int) -> None:
        try:
            message = decode(frames)
        except WireError:
            self._distrust("bad_message")
            return
        if index >= 0:
            self._index = index + 1
            self._uncommitted.append((index, message.first + message.n))
        run = run_of(message)
        if isinstance(message, StreamInfo) and run != self.run:
            self.run, self.next, self._committed = run, 0, 0
        if run != self.run or message.first > self.next:
            self._distrust("out_of_order")
        elif message.n == 0 or message.first + message.n > self.next:
            self._deliver(message)

    def _deliver(self, message: Message) -> None:
        if isinstance(message, Gap) and message.first < self.next:
            message = replace(message, first=self.next, n=message.first + message.n - self.next)
        self.next = max(self.next, message.first + message.n)
        self._failures = 0
        self._ended = isinstance(message, EndOfStream)
        self._ready.append(message)

    def leave(self) -> None:
        """Say that nothing is to be kept for us, and disconnect. The owner keeps on for one whom its line's file
        names."""
        self._say(control.pack("leave", session=self._session, name=self.name, process=self._process))
        self._changed = False
        self.close()

    def close(self) -> None:
        """Disconnect, once the last acknowledgement is out."""
        if self._changed:
            self._give_credit()
        self._socket.close(linger=500)
        if self._handshakes:
            self._handshakes.close()
