"""Figures of each set, sampled over specimens: one table for the card, the page and the comparison of two models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from inference.evaluation.bootstrap import Floats, mean_of, weights
from inference.evaluation.decisions import Thresholds, group_told, species_told
from inference.evaluation.library import Library
from inference.evaluation.rejection import SCORES, USUAL, auroc, fpr95
from inference.evaluation.rock import Rock
from inference.evaluation.rock_measures import rock_measures
from inference.evaluation.sets import STRANGERS, WET_STRANGERS, banded
from inference.evaluation.threads import one_threaded
from inference.evaluation.thresholds import groups
from inference.evaluation.trials import Trial

NETWORK = "network"
LABORATORY = "laboratory spectra of USGS and ECOSTRESS, specimens not in training"
AGAINST = {STRANGERS: "clean", WET_STRANGERS: "film 0.1 mm"}
"""What strangers are to be told from."""

Sampled = dict[tuple[str, str], Floats]
"""By method and quantity: (seeds or networks, 1 + draws)."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A set that was judged: on what `rock`, how many `spectra` of how many `specimens`, and its figures."""

    name: str
    rock: str
    spectra: int
    specimens: int
    figures: Sampled


@one_threaded
def measure(library: Library, trials: Sequence[Trial], rocks: Sequence[Rock], thresholds: Thresholds) -> list[Measured]:
    """All sets, in the order in which they were asked."""
    apart = {*AGAINST, *(rock.name for rock in rocks)}
    asked = dict.fromkeys(name for trial in trials for name, one in trial.sets.items() if len(one.rows))
    names = [name for name in asked if name not in apart]
    found = [_laboratory(library, trials, name, thresholds) for name in names]
    found.append(_stones(library, trials))
    found += [_strangers(library, trials, name, thresholds) for name in AGAINST if len(library.strangers)]
    return found + [one for rock in rocks for one in on_rock(rock, trials, thresholds)]


def on_rock(rock: Rock, trials: Sequence[Trial], thresholds: Thresholds) -> list[Measured]:
    """What is judged on a rock."""
    return [
        Measured(name, f"{rock.name}: {on}", n, units, figures)
        for name, on, n, units, figures in rock_measures(rock, trials, thresholds)
    ]


def by_split(trials: Sequence[Trial]) -> Iterator[list[Trial]]:
    """The trials of each seed."""
    for split in dict.fromkeys(trial.split for trial in trials):
        yield [trial for trial in trials if trial.split == split]


def _laboratory(library: Library, trials: Sequence[Trial], name: str, thresholds: Thresholds) -> Measured:
    rows = np.sort(np.concatenate([trial.sets[name].rows for trial in next(by_split(trials))]))
    weight = weights(library.specimen[rows])
    figures: Sampled = {}
    for (method, quantity), values in _values(library, trials, name, thresholds).items():
        figures[method, quantity] = np.stack([mean_of(value, weight) for value in values])
    return Measured(name, LABORATORY, len(rows), len(np.unique(library.specimen[rows])), figures)


def _values(
    library: Library, trials: Sequence[Trial], name: str, thresholds: Thresholds
) -> dict[tuple[str, str], list[Floats]]:
    """By method and quantity, and seed by seed, 1 where it holds and 0 where not of each row, in the rows' order."""
    found: dict[tuple[str, str], list[Floats]] = {}
    for of_seed in by_split(trials):
        rows = np.concatenate([trial.sets[name].rows for trial in of_seed])
        order = np.argsort(rows, kind="stable")
        parts = [dict(_of_trial(library, trial, name, thresholds)) for trial in of_seed]
        for key in dict.fromkeys(key for part in parts for key in part):
            empty = np.empty(0)
            found.setdefault(key, []).append(np.concatenate([part.get(key, empty) for part in parts])[order])
    return found


def _of_trial(
    library: Library, trial: Trial, name: str, thresholds: Thresholds
) -> Iterator[tuple[tuple[str, str], Floats]]:
    truth, answers = library.species[trial.sets[name].rows], trial.answers[name]
    with_bands = banded(truth)
    right, told = answers.best == truth, species_told(answers, thresholds)
    yield (NETWORK, "species"), right.astype(np.float64)
    yield (NETWORK, "group"), (groups(answers.best) == groups(truth)).astype(np.float64)
    yield (NETWORK, "told"), told.astype(np.float64)
    yield (NETWORK, "told and right"), np.where(told, right, np.nan)
    yield (NETWORK, "group alone told"), group_told(answers, thresholds).astype(np.float64)
    yield (NETWORK, "not rock"), (answers.not_rock_first | answers.not_rock_second).astype(np.float64)
    names, sums = answers.band_groups
    yield (NETWORK, "bands"), np.where(with_bands, names[sums.argmax(axis=1)] == groups(truth), np.nan)
    for method, said in trial.said.get(name, {}).items():
        yield (method, "species"), (said.species == truth).astype(np.float64)
        yield (method, "group"), (groups(said.species) == groups(truth)).astype(np.float64)
        yield (method, "bands"), np.where(with_bands, said.bands == groups(truth), np.nan)


def _stones(library: Library, trials: Sequence[Trial]) -> Measured:
    figures: dict[tuple[str, str], list[Floats]] = {}
    for of_seed in by_split(trials):
        rows = np.concatenate([trial.sets["clean"].rows for trial in of_seed])
        weight = weights(library.specimen[rows])
        for way in of_seed[0].stones:
            said = np.concatenate([np.array(t.answers["clean"].heads.classes)[t.stones[way]] for t in of_seed])
            right = (said == library.species[rows]).astype(np.float64)
            figures.setdefault((way, "species"), []).append(mean_of(right, weight))
    stacked = {key: np.stack(values) for key, values in figures.items()}
    rock = f"{LABORATORY}, made into stones of 25 hard pixels"
    return Measured("stones", rock, len(rows), len(np.unique(library.specimen[rows])), stacked)


def _strangers(library: Library, trials: Sequence[Trial], name: str, thresholds: Thresholds) -> Measured:
    rows = library.strangers
    other = weights(library.specimen[rows])
    figures: dict[tuple[str, str], list[Floats]] = {}

    def kept(by: str, of: str, value: Floats) -> None:
        figures.setdefault((by, of), []).append(value)

    everyone = weights(library.specimen[library.known])
    place = {int(row): number for number, row in enumerate(library.known)}
    for trial in trials:
        known, strange = trial.answers[AGAINST[name]], trial.answers[name]
        weight = everyone[:, [place[int(row)] for row in trial.sets[AGAINST[name]].rows]]
        for score, of in SCORES.items():
            by = NETWORK if score == USUAL else score
            kept(by, "AUROC", auroc(of(known), of(strange), weight, other))
            kept(by, "FPR95", fpr95(of(known), of(strange), weight, other))
        kept(NETWORK, "named as a species", mean_of(species_told(strange, thresholds).astype(np.float64), other))
        kept(NETWORK, "named as a group", mean_of(group_told(strange, thresholds).astype(np.float64), other))
        kept(NETWORK, "not rock", mean_of((strange.not_rock_first | strange.not_rock_second).astype(np.float64), other))
    stacked = {key: np.stack(values) for key, values in figures.items()}
    rock = "laboratory spectra of minerals that are in no list, told from those that are"
    return Measured(name, rock, len(rows), len(np.unique(library.specimen[rows])), stacked)
