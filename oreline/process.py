"""The one loop, and what surrounds it: drain, allocator and threads.

SIGTERM, SIGINT or SIGHUP asks a process to end in order; a second one, except SIGHUP, ends it at once. See
`oreline.service`.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Protocol

from oreline.errors import StateGone, Undelivered
from oreline.messages import EndOfStream, Message
from oreline.metrics import Account
from oreline.service import Service
from oreline.stream import Inbox, Outbox

DRAIN_S = 5.0
LINGER_S = 2.0
PUMP_S = 0.001
"""Results of a backlog are sent on this often; a result that comes alone at once."""
START_AGAIN = "they stay in the ring; start the line again, and they are delivered first"
Stage = Callable[[Iterator[list[Message]]], Iterator[list[Message]]]


class Context(Protocol):
    """Lines that a stage looks at once more, for those behind them. `before`: how many lines before one whose result is
    not there yet. `oldest`: the first that it looks at again, None where it does at none."""

    @property
    def before(self) -> int: ...
    @property
    def oldest(self) -> int | None: ...


class NoContext:
    """Of a stage that looks at every line once."""

    before, oldest = 0, None


NO_CONTEXT = NoContext()


def run(
    inbox: Inbox,
    stage: Stage,
    outboxes: Sequence[Outbox],
    service: Service,
    account: Account,
    context: Context = NO_CONTEXT,
) -> bool:
    """Feed a stage from an inbox and its results to the outboxes that want them, until the stream ends or a signal.
    `account` sees what is stored. `context`: the lines that the stage looks at again, which are not given back before.

    Lines are borrowed from the ring; where one was overwritten while the stage looked at it, the stage is begun anew
    from the last stored line, with its context. Returns whether the stream ended. Where an earlier process has stored
    its end already, what remains is to serve it. Raises Undelivered where a signal came before consumers had
    everything.
    """
    if outboxes and all(isinstance(box.last, EndOfStream) for box in outboxes):
        drain(outboxes, service, lambda: _hear_out(inbox))
        return True
    pumped = 0.0
    while not service.stopping:
        for results in stage(_batches(inbox, outboxes, service, context)):
            if not inbox.intact():
                inbox.rewind(max(0, min(box.next for box in outboxes) - context.before))
                break
            for message in results:
                if not _store(message, outboxes, service):
                    drain(outboxes, service)
                    return False
                account.see(message)
            service.progress(account.next, inbox.stored)
            if time.monotonic() - pumped > PUMP_S:
                _pump(outboxes)
                pumped = time.monotonic()
            ended = bool(results) and isinstance(results[-1], EndOfStream)
            inbox.ack(committed=ended)
            if ended:
                drain(outboxes, service)
                return True
    drain(outboxes, service)
    return False


def _batches(inbox: Inbox, outboxes: Sequence[Outbox], service: Service, context: Context) -> Iterator[list[Message]]:
    while not service.stopping:
        _pump(outboxes)
        batch = inbox.receive(5)
        service.progress(inbox.position, inbox.stored)
        if batch:
            yield batch
            inbox.ack(before=_wanted(inbox, outboxes, context))


def _wanted(inbox: Inbox, outboxes: Iterable[Outbox], context: Context) -> int:
    """The first line that is needed again after a restart, or now."""
    oldest = inbox.next if context.oldest is None else context.oldest
    return min([oldest, *(box.next for box in outboxes)])


def _hear_out(inbox: Inbox) -> None:
    """Acknowledge what comes, where its owner is there to send it: it is stored already."""
    inbox.receive(0)
    inbox.ack()


def _pump(outboxes: Iterable[Outbox]) -> None:
    for box in outboxes:
        box.pump()


def _store(message: Message, outboxes: Sequence[Outbox], service: Service) -> bool:
    """Where a ring is full, wait for who lacks its oldest lines, unless somebody would get stale lines for it: a log
    that is behind must not slow a sorter. Nor is anybody waited for at a stream that nobody takes. Returns whether it
    is stored: not where a signal came while there was no room, for what is not stored is still in the ring that it came
    from."""
    for box in outboxes:
        ended = isinstance(message, EndOfStream) and isinstance(box.last, EndOfStream)
        if box.carries(message) and not ended:
            while not (box.has_room() or any(other.hurried for other in outboxes)) and _awaits(box, outboxes):
                if service.stopping:
                    return False
                box.pump(1)
                service.progress(box.next)
            box.put(message)
    return True


def _awaits(box: Outbox, outboxes: Iterable[Outbox]) -> bool:
    return box.awaits(frozenset(chain.from_iterable(other.heard for other in outboxes)))


def drain(outboxes: Sequence[Outbox], service: Service, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Serve consumers until each has committed everything, and the rings are empty.

    After a signal, for no longer than `DRAIN_S` from the last that any has committed: then those whom the line's file
    does not name are left behind with an alarm, and where others lack something the rings stay as they are, for the
    next start of the line to go on with. Raises Undelivered, which says who lacks how much. Without a signal, a process
    that was started again waits a moment for the `fresh` ones, which it has no record of, to come back.
    """
    deadline, moved, depth = 0.0, 0.0, -1
    at_least = time.monotonic() + (LINGER_S if not service.stopping and any(box.resumed for box in outboxes) else 0.0)
    while time.monotonic() < at_least or not all(box.drained for box in outboxes):
        service.progress(None)
        remaining, now = sum(box.depth for box in outboxes), time.monotonic()
        if remaining != depth or not service.stopping:
            deadline = now + DRAIN_S
        elif now > deadline:
            _give_up(outboxes)
            break
        if remaining != depth:
            moved, depth = now, remaining
        meanwhile()
        for box in outboxes:
            box.pump(5)
        _leave_visitors(outboxes, now - moved)
    for box in outboxes:
        box.free()


def _leave_visitors(outboxes: Iterable[Outbox], still_s: float) -> None:
    """One that comes again and again and commits nothing is heard, and holds up the end no longer than a silent one."""
    for box in outboxes:
        if still_s > box.holds.hold_s:
            box.leave_visitors()


def _give_up(outboxes: Sequence[Outbox]) -> None:
    """Leave those behind who have no claim. Raises Undelivered where others lack something, and StateGone where they
    will not find it."""
    for box in outboxes:
        box.leave_visitors()
    lacking = [f"{consumer} lacks {n} of {box.name}" for box in outboxes for consumer, n in box.holds.behind().items()]
    if lacking and not all(box.ring.path.exists() for box in outboxes):
        raise StateGone(f"{', '.join(lacking)}: they are lost, for the ring was removed while it was in use")
    if lacking:
        raise Undelivered(f"{', '.join(lacking)}: {START_AGAIN}")


def tune_allocator() -> None:
    """Keep freed memory: glibc would map and trim convolution buffers on every call, which costs four times the work.
    To be called before torch is imported."""
    mallopt = ctypes.CDLL(None).mallopt
    m_trim_threshold, m_top_pad, m_mmap_threshold = -1, -2, -3
    for option, value in ((m_mmap_threshold, 1 << 30), (m_trim_threshold, 2**31 - 1), (m_top_pad, 64 << 20)):
        mallopt(option, value)


def one_thread() -> None:
    """One thread a process: barriers collapse when a core is taken away."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
