"""Refusals of sinks, found in a line's file and in what is known of its stream."""

from __future__ import annotations

from oreline.config import Config
from oreline.errors import ConfigError
from oreline.expected import Expected
from oreline.findings import Findings
from oreline.keys import client_keys, server_keys
from oreline.sink import SORTER, STONES
from sinks.settings import settings_of
from sinks.streams import maker_of, owner_of


def check(config: Config, expected: Expected, findings: Findings) -> None:
    """The table of each sink that can be read: what is wrong with another is known."""
    for name in config.tables.get("sinks", {}):
        try:
            common, kind, settings = settings_of(config, name)
        except ConfigError:
            continue
        with findings.noted(f"[sinks.{name}]"):
            taken = getattr(settings, "stream", kind.stream)
            if common.remote:
                client_keys(common.remote, config.line.keys, name, owner_of(taken))
            elif taken == STONES and maker_of(config, taken) is None:
                raise ConfigError(
                    "it reads stones, which nothing makes: have a sorter in this line, or name its remote"
                )
            for stream, address in common.remotes.items():
                client_keys(address, config.line.keys, name, owner_of(stream))
            if listen := getattr(settings, "listen", None):
                server_keys(listen, config.line.keys, SORTER)
            for needed in getattr(kind, "needs", ()):
                if not config.sinks(needed):
                    raise ConfigError(f"it reads what a sink of kind {needed} writes: add [sinks.{needed}]")
            kind.check(settings, Expected() if common.remote else expected)
