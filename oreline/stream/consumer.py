"""A consumer as the owner of a stream sees it, and what it is sent next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from oreline.messages import Gap, Reason, StreamInfo
from oreline.ring import Ring
from oreline.stream import control
from oreline.stream.listener import Listener
from oreline.stream.sockets import now
from oreline.wire import Buffer, encode

AT_MOST = 16


class Store(Protocol):
    """Records to send, those of `ring`, of a run whose next line will be `next`."""

    ring: Ring
    run: bytes
    epoch: int
    next: int

    def info_before(self, index: int) -> StreamInfo | None:
        """The description that is in force at a record."""


@dataclass
class Consumer:
    """`index` is the next record to send, `next` the next line it lacks. `gone`: it could not be sent to."""

    listener: Listener
    identity: bytes
    name: str
    process: int
    session: int
    fresh: bool
    urgent: bool
    local: bool
    next: int
    index: int
    credit: int
    budget_ns: int
    acked: int = 0
    gone: bool = False

    def feed(self, store: Store) -> None:
        """Send what it has credit for: records, and gaps for those that it will never get."""
        ring = store.ring
        while self.credit > 0 and self.index < ring.head and not self.gone:
            entry = ring.entry(self.index)
            if self.index < ring.tail and self.index < ring.head - 1:
                self.index = ring.tail
                self.describe(store)
            elif entry is None:
                self._skip_damaged(store)
            elif entry.first > self.next:
                self._send_gap(store, entry.first, Reason.SHED if self.fresh else Reason.RING_FULL)
            elif not (self.fresh and self._shed(store)):
                self._send_run(ring, 1 if self.fresh or not entry.n else AT_MOST)

    def describe(self, store: Store) -> None:
        """Send the description in force where it stands; that may be in force from a line on that it lacks."""
        info = store.info_before(self.index)
        if info is not None:
            self.send("line", encode(replace(info, seq=min(info.seq, self.next))), index=-1)

    def send(self, kind: str, frames: Iterable[Buffer] = (), **fields: object) -> None:
        """A control message, and the frames that belong to it."""
        if not self.listener.send(self.identity, [control.pack(kind, session=self.session, **fields), *frames]):
            self.gone = True

    def _skip_damaged(self, store: Store) -> None:
        """Pass over records that are not there any more; the next one, or what was put last, says where lines go on."""
        ring = store.ring
        entries = ((index, ring.entry(index)) for index in range(self.index + 1, ring.head))
        whole = ((index, entry.first) for index, entry in entries if entry is not None)
        self.index, first = next(whole, (ring.head, store.next))
        self._send_gap(store, first, Reason.DAMAGED)

    def _shed(self, store: Store) -> bool:
        """Pass over lines older than the budget, and say how many. Returns whether there were any."""
        limit, until, ring = now() - self.budget_ns, self.next, store.ring
        while self.index < ring.head:
            entry = ring.entry(self.index)
            if entry is None or entry.n != 1 or entry.t_ns > limit:
                break
            until = entry.first + 1
            self.index += 1
        return self._send_gap(store, until, Reason.SHED)

    def _send_gap(self, store: Store, until: int, reason: Reason) -> bool:
        if until <= self.next:
            return False
        gap = Gap(store.run, store.epoch, self.next, until - self.next, reason)
        self.next = until
        self.credit -= 1
        self.send("line", encode(gap), index=-1)
        return True

    def _send_run(self, ring: Ring, most: int) -> None:
        """The next records: where they lie, where it is on this host; one with its bytes elsewhere."""
        most = min(most, self.credit, ring.head - self.index) if self.local else 1
        first = self.index
        entry = ring.entry(first + most - 1)
        if entry is not None:
            self.next = max(self.next, entry.first + entry.n)
        self.index += most
        self.credit -= most
        if self.local:
            self.send("at", index=first, n=most)
        else:
            self.send("line", ring.read(first) or [], index=first)
