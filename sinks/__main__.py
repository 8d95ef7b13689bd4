"""A sink's process: `python -m sinks NAME LINE.toml`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from oreline.config import Config
from oreline.messages import EndOfStream, Line, Message
from oreline.metrics import Account, LatencyHistogram, latency
from oreline.process import Shell, guarded, tune_allocator
from oreline.sink import Policy, Sink
from oreline.stream import Inbox
from sinks.settings import settings_of

COMMIT_S = 0.05
COMMIT_MESSAGES = 64
IDLE_MS = 20


def main(name: str, path: str) -> None:
    """Feed one sink of the configuration until its stream ends."""
    tune_allocator()
    config = Config.load(Path(path))
    line = config.line
    common, kind, settings = settings_of(config, name)
    shell = Shell(name, line.output)
    sink = kind.open(settings, line.output)
    inbox = Inbox(
        line.endpoint(sink.stream),
        name,
        kind.policy,
        ring=line.ring(sink.stream),
        cursor=sink.resume(),
        budget_ms=common.budget_ms,
    )
    account = Account(name)
    shell.ready(common.metrics_port)
    try:
        _serve(sink, inbox, shell, account)
    finally:
        facts = sink.close()
    shell.report(account=account.summary(), delivery_ms=latency(name).summary(), **facts)
    inbox.close()


def _serve(sink: Sink, inbox: Inbox, shell: Shell, account: Account) -> None:
    """`fresh` sinks commit at once, `complete` ones every 50 ms or 64 messages, whichever comes first."""
    pending: list[Message] = []
    committed = time.monotonic()
    delay = latency(account.stage)
    while not shell.stopping:
        messages = inbox.receive(IDLE_MS)
        if messages:
            sink.consume(messages)
            pending += messages
        else:
            sink.idle()
        due = sink.policy is Policy.FRESH or len(pending) >= COMMIT_MESSAGES or time.monotonic() - committed > COMMIT_S
        if pending and (due or not messages):
            _commit(sink, inbox, pending, account, delay)
            if isinstance(pending[-1], EndOfStream):
                return
            pending, committed = [], time.monotonic()
    if pending:
        _commit(sink, inbox, pending, account, delay)


def _commit(sink: Sink, inbox: Inbox, messages: list[Message], account: Account, delay: LatencyHistogram) -> None:
    sink.commit()
    inbox.ack()
    now = time.monotonic_ns()
    for message in messages:
        account.see(message)
        if isinstance(message, Line):
            delay.observe_ns(now - message.stamp.t_ns)


if __name__ == "__main__":
    sys.exit(guarded(lambda: main(sys.argv[1], sys.argv[2])))
