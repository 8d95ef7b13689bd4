"""How far a model's own confidence can be believed, and whether it falls for what it has never seen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from inference.commands.report.plots import BLUE, GREEN, GREY, INK, RED
from inference.evaluation.examination import Examination
from inference.evaluation.rejection import SCORES, USUAL
from inference.evaluation.sets import STRANGERS, WET_STRANGERS

CURVES = {"clean": BLUE, "hard": RED, "film 0.1 mm": GREEN, "depth 0.1, stain": "#8e5ea2"}


def pictures(ours: Examination, theirs: Examination | None) -> Iterator[Any]:
    """Risk against coverage, and the confidence of known and strange spectra."""
    if not ours.folds or ours.library is None:
        return
    library = ours.library
    rocks, foreign = (len(np.unique(library.specimen[rows])) for rows in (library.known, library.strangers))
    on = f"{len(library.known)} laboratory spectra of {rocks} specimens, held out"
    yield (
        "If only the surest are told",
        f"Share of wrong names among those told, where so much is told at all; dots: the model's threshold. On {on}."
        + (" Dashed: the other model." if theirs else ""),
        2.9,
        partial(_risk, ours, theirs),
    )
    if len(library.strangers):
        yield (
            "Known minerals and strangers",
            f"Confidence of {on}, and of {len(library.strangers)} spectra of {foreign} specimens whose minerals are "
            "in no list; the line is the threshold below which the answer is unknown.",
            2.7,
            partial(_strangers, ours),
        )


def _risk(ours: Examination, theirs: Examination | None, canvas: Canvas) -> None:
    axes = canvas.subplots()
    for name, colour in CURVES.items():
        for one, style in ((ours, "-"), (theirs, "--")):
            if one is None or not one.folds or name not in one.folds[0].sets:
                continue
            sure, wrong = _answers(one, name)
            order = np.argsort(-sure, kind="stable")
            coverage = np.arange(1, len(sure) + 1) / len(sure)
            risk = np.cumsum(wrong[order]) / np.arange(1, len(sure) + 1)
            first = len(sure) // 50
            axes.plot(coverage[first:], risk[first:], style, color=colour, linewidth=1.2,
                      label=name if style == "-" else None)  # fmt: skip
            told = sure >= one.thresholds.unknown_below
            if told.any():
                axes.plot(told.mean(), wrong[told].mean(), "o", color=colour, markersize=4)
    axes.set(xlabel="share told", ylabel="wrong among those told", xlim=(0, 1), ylim=(0, None))
    axes.grid(color=GREY, alpha=0.25)
    axes.legend(loc="upper left")


def _answers(one: Examination, name: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    assert one.library is not None
    sure = [SCORES[USUAL](trial.answers[name]) for trial in one.folds]
    wrong = [trial.answers[name].best != one.library.species[trial.sets[name].rows] for trial in one.folds]
    return np.concatenate(sure).astype(np.float64), np.concatenate(wrong)


def _strangers(ours: Examination, canvas: Canvas) -> None:
    left, right = canvas.subplots(1, 2, sharey=True)
    for axes, known, strange, title in ((left, "clean", STRANGERS, "dry"),
                                        (right, "film 0.1 mm", WET_STRANGERS, "under .1 mm of water")):  # fmt: skip
        for name, colour, label in ((known, BLUE, "in the list"), (strange, RED, "strangers")):
            sure = np.concatenate([SCORES[USUAL](trial.answers[name]) for trial in ours.folds])
            axes.hist(sure, np.linspace(0, 1, 26), density=True, color=colour, alpha=0.45, label=label)
        axes.axvline(ours.thresholds.unknown_below, color=INK, linewidth=0.9)
        axes.set(xlabel="confidence", xlim=(0, 1), yticks=[])
        axes.set_title(title, fontsize=9, loc="left")
    left.set_ylabel("spectra")
    left.legend(loc="upper center")
