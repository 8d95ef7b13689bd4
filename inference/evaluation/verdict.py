"""What a card says of how its model was judged, from the trials of its recipe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from inference.classification.metrics import Accuracy, Estimate, JudgedSet, Metrics, Pair, ThresholdCheck
from inference.evaluation.bootstrap import Figure, figure
from inference.evaluation.decisions import Thresholds
from inference.evaluation.library import Library
from inference.evaluation.measures import NETWORK, Measured, measure
from inference.evaluation.rock import Rock
from inference.evaluation.sets import STRANGERS
from inference.evaluation.thresholds import best_score, checks, chosen, halves
from inference.evaluation.trials import FOLDS, Maker, Trial, trials
from inference.evaluation.weak_bands import has_window

CONFUSED = 0.2
"""A pair is inseparable where all methods together take this share of one for the other."""
OLD = {"cnn": NETWORK, "sam": "SAM", "lda": "LDA", "svm": "SVM"}
NO_WINDOW = (
    "groups are not offered: the camera ends at {last:.0f} nm, below the bands by which rock is logged, and what is "
    "left takes wet kaolin and mica for smectite"
)


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """`thresholds` for the card, its `metrics`, the share found of each class, the pairs that are mixed up; and what
    they come from."""

    thresholds: Thresholds
    metrics: Metrics
    recall: tuple[float, ...]
    confused: tuple[Pair, ...]
    measured: Sequence[Measured]
    trials: Sequence[Trial]


def judge(
    library: Library,
    maker: Maker,
    rocks: Sequence[Rock],
    seeds: Sequence[int],
    done: Callable[[], None] = lambda: None,
) -> Verdict:
    """Train in folds and judge. `done` is called after each network."""
    made = trials(library, maker, rocks, seeds, done)
    by, other = halves(library, made)
    thresholds = chosen(by)
    found = measure(library, made, rocks, thresholds)
    metrics = _metrics(library, found, seeds, best_score(by), checks(thresholds, by, other))
    return Verdict(thresholds, metrics, _recall(library, made), _confused(library, made), found, made)


def judged_sets(found: Sequence[Measured], library: Library) -> tuple[JudgedSet, ...]:
    """The sets as a card has them."""
    sets = [judged_set(one) for one in found]
    if not has_window(library.preset.wavelengths_nm):
        why = NO_WINDOW.format(last=library.preset.last_nm)
        sets.append(JudgedSet(name="rock by groups", rock="core", spectra=0, specimens=0, not_offered=why))
    return tuple(sets)


def judged_set(one: Measured) -> JudgedSet:
    """One of them."""
    return JudgedSet(name=one.name, rock=one.rock, spectra=one.spectra, specimens=one.specimens, figures=_figures(one))


def _figures(one: Measured) -> dict[str, dict[str, Estimate]]:
    found: dict[str, dict[str, Estimate]] = {}
    for (method, quantity), sampled in one.figures.items():
        if np.isfinite((of := figure(sampled)).mean):
            found.setdefault(method, {})[quantity] = estimate(of)
    return found


def estimate(of: Figure) -> Estimate:
    """A figure as a card has it."""
    low, high = (end if np.isfinite(end) else of.mean for end in (of.low, of.high))
    return Estimate(mean=round(of.mean, 4), spread=round(of.spread, 4), low=round(low, 4), high=round(high, 4))


def _metrics(
    library: Library, found: Sequence[Measured], seeds: Sequence[int], score: str, held: Sequence[ThresholdCheck]
) -> Metrics:
    by_name = {one.name: one for one in found}
    share: Callable[[str, str, str], float] = lambda name, method, of: round(  # noqa: E731
        figure(by_name[name].figures[method, of]).mean, 4
    )
    species = library.species[library.known]
    majority = float((species == max(set(species.tolist()), key=species.tolist().count)).mean())
    told = share("clean", NETWORK, "told")
    right = share("clean", NETWORK, "told and right") if told else 0.0
    strange = share(STRANGERS, NETWORK, "named as a species") if STRANGERS in by_name else 0.0
    return Metrics(
        folds=FOLDS,
        spectra=len(species),
        specimens=len(np.unique(library.specimen[library.known])),
        accuracy=Accuracy(
            **{old: share("clean", method, "species") for old, method in OLD.items()}, majority=round(majority, 4)
        ),
        cnn_pixels=share("hard", NETWORK, "species"),
        right_and_sure=round(told * right, 4),
        sure_and_right=right,
        unknown_rejected=round(1.0 - strange, 4),
        seeds=len(seeds),
        sets=judged_sets(found, library),
        score=score,
        thresholds=tuple(held),
    )


def _recall(library: Library, made: Sequence[Trial]) -> tuple[float, ...]:
    truth, said = _labels(library, made)[NETWORK]
    return tuple(round(float((said == truth)[truth == name].mean()), 4) for name in _classes(made))


def _classes(made: Sequence[Trial]) -> tuple[str, ...]:
    return made[0].answers["clean"].heads.classes


def _labels(library: Library, made: Sequence[Trial]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What is true of the clean spectra of all trials, and what each method said."""
    truth = np.concatenate([library.species[trial.sets["clean"].rows] for trial in made])
    said = {NETWORK: np.concatenate([trial.answers["clean"].best for trial in made])}
    for method in (*OLD.values(),)[1:]:
        said[method] = np.concatenate([trial.said["clean"][method].species for trial in made])
    return {method: (truth, of) for method, of in said.items()}


def _confused(library: Library, made: Sequence[Trial]) -> tuple[Pair, ...]:
    """Pairs that all methods together mix up, the worst first."""
    names = _classes(made)
    place = {name: number for number, name in enumerate(names)}
    taken = np.zeros((len(names), len(names)))
    for truth, said in _labels(library, made).values():
        np.add.at(taken, ([place[name] for name in truth], [place[name] for name in said]), 1.0)
    share = taken / np.maximum(taken.sum(axis=1, keepdims=True), 1.0)
    pairs = [
        Pair(a=names[a], b=names[b], a_as_b=round(share[a, b], 4), b_as_a=round(share[b, a], 4))
        for a in range(len(names))
        for b in range(a + 1, len(names))
        if max(share[a, b], share[b, a]) >= CONFUSED
    ]
    return tuple(sorted(pairs, key=lambda pair: -max(pair.a_as_b, pair.b_as_a)))
