"""`oreline keys`: who may read this host's streams, and whose this host reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oreline import keys
from oreline.stream.curve import new_pair
from oreline.terminal import commands, console

Folder = Annotated[Path, typer.Option("--folder", help="The folder that line.keys names.")]
Name = Annotated[str, typer.Argument(help="A process: acquisition, inference, or a sink's name in [sinks].")]

app = commands(
    "Keys for streams between two hosts.\n\n"
    "A process that serves a stream to another host has a key of its own, and so has each consumer there. Each host "
    "makes the keys of its own processes: NAME.secret never leaves it, NAME.key goes to the other host and is allowed "
    "there. docs/how-to/second-host.md goes through it step by step."
)
HERE = Path("keys")


@app.command()
def make(name: Name, folder: Folder = HERE) -> None:
    """Make the key of a process of this host.

    Example: oreline keys make inference
    """
    public = keys.save(folder, name, new_pair())
    console.print(f"made {public.with_suffix(keys.SECRET)}, which stays here, and {public}, for the other host")


@app.command()
def allow(
    file: Annotated[Path, typer.Argument(help="NAME.key of another host's process, or NAME.pem of a model's maker.")],
    folder: Folder = HERE,
) -> None:
    """Let a process of another host talk with this one; or take the models of a maker.

    Example: oreline keys allow log.key
    """
    console.print(f"allowed: {keys.allow(folder, file)}")


@app.command()
def forbid(name: Annotated[str, typer.Argument(help="As `list` shows it.")], folder: Folder = HERE) -> None:
    """Take that back. Who is connected stays so until it connects anew; restart the line to cut it off now.

    Example: oreline keys forbid log
    """
    for path in keys.forbid(folder, name):
        console.print(f"removed {path}")


@app.command("list")
def list_(folder: Folder = HERE) -> None:
    """Show every key, and what is wrong with one.

    Example: oreline keys list
    """
    rows = list(keys.listed(folder))
    for name, what, text in rows:
        console.print(f"{name:20}  {what:16}  {text}")
    if not rows:
        console.print(f"no keys in {folder}: make one with `oreline keys make NAME`")
