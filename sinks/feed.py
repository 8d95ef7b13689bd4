"""From the inbox into a sink, and the acknowledgement back. What is not committed is not acknowledged."""

from __future__ import annotations

import time
from collections.abc import Sequence

from oreline.errors import StoreFailed
from oreline.messages import EndOfStream, Line, Message
from oreline.metrics import Account, latency
from oreline.process import DRAIN_S
from oreline.sink import Policy, Taker
from oreline.stream import Inbox

COMMIT_S = 0.05
COMMIT_MESSAGES = 64
AGAIN_S = 0.5
"""A store that took nothing is tried again after so long; meanwhile the ring keeps the lines."""
IDLE_MS = 20


class Feed:
    """`fresh` sinks commit at once, `complete` ones every 50 ms or 64 messages, whichever comes first.

    `failing`: the store takes nothing for the moment. `ended`: the end of the stream is committed. `came_at`: when
    something came last, by `time.monotonic`.
    """

    def __init__(self, sink: Taker, inbox: Inbox, account: Account) -> None:
        self._sink, self.inbox, self.account = sink, inbox, account
        self.ended, self.came_at = False, 0.0
        self._delay = latency(account.stage)
        self._pending: list[Message] = []
        self._due, self.failing = 0.0, False

    def turn(self, wait_ms: int = IDLE_MS) -> bool:
        """Take what came, waiting for it so long, and commit what is due. Returns whether the end of the stream is
        committed."""
        messages = self.inbox.receive(wait_ms)
        if messages:
            self.came_at = time.monotonic()
            self._sink.consume(messages)
            self._pending += messages
        if self.failing and time.monotonic() < self._due:
            return False
        try:
            if not messages:
                self._sink.idle()
                self.failing &= bool(self._pending)
            return self._is_due(busy=bool(messages)) and self.commit()
        except StoreFailed as error:
            self._failed(error)
            return False

    def commit(self) -> bool:
        """Commit and acknowledge what was taken. Returns whether that ends the stream. Raises StoreFailed."""
        self._sink.commit()
        self.inbox.ack()
        now = time.monotonic_ns()
        for message in self._pending:
            self.account.see(message)
            if isinstance(message, Line):
                self._delay.observe_ns(now - message.stamp.t_ns)
        ended = bool(self._pending) and isinstance(self._pending[-1], EndOfStream)
        self._pending, self._due, self.failing = [], time.monotonic() + COMMIT_S, False
        self.ended |= ended
        return ended

    def _is_due(self, *, busy: bool) -> bool:
        at_once = self._sink.policy is Policy.FRESH or not busy or len(self._pending) >= COMMIT_MESSAGES
        return bool(self._pending) and (at_once or time.monotonic() >= self._due)

    def _failed(self, error: StoreFailed) -> None:
        self.account.incident("store_failed", f"{error}; trying again", self.account.next)
        self.failing, self._due = True, time.monotonic() + AGAIN_S


def goes_on(feeds: Sequence[Feed], stopped_at: float | None) -> bool:
    """True until all streams have ended. Once it was asked to stop, at `stopped_at`, only where its own has ended
    and others still come: they end, too."""
    if stopped_at is None:
        return not all(feed.ended for feed in feeds)
    quiet_s = time.monotonic() - max(stopped_at, *(feed.came_at for feed in feeds))
    return feeds[0].ended and not all(feed.ended for feed in feeds) and quiet_s < DRAIN_S
