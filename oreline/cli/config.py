"""`oreline config`: make, check and explain the files of lines."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from oreline.cameras import CAMERAS
from oreline.cli import config_migrate, config_new, config_show
from oreline.cli.schema import without_titles
from oreline.config import SETTINGS, TABLES, Config
from oreline.errors import ConfigError, nearest
from oreline.shipped import example, examples
from oreline.supervision import check as checking
from oreline.terminal import commands, console, tell
from oreline.text import mark_of

app = commands("Make, check and explain configuration files.")


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


@app.command()
def new(
    line: Annotated[Path, typer.Argument(help="TOML file that is made.")],
    name: Annotated[str | None, typer.Option(help="Name of the line.")] = None,
    purpose: Annotated[str | None, typer.Option(help=f"One of {', '.join(config_new.PURPOSES)}.")] = None,
    producer: Annotated[str | None, typer.Option(help="The camera's GenTL producer, a .cti, or simcam.")] = None,
    preset: Annotated[str | None, typer.Option(help=f"Camera: one of {', '.join(CAMERAS)}.")] = None,
    plc: Annotated[str | None, typer.Option(help="Host of a sorter's PLC.")] = None,
    distance_counts: Annotated[int | None, typer.Option(help="Encoder counts from camera to valves.")] = None,
    ore: Annotated[str | None, typer.Option(help="What a sorter wants: minerals or groups, with commas.")] = None,
) -> None:
    """Write the file of a new line, that `config check` accepts; asks for what no option says.

    A camera that is no simulated one has its references taken by `oreline calibrate` first.

    Example: oreline config new line.toml --purpose log --preset nir224
    """
    given = {"name": name, "purpose": purpose, "producer": producer, "preset": preset}
    sorter = {"plc": plc, "distance_counts": distance_counts, "ore": ore}
    lacks_references = config_new.write(line, config_new.asked({**given, **sorter}))
    calibrate = f"`oreline calibrate dark {line}`, `oreline calibrate white {line}`, " if lacks_references else ""
    console.print(f"wrote {line}: look through it, then {calibrate}`oreline run {line}`")


@app.command()
def show(
    line: Annotated[Path, typer.Argument(help="TOML file of the line.")],
    json: Annotated[bool, typer.Option("--json", help="As JSON: by key, its value and where it comes from.")] = False,
) -> None:
    """Print all that is in force, as a file that leaves nothing out, and where each value comes from.

    It is the line's file, what a key is by default, or another key that decides it, such as the camera preset.

    Example: oreline config show line.toml
    """
    found = config_show.settings(Config.load(line))
    if json:
        console.print_json(data={f"{one.table}.{one.key}": {"value": one.value, "from": one.source} for one in found})
    else:
        console.print("\n".join(config_show.as_toml(found)))


@app.command()
def migrate(
    line: Annotated[Path, typer.Argument(help="TOML file of a line, of this release or one before.")],
    out: Annotated[Path | None, typer.Option(help="Write to this file, and leave LINE as it is.")] = None,
) -> None:
    """Give the keys of an earlier release the names that they have now; comments and all else stay.

    The file as it was is kept as LINE.old.

    Example: oreline config migrate line.toml
    """
    for words in config_migrate.migrate(line, out):
        console.print(words)


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
