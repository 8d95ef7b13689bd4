"""`oreline model`: what a model is, who made it, and whether it is as it was made."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from oreline.cli.model_card import show as show_card
from oreline.errors import ConfigError
from oreline.terminal import commands, console

Model = Annotated[Path, typer.Argument(help="Folder of a model: model.pt, golden.npz, card.json.")]
Known = Annotated[Path, typer.Argument(help="Folder of a model, or the name of one that is installed.")]

app = commands(
    "Models: what they are, and who signed them.\n\n"
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


@app.command("set")
def set_(
    model: Known,
    unknown_below: Annotated[
        float | None, typer.Option(help="Probability below which the answer is unknown.", min=0.0, max=1.0)
    ] = None,
    background_reflectance: Annotated[
        float | None, typer.Option(help="Mean reflectance below which a sample is belt.", min=0.0, max=0.99)
    ] = None,
    group_below: Annotated[
        float | None, typer.Option(help="Probability of a group below which that is unknown too.", min=0.0, max=1.0)
    ] = None,
    bands_unknown_below: Annotated[
        float | None, typer.Option(help="Of whose absorption bands: the same of their group.", min=0.0, max=1.0)
    ] = None,
    bands_species_below: Annotated[
        float | None, typer.Option(help="And the same of their mineral.", min=0.0, max=1.0)
    ] = None,
    noisy_above: Annotated[
        float | None, typer.Option(help="Noise of a band above which that is why a sample is unknown.", min=1e-6)
    ] = None,
    dark_below: Annotated[
        float | None, typer.Option(help="Mean reflectance below which that is why.", min=0.0, max=0.99)
    ] = None,
    colour: Annotated[
        list[str] | None, typer.Option(metavar="CLASS=RRGGBB", help="Colour of a class. May be repeated.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the model that is made; by default MODEL itself.")] = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="The folder that line.keys names.")] = None,
) -> None:
    """Change a threshold or a colour of a model without training, and sign it with your own key.

    Example: oreline model set my-model --unknown-below 0.6 --colour calcite=2E35F5 --out my-model-2
    """
    if out is None and not model.is_dir():
        raise ConfigError(
            "a model that comes with Oreline is not changed in its place: give --out, a folder of your own"
        )
    numbers = {
        "unknown_below": unknown_below, "background_reflectance": background_reflectance, "group_below": group_below,
        "bands_unknown_below": bands_unknown_below, "bands_species_below": bands_species_below,
        "noisy_above": noisy_above, "dark_below": dark_below,
    }  # fmt: skip
    changes = importlib.import_module("inference.classification.changes")
    public = changes.change(_folder(model), out, folder, colour or [], **numbers)
    console.print(f"changed and signed {out or model}; who is to run it elsewhere needs a copy of {public}")


@app.command()
def verify(
    model: Known,
    folder: Annotated[Path | None, typer.Option("--folder", help="The folder that line.keys names.")] = None,
) -> None:
    """Say who signed a model, or why a line would refuse it.

    Example: oreline model verify my-model
    """
    model = _folder(model)
    card, who = importlib.import_module("inference.classification.signature").checked(model, folder)
    card.check_files(model)
    console.print(f"{model} is {card.name} {card.model_sha256[:16]}, whole, and signed by {who}")


@app.command()
def show(model: Known) -> None:
    """Say what a model knows, how well, by which thresholds it answers, and what it must not be used for.

    Example: oreline model show swir288
    """
    show_card(importlib.import_module("inference.classification.card").Card.read(_folder(model)), console)


def _folder(model: Path) -> Path:
    """The folder of a model that is named by it, or as a line's file names it. Raises ModelError."""
    if model.is_dir():
        return model
    found: Path = importlib.import_module("inference.models").folder(str(model))
    return found
