"""The configuration that is in force: every key of every table, and where its value comes from."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from oreline.config import SETTINGS, Config
from oreline.toml_writer import key_of, value_of

FILE, DEFAULT = "file", "default"


@dataclass(frozen=True, slots=True)
class Setting:
    """A value as JSON has it, None where nothing is set. `table`: by its dotted name. `source`: "file", "default", or
    what else decided it."""

    table: str
    key: str
    value: Any
    source: str


def settings(config: Config) -> Iterator[Setting]:
    """All that is in force in the tables that a file has, and in [line]. Raises ConfigError where one is not right."""
    for name, model in SETTINGS.items():
        if name in config.tables or name == "line":
            yield from _decided(config, name, config.section(name, model()), config.tables.get(name, {}))
    sinks = importlib.import_module("sinks.settings")
    for name, table in config.tables.get("sinks", {}).items():
        common, _, own = sinks.settings_of(config, name)
        for part in (common, own):
            yield from _of_model(f"sinks.{key_of(name)}", part, part.model_dump(mode="json"), table)


def _decided(config: Config, table: str, model: BaseModel, given: Mapping[str, Any]) -> Iterator[Setting]:
    """A table's settings; what is left out and follows from another key, with that."""
    follows = _following(config, table, model)
    for one in _of_model(table, model, model.model_dump(mode="json"), given):
        is_left_out = one.table == table and one.source == DEFAULT
        yield follows.get(one.key, one) if is_left_out else one


def _following(config: Config, table: str, model: Any) -> dict[str, Setting]:
    """What other keys decide where a key is left out, by its name."""
    if table == "line":
        folders = {"references": config.line.references_folder, "recipes": config.line.recipes_folder}
        return {key: Setting(table, key, str(folder), "line.output") for key, folder in folders.items()}
    if table == "acquisition" and model.preset is not None:
        wavelengths, source = list(model.wavelengths(0)), f"camera preset {model.preset}"
        return {"wavelengths_nm": Setting(table, "wavelengths_nm", wavelengths, source)}
    return {}


def _of_model(table: str, model: BaseModel, dumped: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[Setting]:
    """Its own values first, then those of the tables in it, as TOML wants them."""
    inner = dict[str, tuple[BaseModel, Mapping[str, Any], Mapping[str, Any]]]()
    for key in type(model).model_fields:
        value, said = getattr(model, key), given.get(key)
        if isinstance(value, BaseModel):
            inner[key_of(key)] = value, dumped[key], said if isinstance(said, Mapping) else {}
        elif isinstance(value, Mapping) and value and all(isinstance(one, BaseModel) for one in value.values()):
            of = said if isinstance(said, Mapping) else {}
            for name, one in value.items():
                inner[f"{key_of(key)}.{key_of(name)}"] = one, dumped[key][name], of.get(name, {})
        else:
            yield Setting(table, key, dumped[key], FILE if key in given else DEFAULT)
    for name, parts in inner.items():
        yield from _of_model(f"{table}.{name}", *parts)


def as_toml(found: Iterator[Setting]) -> Iterator[str]:
    """Lines of a file of the same line that leaves nothing out, with a comment at each, where it comes from."""
    table = ""
    for one in found:
        if one.table != table:
            yield from ([""] if table else [])
            table = one.table
            yield f"[{table}]"
        said = f"# {one.key} is left out" if one.value is None else f"{key_of(one.key)} = {value_of(one.value)}"
        yield f"{said}  # {one.source}"
