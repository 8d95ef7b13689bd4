"""Refusals of `oreline run`, found before anything is started and without a camera.

The parts of a line are asked in the order in which its stream goes through them, each for what it can tell: it raises
or notes what is wrong, and adds to what is known of the stream. Each has a module `check` with a function `check`, and
is loaded by name, since it stands above this package.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from oreline.config import SETTINGS, Config
from oreline.errors import ConfigError
from oreline.expected import Expected
from oreline.facts import refuse_others
from oreline.findings import Findings
from oreline.keys import NAME, address_of

CAMERA = {"acquisition", "simulator"}
"""Tables of a line whose camera is on this host."""
NO_SINK = "it has no sink, so nothing is kept of what it sees: add a table such as [sinks.log]"
PARTS = ("hwsim", "acquisition", "inference", "sinks")
PROCESSES = ("camera", "plant", "acquisition", "inference")
OURS = (*PROCESSES, "line")
"""Names that no sink may have."""


def check(config: Config) -> None:
    """Raises what `oreline run` would: the first refusal, with the words of all of them."""
    findings, _ = examined(config)
    if len(findings) > 1:
        words = "\n".join(str(error).removeprefix(f"{config.source}: ") for error in findings)
        findings[0].args = (f"{config.source} is not right:\n{words}",)
    if findings:
        raise findings[0]


def examined(config: Config) -> tuple[Findings, Expected]:
    """All that is wrong with a line's file, and the stream that the line will have."""
    findings, expected = Findings(), Expected()
    for validate in config.validations():
        with findings.noted():
            validate()
    for own in (_something_to_run, _names, *([] if findings else [_ports, _reports])):
        with findings.noted():
            own(config)
    for part in PARTS:
        with findings.noted():
            import_module(f"{part}.check").check(config, expected, findings)
    return findings, expected


def by_hand(config: Config) -> list[str]:
    """The commands for the processes of a line whose camera is on another host; none where it is on this one."""
    if config.tables.keys() & CAMERA:
        return []
    inference = [f"inference {config.source}"] if "inference" in config.tables else []
    sinks = (f"sinks {name} {config.source}" for name in config.tables.get("sinks", {}))
    return [f"{sys.executable} -m {words}" for words in (*inference, *sinks)]


def unheard(config: Config) -> bool:
    """True of a line whose camera is here and that makes streams which its file lets nobody take."""
    inference = config.section("inference", SETTINGS["inference"]())
    takers = config.tables.get("sinks") or inference.listen
    return bool(inference.streams and not takers and config.tables.keys() & CAMERA)


def _something_to_run(config: Config) -> None:
    sinks = config.tables.get("sinks", {}).values()
    elsewhere = any("remote" in table for table in (config.tables.get("inference", {}), *sinks))
    if not elsewhere and not config.tables.keys() & CAMERA:
        raise ConfigError(
            f"{config.source} has no camera: add a table [acquisition], see `oreline config example demo` and "
            "docs/reference/configuration.md"
        )


def _names(config: Config) -> None:
    for name in config.tables.get("sinks", {}):
        if name in OURS or not NAME.fullmatch(name):
            raise ConfigError(
                f"[sinks.{name}]: a sink's name is up to 32 letters, digits, - and _, and not {', '.join(OURS)}"
            )


def _reports(config: Config) -> None:
    refuse_others(config.line.output, (*OURS, *config.tables.get("sinks", {})))


def _ports(config: Config) -> None:
    """Raises ConfigError where two processes of the line want the same port."""
    claims: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for key, host, port in bound(config.tables):
        for other, other_host in claims[port]:
            if port and (host == other_host or "*" in (host, other_host)):
                raise ConfigError(f"{other} and {key} are both port {port}: each needs its own")
        claims[port].append((key, host))


def bound(tables: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """The key, host and port of everything that listens."""
    parts = {name: tables.get(name, {}) for name in ("acquisition", "inference")}
    parts |= {f"sinks.{name}": table for name, table in tables.get("sinks", {}).items()}
    for name, table in parts.items():
        yield f"{name}.metrics_port", "127.0.0.1", table.get("metrics_port", 0)
    if "plant" in tables:
        yield "plant.port", tables["plant"].get("host", "127.0.0.1"), tables["plant"].get("port", 0)
    if "listen" in parts["acquisition"]:
        yield "acquisition.listen", *address_of(parts["acquisition"]["listen"])
    for name, table in tables.get("sinks", {}).items():
        if "listen" in table:
            yield f"sinks.{name}.listen", *address_of(table["listen"])
    for stream, address in parts["inference"].get("listen", {}).items():
        yield f"inference.listen.{stream}", *address_of(address)
