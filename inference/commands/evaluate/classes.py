"""What was found of each class, and what groups were taken for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from inference.commands.report.plots import GREY, INK
from inference.evaluation.examination import Examination
from inference.evaluation.library import Library
from inference.evaluation.thresholds import groups
from oreline.palette import GROUPS, rgb

Names = NDArray[np.str_]


def pictures(ours: Examination, _theirs: Examination | None) -> Iterator[Any]:
    """Recall by class, and confusion of groups, on held-out clean spectra."""
    if not ours.folds or ours.library is None:
        return
    truth, said = _answered(ours)
    library = ours.library
    on = f"{len(library.known)} laboratory spectra of {len(np.unique(library.specimen[library.known]))} specimens"
    yield (
        "Found of each class",
        f"Share of each mineral's spectra that were called by its name (bar) or by one of its group (tick), on {on}, "
        f"each held out, mean of {len(ours.folds)} networks. Behind each name: specimens. A class of four specimens "
        "says little about the fifth.",
        0.17 * len(set(truth)) + 0.7,
        partial(_recall, library, truth, said),
    )
    yield (
        "What groups are taken for",
        f"Rows: what the spectra are; columns: what they were called; percent of the row. On {on}, held out.",
        5.2,
        partial(_confusion, groups(truth), groups(said)),
    )


def _answered(ours: Examination) -> tuple[Names, Names]:
    assert ours.library is not None
    truth = [ours.library.species[trial.sets["clean"].rows] for trial in ours.folds]
    return np.concatenate(truth), np.concatenate([trial.answers["clean"].best for trial in ours.folds])


def group_colour(name: str) -> tuple[float, float, float]:
    """Of a group as the palette has it, grey for one that it has not."""
    red, green, blue = rgb(GROUPS.get(name, 0x999EA6))
    return red / 255, green / 255, blue / 255


def _recall(library: Library, truth: Names, said: Names, figure: Canvas) -> None:
    axes = figure.subplots()
    group_of = dict(zip(truth.tolist(), groups(truth).tolist(), strict=True))
    names = sorted(
        group_of, key=lambda name: (list(GROUPS).index(group_of[name]) if group_of[name] in GROUPS else 99, name)
    )
    place = np.arange(len(names))
    found = [float((said == truth)[truth == name].mean()) for name in names]
    within = [float((groups(said) == group_of[name])[truth == name].mean()) for name in names]
    colours = [group_colour(group_of[name]) for name in names]
    axes.barh(place, found, 0.72, color=colours, edgecolor=INK, linewidth=0.4)
    axes.plot(within, place, "|", color=INK, markersize=9, markeredgewidth=1.4)
    rocks = [len(np.unique(library.specimen[library.known][library.species[library.known] == name])) for name in names]
    axes.set_yticks(place, [f"{name}  {n}" for name, n in zip(names, rocks, strict=True)])
    axes.set(xlim=(0, 1.02), ylim=(len(names) - 0.4, -0.6), xlabel="share of its spectra")
    axes.grid(axis="x", color=GREY, alpha=0.3)


def _confusion(truth: Names, said: Names, figure: Canvas) -> None:
    axes = figure.subplots()
    names = [name for name in [*GROUPS, *sorted(set(truth) - set(GROUPS))] if name in set(truth)]
    counts = np.array([[((truth == a) & (said == b)).sum() for b in names] for a in names], float)
    share = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=100, aspect="auto")
    for (row, column), value in np.ndenumerate(share):
        if value >= 1:
            axes.text(
                column, row, f"{value:.0f}", ha="center", va="center", fontsize=7,
                color="white" if value > 55 else INK,
            )  # fmt: skip
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    axes.set_yticks(range(len(names)), names)
