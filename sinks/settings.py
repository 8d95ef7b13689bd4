"""What every sink's table may hold besides the sink's own settings."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from oreline.config import Config, Section, validated
from oreline.sink import Sink
from sinks import find


class Common(Section):
    """[sinks.NAME]: the part that all sinks share."""

    sink: str = ""
    """Which sink it is; the table's name where it is not given."""
    budget_ms: Annotated[float, Field(gt=0)] = 100.0
    """A fresh sink is sent no line older than this."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0


def settings_of(config: Config, name: str) -> tuple[Common, type[Sink], BaseModel]:
    """The common settings, class and own settings of a configured sink. Raises ConfigError."""
    where = f"{config.source}: [sinks.{name}]"
    table: dict[str, Any] = dict(config.tables.get("sinks", {}).get(name, {}))
    shared = {key: table.pop(key) for key in Common.model_fields if key in table}
    common = validated(Common, {"sink": name, **shared}, where)
    kind = find(common.sink)
    return common, kind, validated(kind.Settings, table, where)
