"""`oreline evaluate`: labels beside the truth, for a person and as JSON."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from oreline.cli.report import save
from oreline.cli.verdict import share
from oreline.errors import ConfigError, nearest
from oreline.recordings.truth import find_truth
from oreline.terminal import console, tell

CARD = "card.json"
MOST = 3
"""Wrong answers that are named of a class, the commonest."""


def model_of(judged: Path) -> Path | None:
    """The folder of a model, where that is what is to be judged: named by it, or as one that is installed."""
    if (judged / CARD).is_file():
        return judged
    models = importlib.import_module("inference.models")
    known: Path | None = models.folder(str(judged)) if not judged.exists() and str(judged) in models.MODELS else None
    return known


def refuse_foreign(judged: Path, foreign: Mapping[str, object], *, is_model: bool) -> None:
    """Raises ConfigError for an option that means nothing here."""
    for name, value in foreign.items():
        if value:
            what, other = ("a model", "labels") if is_model else ("no model", "a model")
            meant = "" if is_model else nearest(str(judged), importlib.import_module("inference.models").MODELS)
            raise ConfigError(f"{judged} is {what}, and {name} is for judging {other}: leave it away.{meant}")


def main(labels: Path, truth: Path | None, first_line: int, errors: Path | None, json: Path | None) -> None:
    """Evaluate, and print what it comes to. Raises ConfigError, RecordingError."""
    if not labels.exists():
        raise ConfigError(f"{labels} does not exist: give the output folder of a run, or a file of labels")
    if truth is None and not labels.is_dir():
        raise ConfigError(f"--truth: name the label map that {labels} is to be compared with, or its scene's folder")
    path = find_truth(truth or labels)
    evaluation = importlib.import_module("sinks.log.evaluation")
    if (journal := labels / evaluation.JOURNAL).is_file() and path.stat().st_mtime > journal.stat().st_mtime:
        tell(f"{path} was written after the run: where that was of another scene, these figures are of neither")
    found = evaluation.evaluate(labels, path, first_line, errors)
    if json is not None:
        save({"version": 1, "truth": str(path), **found}, json)
    show(found, console)


def show(found: dict[str, Any], console: Console) -> None:
    """Print an evaluation."""
    if not found["judged_pixels"]:
        console.print("no pixel has a true label that the labels could have: nothing is judged")
        return
    right, of_group = share(found["accuracy"], 1.0), share(found["group_accuracy"], 1.0)
    console.print(f"{right} of {found['judged_pixels']:,} pixels have their true label, {of_group} one of its group")
    table = Table("class", "pixels", "right", "precision", "otherwise taken for", box=None, pad_edge=False)
    for column in table.columns[1:4]:
        column.justify, column.no_wrap = "right", True
    for name, answers in sorted(found["confusion"].items(), key=lambda item: -sum(item[1].values())):
        pixels, right = sum(answers.values()), answers.get(name, 0)
        said = sum(others.get(name, 0) for others in found["confusion"].values())
        wrong = sorted(((n, other) for other, n in answers.items() if other != name), reverse=True)[:MOST]
        others = ", ".join(f"{other} {share(n, pixels)}" for n, other in wrong)
        table.add_row(name, f"{pixels:,}", share(right, pixels), share(right, said) if said else "-", others)
    console.print(table)
    for one in found["maps"]:
        console.print(f"map of errors {one}")
