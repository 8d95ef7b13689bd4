"""From the inbox into a sink, and the acknowledgement back. What is not committed is not acknowledged."""

from __future__ import annotations

import time

from oreline.errors import StoreFailed
from oreline.messages import EndOfStream, Line, Message
from oreline.metrics import Account, latency
from oreline.sink import Policy, Sink
from oreline.stream import Inbox

COMMIT_S = 0.05
COMMIT_MESSAGES = 64
AGAIN_S = 0.5
"""A store that took nothing is tried again after so long; meanwhile the ring keeps the lines."""
IDLE_MS = 20


class Feed:
    """`fresh` sinks commit at once, `complete` ones every 50 ms or 64 messages, whichever comes first.

    `failing`: the store takes nothing for the moment.
    """

    def __init__(self, sink: Sink, inbox: Inbox, account: Account) -> None:
        self._sink, self._inbox, self._account = sink, inbox, account
        self._delay = latency(account.stage)
        self._pending: list[Message] = []
        self._due, self.failing = 0.0, False

    def turn(self) -> bool:
        """Take what came and commit what is due. Returns whether the end of the stream is committed."""
        messages = self._inbox.receive(IDLE_MS)
        if messages:
            self._sink.consume(messages)
            self._pending += messages
        else:
            self._sink.idle()
        if not self._pending or not self._is_due(busy=bool(messages)):
            return False
        try:
            return self.commit()
        except StoreFailed as error:
            self._failed(error)
            return False

    def commit(self) -> bool:
        """Commit and acknowledge what was taken. Returns whether that ends the stream. Raises StoreFailed."""
        self._sink.commit()
        self._inbox.ack()
        now = time.monotonic_ns()
        for message in self._pending:
            self._account.see(message)
            if isinstance(message, Line):
                self._delay.observe_ns(now - message.stamp.t_ns)
        ended = bool(self._pending) and isinstance(self._pending[-1], EndOfStream)
        self._pending, self._due, self.failing = [], time.monotonic() + COMMIT_S, False
        return ended

    def _is_due(self, *, busy: bool) -> bool:
        at_once = self._sink.policy is Policy.FRESH or not busy or len(self._pending) >= COMMIT_MESSAGES
        return (at_once and not self.failing) or time.monotonic() >= self._due

    def _failed(self, error: StoreFailed) -> None:
        self._account.incident("store_failed", f"{error}; trying again", self._account.next)
        self.failing, self._due = True, time.monotonic() + AGAIN_S
