"""A sink's process: `python -m sinks NAME LINE.toml`, or with `finish` behind it, of one that makes a stream."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from oreline.config import Config
from oreline.guard import guarded
from oreline.incidents import refused
from oreline.keys import client_keys
from oreline.locks import alone
from oreline.metrics import Account, latency
from oreline.process import drain, tune_allocator
from oreline.service import Service
from oreline.sink import Sink, Taker, companions_of
from oreline.stream import Inbox
from oreline.terminal import tell
from sinks.feed import IDLE_MS, Feed, goes_on
from sinks.settings import settings_of
from sinks.streams import Finish, maker_of, open_streams, owner_of

UNIT = "oreline-sink-"
"""Before a sink's name in that of its systemd unit."""
CLOSE_S = 3600.0
"""An export of days may take long."""
BUDGET_MS = 5_000.0
"""A companion that is fresh is sent nothing older than this: a stone is decided a moment after its last line."""


def main(name: str, path: str, *, finishing: bool = False) -> None:
    """Feed one sink of the configuration until its streams end, and serve what it makes until that is consumed.
    `finishing`: deliver what an earlier process has left of what it made, and touch nothing else. Raises SystemRefused
    where another process does, Undelivered."""
    tune_allocator()
    config = Config.load(Path(path))
    site = config.line
    common, kind, settings = settings_of(config, name)
    alone(name, site.output)
    service = Service(name, site.output)
    with ExitStack() as stack:
        outboxes = [stack.enter_context(closing(box)) for box in open_streams(config, name)]
        sink = (Finish if finishing else kind).open(settings, site.output)
        if hasattr(sink, "join"):
            sink.join(config)
        if outboxes:
            sink.serve(outboxes)
        feeds = [Feed(taker, inbox, Account(stage)) for stage, taker, inbox in _connected(config, name, sink)]
        service.ready(common.metrics_port)
        if common.remote:
            tell(f"{name} waits for {sink.stream} of {common.remote}")
        try:
            _run(service, feeds)
        finally:
            with service.patient(CLOSE_S):
                facts = sink.close()
            facts |= {"kind": common.sink, "account": feeds[0].account.summary()}
            if not finishing:
                service.report(**facts, delivery_ms=latency(name).summary())
            for feed in feeds:
                feed.inbox.close()
        drain(outboxes, service)


def _connected(config: Config, name: str, sink: Sink) -> Iterator[tuple[str, Taker, Inbox]]:
    """The sink, and its companions whose streams there are, each with a stage to count by and an inbox."""
    common, kind, _ = settings_of(config, name)
    yield name, sink, _inbox(config, name, sink, common.remote, common.budget_ms, urgent=sink.acts_on_plant)
    for stream in companions_of(kind):
        remote = common.remotes.get(stream)
        if remote or maker_of(config, stream):
            taker = sink.companion(stream)
            yield f"{name}.{stream}", taker, _inbox(config, name, taker, remote, BUDGET_MS, urgent=False)


def _inbox(config: Config, name: str, taker: Taker, remote: str | None, budget_ms: float, *, urgent: bool) -> Inbox:
    site = config.line
    return Inbox(
        remote or site.endpoint(taker.stream),
        name,
        taker.policy,
        ring=None if remote else site.ring(taker.stream),
        cursor=taker.resume(),
        budget_ms=budget_ms,
        urgent=urgent,
        keys=client_keys(remote, site.keys, name, owner_of(taker.stream)) if remote else None,
    )


def _run(service: Service, feeds: list[Feed]) -> None:
    """Turn feeds until all have ended, or a signal."""
    stopped_at: float | None = None
    while goes_on(feeds, stopped_at):
        for i, feed in enumerate(feeds):
            feed.turn(0 if i else IDLE_MS)
        failing = any(feed.failing for feed in feeds)
        stored = tuple(feed.inbox.stored for feed in feeds)
        service.progress(tuple(feed.inbox.position for feed in feeds), None if failing else stored)
        if service.stopping and stopped_at is None:
            stopped_at = time.monotonic()
    for feed in feeds:
        feed.commit()


if __name__ == "__main__":
    parser = ArgumentParser("python -m sinks", description=__doc__)
    parser.add_argument("name", metavar="NAME", help=f"of its table, [sinks.NAME], or of its unit, {UNIT}NAME")
    parser.add_argument("line", metavar="LINE.toml")
    parser.add_argument("what", nargs="?", choices=["finish"])
    arguments = parser.parse_args()
    name, finishing = arguments.name.removeprefix(UNIT), bool(arguments.what)
    sys.exit(guarded(lambda: main(name, arguments.line, finishing=finishing), say=refused))
