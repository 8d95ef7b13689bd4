"""What sinks would refuse of a line's file and of the stream that it will have."""

from __future__ import annotations

from oreline.config import Config
from oreline.errors import ConfigError
from oreline.expected import Expected
from oreline.findings import Findings
from oreline.keys import client_keys
from sinks.settings import settings_of


def check(config: Config, expected: Expected, found: Findings) -> None:
    """The table of each sink that can be read: what is wrong with another is known."""
    for name in config.tables.get("sinks", {}):
        try:
            common, kind, settings = settings_of(config, name)
        except ConfigError:
            continue
        with found.noted(f"[sinks.{name}]"):
            if common.remote:
                client_keys(common.remote, config.line.keys, name, "inference")
            kind.check(settings, Expected() if common.remote else expected)
