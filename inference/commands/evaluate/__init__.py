"""`oreline evaluate MODEL DATA...`: how good a model is on rocks that it has not seen, for a person, as JSON, and on a
page with pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from json import dumps
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from inference import models
from inference.classification.card import Card
from inference.commands.evaluate.page import page
from inference.evaluation.bootstrap import Figure, difference, figure
from inference.evaluation.examination import QUICK, Examination, examine, is_own
from inference.evaluation.measures import NETWORK, Measured
from inference.evaluation.trials import FOLDS, SEEDS
from inference.evaluation.verdict import estimate, judged_set
from oreline.errors import ConfigError
from oreline.files import try_to_write, write_whole
from oreline.process import one_thread, tune_allocator
from oreline.terminal import console as terminal
from oreline.terminal import tell

SHOWN = ("species", "group", "bands", "told and right", "AUROC", "FPR95", "named as a species", "either", "wrong",
         "neither and sure", "r", "mean error", "refused by species", "refused by bands", "right")  # fmt: skip
"""Quantities that a person is shown; JSON and the page have all."""

Difference = tuple[Measured, str, Figure]
"""A set, a quantity, and by how much the first model is better or worse."""


def main(
    model: Path,
    data: Sequence[Path],
    against: str | None,
    json: Path | None,
    html: Path | None,
    quick: bool = False,
    jobs: int = 1,
) -> None:
    """Evaluate a model's folder, print, and write what is asked for. Raises ModelError, ConfigError, SpectraRefused."""
    if not data:
        raise ConfigError(f"name what {model} is judged by: a library, logs of rock, or spectra with their minerals")
    one_thread()
    tune_allocator()
    try_to_write(*filter(None, (json, html)), reading=data)
    draw = import_module("inference.commands.evaluate.plots").plots if html else None  # it needs the extra [report]
    rival = models.folder(against) if against is not None else None
    folders = [model, *([rival] if rival else [])]
    cards = [Card.read(folder) for folder in folders]
    seeds = QUICK if quick else SEEDS
    networks = sum(is_own(path, card) for path in data for card in cards) * FOLDS * len(seeds)
    apart = frozenset(name for card in cards for name in card.training.specimens or ())
    with Progress(disable=networks == 0) as progress:
        bar = progress.add_task("training in folds", total=networks)
        examined = [examine(one, data, seeds, jobs, apart, lambda: progress.advance(bar)) for one in folders]
    first, second = examined[0], examined[1] if rival else None
    compared = list(differences(first, second)) if second else []
    for note in dict.fromkeys(note for one in examined for note in one.notes):
        tell(note)
    show(first, compared, terminal)
    if json is not None:
        text = dumps(report_of(first, second, compared), indent=1, allow_nan=False)
        write_whole(json, f"{text}\n".encode())
    if html is not None and draw is not None:
        write_whole(html, page(first, second, compared, draw(first, second)).encode())


def differences(ours: Examination, theirs: Examination) -> Iterator[Difference]:
    """What both were judged on, of the same spectra: the first less the second, under the same draws."""
    by_name = {one.name: one for one in theirs.measured}
    for one in ours.measured:
        other = by_name.get(one.name)
        if other is None or (other.spectra, other.specimens) != (one.spectra, one.specimens):
            continue
        for (method, quantity), sampled in one.figures.items():
            if method == NETWORK and (method, quantity) in other.figures:
                yield one, quantity, difference(sampled, other.figures[method, quantity])


def report_of(first: Examination, second: Examination | None, compared: Sequence[Difference]) -> dict[str, Any]:
    """What `--json` writes."""
    found: dict[str, Any] = {
        "version": 1,
        "model": first.card.name,
        "model_id": first.card.model_sha256[:16],
        "notes": first.notes,
        "sets": [judged_set(one).model_dump(exclude_none=True) for one in first.measured],
        "thresholds": [one.model_dump() for one in first.card.metrics.thresholds or ()],
    }
    if second is not None:
        found["against"] = {
            "model": second.card.name,
            "model_id": second.card.model_sha256[:16],
            "notes": second.notes,
            "sets": [judged_set(one).model_dump(exclude_none=True) for one in second.measured],
            "differences": [
                {"set": one.name, "figure": quantity, **estimate(of).model_dump(exclude={"spread"})}
                for one, quantity, of in compared
                if of.mean == of.mean
            ],
        }
    return found


def show(first: Examination, compared: Sequence[Difference], console: Console) -> None:
    """Print the figures, each with its interval and on how much it rests."""
    apart = {(one.name, quantity): of for one, quantity, of in compared}
    heads = ["judged on", "spectra", "specimens", "figure", "mean", "95 %", *(["difference"] if apart else [])]
    table = Table(*heads, box=None, pad_edge=False)
    for column in table.columns[1:3]:
        column.justify, column.no_wrap = "right", True
    for one in first.measured:
        named = (one.name, f"{one.spectra}", f"{one.specimens}")
        for (method, quantity), sampled in one.figures.items():
            of = figure(sampled)
            if (method != NETWORK and one.name != "stones") or of.mean != of.mean or quantity not in SHOWN:
                continue
            what = quantity if method == NETWORK else f"{quantity} by {method}"
            more = apart.get((one.name, quantity))
            row = [*named, what, f"{of.mean:.3f}", f"{of.low:.3f}-{of.high:.3f}"]
            table.add_row(*row, *([f"{more.mean:+.3f} ({more.low:+.3f} to {more.high:+.3f})"] if more else []))
            named = ("", "", "")
    console.print(table)
