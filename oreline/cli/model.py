"""`oreline model`: who made a model, and whether it is as it was made."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from oreline.terminal import commands, console

Model = Annotated[Path, typer.Argument(help="Folder of a model: model.pt, golden.npz, card.json.")]

app = commands(
    "Signatures of models.\n\n"
    "A model is a program: whoever made it can do on this host whatever the line may. So a line runs only models that "
    "are signed by a maker it trusts: those that come with Oreline, this user, and the makers in its folder of keys "
    "(`oreline keys allow NAME.pem`). `oreline train` signs what it makes."
)


@app.command()
def sign(model: Model) -> None:
    """Sign a model with your own key, which says that you trust it.

    Example: oreline model sign my-model
    """
    public = importlib.import_module("inference.classification.signature").sign(model)
    console.print(f"signed {model}; who is to run it elsewhere needs a copy of {public}")


@app.command()
def verify(
    model: Model,
    folder: Annotated[Path | None, typer.Option("--folder", help="The folder that line.keys names.")] = None,
) -> None:
    """Say who signed a model, or why a line would refuse it.

    Example: oreline model verify my-model
    """
    card, who = importlib.import_module("inference.classification.signature").checked(model, folder)
    card.check_files(model)
    console.print(f"{model} is {card.name} {card.model_sha256[:16]}, whole, and signed by {who}")
