"""One file a line, TOML (or the same as JSON): a table a process, read by the settings model beside its user."""

from __future__ import annotations

import importlib
import json
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from oreline.errors import ConfigError, nearest
from oreline.facts import PROCESS, facts_of
from oreline.files import try_folder, write_whole
from oreline.mistakes import mistake, models_in
from oreline.ownership import refuse_strangers
from oreline.places import claim, name_of, usual
from oreline.text import decode_marked

EXAMPLE = "deploy/examples/demo.toml"
ASKED = "asked.json"
"""In a line's folder: steps that acquisition is to take in between."""
SORTING, SORTED = "sorting.json", "sorted.json"
"""In a line's folder: what its sorter is told to do, and what it says of that."""
SOCKET_BYTES = 107
"""Of the path of a socket, as the kernel has it."""
STREAMS = ("raw", "labels", "reflectance", "features", "stones")
"""Each has a ring and a socket in a line's folder."""
NAME_OR_PATH = "name or path"
"""Marks a setting that is the path of something where that is there, and otherwise a name."""
TABLES = ("line", "simulator", "plant", "acquisition", "inference", "sinks")


class Section(BaseModel):
    """Settings of one part: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @classmethod
    def model_for(cls, table: dict[str, Any]) -> type[Self]:  # noqa: ARG003
        """Model of a table: this one, unless one of the table's keys says which others it may have. Raises
        ConfigError."""
        return cls

    @classmethod
    def models(cls) -> list[type[Self]]:
        """All models that `model_for` may return."""
        return [cls]


class LineSettings(Section):
    """Where a line keeps its things, and when `oreline run` starts a process again."""

    name: str = Field(default="line", pattern=r"^[A-Za-z0-9_-]{1,32}$")
    """Name of the line, for its folder of rings and sockets."""
    output: Path = Path("out/line")
    """Folder for journals, maps and reports."""
    references: Path | None = None
    """Folder of the line's dark and white references; None: `references` in the output folder."""
    recipes: Path | None = None
    """Folder of the recipes that may be chosen while the line runs; None: `recipes` in the output folder."""
    state: Path | None = None
    """Folder for rings and sockets, of this line and of its user alone; memory-backed by default. Paths of sockets are
    short: at most 90 bytes."""
    keys: Path | None = None
    """Folder of keys, as `oreline keys` makes it. Without it, tcp addresses may be of loopback only."""
    finish: bool = True
    """A run that was cut short is delivered before the next begins. False: it is given up, as a replay, which can be
    played again."""
    hold_s: Annotated[float, Field(gt=0)] = 30.0
    """Lines are kept for a consumer that this file does not name, such as a log on another host, while it was heard
    from within so long, and as far as seven eighths of a ring go. Then it loses some: an alarm here, a gap there."""
    watchdog_s: Annotated[float, Field(ge=0.5)] = 2.0
    """A process that has something to do and shows no progress for so long is killed and started again; one that only
    looks on, as an operator's station does, after 2.5 times that."""
    restarts: Annotated[int, Field(ge=0)] = 20
    """The line gives up when a process dies more often than this in a row, each time before it was steady."""
    steady_s: Annotated[float, Field(ge=0)] = 3.0
    """A process that has been at work for so long has started well: what happens to it then is counted anew."""

    @property
    def folder(self) -> Path:
        return self.state or usual() / name_of(self.name, self.output)

    @property
    def references_folder(self) -> Path:
        return self.references or self.output / "references"

    @property
    def recipes_folder(self) -> Path:
        return self.recipes or self.output / "recipes"

    def ring(self, stream: str) -> Path:
        """The file of a stream's ring."""
        return self.folder / f"{stream}.ring"

    def endpoint(self, stream: str) -> str:
        """Where a stream is served. Raises SecurityError where that is not a folder of the user's own."""
        path = self.socket(stream)
        claim(self.folder)
        return f"ipc://{path}"

    def socket(self, name: str) -> str:
        """The path of a socket. Raises ConfigError where the system takes none so long."""
        path = f"{self.folder.absolute()}/{name}.sock"
        size = len(os.fsencode(path))
        if size > SOCKET_BYTES:
            raise ConfigError(f"{path} has {size} bytes, too many for a socket: choose a shorter folder as line.state")
        return path

    def check(self) -> None:
        """Try what the line's processes will do. Raises ConfigError, SecurityError, SystemRefused, StoreFailed."""
        self.socket("reflectance")
        state = [self.state] if self.state else []
        for folder in filter(Path.is_dir, (self.output, *state)):
            refuse_strangers(folder)
        for folder in (self.output, self.references_folder, *state):
            try_folder(folder)


S = TypeVar("S", bound=Section)


def _utf8(raw: bytes) -> str:
    """TOML and JSON are UTF-8 by their standards; editors of Windows put a mark before it, or write UTF-16 with one.

    Raises ValueError with what to do.
    """
    try:
        return decode_marked(raw)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8: save it with that encoding") from None


class Config:
    """A configuration file, its tables validated when asked for."""

    def __init__(self, tables: dict[str, Any], source: str = "configuration") -> None:
        self.tables = tables
        self.source = source
        unknown = [f"{source}: unknown table [{name}].{nearest(name, TABLES)}" for name in tables if name not in TABLES]
        if unknown:
            raise ConfigError("\n".join(unknown))
        for name in tables:
            _must_be_table(tables[name], f"{source}: [{name}]")
        for name, sink in tables.get("sinks", {}).items():
            _must_be_table(sink, f"{source}: [sinks.{name}]")

    @classmethod
    def load(cls, path: Path) -> Config:
        """Read a TOML or JSON file. Raises ConfigError."""
        try:
            text = _utf8(path.read_bytes())
            tables = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        except FileNotFoundError:
            raise ConfigError(f"no configuration file {path}: give the path of a line's TOML file") from None
        except IsADirectoryError:
            raise ConfigError(f"{path} is a folder: give the path of a line's TOML file") from None
        except (ValueError, RecursionError, OSError) as error:
            known = path.suffix.lower() in (".toml", ".json")
            what = "cannot be read" if known else f"is no file of a line, TOML such as {EXAMPLE}"
            raise ConfigError(f"{path} {what}: {error}") from None
        _must_be_table(tables, str(path))
        return cls(tables, str(path))

    @classmethod
    def of_last_run(cls, output: Path) -> Config:
        """The file of the line that wrote to an output folder last, as that run left it; without a table where there
        was none."""
        return cls({name: table for name, table in facts_of(output, "line").items() if name != PROCESS}, str(output))

    def save(self, path: Path) -> None:
        """Write as JSON, for the processes of one run to share."""
        write_whole(path, f"{json.dumps(self.tables, indent=2, default=str)}\n".encode())

    def anchored(self) -> Config:
        """The same, with every path that begins at the working folder made absolute: it means the same from any."""
        models = {name: SETTINGS[name]() for name in self.tables if name in SETTINGS}
        tables = {name: _anchored(models.get(name), table) for name, table in self.tables.items()}
        if "sinks" in tables:
            sinks = importlib.import_module("sinks.settings")
            tables["sinks"] = {
                name: _anchored(sinks.settings_of(self, name)[1].Settings, table)
                for name, table in tables["sinks"].items()
            }
        return Config(tables, self.source)

    @property
    def line(self) -> LineSettings:
        return self.section("line", LineSettings)

    @property
    def kinds(self) -> dict[str, str]:
        """Kinds of the sinks, by their names, in order."""
        return {name: table.get("sink") or name for name, table in self.tables.get("sinks", {}).items()}

    def sinks(self, kind: str) -> list[str]:
        """Names of the sinks of a kind, in order."""
        return [name for name, one in self.kinds.items() if one == kind]

    def section(self, name: str, model: type[S]) -> S:
        """The settings in a table ("sinks.log" for a nested one). Raises ConfigError that lists every failure."""
        table: Any = self.tables
        for key in name.split("."):
            table = table.get(key, {}) if isinstance(table, dict) else table
        return validated(model, table, f"{self.source}: [{name}]")

    def part(self, name: str, model: type[S]) -> S:
        """The settings that `model` names in a table; its other keys are their owner's to judge. Raises ConfigError."""
        table = self.tables.get(name, {})
        own = {key: value for key, value in table.items() if key in model.model_fields}
        return validated(model, own, f"{self.source}: [{name}]")

    def check(self) -> None:
        """Validate every table, so that a mistake shows before anything starts. Raises the first refusal; see
        `oreline.supervision.check` for all of them."""
        for validate in self.validations():
            validate()

    def validations(self) -> Iterator[Callable[[], object]]:
        """Calls that raise where something is not right: one for each table, and for what the line's own names."""
        for name, settings in SETTINGS.items():
            if name in self.tables:
                yield partial(self.section, name, settings())
        yield lambda: self.line.check()
        for name in self.tables.get("sinks", {}):
            yield partial(importlib.import_module("sinks.settings").settings_of, self, name)


def _settings(module: str) -> Any:
    return lambda: importlib.import_module(module).Settings


SETTINGS: dict[str, Any] = {
    "line": lambda: LineSettings,
    "simulator": _settings("hwsim.settings"),
    "plant": _settings("hwsim.plant"),
    "acquisition": _settings("acquisition.settings"),
    "inference": _settings("inference.settings"),
}


def validated(model: type[S], table: Any, where: str, others: Iterable[str] = ()) -> S:
    """The model made from a table. Raises ConfigError that lists every failure, with the nearest known key. `others`:
    keys that such a table may have beside the model's."""
    try:
        model = model.model_for(table)
        return model.model_validate(table)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    except ValidationError as error:
        failures = "\n".join(f"  {mistake(model, item, others)}" for item in error.errors())
        raise ConfigError(f"{where} is not right:\n{failures}") from None


def _must_be_table(table: Any, where: str) -> None:
    if not isinstance(table, dict):
        raise ConfigError(f"{where} is no table: see `oreline config example demo`")


def _anchored(model: type[BaseModel] | None, table: dict[str, Any]) -> dict[str, Any]:
    fields = model.model_fields if model else {}
    return {key: _absolute(fields[key], value) if key in fields else value for key, value in table.items()}


def _absolute(field: FieldInfo, value: Any) -> Any:
    if isinstance(value, dict):
        return _anchored(next(iter(models_in(field)), None), value)
    is_path = Path in (field.annotation, *get_args(field.annotation))
    is_there = NAME_OR_PATH in field.metadata and value is not None and Path(value).exists()
    return str(Path(value).absolute()) if value is not None and (is_path or is_there) else value
