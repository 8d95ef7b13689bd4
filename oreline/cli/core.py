"""`oreline core`: the core log, from a scanned box to the files that geologists read."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from oreline.terminal import commands, console

Session = Annotated[Path, typer.Argument(help="Session of a hole: a TOML file, or a folder of CSV files.")]

app = commands("Drill core: what a technician knows of a hole, its boxes as they were scanned, minerals against depth.")


@app.command()
def check(session: Session) -> None:
    """Say in words what a session is, or what is wrong with it.

    Example: oreline core check session.toml
    """
    for line in _command("check").check(session):
        console.print(line)


def _command(name: str) -> Any:
    """The module of a command: it is loaded when that is called."""
    return importlib.import_module(f"sinks.core.commands.{name}")
