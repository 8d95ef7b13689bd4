"""The producer's end: what is stored, who has seen it, and what may be forgotten."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Set
from typing import Any

from oreline.errors import WireError
from oreline.incidents import report
from oreline.keys import ServerKeys
from oreline.messages import Line, Message, RawLine, StreamInfo
from oreline.metrics import QUEUE
from oreline.ring import Ring
from oreline.stream import control
from oreline.stream.consumer import Consumer
from oreline.stream.holds import VISITORS, Holds
from oreline.stream.listener import Listener
from oreline.stream.sockets import BEAT_NS, NO_RUN, now, wait
from oreline.wire import Buffer, decode, encode

HOLD_S = 30.0
HEARD = 64
"""Messages that are heard at a listener in one turn, so that a flood of them stops nothing."""


class Outbox:
    """The producer's end of a stream. Everything happens in the caller's thread, in `put` and `pump`."""

    def __init__(
        self,
        endpoint: str,
        ring: Ring,
        complete: Iterable[str] = (),
        lines: type[Line] = RawLine,
        *,
        named: Iterable[str] = (),
        hold_s: float = HOLD_S,
        listen: str | None = None,
        keys: ServerKeys | None = None,
        elsewhere: bool = False,
    ) -> None:
        """Bind `endpoint` for lines of one type. `complete` names consumers that the ring must keep lines for from
        the start; others are kept for from their first word, for as long as `Holds` says of `named` ones and of those
        who were silent for `hold_s`. `listen`: a tcp address for other hosts besides, whose consumers must hold an
        allowed key where `keys` are given. `elsewhere`: lines are exposed on another host, whose clock says nothing
        here, and are as old as their record. Raises StreamError where a bind is not possible."""
        self._elsewhere = elsewhere
        self._lines = lines
        self.ring = ring
        self.name = ring.path.stem
        self.holds = Holds(ring, complete, named, hold_s)
        self._consumers: dict[tuple[Listener, bytes], Consumer] = {}
        self._near: set[str] = set()
        self._process: dict[str, int] = {}
        self._former: set[int] = set()
        self._infos: deque[tuple[int, list[Buffer]]] = deque()
        self._beat_at = self._given_up = 0
        self.listeners = [Listener(endpoint), *([Listener(listen, keys)] if listen else [])]
        self._recover()

    def _recover(self) -> None:
        self.run, self.epoch, self.next = NO_RUN, 0, 0
        self.resumed = self.ring.head > 0
        names, *base = list(_unjoined(self.ring.note)) or [b""]
        for name in filter(None, bytes(names).decode().split("\n")):
            self.holds.keep(name, self.ring.tail)
        if base:
            self._infos.append((-1, base))
        for index in range(self.ring.tail, self.ring.head):
            entry = self.ring.entry(index)
            if entry is not None and entry.n == 0:
                frames = self.ring.read(index)
                if frames and isinstance(decode(frames), StreamInfo):
                    self._infos.append((index, [bytes(frame) for frame in frames]))
        info = self.info
        if info is not None:
            self.run, self.epoch, self.next = info.run, info.epoch, max(info.seq, self.ring.next)

    @property
    def last(self) -> Message | None:
        """The newest message in the ring, also where everybody has it."""
        for index in reversed(range(max(0, self.ring.head - self.ring.slots), self.ring.head)):
            frames = self.ring.read(index)
            if frames is not None:
                return decode(frames)
        return None

    @property
    def last_line_ns(self) -> int | None:
        """When the newest line was exposed, or the newest gap was stored; None where there is neither."""
        entries = map(self.ring.entry, reversed(range(self.ring.tail, self.ring.head)))
        return next((entry.t_ns for entry in entries if entry is not None and entry.n), None)

    @property
    def info(self) -> StreamInfo | None:
        """The newest StreamInfo."""
        info = decode(self._infos[-1][1]) if self._infos else None
        return info if isinstance(info, StreamInfo) else None

    @property
    def depth(self) -> int:
        """Records that are kept because a `complete` consumer has not acknowledged them."""
        return self.ring.head - max(self.ring.tail, self.holds.oldest)

    @property
    def drained(self) -> bool:
        """True where every `complete` consumer, and every other that is there, has acknowledged everything."""
        return self.depth == 0 and all(consumer.acked >= self.ring.head for consumer in self._consumers.values())

    def has_answered(self, name: str) -> bool:
        """True where a consumer has acknowledged everything, and so is done with it, or where it is not one of ours."""
        return name not in self.holds.behind()

    @property
    def hurried(self) -> bool:
        """True where a consumer is there, on this host, to which late lines do harm."""
        near = self.listeners[0]
        return any(consumer.urgent and consumer.listener is near for consumer in self._consumers.values())

    @property
    def heard(self) -> frozenset[str]:
        """Names of the consumers of this host that have come."""
        return frozenset(self._near)

    def awaits(self, heard: Set[str]) -> bool:
        """True where somebody takes every record, or may yet: not where all whom the line's file names have come to
        this stream, or, as `heard` says, to others of the same owner, and none of them takes this one whole."""
        return bool(self.holds.acked) or not self.holds.named or not self.holds.named <= heard

    def carries(self, message: Message) -> bool:
        """True where this stream takes such a message: lines of its type, and all that is not a line."""
        return not isinstance(message, Line) or isinstance(message, self._lines)

    def has_room(self) -> bool:
        """True where a message can be stored without the loss of an older one. The newest is never given up: it says
        where lines go on after a crash."""
        ring = self.ring
        if ring.head - ring.tail == ring.slots and self.holds.acked:
            self._free(min(self.holds.oldest, ring.head - 1))
        return ring.head - ring.tail < ring.slots

    def _evict(self) -> None:
        """Give up the oldest eighth, so that whoever is behind has a moment before the next of it goes."""
        oldest = self.ring.tail + max(1, self.ring.slots // 8)
        if names := self.holds.lacking(oldest):
            self._give_up(range(max(self.ring.tail, self.holds.oldest), oldest), names)
        self._free(oldest)

    def _give_up(self, records: range, names: list[str]) -> None:
        """Say how many lines are lost with records, since this process began, too: alarms of ten seconds are one."""
        entries = [entry for entry in map(self.ring.entry, records) if entry is not None]
        n = sum(entry.n for entry in entries)
        self._given_up += n
        words = f"{n} lines were given up that {', '.join(names)} lacked, {self._given_up} in all"
        report(self.name, "ring_full", words, run=self.run, seq=entries[0].first if entries else self.next)

    def _free(self, tail: int) -> None:
        while len(self._infos) > 1 and self._infos[1][0] < tail:
            self._infos.popleft()
        if self._infos and 0 <= self._infos[0][0] < tail:
            self._infos[0] = (-1, self._infos[0][1])
            self._save_note()
        self.ring.free(tail)

    def _save_note(self) -> None:
        """For the next process: whom lines are kept for, and the StreamInfo whose record is gone."""
        base = self._infos[0][1] if self._infos and self._infos[0][0] < 0 else []
        self.ring.note = _joined(["\n".join(self.holds.acked).encode(), *base])

    def free(self) -> None:
        """Everybody has everything."""
        self._free(self.ring.head)

    def put(self, message: Message) -> None:
        """Store a message for every consumer; `pump` sends it. Never waits: a full ring loses its oldest lines, and
        each consumer that lacked them gets a Gap. What is already stored is passed over."""
        if message.n and message.first + message.n <= self.next:
            return
        if isinstance(message, StreamInfo) and message.run != self.run:
            self._start_run(message)
        if message.first > self.next:
            raise ValueError(f"{self.name}: line {self.next} was left out before {message.first}; put a Gap first")
        if not self.has_room():
            self._evict()
        self._store(message)

    def _start_run(self, info: StreamInfo) -> None:
        self._free(self.ring.head)
        self.holds.restart()
        self._infos.clear()
        self.run, self.next = info.run, info.seq
        for consumer in self._consumers.values():
            consumer.index, consumer.next = self.ring.head, info.seq

    def _store(self, message: Message) -> None:
        t_ns = message.stamp.t_ns if isinstance(message, Line) and not self._elsewhere else now()
        frames = encode(message)
        index = self.ring.append(message.first, message.n, t_ns, frames)
        self.next = max(self.next, message.first + message.n)
        if isinstance(message, StreamInfo):
            self.epoch = message.epoch
            self._infos.append((index, [bytes(frame) for frame in frames]))

    def pump(self, timeout_ms: int = 0) -> None:
        """Hear consumers, send what they have credit for, beat. Waits at most `timeout_ms` for the first word."""
        if timeout_ms:
            wait([listener.socket for listener in self.listeners], timeout_ms)
        for listener in self.listeners:
            for _ in range(HEARD):
                if not listener.waiting:
                    break
                self._hear(listener)
        self._feed_all()
        if now() >= self._beat_at:
            self._beat()

    def _beat(self) -> None:
        self._beat_at = now() + BEAT_NS
        QUEUE.labels(self.name).set(self.depth)
        self._look_at_holds()
        for consumer in list(self._consumers.values()):
            consumer.send("beat", head=self.ring.head, tail=self.ring.tail)
        for listener in self.listeners:
            self._attend(listener)

    def _look_at_holds(self) -> None:
        """Consumers that were away for too long, or fell too far behind, lose lines: alarms say so."""
        for consumer in self._consumers.values():
            if consumer.acked >= self.ring.head:
                self.holds.hear(consumer.name)
        for name in self.holds.beyond():
            most = f"{self.holds.most} records, which is all that is kept for it"
            report(self.name, "hold_exceeded", f"{name} lacks more than {most}: a gap will say what it lost")
        for name in self.holds.lapsed():
            self._part_with(name, f"was not heard from for {self.holds.hold_s:g} s")

    def _forget(self, name: str) -> bool:
        """Serve a consumer no more. Returns whether anything was kept for it."""
        kept = name in self.holds.acked
        self.holds.release(name)
        self._consumers = {address: consumer for address, consumer in self._consumers.items() if consumer.name != name}
        if kept:
            self._save_note()
        return kept

    def _part_with(self, name: str, why: str) -> None:
        if self._forget(name):
            words = f"{name} {why}: nothing is kept for it; a gap will say what it lost"
            report(self.name, "consumer_left", words)

    def leave_visitors(self) -> None:
        """Keep nothing any more for consumers that the line's file does not name: the line ends without them."""
        for name in self.holds.visitors():
            self._part_with(name, f"lacks {self.holds.behind()[name]} records at the end of the line")

    def _attend(self, listener: Listener) -> None:
        failed, refused = listener.attend()
        if failed:
            report(self.name, "bad_message", f"no handshake at {listener.address}", n=failed)
        for why in refused:
            report(self.name, "refused_key", why)

    def _hear(self, listener: Listener) -> None:
        identity, user, frames = listener.hear()
        try:
            if len(frames) != 1:
                raise WireError(f"{len(frames)} frames instead of one")
            kind, header = control.unpack(frames[0])
        except WireError as error:
            report(self.name, "bad_message", str(error))
            return
        consumer = self._consumers.get((listener, identity))
        if kind == "hello":
            self._hello(listener, identity, user, header)
        elif kind == "stranger":
            versions = f"protocol version {header['version']} meets {control.VERSION}"
            self._refuse(listener, identity, header["session"], f"{versions}: install the same release on both sides")
        elif kind == "credit" and consumer and user in (None, consumer.name):
            self._credit(consumer, header)
        elif kind == "leave" and user in (None, header["name"]):
            self._leave(header["name"], header["process"])

    def _leave(self, name: str, process: int) -> None:
        """A visitor goes, as it should: nobody has to hear of that. It may be out of reach already."""
        if self._process.get(name) == process and name not in self.holds.named:
            self._forget(name)
            self._near.discard(name)
            del self._process[name]

    def _hello(self, listener: Listener, identity: bytes, user: str | None, header: dict[str, Any]) -> None:
        fields = {key: value for key, value in header.items() if key not in ("version", "run", "committed")}
        consumer = Consumer(listener=listener, identity=identity, index=0, **fields)
        why = self._objection(consumer, user)
        if why:
            self._refuse(listener, identity, consumer.session, why)
            return
        same_run = header["run"] == self.run
        consumer.next = consumer.next if same_run else 0
        consumer.index = self._find(consumer.next)
        consumer.acked = min(consumer.index, self._find(header["committed"] if same_run else 0))
        self._look_at(consumer.index)
        self.holds.hear(consumer.name)
        if not consumer.fresh and self.holds.keep(consumer.name, consumer.acked):
            self._save_note()
        self._consumers[listener, identity] = consumer
        consumer.describe(self)
        self._feed(consumer)

    def _objection(self, consumer: Consumer, user: str | None) -> str:
        """Why a consumer cannot have the stream; empty where it can. `user`: whose key it holds, on another host."""
        if user not in (None, consumer.name):
            report(self.name, "refused_name", f"the key of {user} came as {consumer.name!r}")
            return f"its key is that of {user!r}: a consumer has the name of its key"
        near = consumer.listener is self.listeners[0]
        if consumer.name in self._near and not near:
            return f"there is a {consumer.name!r} on the stream's own host: give this one another name"
        if not self.holds.has_room_for(consumer.name):
            return f"{VISITORS} consumers are there that the line's file does not name: stop some, or name it there"
        if not self._claim(consumer.name, consumer.process):
            return f"another process has taken over as {consumer.name!r} since: stop one of the two"
        if near:
            self._near.add(consumer.name)
        return ""

    def _claim(self, name: str, process: int) -> bool:
        """A name belongs to the process that claimed it last: one that was frozen or cut off, and wakes after it was
        replaced, must not move its successor's cursor. Returns whether this one may have it."""
        if process in self._former:
            return False
        if self._process.get(name, process) != process:
            self._former.add(self._process[name])
        self._consumers = {address: consumer for address, consumer in self._consumers.items() if consumer.name != name}
        self._process[name] = process
        return True

    def _refuse(self, listener: Listener, identity: bytes, session: int, why: str) -> None:
        listener.send(identity, [control.pack("refuse", session=session, why=why)])

    def _find(self, seq: int) -> int:
        """Index of the first record that reaches beyond `seq`, or that stands at it without a line; or of a damaged
        one before it. The newest is found also where everybody has it: whoever comes back may not know the end."""
        low, high = max(0, min(self.ring.tail, self.ring.head - 1)), self.ring.head
        while low < high:
            middle = (low + high) // 2
            entry = self.ring.entry(middle)
            if entry is not None and entry.first + entry.n < seq + (entry.n > 0):
                low = middle + 1
            else:
                high = middle
        return low

    def _look_at(self, index: int) -> None:
        """Whoever says HELLO may do so because it could not use the line here. One that is damaged becomes a hole."""
        while (entry := self.ring.entry(index)) is not None:
            if self.ring.read(index) is None:
                report(self.name, "damaged", run=self.run, seq=entry.first)
                return self.ring.void(index)
            if entry.n:
                break
            index += 1
        return None

    def info_before(self, index: int) -> StreamInfo | None:
        """The description that is in force at a record."""
        before = [frames for at, frames in self._infos if at < index]
        info = decode(before[-1]) if before else None
        return info if isinstance(info, StreamInfo) else None

    def _credit(self, consumer: Consumer, header: dict[str, int]) -> None:
        if header["session"] != consumer.session:
            return
        consumer.credit += header["n"]
        consumer.acked = max(consumer.acked, min(header["acked"], consumer.index))
        self.holds.ack(consumer.name, consumer.acked)
        self._feed(consumer)

    def _feed_all(self) -> None:
        for consumer in list(self._consumers.values()):
            self._feed(consumer)

    def _feed(self, consumer: Consumer) -> None:
        consumer.feed(self)
        if consumer.gone:
            self._consumers.pop((consumer.listener, consumer.identity), None)

    def close(self) -> None:
        """Unbind and let the ring go."""
        for listener in self.listeners:
            listener.close()
        self.ring.close()


def _joined(frames: Iterable[Buffer]) -> bytes:
    return b"".join(len(frame).to_bytes(4, "little") + bytes(frame) for frame in frames)


def _unjoined(note: bytes) -> Iterable[Buffer]:
    while note:
        size = 4 + int.from_bytes(note[:4], "little")
        yield note[4:size]
        note = note[size:]
