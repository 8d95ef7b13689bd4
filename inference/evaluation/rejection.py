"""How well strangers are told from what a model knows: scores, and their two figures.

A score is high where the model knows. AUROC: the share of pairs, one known and one stranger, in which the known one has
the higher score, ties half (Hanley and McNeil, Radiology 143, 1982). FPR95: the share of strangers that pass where 95 %
of the known do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.answers import Answers
from inference.evaluation.bootstrap import Floats

KEPT = 0.95
NEAR = 0.01
"""A score that is better by less than this is not worth its own rule: the line has the largest probability anyway."""
USUAL = "max softmax"

Score = Callable[[Answers], NDArray[np.float32]]

SCORES: dict[str, Score] = {
    USUAL: lambda a: a.species.max(axis=1),
    "max logit": lambda a: a.class_logits.max(axis=1),
    "energy": lambda a: np.logaddexp.reduce(a.class_logits, axis=1),
    "softmax x known bands": lambda a: a.species.max(axis=1) * np.sqrt(a.known_bands),
}
"""By name. Energy: Liu and others, NeurIPS 2020. The last holds S against B, and is the first for a model without B."""


def auroc(known: NDArray[np.floating], strangers: NDArray[np.floating], weight: Floats, other: Floats) -> Floats:
    """AUROC of scores `known` (n,) and `strangers` (m,) under weights (draws, n) and (draws, m), NaN
    where none counts."""
    higher = (known[:, None] > strangers) + 0.5 * (known[:, None] == strangers)
    pairs = weight.sum(axis=1) * other.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(((weight @ higher) * other).sum(axis=1) / pairs)


def fpr95(known: NDArray[np.floating], strangers: NDArray[np.floating], weight: Floats, other: Floats) -> Floats:
    """FPR95 of the same."""
    order = np.argsort(-known, kind="stable")
    kept = np.cumsum(weight[:, order], axis=1)
    last = (kept >= KEPT * kept[:, -1:] - 1e-9).argmax(axis=1)
    passes = strangers >= known[order][last][:, None]
    found = (other * passes).sum(axis=1) / other.sum(axis=1)
    return np.asarray(np.where(kept[:, -1] > 0, found, np.nan))


def best_of(by_score: dict[str, float]) -> str:
    """The score to use, of AUROCs by score: the usual one unless another is better by NEAR."""
    best = max(by_score, key=lambda name: by_score[name])
    return best if by_score[best] > by_score[USUAL] + NEAR else USUAL
