"""A sink's process: `python -m sinks NAME LINE.toml`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

from oreline.config import Config
from oreline.guard import guarded
from oreline.incidents import refused
from oreline.keys import client_keys
from oreline.locks import alone
from oreline.metrics import Account, latency
from oreline.process import tune_allocator
from oreline.service import Service
from oreline.stream import Inbox
from oreline.terminal import tell
from sinks.feed import Feed
from sinks.settings import settings_of

UNIT = "oreline-sink-"
"""Before a sink's name in that of its systemd unit."""
CLOSE_S = 3600.0
"""An export of days may take long."""


def main(name: str, path: str) -> None:
    """Feed one sink of the configuration until its stream ends. Raises SystemRefused where another process does."""
    tune_allocator()
    config = Config.load(Path(path))
    site = config.line
    common, kind, settings = settings_of(config, name)
    alone(name, site.output)
    service = Service(name, site.output)
    keys = client_keys(common.remote, site.keys, name, "inference") if common.remote else None
    sink = kind.open(settings, site.output)
    if hasattr(sink, "join"):
        sink.join(config)
    inbox = Inbox(
        common.remote or site.endpoint(sink.stream),
        name,
        kind.policy,
        ring=None if common.remote else site.ring(sink.stream),
        cursor=sink.resume(),
        budget_ms=common.budget_ms,
        urgent=kind.acts_on_plant,
        keys=keys,
    )
    account = Account(name)
    service.ready(common.metrics_port)
    if common.remote:
        tell(f"{name} waits for {sink.stream} of {common.remote}")
    feed = Feed(sink, inbox, account)
    try:
        while not service.stopping and not feed.turn():
            service.progress(inbox.position, None if feed.failing else inbox.stored)
        feed.commit()
    finally:
        with service.patient(CLOSE_S):
            facts = sink.close()
        facts |= {"kind": common.sink, "account": account.summary(), "delivery_ms": latency(name).summary()}
        service.report(**facts)
        inbox.close()


if __name__ == "__main__":
    parser = ArgumentParser("python -m sinks", description=__doc__)
    parser.add_argument("name", metavar="NAME", help=f"of its table, [sinks.NAME], or of its unit, {UNIT}NAME")
    parser.add_argument("line", metavar="LINE.toml")
    arguments = parser.parse_args()
    sys.exit(guarded(lambda: main(arguments.name.removeprefix(UNIT), arguments.line), say=refused))
