"""Settings that every sink's table may hold besides the sink's own."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Union

from pydantic import Field, TypeAdapter, create_model

from oreline.config import Config, Section, validated
from oreline.errors import ConfigError, nearest
from oreline.keys import TcpAddress
from oreline.screen import say
from oreline.sink import Sink, companions_of
from sinks import SINKS, find


class Common(Section):
    """[sinks.NAME]: the part that all sinks share."""

    sink: str = ""
    """Kind of sink; the table's name where it is not given."""
    budget_ms: Annotated[float, Field(gt=0)] = 100.0
    """A fresh sink is sent no line older than this; an operator's station has 1000 where it is not given."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Port on 127.0.0.1 that Prometheus reads; 0 takes a free one."""
    remote: TcpAddress | None = None
    """Address at which inference listens, on another host, or, for stones, the sorter; otherwise it is on this one. Not
    for a sink that acts on the plant, as a conveyor does."""
    remotes: dict[str, TcpAddress] = {}
    """By stream, where another host serves what this sink takes beside its own, such as
    { stones = "tcp://10.0.0.5:7404" } for a log; from this host it comes by itself."""


def schema(kind: str | None = None) -> dict[str, Any]:
    """The JSON schema of [sinks]: a table a sink, each with what all share and what is its own; or that of a sink of
    one kind alone. Raises ConfigError where there is none of that kind, or it cannot be loaded."""
    tables = _tables(kind) if kind else [table for name in SINKS for table in _loadable(name)]
    one = Union[*tables]  # type: ignore[valid-type]
    return TypeAdapter(one if kind else dict[str, one]).json_schema()


def _loadable(kind: str) -> list[type[Section]]:
    """The same as `_tables`; of what a broken package adds it is said that it is left out, and why."""
    try:
        return _tables(kind)
    except ConfigError as error:
        say(f"left out: {error}", sys.stderr)
        return []


def _tables(kind: str) -> list[type[Section]]:
    """Models of the tables of a kind: named as it, and by a number where it has several."""
    return [
        create_model(kind if number == 1 else f"{kind}_{number}", __base__=(model, Common), __doc__=model.__doc__)
        for number, model in enumerate(find(kind).Settings.models(), 1)
    ]


def settings_of(config: Config, name: str) -> tuple[Common, type[Sink], Section]:
    """The common settings, class and own settings of a configured sink. Raises ConfigError."""
    where = f"{config.source}: [sinks.{name}]"
    tables = config.tables.get("sinks", {})
    if name not in tables:
        present = ", ".join(f"[sinks.{other}]" for other in tables) or "no sink"
        raise ConfigError(f"{config.source} has no [sinks.{name}]: it has {present}.{nearest(name, tables)}")
    table: dict[str, Any] = dict(tables[name])
    shared = {key: table.pop(key) for key in Common.model_fields if key in table}
    common = validated(Common, {"sink": name, **shared}, where)
    try:
        kind = find(common.sink)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    if kind.acts_on_plant and (common.remote or "remote" in config.tables.get("inference", {})):
        raise ConfigError(
            f"{where}: {common.sink} acts on the plant, so it must be on the host of its camera and its inference, "
            "whose clock tells how old a line is: run it there, without remote"
        )
    for stream in common.remotes:
        if stream not in (taken := companions_of(kind)):
            more = ", ".join(taken) or "nothing"
            raise ConfigError(f"{where}: remotes.{stream}: {common.sink} takes {more} beside its own: leave it out")
    if "budget_ms" not in shared and hasattr(kind, "budget_ms"):
        common = common.model_copy(update={"budget_ms": kind.budget_ms})
    return common, kind, validated(kind.Settings, table, where, Common.model_fields)
