"""How far a model's own confidence can be believed, and whether it falls for what it has never seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from inference.commands.report.plots import BLUE, GREEN, GREY, INK, RED
from inference.evaluation.examination import Examination
from inference.evaluation.rejection import SCORES, USUAL
from inference.evaluation.sets import STRANGERS, WET_STRANGERS
from inference.evaluation.thresholds import groups

SORTED = {"clean": BLUE, "hard": RED, "film 0.1 mm": GREEN}
LOGGED = {"depth 0.1, stain": BLUE, "depth 0.03, stain": RED, "depth 0.03, film": GREEN}
Answered = tuple[NDArray[np.float32], NDArray[np.bool_], float]
"""How sure, whether wrong, and from where on it is told."""
Told = Callable[[Examination, str], Answered]


def pictures(ours: Examination, theirs: Examination | None) -> Iterator[Any]:
    """Risk against coverage, and the confidence of known and strange spectra."""
    if not ours.folds or ours.library is None:
        return
    library = ours.library
    weakened = "; on the right those with bands, weakened" if _has_bands(ours) else ""
    rocks, foreign = (len(np.unique(library.specimen[rows])) for rows in (library.known, library.strangers))
    on = f"{len(library.known)} laboratory spectra of {rocks} specimens, held out"
    yield (
        "If only the surest are told",
        f"Share of wrong names among those told, where so much is told at all; dots: the model's threshold. On {on}"
        f"{weakened}.{' Dashed: the other model.' if theirs else ''}",
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
    panels = [("species", _of_species, SORTED)]
    if _has_bands(ours):
        panels.append(("group of bands", _of_bands, LOGGED))
    for axes, (title, of, sets) in zip(canvas.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for name, colour in sets.items():
            _curve(axes, of, ours, name, colour, "-")
            if theirs is not None:
                _curve(axes, of, theirs, name, colour, "--")
        axes.set(xlabel="share told", ylabel="wrong among those told", xlim=(0, 1), ylim=(0, None))
        axes.set_title(title, fontsize=9, loc="left")
        axes.grid(color=GREY, alpha=0.25)
        axes.legend(loc="upper left", fontsize=8)


def _has_bands(ours: Examination) -> bool:
    return any(name in ours.folds[0].sets for name in LOGGED)


def _curve(axes: Any, of: Told, one: Examination, name: str, colour: str, style: str) -> None:
    if not one.folds or name not in one.folds[0].sets:
        return
    sure, wrong, threshold = of(one, name)
    order = np.argsort(-sure, kind="stable")
    number = np.arange(1, len(sure) + 1)
    few = len(sure) // 50
    axes.plot((number / len(sure))[few:], (np.cumsum(wrong[order]) / number)[few:], style, color=colour, linewidth=1.2,
              label=name if style == "-" else None)  # fmt: skip
    if (told := sure >= threshold).any():
        axes.plot(told.mean(), wrong[told].mean(), "o", color=colour, markersize=4)


def _of_species(one: Examination, name: str) -> Answered:
    sure = np.concatenate([SCORES[USUAL](trial.answers[name]) for trial in one.folds])
    said = np.concatenate([trial.answers[name].best for trial in one.folds])
    return sure, said != _truth(one, name), one.thresholds.unknown_below


def _of_bands(one: Examination, name: str) -> Answered:
    each = [trial.answers[name].band_groups for trial in one.folds]
    sure = np.concatenate([sums.max(axis=1) for _, sums in each])
    said = np.concatenate([names[sums.argmax(axis=1)] for names, sums in each])
    has_bands = bool(one.folds[0].answers[name].heads.names)
    threshold = one.thresholds.bands_unknown_below if has_bands else one.thresholds.group_below
    return sure, said != groups(_truth(one, name)), threshold


def _truth(one: Examination, name: str) -> NDArray[np.str_]:
    assert one.library is not None
    return np.concatenate([one.library.species[trial.sets[name].rows] for trial in one.folds])


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
