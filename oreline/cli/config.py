"""`oreline config`: check and explain the files of lines."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from oreline.cli.schema import without_titles
from oreline.config import SETTINGS, TABLES, Config
from oreline.errors import ConfigError, nearest
from oreline.shipped import example, examples
from oreline.supervision import check as checking
from oreline.terminal import commands, console, tell
from oreline.text import mark_of

app = commands("Check and explain configuration files.")


@app.command()
def check(line: Annotated[Path, typer.Argument(help="TOML file of the line.")]) -> None:
    """Say whether a line's file is right, or all that is wrong with it.

    Example: oreline config check line.toml
    """
    config = Config.load(line)
    if mark_of(line.read_bytes()):
        tell(f"{line} begins with a byte-order mark (BOM), which is passed over; other programs may not take it")
    checking.check(config)
    console.print(f"{line} is right")
    if checking.unheard(config):
        console.print(f"but {checking.NO_SINK}")
    for command in checking.by_hand(config):
        console.print(f"its camera is not here: start it by {command}")


@app.command("example")
def example_(name: Annotated[str, typer.Argument(help=f"One of {', '.join(examples())}.")] = "demo") -> None:
    """Print the file of a line that comes with Oreline, to begin one's own with.

    Example: oreline config example demo > line.toml
    """
    console.print(example(name).read_text(encoding="utf-8"), end="")


@app.command()
def schema(
    table: Annotated[str, typer.Argument(help=f"One of {', '.join(TABLES)}, or a sink's: sinks.conveyor, sinks.log.")],
) -> None:
    """Print the JSON schema of a table: its keys, what each may be, and what it is when it is left out.

    Example: oreline config schema sinks.conveyor
    """
    name, _, sink = table.partition(".")
    if name not in TABLES or (sink and name != "sinks"):
        raise ConfigError(f"no table {table!r}: choose one of {', '.join(TABLES)}.{nearest(table, TABLES)}")
    if name in SETTINGS:
        shown = SETTINGS[name]().model_json_schema()
    else:
        shown = importlib.import_module("sinks.settings").schema(sink or None)
    console.print_json(data={"title": table, **without_titles(shown)})
