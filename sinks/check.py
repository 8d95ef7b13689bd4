"""Refusals of sinks, found in a line's file and in what is known of its stream."""

from __future__ import annotations

from oreline.config import Config
from oreline.errors import ConfigError
from oreline.expected import Expected
from oreline.findings import Findings
from oreline.keys import client_keys
from sinks.settings import settings_of


def check(config: Config, expected: Expected, findings: Findings) -> None:
    """The table of each sink that can be read: what is wrong with another is known."""
    for name in config.tables.get("sinks", {}):
        try:
            common, kind, settings = settings_of(config, name)
        except ConfigError:
            continue
        with findings.noted(f"[sinks.{name}]"):
            if common.remote:
                client_keys(common.remote, config.line.keys, name, "inference")
            kind.check(settings, Expected() if common.remote else expected)
