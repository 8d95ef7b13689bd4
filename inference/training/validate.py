"""Validation of a model on rocks it has not seen: folds by specimen, baselines on the same folds, the pairs that no
method separates, and the confidence below which the answer is unknown."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from inference.classification.metrics import Accuracy, Metrics, Pair
from inference.training.augment import Sampler
from inference.training.baselines import BASELINES, features
from inference.training.data import OTHER, Spectra
from inference.training.fit import Fit, probabilities

FOLDS = 5
PIXELS = 8
"""Pixels made of each held-out spectrum."""
KEPT = 0.9
"""Share of the right answers on held-out spectra that stay above `unknown_below`."""
CONFUSED = 0.2
"""A pair is inseparable where all methods together take this share of one for the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """Answers on held-out spectra. `rows` (n,): which; `answers`: by method, int64 (n,); `sure` float32 (n,): the
    network's probability; `pixels`: its accuracy on pixels; `strangers` float32 (m,): its probability on minerals
    that are no class, all folds together."""

    rows: NDArray[np.int64]
    answers: dict[str, NDArray[np.int64]]
    sure: NDArray[np.float32]
    pixels: float
    strangers: NDArray[np.float32]


def validate(spectra: Spectra, fit: Fit, seed: int) -> Folds:
    """Train and ask, fold by fold: no specimen is on both sides."""
    known, others = spectra.known, np.flatnonzero((spectra.target == OTHER) & ~spectra.reserved)
    splits = splits_of(spectra.target[known], spectra.specimen[known], seed)
    parts = [
        _fold(spectra, fit, np.concatenate([known[train], others]), known[test], seed + number)
        for number, (train, test) in enumerate(splits, start=1)
    ]
    return Folds(
        rows=np.concatenate([part.rows for part in parts]),
        answers={name: np.concatenate([part.answers[name] for part in parts]) for name in parts[0].answers},
        sure=np.concatenate([part.sure for part in parts]),
        pixels=float(np.average([part.pixels for part in parts], weights=[len(part.rows) for part in parts])),
        strangers=np.concatenate([part.strangers for part in parts]),
    )


def splits_of(
    target: NDArray[np.int64], specimen: NDArray[np.str_], seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Classes spread over the folds as evenly as whole specimens allow; some have fewer specimens than folds."""
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        return list(splitter.split(target, target, specimen))


def _fold(spectra: Spectra, fit: Fit, train: NDArray[np.int64], test: NDArray[np.int64], seed: int) -> Folds:
    sampler = Sampler(spectra, train, seed)
    network = fit(sampler, seed)
    answer = probabilities(network, spectra.prepared(spectra.clean[test].T))
    repeated = np.repeat(test, PIXELS)
    pixels = probabilities(network, spectra.prepared(sampler.apparent(repeated))).argmax(axis=1)
    strangers = probabilities(network, spectra.prepared(spectra.clean[spectra.reserved].T))
    of_class = train[spectra.target[train] != OTHER]
    known, held_out = features(spectra.clean[of_class]), features(spectra.clean[test])
    answers = {name: method(known, spectra.target[of_class], held_out) for name, method in BASELINES.items()}
    return Folds(
        rows=test,
        answers={"cnn": answer.argmax(axis=1), **answers},
        sure=answer.max(axis=1),
        pixels=float((pixels == spectra.target[repeated]).mean()),
        strangers=strangers.max(axis=1),
    )


def unknown_below(spectra: Spectra, folds: Folds) -> float:
    """The probability that KEPT of the right answers reach."""
    right = folds.answers["cnn"] == spectra.target[folds.rows]
    return round(float(np.quantile(folds.sure[right], 1.0 - KEPT)), 3)


def metrics(spectra: Spectra, folds: Folds, threshold: float) -> Metrics:
    """Metrics of the folds, for the card."""
    target = spectra.target[folds.rows]
    shares = {name: _share(answer == target) for name, answer in folds.answers.items()}
    right, sure = folds.answers["cnn"] == target, folds.sure >= threshold
    return Metrics(
        folds=FOLDS,
        spectra=len(target),
        specimens=len(set(spectra.specimen[folds.rows].tolist())),
        accuracy=Accuracy(**shares, majority=_share(target == np.bincount(target).argmax())),
        cnn_pixels=round(folds.pixels, 4),
        right_and_sure=_share(right & sure),
        sure_and_right=_share(right[sure]) if sure.any() else 0.0,
        unknown_rejected=_share(folds.strangers < threshold),
    )


def recall(spectra: Spectra, folds: Folds) -> list[float]:
    """Share of each class that the network found."""
    target = spectra.target[folds.rows]
    right = folds.answers["cnn"] == target
    return [_share(right[target == one]) for one in range(len(spectra.classes))]


def confused(spectra: Spectra, folds: Folds) -> tuple[Pair, ...]:
    """Pairs that all methods together mix up, the worst first."""
    target, n = spectra.target[folds.rows], len(spectra.classes)
    taken = np.zeros((n, n))
    for answer in folds.answers.values():
        np.add.at(taken, (target, answer), 1.0 / len(folds.answers))
    share = taken / np.maximum(taken.sum(axis=1, keepdims=True), 1.0)
    pairs = [
        Pair(a=spectra.classes[a], b=spectra.classes[b], a_as_b=round(share[a, b], 4), b_as_a=round(share[b, a], 4))
        for a in range(n)
        for b in range(a + 1, n)
        if max(share[a, b], share[b, a]) >= CONFUSED
    ]
    return tuple(sorted(pairs, key=lambda pair: -max(pair.a_as_b, pair.b_as_a)))


def _share(of: NDArray[np.bool_]) -> float:
    return round(float(of.mean()), 4)
