"""`oreline recipe`: recipes of a line's sorter by name and version, also while it runs."""

from __future__ import annotations

import getpass
import importlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from oreline.cli.acts import note as note_act
from oreline.config import Config
from oreline.errors import ConfigError
from oreline.expected import Expected
from oreline.findings import Findings
from oreline.terminal import commands, console

Line = Annotated[Path, typer.Argument(help="TOML file of the line.")]
Name = Annotated[str, typer.Argument(help="Name of a recipe; `line` is that of the line's own file.")]
Number = Annotated[int | None, typer.Option("--version", help="Version; by default the newest.", min=0)]

app = commands(
    "Recipes of a sorter: what is ore, and which stones are worth a shot of air.\n\n"
    "A recipe has a name, and a version for each time that it was saved. A sorter uses another one from the next stone "
    "on, and goes on with it after a restart. docs/how-to/recipes.md goes through it step by step."
)


@app.command("list")
def list_(line: Line) -> None:
    """List the recipes of a line, and which is in force.

    Example: oreline recipe list line.toml
    """
    recipes = _recipes(Config.load(line))
    now = recipes.in_force
    for name, numbers in recipes.versions().items():
        for number in numbers:
            version = recipes.read(name, number)
            here = " <- in force" * ((name, number) == (now.name, now.version))
            told = " ".join(filter(None, (version.at[:16], version.by, version.note)))
            console.print(f"{version.title}{here}\n    {told}")


@app.command()
def show(line: Line, name: Name = "", version: Number = None) -> None:
    """Show a recipe in words and as it is written; that in force where none is named.

    Example: oreline recipe show line.toml mica --version 2
    """
    recipes = _recipes(Config.load(line))
    now = recipes.in_force
    found = recipes.read(name or now.name, version if name else now.version)
    recipe = recipes.check(found.recipe, None, found.title)
    console.print(f"{found.title}: {recipe.words}")
    console.print_json(data=dict(found.recipe))
    if not name and now.since:
        console.print(f"in force since {now.since}{f', asked for by {now.by}' if now.by else ''}")


@app.command()
def check(line: Line, file: Annotated[Path, typer.Argument(help="TOML or JSON file of a recipe.")]) -> None:
    """Say whether a file holds a recipe that the line's model can be sorted by, and what it does.

    Example: oreline recipe check line.toml mica.toml
    """
    config = Config.load(line)
    recipe = _recipes(config).check(_table(file), _stream(config), str(file))
    console.print(f"{file} is right: {recipe.words}")


@app.command()
def save(
    line: Line,
    name: Name,
    file: Annotated[Path, typer.Argument(help="TOML or JSON file of a recipe.")],
    note: Annotated[str, typer.Option(help="Why, for who reads it later.")] = "",
) -> None:
    """Save a file's recipe as a new version, which nobody changes any more.

    Example: oreline recipe save line.toml mica mica.toml --note "less quartz"
    """
    config = Config.load(line)
    version = _recipes(config).save(name, _table(file), getpass.getuser(), _stream(config), note)
    note_act(config, "save_recipe", {"name": name, "file": str(file)}, None, version.title)
    console.print(f"saved {version.title}, sha256 {version.sha256[:16]}; use it by `oreline recipe use {line} {name}`")


@app.command()
def use(line: Line, name: Name, version: Number = None) -> None:
    """Have the sorter use a recipe: from the next stone on where the line runs, and otherwise when it starts.

    Example: oreline recipe use line.toml mica
    """
    config = Config.load(line)
    recipes = _recipes(config)
    before = recipes.in_force.title
    order = recipes.use(name, version, getpass.getuser(), _stream(config))
    try:
        said = recipes.answer(order)
    except ConfigError as error:
        note_act(config, "select_recipe", {"name": name}, before, order.title, str(error))
        raise
    note_act(config, "select_recipe", {"name": name}, before, order.title)
    if said is not None:
        console.print(f"{said.title} is in force since {said.since}; before it {before}")
    elif recipes.is_running:
        console.print(f"{order.title} is ordered; the sorter has not answered yet: `oreline recipe show {line}`")
    else:
        console.print(f"{order.title} will be in force when the line starts; it does not run here")


def _recipes(config: Config) -> Any:
    return importlib.import_module("sinks.recipes.choosing").Recipes(config)


def _stream(config: Config) -> Any:
    """What the line's model tells; None where inference is on another host."""
    expected = Expected()
    if "inference" in config.tables:
        findings = Findings()
        importlib.import_module("inference.check").check(config, expected, findings)
        if findings:
            raise findings[0]
    if expected.classes is None:
        return None
    return importlib.import_module("sinks.recipes.choosing").Stream(expected.classes, expected.layers or ())


def _table(file: Path) -> Mapping[str, Any]:
    """The table of a recipe: a file of its own, or the [recipe] of one that has more."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        table = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from None
    table = table.get("recipe", table) if isinstance(table, dict) else table
    if not isinstance(table, dict):
        raise ConfigError(f"{file} is no table of a recipe: see docs/how-to/recipes.md")
    return table
